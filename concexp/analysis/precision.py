"""A run -> how wide its intervals are, and what of the wanted precision it has not reached."""

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
    """Half of each cell's interval of the primary metric, as a share of its mean; cells without an interval are left out."""
    from concexp.analysis.stats.intervals import Interval
    from concexp.analysis.stats.sequential import relative_width

    primary = run.spec["primary"]
    columns = [run.cells[name] for name in ("cell", primary, f"{primary}_lo", f"{primary}_hi", "trials")]
    found = {str(cell): relative_width(Interval(*ends)) for cell, *ends in zip(*columns, strict=True)}
    return {cell: width for cell, width in found.items() if width < math.inf}


def cells_without_interval(run: Run) -> list[str]:
    """The cells that were run and have no interval of the primary metric: their trials end badly, and more would as well.

    What everything is relative to needs none.
    """
    from concexp.analysis.cells import Baseline

    baseline = Baseline(run.header) if catalog.load("metric", run.spec["primary"]).level == "cell" else None
    known = widths(run)
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
    """What a run with a `precision` did not reach: intervals wider than wanted, with half their width, and open claims.

    `blind` are the cells that have no interval at all.
    """

    wide: Mapping[str, float]
    without_interval: Sequence[str]
    claims: Sequence[Verdict]

    @property
    def text(self) -> str:
        """For people, in one line; an empty text if all was reached."""
        wide, claims = len(self.wide), len(self.claims)
        parts = [f"{_cells(wide)} with a wider interval than wanted"] if wide else []
        parts += [f"{_cells(len(self.without_interval))} without an interval"] if self.without_interval else []
        parts += [f"{claims} inconclusive claim{'s' * (claims != 1)}"] if claims else []
        return f"not reached: {', '.join(parts)}; the report names them" if parts else ""


def precision_shortfall(run: Run, verdicts: Iterable[Verdict], precision: float) -> PrecisionShortfall:
    """What is left of what was wanted; `verdicts` are those on its claims."""
    wide = {cell: width for cell, width in widths(run).items() if width > precision}
    return PrecisionShortfall(
        wide,
        cells_without_interval(run),
        [one for one in verdicts if one.word == "inconclusive" and one.undecided_cells],
    )


def _cells(count: int) -> str:
    return f"{count} cell{'s' * (count != 1)}"
