"""Shows the progress of a run on stderr: a bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Any

from rich.cells import cell_len

from concexp.experiment.statuses import MEASURED
from concexp.plan.cell import PlannedTrial
from concexp.run.storage.foreign_text import printable

LONGEST_LABEL, LONGEST_REASON = 60, 400  # columns on the terminal; the page has more
PLAIN_INTERVAL = 10.0  # seconds between plain lines; trials that end badly get theirs at once
BAR_WIDTH, SHORTEST_LABEL = 24, 12  # columns of a terminal


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


def _where(trial: PlannedTrial, host: str) -> str:
    """The label of a trial, with the host that measures it in front if it has one."""
    return f"{host} · {trial_label(trial)}" if host else trial_label(trial)


def shortened(text: str, room: int) -> str:
    """A text on one line, cut in its middle to fit into `room` columns."""
    text = " ".join(text.split())
    if cell_len(text) <= room:
        return text
    head, tail = text[: len(text) // 2][:room], text[len(text) // 2 :][-room:]
    while head + tail and cell_len(head) + cell_len(tail) + 1 > room:
        if len(head) >= len(tail):
            head = head[:-1]
        else:
            tail = tail[1:]
    return f"{head.rstrip()}…{tail.lstrip()}"


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
    """Shows nothing; the base of the other displays. `left` is the time that the run still takes, in words; "" if unknown."""

    left = ""

    def run_started(self, total: int, done: int) -> None: ...

    def trial_started(self, trial: PlannedTrial, host: str = "") -> None: ...

    def trials_added(self, trials: int) -> None: ...

    def trial_ended(self, record: dict[str, Any]) -> None: ...

    def note(self, text: str) -> None: ...

    def forecast(self, text: str) -> None:
        self.say(text)

    def say(self, text: str) -> None: ...

    def pause(self) -> None:
        """A question follows."""

    def resume(self) -> None:
        """It was answered."""

    def close(self) -> None: ...


OPEN_END = "more may follow"


class PlainLines(Silent):
    """Prints lines for logs: one every PLAIN_INTERVAL seconds, and one for each trial that ends badly.

    With `verbose` one for each trial, and all notes.
    """

    def __init__(self, verbose: bool = False) -> None:
        self.verbose = verbose
        self.total = self.done = 0
        self.running: dict[str, str] = {}  # trial -> its label, with the host in front if it has one
        self.last_line = time.monotonic()
        self.open_ended = False  # True if trials were added: then reaching the total is not the end

    def say(self, text: str) -> None:
        if sys.stderr is not None:  # it was closed before the program began
            print(printable(text), file=UnbreakableStream(sys.stderr), flush=True)

    def run_started(self, total: int, done: int) -> None:
        self.total, self.done = total, done
        self.last_line = time.monotonic()
        earlier = f", {done} of them from before" if done else ""
        self.say(f"{total} trials{earlier}")

    def trial_started(self, trial: PlannedTrial, host: str = "") -> None:
        self.running[trial.id] = _where(trial, host)

    def trials_added(self, trials: int) -> None:
        self.total += trials
        self.open_ended = True

    def trial_ended(self, record: dict[str, Any]) -> None:
        self.done += 1
        label = self.running.pop(record["trial"], "")
        if record["status"] != "ok":
            self._line(f"{label}: {record['status']}: {shortened(record['reason'], LONGEST_REASON)}")
        elif self.verbose or self._line_due():
            known = self.left and self.done < self.total
            left = OPEN_END if self.open_ended else f"{self.left} left" if known else ""
            self._line(f"{label} · {left}" if left else label)

    def _line(self, text: str) -> None:
        self.say(f"{self.done}/{self.total} {text}")
        self.last_line = time.monotonic()

    def _line_due(self) -> bool:
        at_end = self.done == self.total and not self.open_ended
        return at_end or time.monotonic() - self.last_line >= PLAIN_INTERVAL

    def note(self, text: str) -> None:
        if self.verbose or "waiting" in text:
            self.say(text)


class Bar(Silent):
    """A progress bar with the current cell, the time left and the number of trials that ended badly.

    What does not fit into the terminal's width is left out: first the note on the machine, then the middle of the label.
    """

    def __init__(self, verbose: bool = False) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self.verbose = verbose
        self.console = Console(file=UnbreakableStream(sys.stderr))  # type: ignore[arg-type]
        self.bar_width = min(BAR_WIDTH, self.console.width // 5)
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=self.bar_width),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}", markup=False),
            TextColumn("{task.fields[bad]}"),
            TextColumn("{task.fields[machine]}", style="dim", markup=False),
            console=self.console,
        )
        self.bad = 0
        self.label, self.machine = "starting", ""
        self.running: dict[str, str] = {}  # trial -> its label, with the host in front if it has one
        self.open_ended = False

    def run_started(self, total: int, done: int) -> None:
        self.task = self.progress.add_task(self.label, total=total, completed=done, bad="", machine="", left="")
        self.progress.start()

    def trial_started(self, trial: PlannedTrial, host: str = "") -> None:
        self.label = self.running[trial.id] = printable(_where(trial, host))
        self._show()

    def trials_added(self, trials: int) -> None:
        self.open_ended = True
        self.progress.update(self.task, total=(self.progress.tasks[self.task].total or 0) + trials)

    def trial_ended(self, record: dict[str, Any]) -> None:
        self.progress.advance(self.task)
        label = self.running.pop(record["trial"], "")
        if record["status"] != "ok":
            self.bad += 1
            line = f"{record['trial']}: {record['status']}: {shortened(record['reason'], LONGEST_REASON)}"
            self.console.print(printable(line), style="red", highlight=False, markup=False)
        elif self.verbose:
            self.say(f"{label}: ok")
        self._show()

    def _show(self) -> None:
        """Fit label and note into the room that the other columns leave."""
        task = self.progress.tasks[self.task]
        known = self.left and task.completed < (task.total or 0)
        left = OPEN_END if self.open_ended else f"{self.left} left" if known else ""
        bad = f"{self.bad} not ok" if self.bad else ""
        others = self.bar_width + len(f"{task.total or 0:.0f}") * 2 + 1 + len(left) + len(bad) + 6
        room = max(SHORTEST_LABEL, self.console.width - others)
        fits = cell_len(self.label) + cell_len(self.machine) <= room
        machine = self.machine if fits else ""
        self.progress.update(
            self.task,
            description=shortened(self.label, room),
            left=left,
            bad=f"[red]{bad}" if bad else "",
            machine=machine,
        )

    def note(self, text: str) -> None:
        self.machine = printable(text.partition(": ")[2] or text)
        if hasattr(self, "task"):
            self._show()
        if self.verbose:
            self.say(text)

    def say(self, text: str) -> None:
        self.console.print(printable(text), markup=False, highlight=False)

    def pause(self) -> None:
        self.progress.stop()

    def resume(self) -> None:
        if hasattr(self, "task"):
            self.progress.start()

    def close(self) -> None:
        self.progress.stop()


def progress_display(kind: str, verbose: bool = False) -> Silent:
    """The display for a value of --progress; `auto` means a bar if stderr is a terminal, else plain lines."""
    if kind == "none":
        return Silent()
    if kind == "plain" or sys.stderr is None or not sys.stderr.isatty():
        return PlainLines(verbose)
    return Bar(verbose)
