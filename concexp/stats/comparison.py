"""One thing relative to another: the ratio of two means and its 95 % interval."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from concexp.stats.intervals import FEWEST, NOTHING, Interval, mean_interval, t_quantile


def ratio(above: Mapping[int, float], below: Mapping[int, float]) -> Interval:
    """The ratio of two geometric means of positive trial means, given by block.

    Where at least 3 blocks hold both, they are paired: what disturbed a block disturbed both sides. Otherwise Welch's
    interval for the difference of the logarithms. A ratio without an interval has NaN as ends.
    """
    upper = {block: value for block, value in above.items() if value > 0}
    lower = {block: value for block, value in below.items() if value > 0}
    both = sorted(upper.keys() & lower.keys())
    if len(both) >= FEWEST:
        return mean_interval([upper[block] / lower[block] for block in both], log=True)
    if not upper or not lower:
        return NOTHING
    first, second = np.log(list(upper.values())), np.log(list(lower.values()))
    mean = float(first.mean() - second.mean())
    if min(first.size, second.size) < FEWEST:
        return Interval(float(np.exp(mean)), np.nan, np.nan, min(first.size, second.size))
    parts = first.var(ddof=1) / first.size, second.var(ddof=1) / second.size
    error = float(np.sqrt(sum(parts)))
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / (first.size - 1) + parts[1] ** 2 / (second.size - 1)) if error else 1.0
    half = t_quantile(float(degrees)) * error
    low, high = float(np.exp(mean - half)), float(np.exp(mean + half))
    return Interval(float(np.exp(mean)), low, high, min(first.size, second.size))
