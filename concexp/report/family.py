"""The comparisons behind the answer -> the one rule by which a finding may name a difference.

A difference is named where it holds after the correction of Benjamini & Hochberg (1995) over all comparisons of the answer,
5 % of false ones tolerated, and lies beyond the noise floor (`stats.deciding.difference`). The family holds every pair that
a sentence could have been about, not only those that it came to be about: the data choose who is best, and the best of 20
equal cells differs from one of the others in 17 % of all runs of 10 trials if its own 19 comparisons are all that is
corrected for, in 2 % if all 190 are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.ratios import p_value
from concexp.analysis.stats.significance import benjamini_hochberg, difference
from concexp.report.pairs import Key, Pair, gain_pairs, primitive_pairs, winner_pairs

if TYPE_CHECKING:
    from concexp.report.view import View

MAX_COMPARISONS = 24  # so many are told of in sentences; the tables have all


@dataclass(frozen=True)
class Family:
    """The adjusted p-value of each comparison; NaN where there are too few trials for one."""

    adjusted: Mapping[Key, float]

    @property
    def count(self) -> int:
        """How many there are to be corrected for."""
        return sum(not math.isnan(p) for p in self.adjusted.values())

    def verdict(self, pair: Pair, found: Interval, floor: float) -> str:
        """What the ratio of a pair says: `higher`, `lower`, `no difference shown` or `not resolved` (within the noise floor)."""
        return difference(found, self.adjusted[pair.key], floor)


@lru_cache(maxsize=1)  # one page at a time
def family_of(view: View) -> Family:
    """Those that the findings of the comparisons told of choose from."""
    pairs = [
        pair
        for comparison in view.comparisons[:MAX_COMPARISONS]
        for choose in (winner_pairs, gain_pairs, primitive_pairs)
        for pair in choose(view, comparison)
    ]
    return corrected(pairs)


def corrected(pairs: Iterable[Pair]) -> Family:
    """Each pair once, its p-value adjusted for all of them."""
    found = {pair.key: pair for pair in pairs if pair.above is not pair.below}
    chances = [
        p_value(pair.above.sample.by_block(pair.metric), pair.below.sample.by_block(pair.metric))
        for pair in found.values()
    ]
    return Family(dict(zip(found, benjamini_hochberg(chances).tolist(), strict=True)))
