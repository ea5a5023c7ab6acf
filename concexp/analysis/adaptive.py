"""Records so far -> the trials of the next block: which cells need more, and what the budget still allows.

With a `precision`, a cell needs more trials where its interval of the primary metric is wider than wanted, where it has too few
operations for one yet, or where it could settle a claim that is still open. `precision.precision_shortfall` reports what a
finished run has not reached. Without one it needs more where the machine disturbed trials: as many as were disturbed. What is
looked at then is the machine, never what was measured, so that stopping does not favour any result.

A block is decided from the records of the blocks before it and from nothing else. So a run that is killed within a block
decides the same when it is resumed; the time that it has spent stands in its journal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concexp import catalog
from concexp.analysis.costs import Costs, is_trial
from concexp.analysis.doubt_codes import DISTURBED
from concexp.analysis.precision import cautious_widths, cells_in_words, cells_without_interval, shortfalls
from concexp.experiment import Spec
from concexp.plan.cell import Cell, PlannedTrial
from concexp.plan.schedule import Plan, block
from concexp.run.forecast import duration_text
from concexp.run.storage.journal import Record

if TYPE_CHECKING:
    from concexp.analysis.results import Run

# If the budget is too small for all cells that need more, those come first whose need is at least this share of the largest.
WORST_SHARE = 0.5


class SequentialPlan:
    """Plans an experiment block by block whose blocks depend on those before; `header` is the journal's.

    `tell` is called once, when the pilot is over, with a sentence on what the run will still take.
    """

    def __init__(
        self, spec: Spec, plan: Plan, header: Mapping[str, Any], tell: Callable[[str], None] = lambda text: None
    ) -> None:
        self.spec, self.plan, self.header, self.tell = spec, plan, header, tell
        self._blocks: dict[int, list[PlannedTrial]] = {}  # the blocks decided so far, by number
        # Of the records so far: a long run must not look at all of them again for each of its blocks.
        self._seen = self._latest = 0
        self._done: set[str] = set()
        self._costs, self._not_in_costs = Costs(), list[Record]()

    def next_trials(self, records: Sequence[Record]) -> list[PlannedTrial]:
        """The trials of the latest block that have no record yet, or else the next block; empty when the run is complete.

        From one call to the next, records are added to the end of `records` and nothing else changes in it.
        """
        new, self._seen = records[self._seen :], len(records)
        self._done.update(record["trial"] for record in new)
        self._latest = max([self._latest, *(record["block"] for record in new if is_trial(record))])
        self._not_in_costs += new
        for number in (self._latest, self._latest + 1):
            if number not in self._blocks:
                self._blocks[number] = self._block(number, records)
            if left := [trial for trial in self._blocks[number] if trial.id not in self._done]:
                return left
        return []

    def _costs_before(self, number: int) -> Costs:
        """What the trials before a block took; later calls are about later blocks."""
        self._costs.add(record for record in self._not_in_costs if record.get("block", -1) < number)
        self._not_in_costs = [record for record in self._not_in_costs if record.get("block", -1) >= number]
        return self._costs

    def _block(self, number: int, records: Sequence[Record]) -> list[PlannedTrial]:
        """The trials of a block, from the records before it; empty where the run ends."""
        measure, costs = self.spec.measure, self._costs_before(number)
        left = math.inf if measure.budget is None else measure.budget - costs.spent
        if number < measure.blocks:
            trials = self._trials(number, self.plan.runnable)
            return trials if number == 0 or costs.of(trials) <= left else []
        if number >= measure.max_blocks:
            return []
        run = self._run([record for record in records if record.get("block", -1) < number])
        factors = needs(self.spec, self.plan, run)
        seconds = seconds_needed(run, factors, costs, measure.max_blocks)
        if number == measure.blocks:
            self.tell(self._outlook(run, len(factors), seconds, left))
        if seconds > left:
            factors = worst(factors)
        ranked = sorted(factors, key=lambda cell: -factors[cell])
        candidates = (self._trials(number, self._with_comparators(run, ranked[:n])) for n in range(len(ranked), 0, -1))
        return afford(candidates, left, costs)

    def _trials(self, number: int, cells: Iterable[Cell]) -> list[PlannedTrial]:
        return list(block(self.spec, self.plan, number, cells))

    def _run(self, records: Sequence[Record]) -> Run:
        """The records as a run with intervals of the primary metric only: those of all metrics would take too long."""
        from concexp.analysis.results import Run

        spec = {**self.header["spec"], "metrics": [self.spec.primary], "claims": []}
        return Run(Path(), {**self.header, "spec": spec}, records)

    def _outlook(self, run: Run, needing: int, seconds: float, left: float) -> str:
        """What the run will still take after the pilot, and what it cannot reach, in one sentence."""
        after, wanted = f"after {self.spec.measure.blocks} repetitions", self.spec.measure.precision
        if not needing:
            text = f"{after} no cell {'was disturbed' if wanted is None else 'needs more'}"
        else:
            need = "were disturbed and are measured again" if wanted is None else "need more"
            text = f"{after} {needing} of {len(self.plan.runnable)} cells {need}: about {duration_text(seconds)}"
            if left < seconds:
                text += f", and the budget leaves {duration_text(max(0.0, left))}, for those that lack most"
        if wanted is None:
            return text
        if without := cells_without_interval(run):
            overloaded = sum(
                bool(run.samples[cell].of(self.spec.primary).withheld(self.spec.primary)) for cell in without
            )
            text += (
                f"; {cells_in_words(len(without))} without an interval of {self.spec.primary} can get none by more trials"
                f"{f' ({overloaded} overloaded)' if overloaded else ''}"
            )
        return text

    def _with_comparators(self, run: Run, cells: Sequence[str]) -> list[Cell]:
        """These cells and what each is compared with: its baseline, or the best cell that does the same work."""
        from concexp.analysis.cells import Baseline

        baseline = Baseline(run.header)
        better = catalog.load("metric", self.spec.primary)().better
        means = dict(zip(run.cells["cell"], run.cells[self.spec.primary], strict=True))
        chosen = set(cells)
        for cell in self.plan.runnable:
            if cell.id not in cells:
                continue
            below = baseline.of(cell.axes)
            same_work = [other for other in self.plan.runnable if _work(other) == _work(cell) and means[other.id] > 0]
            if not below and same_work:
                pick = min if better == "lower" else max
                below = pick(same_work, key=lambda other: float(means[other.id])).id
            chosen.add(below)
        return [cell for cell in self.plan.runnable if cell.id in chosen]


def needs(spec: Spec, plan: Plan, run: Run) -> dict[str, float]:
    """The cells that need more trials, in the order of the plan, each with the factor by which it is too uncertain."""
    if spec.measure.precision is None:
        return {cell: math.sqrt(times) for cell, times in _needs_of_disturbed(spec, plan, run).items()}
    factors = {cell: width / spec.measure.precision for cell, width in cautious_widths(run).items()}
    # As for intervals, the trials that are wanted grow with the square of the factor.
    factors |= {cell: math.sqrt(times) for cell, times in shortfalls(run).items()}
    for cell, factor in _needs_of_claims(spec, run).items():
        factors[cell] = max(factor, factors.get(cell, 0.0))
    return {cell.id: factors[cell.id] for cell in plan.runnable if factors.get(cell.id, 0.0) > 1}


def _needs_of_disturbed(spec: Spec, plan: Plan, run: Run) -> dict[str, float]:
    """The cells with fewer trials than wanted that a quiet machine would not change, each with how many times as many it needs."""
    wanted, found = spec.measure.blocks, {}
    for cell in plan.runnable:
        sample = run.samples[cell.id]
        # A trial that has other doubts as well would have them again.
        again = sum(DISTURBED.issuperset(trial.doubts_about(spec.primary)) for trial in sample.doubtful(spec.primary))
        if (missing := wanted - (sample.count - again)) > 0:
            found[cell.id] = 1 + missing / sample.count
    return found


def _needs_of_claims(spec: Spec, run: Run) -> dict[str, float]:
    """The cells whose times leave a claim open, each with the factor by which it is too uncertain to settle it.

    A factor is capped at what the most trials that a cell can get would gain: a claim on its boundary must not take the time
    of all others.
    """
    if not spec.claims:
        return {}
    from concexp.analysis.claims.verdicts import judge_claims

    factors: dict[str, float] = {}
    for verdict in judge_claims(run, spec.claims):
        for cell, factor in verdict.undecided_cells.items():
            reachable = math.sqrt(spec.measure.max_blocks / run.samples[cell].count)
            factors[cell] = max(min(factor, reachable), factors.get(cell, 0.0))
    return factors


def seconds_needed(run: Run, factors: Mapping[str, float], costs: Costs, most: int) -> float:
    """Seconds that bring all these cells to the wanted certainty, or to `most` trials each."""
    seconds = 0.0
    for cell, factor in factors.items():
        trials = run.samples[cell].count
        # An interval narrows with the square root of the number of its trials.
        wanted = min(most, math.ceil(trials * factor**2))
        seconds += max(0, wanted - trials) * costs.of_cell(cell)
    return seconds


def worst(factors: Mapping[str, float]) -> dict[str, float]:
    """The cells whose need is close to the largest."""
    largest = max(factors.values(), default=0.0)
    return {cell: factor for cell, factor in factors.items() if factor >= WORST_SHARE * largest}


def afford(candidates: Iterable[list[PlannedTrial]], left: float, costs: Costs) -> list[PlannedTrial]:
    """The first candidate that takes no more seconds than are left; empty if there is none."""
    return next((trials for trials in candidates if costs.of(trials) <= left), [])


def _work(cell: Cell) -> list[Any]:
    """The labels that say what a cell does, not how."""
    return [label for key, label in cell.axes.items() if key not in ("model", "sync", "workers")]
