"""One thing relative to another: the ratio of two means and its 95 % interval."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from concexp.stats.intervals import FEWEST, NOTHING, Interval, mean_interval, t_quantile


def ratio(above: Mapping[int, float], below: Mapping[int, float]) -> Interval:
    """The ratio of two geometric means of positive trial means, given by block.

    Where at least 3 blocks hold both, they are paired: what disturbed a block disturbed both sides. Otherwise Welch's
    interval for the difference of the logarithms. Where some value is not positive there are no logarithms: then the
    ratio is that of the plain means, without an interval. A ratio without an interval has NaN as ends.
    """
    upper = {block: value for block, value in above.items() if np.isfinite(value)}
    lower = {block: value for block, value in below.items() if np.isfinite(value)}
    if not upper or not lower:
        return NOTHING
    if min(*upper.values(), *lower.values()) <= 0:
        return _plain(list(upper.values()), list(lower.values()))
    both = sorted(upper.keys() & lower.keys())
    if len(both) >= FEWEST:
        return mean_interval([upper[block] / lower[block] for block in both], log=True)
    return _welch(np.log(list(upper.values())), np.log(list(lower.values())))


def _plain(upper: list[float], lower: list[float]) -> Interval:
    below = float(np.mean(lower))
    if below <= 0:
        return NOTHING
    return Interval(float(np.mean(upper)) / below, np.nan, np.nan, min(len(upper), len(lower)))


def _welch(upper: np.ndarray, lower: np.ndarray) -> Interval:
    """From the logarithms of both sides; their variances need not be equal (Welch 1947)."""
    mean = float(upper.mean() - lower.mean())
    n = min(upper.size, lower.size)
    if n < FEWEST:
        return Interval(float(np.exp(mean)), np.nan, np.nan, n)
    parts = upper.var(ddof=1) / upper.size, lower.var(ddof=1) / lower.size
    error = float(np.sqrt(sum(parts)))
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / (upper.size - 1) + parts[1] ** 2 / (lower.size - 1)) if error else 1.0
    half = t_quantile(float(degrees)) * error
    return Interval(float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half)), n)
