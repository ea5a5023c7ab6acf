"""Forecasts how long a plan takes, seconds, and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from concexp.experiment import Measure, Spec
from concexp.plan.cell import Cell
from concexp.plan.schedule import Plan
from concexp.run import agreement
from concexp.run.durations import Durations, with_spins


@dataclass(frozen=True)
class Forecast:
    """Seconds for the planned blocks, and for the most blocks that `precision` may ask for.

    Of the `unknown` trials they include the start-up alone: the time of counted operations shows once they run. `measured`
    trials were forecast from earlier runs, `loads` from the duration in their load. The budget is for the blocks alone.
    """

    measure: Measure
    seconds: float
    most: float
    measured: int
    loads: int
    unknown: int
    claims: bool = False  # whether claims may add trials too
    compared: int = 0  # trials that compare answers before the sweep
    compared_s: float = 0.0  # what they take: part of `seconds`

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
            "trials_compared": self.compared,
            "compared_seconds": round(self.compared_s, 3),
        }

    @property
    def text(self) -> str:
        """The forecast in words: how long, how that is known, and whether the budget ends it early."""
        blocks, most = self.measure.blocks, self.measure.max_blocks
        before = ""
        if self.compared:
            before = f"; {duration_text(self.compared_s)} of it for {plural_trials(self.compared)} that compare returned values"
        if not self.measured + self.loads:
            return (
                f"takes at least {duration_text(self.seconds)}, to start {plural_trials(self.unknown)}: how long their counted "
                f"operations take shows once the first have run{before}"
            )
        if self.most < 0.1:
            return "takes less than 0.1 s"
        sources = [
            f"{count} trials {source}"
            for count, source in ((self.measured, "from earlier runs"), (self.loads, "from their loads"))
            if count
        ]
        text = f"takes {'at least' if self.unknown else 'about'} {duration_text(self.seconds)}"
        if most > blocks:
            text += f" for {blocks} repetitions, {duration_text(self.most)} if some cell needs {most}"
        text += f" (foreseen: {', '.join(sources)}"
        text += f"; of {self.unknown} trials of counted operations the start-up alone)" if self.unknown else ")"
        return text + before + self._effect_of_budget()

    def _effect_of_budget(self) -> str:
        budget = self.measure.budget
        seconds, most = self.seconds - self.compared_s, self.most - self.compared_s
        if budget is None or most <= budget:
            return ""
        if seconds > budget:
            fit = max(1, math.floor(self.measure.blocks * budget / seconds))
            part = f"about {fit} of {self.measure.blocks} repetitions fit"
            return f"; the budget of {duration_text(budget)} will end it before: {part}"
        wanted = "every interval is narrow enough" + (" and every claim settled" if self.claims else "")
        return f"; the budget of {duration_text(budget)} may end it before {wanted}"


def forecast(spec: Spec, plan: Plan, durations: Durations, answers_known: bool = False) -> Forecast:
    """Forecast a plan from what is known of its trials; `answers_known` where the returned values were compared before."""
    counts = {"measured": 0, "loads": 0, "unknown": 0}
    seconds = 0.0
    for trial in plan.trials:
        trial_s, source = durations.of(trial)
        seconds += trial_s
        counts[source] += 1
    blocks, most = spec.measure.blocks, spec.measure.max_blocks
    real = any(not cell.simulated for cell in plan.runnable)
    compared = [] if answers_known else agreement.trials_of(plan.runnable)
    compared_s = comparing_s(compared, durations)
    return Forecast(
        spec.measure,
        with_spins(seconds, real) + compared_s,
        with_spins(seconds * most / max(1, blocks), real) + compared_s,
        **counts,
        claims=bool(spec.claims),
        compared=len(compared),
        compared_s=compared_s,
    )


def comparing_s(cells: Sequence[Cell], durations: Durations) -> float:
    """The seconds of the trials that compare what the code of these cells returns (`agreement.trials_of`)."""
    return sum(durations.startup_of(cell.id) + agreement.WINDOW for cell in cells)


def plural_trials(count: int) -> str:
    """`1 trial`, `1,200 trials`."""
    return f"{count:,} trial{'' if count == 1 else 's'}"


def duration_text(seconds: float) -> str:
    """A duration as people read it: `45 s`, `12.5 min`, `2.1 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
