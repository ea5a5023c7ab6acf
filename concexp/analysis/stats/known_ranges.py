"""Compares an interval with a range that is known beforehand."""

from __future__ import annotations

import numpy as np

from concexp.analysis.stats.intervals import LEVEL, Interval

# A check that runs on every machine must not fail on one in twenty sound ones.
CHECK_LEVEL = 0.999


def surely(usual: Interval) -> Interval:
    """The 99.9 % interval of a positive quantity, from its 95 % interval on the log scale (Student's t, n - 1 df)."""
    from scipy.special import stdtrit

    df = usual.n - 1
    factor = float(stdtrit(df, 0.5 + CHECK_LEVEL / 2) / stdtrit(df, 0.5 + LEVEL / 2))
    low, high = (float(np.exp(np.log(usual.mean) + factor * np.log(end / usual.mean))) for end in (usual.lo, usual.hi))
    return Interval(usual.mean, low, high, usual.n)


def overlaps(interval: Interval, low: float, high: float) -> bool:
    """True if the interval and the range from low to high have a point in common."""
    return interval.lo <= high and interval.hi >= low
