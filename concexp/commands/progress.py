"""What a person sees of a run while it runs, on stderr: a bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Any

from concexp.experiment.statuses import MEASURED
from concexp.plan.cell import PlannedTrial

PLAIN_EVERY = 10.0  # seconds between two plain lines, but for those that tell of something bad


def described(trial: PlannedTrial) -> str:
    """A trial in words: the labels of its cell."""
    axes = trial.cell.axes
    words = [str(axes[key]) for key in ("workload", "model") if key in axes]
    if axes.get("sync") not in (None, "none"):
        words.append(str(axes["sync"]))
    if axes.get("workers") is not None:
        words.append(f"{axes['workers']} worker{'' if axes['workers'] == 1 else 's'}")
    words += [trial.role] if trial.role != MEASURED else []
    words += [
        f"{k} {v}" for k, v in axes.items() if k not in ("workload", "model", "sync", "workers") and v is not None
    ]
    return " · ".join(words)


class Lasting:
    """A stream whose reader may leave, as a terminal that is closed does: what is written then is lost, and no error."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class Quiet:
    """Says nothing."""

    def run_started(self, total: int, done: int) -> None: ...

    def trial_started(self, trial: PlannedTrial) -> None: ...

    def trials_added(self, trials: int) -> None: ...

    def trial_ended(self, record: dict[str, Any]) -> None: ...

    def note(self, text: str) -> None: ...

    def forecast(self, text: str) -> None: ...

    def say(self, text: str) -> None: ...

    def close(self) -> None: ...


class Plain(Quiet):
    """Lines for logs: now and then, and whenever a trial ends badly."""

    def __init__(self) -> None:
        self.total = self.done = self.bad = 0
        self.current = ""
        self.started = self.said = time.monotonic()
        self.before = 0
        self.open_ended = False  # whether the end is not known: then reaching the total is not worth a line

    def say(self, text: str) -> None:
        print(text, file=Lasting(sys.stderr), flush=True)

    def run_started(self, total: int, done: int) -> None:
        self.total, self.done, self.before = total, done, done
        self.started = time.monotonic()
        resumed = f", {done} of them from before" if done else ""
        self.say(f"{total} trials{resumed}")

    def trial_started(self, trial: PlannedTrial) -> None:
        self.current = described(trial)

    def trials_added(self, trials: int) -> None:
        self.total += trials
        self.open_ended = True

    def trial_ended(self, record: dict[str, Any]) -> None:
        self.done += 1
        if record["status"] != "ok":
            self.bad += 1
            self.say(f"{self.done}/{self.total} {self.current}: {record['status']}: {record['reason']}")
        elif time.monotonic() - self.said >= PLAIN_EVERY or (self.done == self.total and not self.open_ended):
            left = "until the intervals are narrow enough" if self.open_ended else f"{self.left()} left"
            self.say(f"{self.done}/{self.total} {self.current} · {left}")
        else:
            return
        self.said = time.monotonic()

    def left(self) -> str:
        """The time that the rest will take, if it goes on like this."""
        measured = self.done - self.before
        seconds = (time.monotonic() - self.started) / max(1, measured) * (self.total - self.done)
        return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"

    def note(self, text: str) -> None:
        if "waiting" in text:
            self.say(text)

    def forecast(self, text: str) -> None:
        self.say(text)


class Bar(Quiet):
    """A progress bar with the current cell, the time left and what went wrong."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[bad]}"),
            TextColumn("[dim]{task.fields[machine]}"),
            console=Console(file=Lasting(sys.stderr)),  # type: ignore[arg-type]
        )
        self.bad = 0

    def run_started(self, total: int, done: int) -> None:
        self.task = self.progress.add_task("starting", total=total, completed=done, bad="", machine="")
        self.progress.start()

    def trial_started(self, trial: PlannedTrial) -> None:
        from rich.markup import escape

        self.progress.update(self.task, description=escape(described(trial)))

    def trials_added(self, trials: int) -> None:
        self.progress.update(self.task, total=(self.progress.tasks[self.task].total or 0) + trials)

    def trial_ended(self, record: dict[str, Any]) -> None:
        from rich.markup import escape

        self.progress.advance(self.task)
        if record["status"] != "ok":
            self.bad += 1
            self.progress.update(self.task, bad=f"[red]{self.bad} not ok")
            said = escape(f"{record['trial']}: {record['status']}: {record['reason']}")
            self.progress.console.print(f"[red]{said}", highlight=False)

    def note(self, text: str) -> None:
        if hasattr(self, "task"):
            self.progress.update(self.task, machine=text.partition(": ")[2] or text)

    def forecast(self, text: str) -> None:
        self.say(text)

    def say(self, text: str) -> None:
        self.progress.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        self.progress.stop()


def progress_listener(kind: str) -> Quiet:
    """What was asked for with --progress; `auto` looks whether stderr is a terminal."""
    if kind == "none":
        return Quiet()
    if kind == "plain" or not sys.stderr.isatty():
        return Plain()
    return Bar()
