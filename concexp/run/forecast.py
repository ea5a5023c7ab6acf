"""Forecasts how long a plan takes, seconds: from earlier runs of the same cells on this machine, else from its loads."""

from __future__ import annotations

import contextlib
import math
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concexp.errors import ConcexpError
from concexp.experiment import Measure, Spec
from concexp.experiment.statuses import SENTINEL
from concexp.plan.cell import PlannedTrial
from concexp.plan.schedule import Plan
from concexp.run.machine.spinners import SPIN_EVERY_SECONDS, SPIN_ROUNDS, SPIN_SECONDS
from concexp.run.storage import journal

# The latest runs that are used, and that are opened to find them. With more, a plan would wait for journals that agree.
RUNS_USED = 3
RUNS_OPENED = 12
SEARCH_STEPS = 10  # of a search that begins at a tenth of what it finds, and ends within 5 %
# What a trial takes besides its passes: starting a process and its workers, meeting, ending, writing the record.
TRIAL_OVERHEAD_S = 0.15
# A spinner measurement: one alone and all together, each round.
SPIN_S = TRIAL_OVERHEAD_S + 2 * SPIN_ROUNDS * SPIN_SECONDS
SENTINEL_S = TRIAL_OVERHEAD_S + 0.05


@dataclass(frozen=True)
class Forecast:
    """Seconds for the planned blocks, and for the most blocks that `precision` may ask for.

    Neither includes the `unknown` trials: the time of counted operations is not known before a first run. `measured` trials
    were forecast from earlier runs, `loads` from the duration in their load.
    """

    measure: Measure
    seconds: float
    most: float
    measured: int
    loads: int
    unknown: int
    claims: bool = False  # whether claims may add trials too

    @property
    def data(self) -> dict[str, Any]:
        """The forecast for programs; times in seconds."""
        return {
            "seconds": round(self.seconds, 3),
            "most_seconds": round(self.most, 3),
            "budget_seconds": self.measure.budget,
            "trials_from_earlier_runs": self.measured,
            "trials_from_loads": self.loads,
            "trials_unknown": self.unknown,
        }

    @property
    def text(self) -> str:
        """The forecast in words: how long, how that is known, and whether the budget ends it early."""
        blocks, most = self.measure.blocks, self.measure.max_blocks
        if not self.measured + self.loads:
            return "how long it takes is not known before a first run: its operations are counted"
        if self.most < 0.1:
            return "takes no time worth a word"
        sources = [
            f"{count} trials {source}"
            for count, source in ((self.measured, "from earlier runs"), (self.loads, "from their loads"))
            if count
        ]
        text = f"takes {'at least' if self.unknown else 'about'} {duration_text(self.seconds)}"
        if most > blocks:
            text += f" for {blocks} repetitions, {duration_text(self.most)} if some cell needs {most}"
        text += f" (foreseen: {', '.join(sources)}"
        text += f"; {self.unknown} trials of counted operations unknown)" if self.unknown else ")"
        return text + self._effect_of_budget()

    def _effect_of_budget(self) -> str:
        budget = self.measure.budget
        if budget is None or self.most <= budget:
            return ""
        if self.seconds > budget:
            fit = max(1, math.floor(self.measure.blocks * budget / self.seconds))
            part = f"about {fit} of {self.measure.blocks} repetitions fit"
            return f"; the budget of {duration_text(budget)} will end it before: {part}"
        wanted = "every interval is narrow enough" + (" and every claim settled" if self.claims else "")
        return f"; the budget of {duration_text(budget)} may end it before {wanted}"


def forecast(spec: Spec, plan: Plan, runs: Path, host: str) -> Forecast:
    """Forecast a plan. `runs` is the folder of earlier runs, `host` the id of this machine."""
    known = _earlier(runs, spec.measure, host)
    counts = {"measured": 0, "loads": 0, "unknown": 0}
    seconds = 0.0
    for trial in plan.trials:
        trial_s, source = _trial_seconds(trial, known)
        seconds += trial_s
        counts[source] += 1
    blocks, most = spec.measure.blocks, spec.measure.max_blocks
    trials_s = seconds / max(1, blocks)
    real = any(not cell.simulated for cell in plan.runnable)
    spins = max(1, math.ceil(trials_s / SPIN_EVERY_SECONDS)) if real else 0
    block_s = trials_s + spins * SPIN_S
    last_s = SPIN_S if real else 0.0
    return Forecast(
        spec.measure, blocks * block_s + last_s, most * block_s + last_s, **counts, claims=bool(spec.claims)
    )


def _trial_seconds(trial: PlannedTrial, known: dict[str, float]) -> tuple[float, str]:
    """(how long a trial takes, seconds; how that is known: the name of a count in `Forecast`)."""
    cell, settings = trial.cell, trial.cell.settings
    name = _name(cell.id, trial.role)
    if name in known:
        return known[name], "measured"
    if cell.simulated:
        return 0.0, "loads"
    if trial.role == SENTINEL:
        return SENTINEL_S, "loads"
    if "duration" in cell.load:
        passes = settings.warmup + (SEARCH_STEPS if "until" in cell.load else settings.iterations)
        return TRIAL_OVERHEAD_S + cell.load["duration"] * passes, "loads"
    return 0.0, "unknown"


def _name(cell: str, role: str) -> str:
    """What trials of equal duration share: their cell, or the role for the sentinel, whose cell the experiment may have too."""
    return role if role == SENTINEL else cell


def _earlier(runs: Path, measure: Measure, host: str) -> dict[str, float]:
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


def duration_text(seconds: float) -> str:
    """A duration as people read it: `45 s`, `12.5 min`, `2.1 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
