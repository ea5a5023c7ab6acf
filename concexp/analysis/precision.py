"""A run -> how wide its intervals are, and which of the wanted precision it has not reached."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from concexp import catalog

if TYPE_CHECKING:
    from concexp.analysis.claims.verdicts import Verdict
    from concexp.analysis.results import Run


def widths(run: Run) -> dict[str, float]:
    """By cell, half the interval of the primary metric as a share of its mean; cells without an interval are left out."""
    from concexp.analysis.stats.intervals import Interval
    from concexp.analysis.stats.sequential import relative_width

    primary = run.spec["primary"]
    columns = [run.cells[name] for name in ("cell", primary, f"{primary}_lo", f"{primary}_hi", "trials")]
    by_cell = {str(cell): relative_width(Interval(*ends)) for cell, *ends in zip(*columns, strict=True)}
    return {cell: width for cell, width in by_cell.items() if width < math.inf}


def cautious_widths(run: Run) -> dict[str, float]:
    """As `widths`, but no smaller than the run's pooled scatter gives, where some trials lie far from the others of their cell.

    A cell that has not met such a disturbance yet looks more certain than it is: it goes on as long as if it had.
    """
    from concexp.analysis.noise import disturbed
    from concexp.analysis.stats.intervals import half_width

    found = disturbed(run)
    own = widths(run)
    if not found.apart:
        return own
    trials = {cell: run.samples[cell].timing_trials(run.spec["primary"]) for cell in own}
    return {cell: max(width, half_width(found.pooled, len(trials[cell]), run.level)) for cell, width in own.items()}


def shortfalls(run: Run) -> dict[str, float]:
    """The cells with too few operations for the primary metric yet: by cell, how many times as many it takes."""
    primary = run.spec["primary"]
    found = {cell: sample.of(primary).shortfall(primary) for cell, sample in run.samples.items()}
    return {cell: times for cell, times in found.items() if times > 1}


def cells_without_interval(run: Run) -> list[str]:
    """The cells that were run and can get no interval of the primary metric: their trials end badly, or they are overloaded.

    The baseline itself is exempt.
    """
    from concexp.analysis.cells import Baseline

    baseline = Baseline(run.header) if catalog.load("metric", run.spec["primary"]).level == "cell" else None
    known = widths(run).keys() | shortfalls(run).keys()
    return [
        cell
        for cell, planned in run.cells_by_id.items()
        if not planned["reason"]
        and cell in run.samples
        and cell not in known
        and (baseline is None or baseline.of(planned["axes"]) != cell)
    ]


@dataclass(frozen=True)
class PrecisionShortfall:
    """What a run with a `precision` did not reach.

    `wide` holds half the width of each interval that is wider than wanted, by cell; `short` the cells that had too few operations
    for one, each with how many times as many it takes; `without_interval` those that more trials would give none; `claims`
    those that more trials could settle.
    """

    wide: Mapping[str, float]
    short: Mapping[str, float]
    without_interval: Sequence[str]
    claims: Sequence[Verdict]

    @property
    def text(self) -> str:
        """One line for people; empty if everything was reached."""
        wide, claims = len(self.wide), len(self.claims)
        parts = [f"{cells_in_words(wide)} with a wider interval than wanted"] if wide else []
        parts += [f"{cells_in_words(len(self.short))} with too few operations for an interval"] if self.short else []
        parts += [f"{cells_in_words(len(self.without_interval))} without an interval"] if self.without_interval else []
        parts += [f"{claims} inconclusive claim{'s' * (claims != 1)}"] if claims else []
        return f"not reached: {', '.join(parts)}; the report names them" if parts else ""


def precision_shortfall(run: Run, verdicts: Iterable[Verdict], precision: float) -> PrecisionShortfall:
    """What a run lacks of a precision (a share of the mean); `verdicts` are those on its claims."""
    wide = {cell: width for cell, width in widths(run).items() if width > precision}
    return PrecisionShortfall(
        wide,
        shortfalls(run),
        cells_without_interval(run),
        [one for one in verdicts if one.outcome == "inconclusive" and one.undecided_cells],
    )


def cells_in_words(count: int) -> str:
    """`1 cell`, `2 cells`."""
    return f"{count} cell{'s' * (count != 1)}"
