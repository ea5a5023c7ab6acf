"""The trial means of two cells, by block -> the ratio of their means with its interval, and its p-value."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from concexp.analysis.stats import signed_rank
from concexp.analysis.stats.intervals import FEWEST, LEVEL, UNKNOWN, Interval, mean_interval, t_quantile

Floats = NDArray[np.float64]


def ratio(above: Mapping[int, float], below: Mapping[int, float], level: float = LEVEL) -> Interval:
    """The ratio above / below of two geometric means of trial means, given by block.

    Paired if at least 3 blocks hold both, since what disturbed a block disturbed both sides; otherwise Welch's interval for
    the difference of the logarithms. Of many pairs with heavy tails it is the typical ratio, by signed ranks, and not the mean
    (`signed_rank` says why and when). If a value is not positive it has no logarithm: then the result is the ratio of the
    plain means, without an interval. A ratio without an interval has NaN as ends.
    """
    upper, lower = _finite(above), _finite(below)
    if not upper or not lower:
        return UNKNOWN
    if min(*upper.values(), *lower.values()) <= 0:
        return _plain(list(upper.values()), list(lower.values()))
    both = sorted(upper.keys() & lower.keys())
    if len(both) >= FEWEST:
        ratios = np.array([upper[block] / lower[block] for block in both])
        if signed_rank.is_better(logs := np.log(ratios), level):
            mean, lo, hi = np.exp(signed_rank.centre(logs, level)).tolist()
            return Interval(mean, lo, hi, len(both))
        return mean_interval(ratios, log=True, level=level)
    mean, error, degrees = _welch(np.log(list(upper.values())), np.log(list(lower.values())))
    half = t_quantile(degrees, level) * error
    lo, hi = float(np.exp(mean - half)), float(np.exp(mean + half))
    return Interval(math.exp(mean), lo, hi, min(len(upper), len(lower)))


def p_value(above: Mapping[int, float], below: Mapping[int, float], factor: float = 1.0) -> float:
    """The two-sided p-value of the hypothesis that above is `factor` times below, both given by block.

    Paired, by signed ranks, or by Welch's test, under the same conditions and on the same scale as `ratio`; of the plain means
    if a value is not positive. Student's t where that is not by ranks: a decision among many comparisons needs the far tail,
    which resampling does not have. NaN where there are too few values.
    """
    upper, lower = _finite(above), _finite(below)
    if not upper or not lower:
        return math.nan
    both = sorted(upper.keys() & lower.keys())
    one = np.array([upper[block] for block in both] if len(both) >= FEWEST else list(upper.values()))
    other = factor * np.array([lower[block] for block in both] if len(both) >= FEWEST else list(lower.values()))
    if min(*upper.values(), *lower.values()) > 0:
        one, other = np.log(one), np.log(other)
    if len(both) >= FEWEST:
        pairs = one - other
        if signed_rank.is_better(pairs):
            return signed_rank.p_value(pairs)
        mean, error, degrees = float(pairs.mean()), float(pairs.std(ddof=1) / np.sqrt(pairs.size)), pairs.size - 1.0
    else:
        mean, error, degrees = _welch(one, other)
    if math.isnan(error):
        return math.nan
    # If the values never vary, the error is only rounding.
    scale = max(float(np.abs(one).max()), float(np.abs(other).max()), 1.0)
    if error <= 1e-12 * scale:
        return 1.0 if abs(mean) <= 1e-12 * scale else 0.0
    from scipy.special import stdtr

    return float(2 * stdtr(degrees, -abs(mean) / error))


def _finite(side: Mapping[int, float]) -> dict[int, float]:
    """The values that were recorded."""
    return {block: value for block, value in side.items() if np.isfinite(value)}


def _plain(upper: list[float], lower: list[float]) -> Interval:
    """The ratio of the plain means, without an interval; UNKNOWN unless the lower one is positive."""
    below = float(np.mean(lower))
    if below <= 0:
        return UNKNOWN
    return Interval(float(np.mean(upper)) / below, np.nan, np.nan, min(len(upper), len(lower)))


def _welch(upper: Floats, lower: Floats) -> tuple[float, float, float]:
    """The difference of two means, its standard error and degrees of freedom; the variances may differ (Welch 1947).

    The error is NaN if a side has fewer than 3 values.
    """
    mean = float(upper.mean() - lower.mean())
    if min(upper.size, lower.size) < FEWEST:
        return mean, math.nan, 1.0
    parts = float(upper.var(ddof=1)) / upper.size, float(lower.var(ddof=1)) / lower.size
    error = math.sqrt(sum(parts))
    if not error:
        return mean, 0.0, float(upper.size + lower.size - 2)
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / (upper.size - 1) + parts[1] ** 2 / (lower.size - 1))
    return mean, error, degrees
