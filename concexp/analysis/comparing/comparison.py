"""The comparison of stored runs: everything that a page, a table and a check need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from concexp.analysis.comparing.circumstances import Row, circumstances
from concexp.analysis.comparing.claims import ComparedClaim, compared_claims
from concexp.analysis.comparing.figures import ABSOLUTE, BASELINE, WORKLOAD
from concexp.analysis.comparing.history import Series, series_of
from concexp.analysis.comparing.judgement import Compared, Setting, judged
from concexp.analysis.comparing.matching import Matching, match_cells
from concexp.analysis.comparing.sides import A, B, Sides
from concexp.analysis.comparing.yardsticks import Machine, machine
from concexp.analysis.metrics import of_trials
from concexp.analysis.stats.significance import MARGIN


@dataclass(frozen=True)
class Comparison:
    """Stored runs on two sides, or in the order of time, and what differs between them; computed once, on demand.

    metrics    those that are compared; the primary metric of the first run unless others were asked for
    tolerance  the relative difference that does not matter: what is the same, and what is no regression
    """

    sides: Sides
    metrics: tuple[str, ...]
    matching: Matching
    tolerance: float = MARGIN

    @property
    def level(self) -> float:
        """The level of all intervals: that of the first run."""
        return self.sides.runs[0].level

    @cached_property
    def circumstances(self) -> list[Row]:
        """What the runs say of themselves, row by row."""
        return circumstances(self.sides.runs)

    @cached_property
    def machine(self) -> Machine:
        """The machine on the two sides; of a history, in the first and the last run."""
        names = list(self.sides.by_name)
        return machine(self.sides, names[0], names[-1])

    @cached_property
    def compared(self) -> list[Compared]:
        """Every metric of every cell on both sides, with what is said of it; empty for a history."""
        if self.sides.is_history:
            return []
        setting = Setting(self.sides, (A, B), self.machine, self.tolerance, self.level)
        wanted = [(metric, ABSOLUTE) for metric in self.metrics]
        wanted += [(metric, self.reference) for metric in self.metrics if self.reference]
        return judged(setting, self.matching.matches, wanted)

    @property
    def reference(self) -> str:
        """To what figures are compared within each run too, where the machine differed: `figures` has the words; else ""."""
        if not self.machine.other and self.machine.slower_side is None:
            return ABSOLUTE
        return BASELINE if all(run.spec.get("baseline") for run in self.sides.runs) else WORKLOAD

    @property
    def cells(self) -> list[Compared]:
        """The comparisons of the figures themselves."""
        return [one for one in self.compared if not one.is_relative]

    @property
    def relative(self) -> list[Compared]:
        """The comparisons of ratios to each run's baseline."""
        return [one for one in self.compared if one.is_relative]

    @cached_property
    def series(self) -> list[Series]:
        """The figures over all runs, with their steps; empty for two sides."""
        if not self.sides.is_history:
            return []
        return [
            series
            for metric in self.metrics
            for series in series_of(self.sides, self.matching.matches, metric, self.level)
        ]

    @cached_property
    def claims(self) -> list[ComparedClaim]:
        """The claims of the runs with their verdicts."""
        return compared_claims(self.sides)


def compare(
    sides: Sides, metrics: Sequence[str] = (), across: Sequence[str] = (), tolerance: float = MARGIN
) -> Comparison:
    """The comparison of runs. `metrics` and `across` as in `Comparison` and `match_cells`; UnknownName for an unknown metric."""
    primary = sides.runs[0].spec["primary"]
    names = dict.fromkeys(map(of_trials, metrics or (primary,)))
    return Comparison(sides, tuple(names), match_cells(sides, across), tolerance)
