"""The times of all operations of several trials -> a percentile or the mean of all of them, as a value for each trial.

A percentile of a cell is that of all its operations together, which is what a user meets: of seven trials at 1 ms and three
at 1 s, the 99th percentile is 1 s, while the mean of the trials' percentiles would be 8 ms. Trials remain the unit: the
operations of one are no independent samples.

The interval is the wider of two. One is that of a Bayesian bootstrap of whole trials (Rubin 1981): each trial counts with an
exponential weight; the logarithms' deviations are stretched by sqrt((n + 1) / (n - 1)), since n weights vary less than n
samples, and divided by the root of chi^2 / (n - 1), as in Student's t. The other is Woodruff's (1952): how sure the share of
operations beyond the percentile is, by t over trials, read off as percentiles. The first is too narrow where one trial rules the
slow end, the second where trials are of two kinds. What lies beyond the slowest trial that was seen is in no resample, so the
upper end is as far as the farthest of the four; the lower end is that of the two lower ones. Together they cover 92 % and more
(`benchmarks/percentile_coverage.py`).

So that all that compares trials by their blocks can do so (paired ratios, draws for claims, p-values), the result has one
value for each trial, its pseudo-value: their geometric mean is the percentile of all, and Student's t on their logarithms gives
the interval's upper end. A trial is above that mean where more of its operations lie beyond the percentile than its share.
`skewed` turns what follows from them into what holds below the mean, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from concexp.analysis.stats.histogram import NANO, Histogram, middle
from concexp.analysis.stats.intervals import FEWEST, LEVEL, Interval, t_quantile

RESAMPLES = 1999
Floats = NDArray[np.float64]


class Pool:
    """The operations of several trials; `histograms` are theirs, by block, none of them empty; `level` is that of intervals."""

    def __init__(self, histograms: Mapping[int, Histogram], level: float = LEVEL) -> None:
        self.level = level
        self.blocks = tuple(histograms)
        classes = sorted({index for one in histograms.values() for index, _ in one})
        places = {index: place for place, index in enumerate(classes)}
        # Seconds; a reading of 0 stands for less than a nanosecond, and then has a logarithm.
        self.times = np.array([max(middle(index), 0.5) * NANO for index in classes])
        self.counts = np.zeros((len(histograms), len(classes)))
        for row, one in zip(self.counts, histograms.values(), strict=True):
            for index, count in one:
                row[places[index]] += count
        self._values: dict[float | None, dict[int, float]] = {}
        self._halves: dict[
            float | None, tuple[float, float]
        ] = {}  # of the intervals, on the scale of logarithms: down, up

    @cached_property
    def _totals(self) -> Floats:
        """The operations of each trial."""
        totals: Floats = self.counts.sum(axis=1)
        return totals

    @cached_property
    def _weighed(self) -> Floats:
        """The operations up to each class, by resample."""
        weighed: Floats = _weights(len(self.blocks)) @ self.counts.cumsum(axis=1)
        return weighed

    def __len__(self) -> int:
        """The number of operations."""
        return int(self._totals.sum())

    def interval(self, share: float | None) -> Interval:
        """The estimate with its interval."""
        estimate, n = self.estimate(share), len(self.blocks)
        if n < FEWEST:
            return Interval(estimate, math.nan, math.nan, n)
        self.values(share)  # where the ends are computed
        down, up = self._halves[share]
        return Interval(estimate, estimate * math.exp(-down), estimate * math.exp(up), n)

    def skewed(self, given: Floats, share: float | None) -> Floats:
        """Values that Student's t gives for the mean of the pseudo-values -> those of the estimate: nearer to it if below."""
        estimate = self.estimate(share)
        self.values(share)  # where the ends are computed
        down, up = self._halves[share]
        if not up:
            return given
        below = np.minimum(given / estimate, 1.0)
        nearer: Floats = np.where(given < estimate, estimate * below ** (down / up), given)
        return nearer

    def estimate(self, share: float | None) -> float:
        """The quantile of all operations (see `histogram.quantile`), or their mean if `share` is None; seconds."""
        if share is None:
            return float(self.counts.sum(axis=0) @ self.times / self._totals.sum())
        return float(self._quantiles(self.counts.sum(axis=0).cumsum()[None, :], share)[0])

    def values(self, share: float | None) -> dict[int, float]:
        """The pseudo-value of each trial, by block, in seconds; all are the estimate where there is no interval."""
        if share in self._values:
            return self._values[share]
        estimate = self.estimate(share)
        around = self._excess(estimate, share)
        self._halves[share] = 0.0, 0.0
        spread = float(around.std(ddof=1)) if len(self.blocks) >= FEWEST else 0.0
        if not spread:
            self._values[share] = dict.fromkeys(self.blocks, estimate)
            return self._values[share]
        n = len(self.blocks)
        (low, high), (lower, higher) = self._resampled(estimate, share), self._read_off(estimate, share, spread)
        self._halves[share] = max(low, lower), max(low, lower, high, higher)
        scale = self._halves[share][1] * math.sqrt(n) / t_quantile(n - 1, self.level) / spread
        self._values[share] = dict(zip(self.blocks, (estimate * np.exp(scale * around)).tolist(), strict=True))
        return self._values[share]

    def _excess(self, estimate: float, share: float | None) -> Floats:
        """What each trial has beyond its share: operations beyond the estimate, or seconds. The sum is 0."""
        if share is None:
            own = self.counts @ self.times
        else:
            # Half of those in the class of the estimate itself.
            own = self.counts @ ((self.times > estimate) + 0.5 * (self.times == estimate))
        expected = self._totals * (own.sum() / self._totals.sum())
        excess: Floats = own - expected - (own - expected).mean()  # the mean is 0 but for rounding
        return excess

    def _resampled(self, estimate: float, share: float | None) -> tuple[float, float]:
        """How far the bootstrap's interval reaches down and up, on the scale of logarithms."""
        n = len(self.blocks)
        if share is None:
            weights = _weights(n)
            resampled = (weights @ (self.counts @ self.times)) / (weights @ self._totals)
        else:
            resampled = self._quantiles(self._weighed, share)
        deviations = math.sqrt((n + 1) / (n - 1)) * np.log(resampled / estimate) / _scales(n - 1)
        low, high = np.quantile(deviations, [0.5 - self.level / 2, 0.5 + self.level / 2])
        return float(-low), float(high)

    def _read_off(self, estimate: float, share: float | None, spread: float) -> tuple[float, float]:
        """The same for Woodruff's interval; `spread` is the standard deviation of the trials' excess."""
        if share is None:
            return 0.0, 0.0
        n = len(self.blocks)
        error = t_quantile(n - 1, self.level) * spread * math.sqrt(n) / float(self._totals.sum())
        low, high = (self.estimate(min(max(end, 0.0), 1.0)) for end in (share - error, share + error))
        return math.log(estimate / low), math.log(high / estimate)

    def _quantiles(self, cumulated: Floats, share: float) -> Floats:
        """The quantile of each row of numbers of operations up to each class."""
        wanted = np.maximum(share * cumulated[:, -1:], 0) * (1 - 1e-12)
        places = (cumulated < wanted).sum(axis=1)
        quantiles: Floats = self.times[np.minimum(places, len(self.times) - 1)]
        return quantiles


@lru_cache(maxsize=64)
def _weights(n: int) -> Floats:
    """The weight of each of n trials in each resample."""
    return np.random.default_rng(n).exponential(1.0, (RESAMPLES, n))


@lru_cache(maxsize=64)
def _scales(degrees: int) -> Floats:
    """The root of chi^2 / df for each resample: evenly spaced quantiles, in an order of chance."""
    from scipy.special import chdtri

    quantiles = np.sqrt(chdtri(degrees, (np.arange(RESAMPLES) + 0.5) / RESAMPLES) / degrees)
    shuffled: Floats = np.random.default_rng(degrees).permutation(quantiles)
    return shuffled
