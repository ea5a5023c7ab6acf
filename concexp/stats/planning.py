"""How many trials an interval needs to be as narrow as wanted, judged from those that are there."""

from __future__ import annotations

import math

from concexp.stats.intervals import Interval


def half_width(found: Interval) -> float:
    """Half of an interval as a share of its mean: 0.03 is ±3 %; NaN where there is no interval, or a mean of 0 in a wide one."""
    if not found.bounded:
        return math.nan
    if found.hi == found.lo:
        return 0.0
    return (found.hi - found.lo) / 2 / abs(found.mean) if found.mean else math.nan


def trials_for(trials: int, half: float, wanted: float) -> int:
    """So many trials in all give an interval `wanted` wide, if so many give one `half` wide: it narrows with their root."""
    return math.ceil(trials * max(1.0, half / wanted) ** 2)
