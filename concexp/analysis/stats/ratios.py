"""One thing relative to another: the ratio of two means, its 95 % interval, and how likely chance alone makes such a one."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from concexp.analysis.stats.intervals import FEWEST, UNKNOWN, Interval, mean_interval, t_quantile

Floats = NDArray[np.float64]


def ratio(above: Mapping[int, float], below: Mapping[int, float]) -> Interval:
    """The ratio of two geometric means of positive trial means, given by block.

    Where at least 3 blocks hold both, they are paired: what disturbed a block disturbed both sides. Otherwise Welch's
    interval for the difference of the logarithms. Where some value is not positive there are no logarithms: then the
    ratio is that of the plain means, without an interval. A ratio without an interval has NaN as ends.
    """
    upper, lower = _finite(above), _finite(below)
    if not upper or not lower:
        return UNKNOWN
    if min(*upper.values(), *lower.values()) <= 0:
        return _plain(list(upper.values()), list(lower.values()))
    both = sorted(upper.keys() & lower.keys())
    if len(both) >= FEWEST:
        return mean_interval([upper[block] / lower[block] for block in both], log=True)
    mean, error, degrees = _welch(np.log(list(upper.values())), np.log(list(lower.values())))
    half = t_quantile(degrees) * error
    lo, hi = float(np.exp(mean - half)), float(np.exp(mean + half))
    return Interval(math.exp(mean), lo, hi, min(len(upper), len(lower)))


def p_value(above: Mapping[int, float], below: Mapping[int, float], factor: float = 1.0) -> float:
    """The two-sided p-value of the hypothesis that above is `factor` times below, both given by block.

    Paired, or by Welch's test, under the same conditions and on the same scale as `ratio`; where some value is not positive,
    of the plain means. Student's t throughout: a tail far out is what a decision among many comparisons needs, and
    resampling has none to offer. NaN where there are too few values.
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
        mean, error, degrees = float(pairs.mean()), float(pairs.std(ddof=1) / np.sqrt(pairs.size)), pairs.size - 1.0
    else:
        mean, error, degrees = _welch(one, other)
    if math.isnan(error):
        return math.nan
    # Of values that never vary only rounding is left.
    scale = max(float(np.abs(one).max()), float(np.abs(other).max()), 1.0)
    if error <= 1e-12 * scale:
        return 1.0 if abs(mean) <= 1e-12 * scale else 0.0
    from scipy.special import stdtr

    return float(2 * stdtr(degrees, -abs(mean) / error))


def fieller(
    above: float, below: float, errors: tuple[float, float], degrees: float, covariance: float = 0.0, n: int = 0
) -> Interval:
    """The 95 % interval of the ratio of two means, by Fieller's theorem (1954); for values that have no logarithm.

    `errors` are the two means' *standard errors* (sd / sqrt(n), not sd), `covariance` that of the two means, `degrees` the
    degrees of freedom behind them; `n` is only passed on. Where the lower mean does not differ from 0, the data do not bound
    the ratio: its ends are then -inf and inf, and `Interval.bounded` is False. A lower mean of 0 has no ratio: NOTHING.
    ValueError if an error is negative.
    """
    if min(errors) < 0:
        raise ValueError(f"a standard error can't be negative: {errors}")
    if below == 0 or math.isnan(above) or math.isnan(below):
        return UNKNOWN
    t = t_quantile(degrees)
    # All ratios r with (above - r below)^2 <= t^2 (v1 - 2 r cov + r^2 v2): a quadratic in r.
    square = below**2 - (t * errors[1]) ** 2
    middle = above * below - t**2 * covariance
    rest = above**2 - (t * errors[0]) ** 2
    if square <= 0:
        return Interval(above / below, -math.inf, math.inf, n)
    root = math.sqrt(max(0.0, middle**2 - square * rest))
    return Interval(above / below, (middle - root) / square, (middle + root) / square, n)


def ratio_of_means(above: ArrayLike, below: ArrayLike) -> Interval:
    """The ratio of the plain means of two independent samples, with Fieller's interval on Welch's degrees of freedom.

    What is not finite is left out. Below 3 values on a side the ends are NaN; unbounded ones are infinite, as in `fieller`.
    """
    upper, lower = (data[np.isfinite(data)] for data in (np.asarray(above, float), np.asarray(below, float)))
    if not upper.size or not lower.size or lower.mean() == 0:
        return UNKNOWN
    n = min(upper.size, lower.size)
    _, error, degrees = _welch(upper, lower)
    if math.isnan(error):
        return Interval(float(upper.mean() / lower.mean()), np.nan, np.nan, n)
    errors = float(upper.std(ddof=1) / np.sqrt(upper.size)), float(lower.std(ddof=1) / np.sqrt(lower.size))
    return fieller(float(upper.mean()), float(lower.mean()), errors, degrees, n=n)


def _finite(side: Mapping[int, float]) -> dict[int, float]:
    return {block: value for block, value in side.items() if np.isfinite(value)}


def _plain(upper: list[float], lower: list[float]) -> Interval:
    below = float(np.mean(lower))
    if below <= 0:
        return UNKNOWN
    return Interval(float(np.mean(upper)) / below, np.nan, np.nan, min(len(upper), len(lower)))


def _welch(upper: Floats, lower: Floats) -> tuple[float, float, float]:
    """The difference of two means, its standard error and degrees of freedom; their variances may differ (Welch 1947).

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
