"""A series of values -> their slope per step, with its interval."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from concexp.analysis.stats.intervals import LEVEL, UNKNOWN, Interval

FEWEST_STEPS = 6  # with fewer values the interval of a slope would always hold 0


def slope(values: Mapping[int, float], level: float = LEVEL) -> Interval:
    """The slope of values over their step numbers by Theil and Sen: the median of the slopes between any two of them.

    A few outliers do not move it. The interval is Sen's (1968), from the variance of Kendall's statistic.
    """
    from scipy.special import ndtri

    data = sorted((number, value) for number, value in values.items() if np.isfinite(value))
    n = len(data)
    if n < FEWEST_STEPS:
        return UNKNOWN
    steps, heights = (np.array(column, dtype=float) for column in zip(*data, strict=True))
    above, below = np.triu_indices(n, 1)
    slopes = np.sort((heights[below] - heights[above]) / (steps[below] - steps[above]))
    half = ndtri(0.5 + level / 2) * np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = max(0, round((slopes.size - half) / 2) - 1)
    high = min(slopes.size - 1, round((slopes.size + half) / 2))
    return Interval(float(np.median(slopes)), float(slopes[low]), float(slopes[high]), n)
