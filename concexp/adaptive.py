"""Records so far -> the trials of the next block: which cells need more, and what the budget still allows. Pure.

What is decided for a block rests on the records of the blocks before it and on nothing else: a run that is killed within a
block decides the same when it goes on, and the time that it has spent stands in its journal.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concexp import catalog
from concexp.journal import Record
from concexp.plan import Plan, block
from concexp.planned import Cell, PlannedTrial
from concexp.spec import Spec

if TYPE_CHECKING:
    from concexp.results import Run

# By which factor each cell (by its id) is less certain than wanted, as far as this goal is concerned: over 1, it gets more.
Goal = Callable[["Run"], Mapping[str, float]]

# With too little left of the budget for all, those come first that lack at least this share of what the worst lacks.
WORST_SHARE = 0.5


@dataclass(frozen=True)
class Course:
    """The way that an experiment with a `precision` or a `budget` takes.

    `header` is the journal's. The interval of the primary metric is a goal by itself; `goals` are others beside it.
    """

    spec: Spec
    plan: Plan
    header: Mapping[str, Any]
    goals: Sequence[Goal] = ()
    decided: dict[int, list[PlannedTrial]] = field(default_factory=dict, repr=False)  # spares deciding the same twice

    def following(self, records: Sequence[Record]) -> list[PlannedTrial]:
        """What is left of the latest block, or else the next one; nothing where the run has come to its end."""
        done = {record["trial"] for record in records}
        latest = max((record["block"] for record in trials_of(records)), default=0)
        for number in (latest, latest + 1):
            if number not in self.decided:
                before = [record for record in records if record.get("block", -1) < number]
                self.decided[number] = self._block(number, before)
            if left := [trial for trial in self.decided[number] if trial.id not in done]:
                return left
        return []

    def _block(self, number: int, before: Sequence[Record]) -> list[PlannedTrial]:
        measure = self.spec.measure
        costs = Costs(before)
        if number < measure.blocks:
            trials = self._with(number, self.plan.runnable)
            return trials if number == 0 or self._left(costs) >= costs.of(trials) else []
        if measure.precision is None or number >= measure.most:
            return []
        from concexp.results import Run

        # The intervals of this one metric are what is wanted: those of all would take their time.
        spec = {**self.header["spec"], "metrics": [self.spec.primary]}
        run = Run(Path(), {**self.header, "spec": spec}, list(before))
        lacking = self._lacking(run)
        if self._left(costs) < self._whole_need(run, lacking, costs):
            worst = max(lacking.values())
            lacking = {cell: factor for cell, factor in lacking.items() if factor >= WORST_SHARE * worst}
        chosen = sorted(lacking, key=lambda cell: -lacking[cell])
        while chosen:
            trials = self._with(number, self._beside(run, chosen))
            if self._left(costs) >= costs.of(trials):
                return trials
            chosen.pop()
        return []

    def _with(self, number: int, cells: Iterable[Cell]) -> list[PlannedTrial]:
        return list(block(self.spec, self.plan, number, cells))

    def _left(self, costs: Costs) -> float:
        """Seconds of the budget that are left."""
        budget = self.spec.measure.budget
        return float("inf") if budget is None else budget - costs.spent

    def _lacking(self, run: Run) -> dict[str, float]:
        """The cells that are less certain than wanted, each with the factor; in the order of the plan."""
        found: dict[str, float] = {}
        for goal in (self._narrow, *self.goals):
            for cell, factor in goal(run).items():
                found[cell] = max(factor, found.get(cell, 0.0))
        return {cell.id: found[cell.id] for cell in self.plan.runnable if found.get(cell.id, 0.0) > 1}

    def _narrow(self, run: Run) -> dict[str, float]:
        """The goal of the primary metric: its interval beside the wanted one.

        A cell without an interval is left as it is: after so many trials it has ended badly too often.
        """
        assert self.spec.measure.precision is not None
        wanted = self.spec.measure.precision
        return {cell: half / wanted for cell, half in widths(run).items()}

    def _whole_need(self, run: Run, lacking: Mapping[str, float], costs: Costs) -> float:
        """Seconds that it takes to bring all of them to what is wanted, or to the most trials."""
        found = 0.0
        for cell, factor in lacking.items():
            trials = run.samples[cell].count
            # An interval narrows with the root of the number of its trials.
            more = min(self.spec.measure.most, math.ceil(trials * factor**2)) - trials
            found += max(0, more) * costs.of_cell(cell)
        return found

    def _beside(self, run: Run, chosen: Collection[str]) -> list[Cell]:
        """These cells, and what each is compared with: its baseline, or the best that does the same work."""
        from concexp.cells import Baseline

        baseline = Baseline(run)
        better = catalog.load("metric", self.spec.primary)().better
        means = dict(zip(run.cells["cell"], run.cells[self.spec.primary], strict=True))
        found = set(chosen)
        for cell in self.plan.runnable:
            if cell.id not in chosen:
                continue
            others = [other for other in self.plan.runnable if _work(other) == _work(cell) and means[other.id] > 0]
            below = baseline.of(cell.axes)
            if not below and others:
                pick = min if better == "lower" else max
                below = pick(others, key=lambda other: float(means[other.id])).id
            found.add(below)
        return [cell for cell in self.plan.runnable if cell.id in found]


def _work(cell: Cell) -> list[Any]:
    """What a cell does, whatever does it."""
    return [label for key, label in cell.axes.items() if key not in ("model", "sync", "workers")]


def widths(run: Run) -> dict[str, float]:
    """Half of each cell's interval of the primary metric, as a share of its mean; cells without an interval are left out."""
    from concexp.stats.intervals import Interval
    from concexp.stats.planning import relative_width

    primary = run.spec["primary"]
    columns = [run.cells[name] for name in ("cell", primary, f"{primary}_lo", f"{primary}_hi", "trials")]
    found = {str(cell): relative_width(Interval(*ends)) for cell, *ends in zip(*columns, strict=True)}
    return {cell: width for cell, width in found.items() if width < math.inf}


class Costs:
    """What the trials of some records took, and what others will take, seconds."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.spent: float = sum(record.get("duration_s") or 0.0 for record in records)
        own = trials_of(records)
        took: dict[tuple[str, str], list[float]] = {}
        for record in own:
            took.setdefault((record["cell"], record["role"]), []).append(record["duration_s"])
        self.medians: dict[tuple[str, str], float] = {key: statistics.median(times) for key, times in took.items()}
        blocks = len({record["block"] for record in own})
        # What is measured between the trials belongs to every block.
        self.between: float = (self.spent - sum(record["duration_s"] for record in own)) / max(1, blocks)

    def of(self, trials: Iterable[PlannedTrial]) -> float:
        """The seconds that a block will take."""
        return self.between + sum(self.medians.get((trial.cell.id, trial.role), 0.0) for trial in trials)

    def of_cell(self, cell: str) -> float:
        """The seconds that one more repetition of a cell will take."""
        return sum(
            (
                median
                for (own, role), median in self.medians.items()
                if own == cell and role not in ("sentinel", "pictured")
            ),
            0.0,
        )


def trials_of(records: Iterable[Record]) -> list[Record]:
    """The records of trials that were run."""
    return [record for record in records if record["role"] != "machine" and "block" in record]
