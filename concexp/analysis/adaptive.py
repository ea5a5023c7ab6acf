"""Records so far -> the trials of the next block: which cells need more, and what the budget still allows. Pure.

A cell needs more where the interval of the primary metric is wider than wanted, or where a claim rests on it that is not
settled and could be by more trials. What of that a run has not reached is told at its end.

What is decided for a block rests on the records of the blocks before it and on nothing else: a run that is killed within a
block decides the same when it goes on, and the time that it has spent stands in its journal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concexp import catalog
from concexp.analysis.costs import Costs, trials_of
from concexp.analysis.precision import _cells, cells_without_interval, widths
from concexp.experiment import Spec
from concexp.plan.cell import Cell, PlannedTrial
from concexp.plan.planner import Plan, block
from concexp.run.forecast import duration_text
from concexp.run.storage.journal import Record

if TYPE_CHECKING:
    from concexp.analysis.results import Run

# With too little left of the budget for all, those come first that lack at least this share of what the worst lacks.
WORST_SHARE = 0.5


@dataclass(frozen=True)
class SequentialPlan:
    """The way that an experiment with a `precision` or a `budget` takes; `header` is the journal's.

    `tell` hears once, when the pilot is over, what more it will take.
    """

    spec: Spec
    plan: Plan
    header: Mapping[str, Any]
    tell: Callable[[str], None] = lambda text: None
    decided: dict[int, list[PlannedTrial]] = field(default_factory=dict, repr=False)  # spares deciding the same twice

    def next_trials(self, records: Sequence[Record]) -> list[PlannedTrial]:
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
        if measure.precision is None or number >= measure.max_blocks:
            return []
        run = self._run(before)
        lacking = self._lacking(run)
        if number == measure.blocks:
            self.tell(self._outlook(run, lacking, costs))
        if lacking and self._left(costs) < self._whole_need(run, lacking, costs):
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

    def _run(self, records: Sequence[Record]) -> Run:
        """The records as a run whose intervals are those of the primary metric alone: those of all would take their time."""
        from concexp.analysis.results import Run

        spec = {**self.header["spec"], "metrics": [self.spec.primary], "claims": []}
        return Run(Path(), {**self.header, "spec": spec}, list(records))

    def _lacking(self, run: Run) -> dict[str, float]:
        """The cells that are less certain than wanted, each with the factor; in the order of the plan."""
        assert self.spec.measure.precision is not None
        wanted = self.spec.measure.precision
        found = {cell: width / wanted for cell, width in widths(run).items()}
        for cell, factor in self._undecided(run).items():
            found[cell] = max(factor, found.get(cell, 0.0))
        return {cell.id: found[cell.id] for cell in self.plan.runnable if found.get(cell.id, 0.0) > 1}

    def _undecided(self, run: Run) -> dict[str, float]:
        """The cells on whose times a claim rests that is not settled, each with the factor that it is short of that.

        At most with the one that all the trials that a cell can get are worth: a claim that lies on its boundary must not
        take them from the others.
        """
        if not self.spec.claims:
            return {}
        from concexp.analysis.claims.verdicts import judge_claims

        found: dict[str, float] = {}
        for verdict in judge_claims(run, self.spec.claims):
            for cell, factor in verdict.undecided_cells.items():
                reachable = math.sqrt(self.spec.measure.max_blocks / run.samples[cell].count)
                found[cell] = max(min(factor, reachable), found.get(cell, 0.0))
        return found

    def _outlook(self, run: Run, lacking: Mapping[str, float], costs: Costs) -> str:
        """What more it will take, in words, when the pilot is over, and what it cannot reach."""
        said = f"after {self.spec.measure.blocks} repetitions no cell needs more"
        if lacking:
            need, left = self._whole_need(run, lacking, costs), self._left(costs)
            said = f"after {self.spec.measure.blocks} repetitions {len(lacking)} of {len(self.plan.runnable)} cells need more: "
            said += f"about {duration_text(need)}"
            said += (
                f", and the budget leaves {duration_text(max(0.0, left))}, for those that lack most"
                if left < need
                else ""
            )
        if without := len(cells_without_interval(run)):
            said += f"; {_cells(without)} without an interval of {self.spec.primary} can get none by more trials"
        return said

    def _whole_need(self, run: Run, lacking: Mapping[str, float], costs: Costs) -> float:
        """Seconds that it takes to bring all of them to what is wanted, or to the most trials."""
        found = 0.0
        for cell, factor in lacking.items():
            trials = run.samples[cell].count
            # An interval narrows with the root of the number of its trials.
            more = min(self.spec.measure.max_blocks, math.ceil(trials * factor**2)) - trials
            found += max(0, more) * costs.of_cell(cell)
        return found

    def _beside(self, run: Run, chosen: Collection[str]) -> list[Cell]:
        """These cells, and what each is compared with: its baseline, or the best that does the same work."""
        from concexp.analysis.cells import Baseline

        baseline = Baseline(run.header)
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
