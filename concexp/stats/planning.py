"""How wide an interval is beside what it is an interval of."""

from __future__ import annotations

import math

from concexp.stats.intervals import Interval


def relative_width(found: Interval) -> float:
    """Half the width of an interval relative to its mean: 0.03 is ± 3 %. Infinite without an interval or with a mean of 0."""
    if not found.bounded:
        return math.inf
    if found.lo == found.hi:
        return 0.0
    return (found.hi - found.lo) / 2 / abs(found.mean) if found.mean else math.inf
