"""The comparisons behind the answer, and the one rule by which a sentence may name a difference.

A difference is named if it survives the correction of Benjamini & Hochberg (1995) over all comparisons of the answer and the
steps to more workers, and exceeds the noise floor (`stats.significance.difference`). The correction controls the false discovery
rate: of the differences that are named, about 1 - level at most are false, 5 % at the usual level. The family holds every pair
that a sentence could have been about, not only the pairs that the sentences turn out to be about: the data choose which cell is
best, and the best of 20 equal cells differs from one of the others in 17 % of all runs of 10 trials if only its own 19
comparisons are corrected for, in 2 % if all 190 are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from concexp.analysis.stats.intervals import LEVEL, Interval
from concexp.analysis.stats.ratios import p_value
from concexp.analysis.stats.significance import benjamini_hochberg, difference
from concexp.report.pairs import Key, Pair, contest_pairs, gain_pairs, primitive_pairs, step_pairs, winner_pairs
from concexp.report.points import Point
from concexp.report.view import View, once_per_view

ByBlock = Callable[[Point, str], Mapping[int, float]]


@dataclass(frozen=True)
class Family:
    """Comparisons corrected together: the adjusted p-value of each; NaN with too few trials for one. `level` is the run's."""

    adjusted: Mapping[Key, float]
    level: float = LEVEL

    @property
    def count(self) -> int:
        """The number of comparisons that are corrected for."""
        return sum(not math.isnan(p) for p in self.adjusted.values())

    def verdict(self, pair: Pair, ratio: Interval, floor: float) -> str:
        """What the ratio of a pair shows: `higher`, `lower`, `no difference shown` or `not resolved` (within the noise floor).

        No difference is shown by a pair that is not of the family.
        """
        return difference(ratio, self.adjusted.get(pair.key, math.nan), floor, self.level)


@once_per_view
def family_of(view: View) -> Family:
    """All pairs that the answer's sentences could be about."""
    pairs = [
        pair
        for comparison in view.comparisons
        for choose in (winner_pairs, gain_pairs, primitive_pairs, step_pairs)
        for pair in choose(view, comparison)
    ]
    return corrected([*pairs, *contest_pairs(view)], view.by_block, view.run.level)


def corrected(pairs: Iterable[Pair], by_block: ByBlock, level: float = LEVEL) -> Family:
    """A family of these pairs, each counted once, whose p-values are adjusted for all of them.

    `by_block` gives a point's values of a metric (see `View.by_block`).
    """
    distinct = {pair.key: pair for pair in pairs if pair.above is not pair.below}
    p_values = [
        p_value(by_block(pair.above, pair.metric), by_block(pair.below, pair.metric)) for pair in distinct.values()
    ]
    return Family(dict(zip(distinct, benjamini_hochberg(p_values).tolist(), strict=True)), level)
