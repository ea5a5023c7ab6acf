"""A plan -> how long it will take, seconds: from earlier runs of the same cells on this machine, else from its loads."""

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

# So many of the latest runs tell, of so many that are looked at: more would make a plan wait for journals that say the same.
RUNS = 3
LOOKED_AT = 12
# What a trial takes beside its passes, seconds: to start a process and its workers, to meet, to end, to be written down.
START = 0.15
# A spinner measurement: one alone and all together, each round.
SPIN = START + 2 * SPIN_ROUNDS * SPIN_SECONDS
SENTINEL_SECONDS = START + 0.05


@dataclass(frozen=True)
class Forecast:
    """Seconds for the whole blocks that are planned, and for the most that `precision` may ask for.

    `unknown` trials are in neither: nothing tells how long their counted operations take. `measured` trials were foreseen
    from earlier runs, `loads` from the time that their load gives them.
    """

    measure: Measure
    seconds: float
    most: float
    measured: int
    loads: int
    unknown: int
    claims: bool = False  # whether trials are made for claims as well

    @property
    def data(self) -> dict[str, Any]:
        """For programs."""
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
        """For people: how long, from what that is known, and what a budget will do to it."""
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
        said = f"takes {'at least' if self.unknown else 'about'} {duration_text(self.seconds)}"
        if most > blocks:
            said += f" for {blocks} repetitions, {duration_text(self.most)} if some cell needs {most}"
        said += f" (foreseen: {', '.join(sources)}"
        said += f"; {self.unknown} trials of counted operations unknown)" if self.unknown else ")"
        return said + self._beside_the_budget()

    def _beside_the_budget(self) -> str:
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
    """Foresee a plan; `runs` is the folder of earlier runs, `host` this machine."""
    known = _earlier(runs, spec.measure, host)
    counts = {"measured": 0, "loads": 0, "unknown": 0}
    seconds = 0.0
    for trial in plan.trials:
        took, source = _of(trial, known)
        seconds += took
        counts[source] += 1
    blocks, most = spec.measure.blocks, spec.measure.max_blocks
    one = seconds / max(1, blocks)
    real = any(not cell.simulated for cell in plan.runnable)
    spins = max(1, math.ceil(one / SPIN_EVERY_SECONDS)) if real else 0
    whole = one + spins * SPIN
    last = SPIN if real else 0.0
    return Forecast(spec.measure, blocks * whole + last, most * whole + last, **counts, claims=bool(spec.claims))


def _of(trial: PlannedTrial, known: dict[str, float]) -> tuple[float, str]:
    """The seconds that a trial takes, and from what that is known."""
    cell, settings = trial.cell, trial.cell.settings
    name = _name(cell.id, trial.role)
    if name in known:
        return known[name], "measured"
    if cell.simulated:
        return 0.0, "loads"
    if trial.role == SENTINEL:
        return SENTINEL_SECONDS, "loads"
    if "duration" in cell.load:
        return START + cell.load["duration"] * (settings.warmup + settings.iterations), "loads"
    return 0.0, "unknown"


def _name(cell: str, role: str) -> str:
    """Trials of one cell take alike, whatever they are for; the sentinel may be a cell of the experiment by chance."""
    return role if role == SENTINEL else cell


def _earlier(runs: Path, measure: Measure, host: str) -> dict[str, float]:
    """The median duration of each cell's trials, seconds, from the latest runs here that took as many passes."""
    found: dict[str, list[float]] = {}
    told = 0
    for path in sorted(runs.glob(f"*/{journal.NAME}"), reverse=True)[:LOOKED_AT]:
        # A run that was killed at its beginning, a damaged journal, or one that somebody else made up: no help, no harm.
        with contextlib.suppress(ConcexpError, LookupError, TypeError, AttributeError):
            read = journal.read(path)
            own = [r for r in read.records if r.get("host") == host and isinstance(r.get("duration_s"), float)]
            past = read.header["spec"]["measure"]
            if not own or any(past.get(name) != getattr(measure, name) for name in ("warmup", "iterations")):
                continue
            for record in own:
                found.setdefault(_name(record["cell"], record.role), []).append(record["duration_s"])
            told += 1
            if told == RUNS:
                break
    return {name: statistics.median(times) for name, times in found.items()}


def duration_text(seconds: float) -> str:
    """A time for people: `45 s`, `12.5 min`, `2.1 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
