"""The mean over trials of each trial's mean, and its interval.

Trials are the unit: iterations of one trial share a process and are not independent samples. The interval is Student's t
with n - 1 degrees of freedom; times and rates are averaged on the log scale, so that the mean is geometric and the interval
a factor. Below 3 trials there is no interval: it would say more about t than about the data. From 20 trials on the data show
the shape of their noise, and bootstrap-t replaces t (`bootstrap` says why this method).

The level is 95 % unless an experiment sets `measure.level`; `Run.level` carries it to everything that makes an interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from concexp.analysis.stats.bootstrap import bootstrap_t

FEWEST = 3  # trials for an interval
BOOTSTRAP_FROM = 20  # trials, from which on they show the shape of their noise
LEVEL = 0.95  # of an interval, where an experiment names none


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its interval and the number of values behind it.

    The ends are NaN where there is no interval, and infinite where the data do not bound the mean (a ratio of means whose
    lower one may be 0).
    """

    mean: float
    lo: float
    hi: float
    n: int

    @property
    def has_value(self) -> bool:
        """True if there is a mean that is a number, and not infinite: numbers beyond what a float can hold compare with nothing."""
        return bool(np.isfinite(self.mean))

    @property
    def bounded(self) -> bool:
        """True if there is an interval with finite ends."""
        return bool(np.isfinite(self.lo) and np.isfinite(self.hi))

    def scaled(self, factor: float) -> Interval:
        """Mean and ends times a positive factor, as for another unit."""
        return Interval(self.mean * factor, self.lo * factor, self.hi * factor, self.n)

    def inverted(self) -> Interval:
        """The interval of 1 / ratio: UNKNOWN for a ratio of 0, unbounded above where the lower end is 0."""
        if not self.mean:
            return UNKNOWN
        lo, hi = (1 / end if end else float("inf") for end in (self.hi, self.lo))
        return Interval(1 / self.mean, lo, hi, self.n)


UNKNOWN = Interval(np.nan, np.nan, np.nan, 0)


@cache
def t_quantile(df: float, level: float = LEVEL) -> float:
    """The two-sided quantile of Student's t: the share `level` lies within it."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2))


def mean_interval(values: ArrayLike, log: bool = False, level: float = LEVEL) -> Interval:
    """The mean of trial means with its interval, in their unit; with `log` the geometric mean.

    Values that are not finite are left out: they were not recorded. If a value is not positive (no CPU time at all, say),
    `log` is ignored: a geometric mean of 0 would hide all other values.
    """
    data = np.asarray(values, dtype=float)
    data = data[np.isfinite(data)]
    if not data.size:
        return UNKNOWN
    if log and (data > 0).all():
        logs = mean_interval(np.log(data), level=level)
        return Interval(float(np.exp(logs.mean)), float(np.exp(logs.lo)), float(np.exp(logs.hi)), logs.n)
    # Rounding must not make equal values differ: their mean is exactly that value, and their interval has no width.
    low = float(data.min())
    above = data - low
    mean = low + float(above.mean())
    if data.size < FEWEST:
        return Interval(mean, np.nan, np.nan, data.size)
    if data.size >= BOOTSTRAP_FROM and (ends := bootstrap_t(data, level)):
        return Interval(mean, *ends, data.size)
    half = t_quantile(data.size - 1, level) * float(above.std(ddof=1)) / float(np.sqrt(data.size))
    return Interval(mean, mean - half, mean + half, data.size)


def median_interval(values: ArrayLike) -> Interval:
    """The median with its 95 % interval by order statistics: no assumption, and a few outliers do not widen it.

    The k-th value from either end, with k from the sign test; without ends below 6 values. NaN does not count.
    """
    from scipy.special import bdtr

    data = np.sort(np.asarray(values, dtype=float))
    data = data[np.isfinite(data)]
    n = data.size
    if not n:
        return UNKNOWN
    places = [k for k in range(1, n // 2 + 1) if 2 * bdtr(k - 1, n, 0.5) <= 1 - LEVEL]
    ends = (float(data[places[-1] - 1]), float(data[n - places[-1]])) if places else (np.nan, np.nan)
    return Interval(float(np.median(data)), *ends, n)


def half_width(deviation: float, trials: int, level: float = LEVEL) -> float:
    """Half the interval of a mean of so many values with this standard deviation, in its unit; infinite below 3 values."""
    return t_quantile(trials - 1, level) * deviation / float(np.sqrt(trials)) if trials >= FEWEST else float("inf")


def of_the_best(interval: Interval, count: int, level: float = LEVEL) -> Interval:
    """The interval of the best of `count` cells that might each have been it, so that it holds the cell's true mean at the level.

    `level` is also that of the interval given.

    Of equal cells, the one that happens to lie furthest is called best: the 95 % interval of that one holds the truth in 78 %
    for 12 cells. This one is as wide as all of them together need (Šidák 1967). Ends are stretched on the log scale if they are
    positive, as factors are.
    """
    if count < 2 or not interval.bounded or interval.n < FEWEST:
        return interval
    from scipy.special import stdtrit

    chance = (1 - level ** (1 / count)) / 2
    stretch = float(stdtrit(interval.n - 1, 1 - chance)) / t_quantile(interval.n - 1, level)
    if interval.lo > 0:
        lo, hi = (interval.mean * (end / interval.mean) ** stretch for end in (interval.lo, interval.hi))
    else:
        lo, hi = (interval.mean + stretch * (end - interval.mean) for end in (interval.lo, interval.hi))
    return Interval(interval.mean, lo, hi, interval.n)


def trial_means(values: ArrayLike, trials: NDArray[np.intp], count: int, log: bool = False) -> NDArray[np.float64]:
    """Each trial's mean over its iterations; `trials` has the number of each value's trial, 0 <= number < count.

    With `log` the mean is geometric, except in a trial with a value that is not positive. A trial without any finite value
    has NaN.
    """
    data = np.asarray(values, dtype=float)
    finite = np.isfinite(data)
    data, trials = data[finite], trials[finite]
    sizes = np.bincount(trials, minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.bincount(trials, data, minlength=count) / sizes
        if log:
            fit = np.bincount(trials[data <= 0], minlength=count) == 0
            logs = np.log(np.where(data > 0, data, 1.0))
            means = np.where(fit, np.exp(np.bincount(trials, logs, minlength=count) / sizes), means)
    return means
