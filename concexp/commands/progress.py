"""Shows the progress of a run on stderr: a bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Any

from concexp.experiment.statuses import MEASURED
from concexp.plan.cell import PlannedTrial
from concexp.run.storage.foreign_text import printable

LONGEST_LABEL, LONGEST_REASON = 60, 400  # characters on the terminal; the page has more
BESIDE_LABEL = 60  # columns of the bar, the numbers, the time and what the machine does
PLAIN_INTERVAL = 10.0  # seconds between plain lines; trials that end badly get theirs at once


def trial_label(trial: PlannedTrial) -> str:
    """The labels of a trial's cell and, unless it is a measured trial, its role."""
    axes = trial.cell.axes
    words = [str(axes[key]) for key in ("workload", "model") if key in axes]
    if axes.get("sync") not in (None, "none"):
        words.append(str(axes["sync"]))
    if axes.get("workers") is not None:
        words.append(f"{axes['workers']} worker{'' if axes['workers'] == 1 else 's'}")
    if trial.role != MEASURED:
        words.append(trial.role)
    others = {key: label for key, label in axes.items() if key not in ("workload", "model", "sync", "workers")}
    words += [f"{key} {label}" for key, label in others.items() if label is not None]
    return " · ".join(shortened(word, LONGEST_LABEL) for word in words)


def shortened(text: str, most: int) -> str:
    """A text on one line, cut if it is longer than `most` characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


class UnbreakableStream:
    """A stream that ignores write errors, so that closing the terminal does not stop a run."""

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


class Silent:
    """Shows nothing; the base of the other listeners."""

    def run_started(self, total: int, done: int) -> None: ...

    def trial_started(self, trial: PlannedTrial) -> None: ...

    def trials_added(self, trials: int) -> None: ...

    def trial_ended(self, record: dict[str, Any]) -> None: ...

    def note(self, text: str) -> None: ...

    def forecast(self, text: str) -> None: ...

    def say(self, text: str) -> None: ...

    def close(self) -> None: ...


class PlainLines(Silent):
    """Prints lines for logs: one every PLAIN_INTERVAL seconds, and one for each trial that ends badly."""

    def __init__(self) -> None:
        self.total = self.done = self.bad = 0
        self.current = ""
        self.started = self.last_line = time.monotonic()
        self.resumed = 0  # trials that were there before this session
        self.open_ended = False  # True if trials were added: then reaching the total is not the end

    def say(self, text: str) -> None:
        if sys.stderr is not None:  # it was closed before the program began
            print(printable(text), file=UnbreakableStream(sys.stderr), flush=True)

    def run_started(self, total: int, done: int) -> None:
        self.total, self.done, self.resumed = total, done, done
        self.started = time.monotonic()
        earlier = f", {done} of them from before" if done else ""
        self.say(f"{total} trials{earlier}")

    def trial_started(self, trial: PlannedTrial) -> None:
        self.current = trial_label(trial)

    def trials_added(self, trials: int) -> None:
        self.total += trials
        self.open_ended = True

    def trial_ended(self, record: dict[str, Any]) -> None:
        self.done += 1
        if record["status"] != "ok":
            self.bad += 1
            reason = shortened(record["reason"], LONGEST_REASON)
            self.say(f"{self.done}/{self.total} {self.current}: {record['status']}: {reason}")
            self.last_line = time.monotonic()
        elif self._line_due():
            left = "until the intervals are narrow enough" if self.open_ended else f"{self.time_left()} left"
            self.say(f"{self.done}/{self.total} {self.current} · {left}")
            self.last_line = time.monotonic()

    def _line_due(self) -> bool:
        at_end = self.done == self.total and not self.open_ended
        return at_end or time.monotonic() - self.last_line >= PLAIN_INTERVAL

    def time_left(self) -> str:
        """The remaining time at the pace of this session, in minutes or seconds."""
        measured = self.done - self.resumed
        seconds = (time.monotonic() - self.started) / max(1, measured) * (self.total - self.done)
        return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"

    def note(self, text: str) -> None:
        if "waiting" in text:
            self.say(text)

    def forecast(self, text: str) -> None:
        self.say(text)


class Bar(Silent):
    """A progress bar with the current cell, the time left and the number of trials that ended badly."""

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
            console=Console(file=UnbreakableStream(sys.stderr)),  # type: ignore[arg-type]
        )
        self.bad = 0

    def run_started(self, total: int, done: int) -> None:
        self.task = self.progress.add_task("starting", total=total, completed=done, bad="", machine="")
        self.progress.start()

    def trial_started(self, trial: PlannedTrial) -> None:
        from rich.markup import escape
        from rich.text import Text

        label = Text(printable(trial_label(trial)))  # counts columns: a Chinese letter takes two
        label.truncate(max(20, self.progress.console.width - BESIDE_LABEL), overflow="ellipsis")
        self.progress.update(self.task, description=escape(label.plain))

    def trials_added(self, trials: int) -> None:
        self.progress.update(self.task, total=(self.progress.tasks[self.task].total or 0) + trials)

    def trial_ended(self, record: dict[str, Any]) -> None:
        from rich.markup import escape

        self.progress.advance(self.task)
        if record["status"] != "ok":
            self.bad += 1
            self.progress.update(self.task, bad=f"[red]{self.bad} not ok")
            reason = shortened(record["reason"], LONGEST_REASON)
            line = escape(printable(f"{record['trial']}: {record['status']}: {reason}"))
            self.progress.console.print(f"[red]{line}", highlight=False)

    def note(self, text: str) -> None:
        from rich.markup import escape

        if hasattr(self, "task"):
            self.progress.update(self.task, machine=escape(printable(text.partition(": ")[2] or text)))

    def forecast(self, text: str) -> None:
        self.say(text)

    def say(self, text: str) -> None:
        self.progress.console.print(printable(text), markup=False, highlight=False)

    def close(self) -> None:
        self.progress.stop()


def progress_listener(kind: str) -> Silent:
    """The listener for a value of --progress; `auto` means a bar if stderr is a terminal, else plain lines."""
    if kind == "none":
        return Silent()
    if kind == "plain" or sys.stderr is None or not sys.stderr.isatty():
        return PlainLines()
    return Bar()
