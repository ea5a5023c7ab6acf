"""How long trials take, seconds: as they took in earlier runs here, as their loads say, or as those of this run show."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path

from concexp.errors import ConcexpError
from concexp.experiment import Measure
from concexp.experiment.statuses import OBSERVED, PICTURED, SENTINEL
from concexp.plan.cell import PlannedTrial
from concexp.run.machine import spinners
from concexp.run.storage import journal

# The latest runs that are used, and that are opened to find them. With more, a plan would wait for journals that agree.
RUNS_USED = 3
RUNS_OPENED = 12
SEARCH_STEPS = 10  # of a search that begins at a tenth of what it finds, and ends within 5 %
# What a trial takes besides its passes: starting a process and its workers, meeting, ending, writing the record.
TRIAL_OVERHEAD_S = 0.15
SENTINEL_S = TRIAL_OVERHEAD_S + 0.05
STARTUP = ("startup",)  # the key of what trials of a given duration took besides it

Startup = Mapping[str, float]  # seconds, by the cell's id


@dataclass
class Mean:
    """A mean that grows."""

    total: float = 0.0
    count: int = 0

    def add(self, seconds: float) -> None:
        self.total += seconds
        self.count += 1

    @property
    def value(self) -> float:
        return self.total / self.count


class Durations:
    """How long each kind of trial takes, seconds: as it was in earlier runs, follows from its load, or shows in this run.

    `earlier` is by name (see `_name`), `startup` by the cell's id.
    """

    def __init__(self, earlier: Mapping[str, float] | None = None, startup: Startup | None = None) -> None:
        self._earlier = earlier or {}
        self._startup = startup or {}
        self._seen: dict[Hashable, Mean] = {}  # in this run, by each of a trial's keys

    def learn(self, trial: PlannedTrial, seconds: float) -> None:
        """Take note of a trial of this run."""
        for key in _keys(trial):
            self._seen.setdefault(key, Mean()).add(seconds)
        if _window(trial) is not None:
            self._seen.setdefault(STARTUP, Mean()).add(seconds - (_window(trial) or 0.0))

    def of(self, trial: PlannedTrial) -> tuple[float, str]:
        """(how long a trial takes, how that is known: the name of a count in `Forecast`); unknown: the start-up alone."""
        own, *alike = _keys(trial)
        if own in self._seen:
            return self._seen[own].value, "measured"
        if (earlier := self._earlier.get(kind(trial))) is not None:
            return earlier, "measured"
        if trial.cell.simulated:
            return 0.0, "loads"
        if trial.role == SENTINEL:
            return SENTINEL_S, "loads"
        window = _window(trial)
        if window is not None:
            return max(0.0, window + self.startup_of(trial.cell.id)), "loads"
        similar = next((self._seen[key].value for key in alike if key in self._seen), None)
        return (similar, "measured") if similar is not None else (self.startup_of(trial.cell.id), "unknown")

    def startup_of(self, cell: str) -> float:
        """What a trial of the cell with this id takes besides its passes."""
        if STARTUP in self._seen:
            return self._seen[STARTUP].value
        return self._startup.get(cell, TRIAL_OVERHEAD_S)


def _window(trial: PlannedTrial) -> float | None:
    """The seconds of a trial's passes, where the load gives them."""
    cell, settings = trial.cell, trial.cell.settings
    if "duration" not in cell.load or cell.simulated or trial.role == SENTINEL:
        return None
    passes = settings.warmup + (SEARCH_STEPS if "until" in cell.load else settings.iterations)
    return float(cell.load["duration"]) * passes


def _keys(trial: PlannedTrial) -> list[Hashable]:
    """What trials of about equal duration share, from what says most to what says least."""
    axes = trial.cell.axes
    if trial.role == SENTINEL:
        return [SENTINEL]
    workload, model, sync = (str(axes.get(axis)) for axis in ("workload", "model", "sync"))
    return [
        kind(trial), ("cell", trial.cell.id), (workload, model, sync), (workload, model), (workload,), (),
    ]  # fmt: skip


def kind(trial: PlannedTrial) -> str:
    """What trials of one kind share."""
    return _name(trial.cell.id, trial.role)


def _name(cell: str, role: str) -> str:
    """What trials of equal duration share: their cell, and the role where it changes what a trial does."""
    if role == SENTINEL:  # the experiment may have its cell too
        return role
    return f"{cell} {role}" if role in (OBSERVED, PICTURED) else cell


def known_before(runs: Path, measure: Measure, host: str, startup: Startup | None = None) -> Durations:
    """What is known before the first trial: from earlier runs on this machine, and from the preflight."""
    return Durations(_medians(runs, measure, host), startup)


def _medians(runs: Path, measure: Measure, host: str) -> dict[str, float]:
    """The median duration of each cell's trials, seconds, from the latest runs here with the same numbers of iterations."""
    durations: dict[str, list[float]] = {}
    used = 0
    for path in sorted(runs.glob(f"*/{journal.NAME}"), reverse=True)[:RUNS_OPENED]:
        # A run killed at its beginning, a damaged or a forged journal: no help, but no harm.
        with contextlib.suppress(ConcexpError, LookupError, TypeError, AttributeError):
            read = journal.read(path)
            records = [r for r in read.records if r.get("host") == host and isinstance(r.get("duration_s"), float)]
            past = read.header["spec"]["measure"]
            if not records or any(past.get(name) != getattr(measure, name) for name in ("warmup", "iterations")):
                continue
            for record in records:
                durations.setdefault(_name(record["cell"], record.role), []).append(record["duration_s"])
            used += 1
            if used == RUNS_USED:
                break
    return {name: statistics.median(times) for name, times in durations.items()}


def with_spins(trials_s: float, real: bool = True) -> float:
    """The seconds of a run's trials with the spinner measurements between them; none where no trial is `real`."""
    return trials_s + (spinners.looks_s(trials_s) if real else 0.0)
