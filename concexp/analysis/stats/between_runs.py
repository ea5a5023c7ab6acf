"""The means of several runs on two sides -> the difference of the sides with its standard error, runs included.

Each run r has a mean y_r with the variance v_r of its own trials. Two runs of the same thing differ by more than that: y_r is
drawn from N(side, tau^2 + v_r), where tau is the spread between runs, taken as the same on both sides. tau^2 is estimated by the
method of Paule and Mandel (1982; DerSimonian & Kacker 2007, formula 9 with one mean per side): the value for which the weighted
sum of squares equals its degrees of freedom. The standard error is that of Knapp & Hartung (2003), with Student's t on N - 2
degrees of freedom for N runs, and never below the one without their factor, as Röver, Knapp & Friede (2015) advise. With one or
two runs a side there is no such estimate; `within` then gives what the trials alone show, by Welch (1947).

All means are logarithms where ratios are meant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from concexp.analysis.stats.intervals import FEWEST, LEVEL, t_quantile

Floats = NDArray[np.float64]
FEWEST_RUNS = 3  # of a side, from which on the spread between runs can be estimated
NO_VARIANCE = 1e-18  # a variance for values that are all equal, which would weigh infinitely much


@dataclass(frozen=True)
class RunMean:
    """The mean of one run's values, the variance of that mean, and the number of values; the variance is NaN below 3."""

    mean: float
    variance: float
    n: int


@dataclass(frozen=True)
class Difference:
    """The difference of two sides: its estimate, standard error and degrees of freedom, and the spread between runs.

    tau is the standard deviation between runs of one side; NaN where it was not estimated.
    """

    mean: float
    error: float
    degrees: float
    tau: float = math.nan

    def half(self, level: float = LEVEL) -> float:
        """Half the interval; NaN where there is none."""
        return t_quantile(self.degrees, level) * self.error if math.isfinite(self.error) else math.nan

    def p_value(self, low: float = 0.0, high: float = 0.0) -> float:
        """The two-sided p-value of the hypothesis that the true difference lies between `low` and `high`.

        By the end that is nearer: no point of the hypothesis has a larger one. NaN without a standard error.
        """
        from scipy.special import stdtr

        beyond = max(low - self.mean, self.mean - high, 0.0)
        if not math.isfinite(self.error):
            return math.nan
        if not beyond:
            return 1.0
        return float(2 * stdtr(self.degrees, -beyond / self.error)) if self.error else 0.0


UNKNOWN = Difference(math.nan, math.nan, 1.0)


def run_mean(values: ArrayLike) -> RunMean | None:
    """The mean of a run's values; None without any."""
    data = np.asarray(values, dtype=float)
    data = data[np.isfinite(data)]
    if not data.size:
        return None
    variance = float(data.var(ddof=1)) / data.size if data.size >= FEWEST else math.nan
    return RunMean(float(data.mean()), variance, int(data.size))


def difference(above: Sequence[RunMean], below: Sequence[RunMean]) -> Difference:
    """The difference above - below: with the spread between runs where a side has 3 or more, otherwise `within` runs."""
    if not above or not below:
        return UNKNOWN
    if max(len(above), len(below)) >= FEWEST_RUNS:
        return _between(above, below)
    return within(above, below)


def within(above: Sequence[RunMean], below: Sequence[RunMean]) -> Difference:
    """The difference above - below of the means of runs, as if two runs of the same thing differed by their trials alone."""
    mean = float(np.mean([one.mean for one in above]) - np.mean([one.mean for one in below]))
    shares = [one.variance / len(side) ** 2 for side in (above, below) for one in side]
    error = math.sqrt(sum(shares))
    if not math.isfinite(error):
        return Difference(mean, math.nan, 1.0)
    counts = [one.n for side in (above, below) for one in side]
    squares = sum(share**2 / (count - 1) for share, count in zip(shares, counts, strict=True))
    return Difference(mean, error, error**4 / squares if squares else float(sum(counts) - len(counts)))


def _between(above: Sequence[RunMean], below: Sequence[RunMean]) -> Difference:
    """The difference with a random effect of the run."""
    means = np.array([one.mean for one in (*above, *below)])
    variances = np.array([one.variance for one in (*above, *below)])
    # A run with too few trials has no variance of its own: it weighs as the others do.
    usual = float(np.median(variances[np.isfinite(variances)])) if np.isfinite(variances).any() else 0.0
    variances = np.maximum(np.where(np.isfinite(variances), variances, usual), NO_VARIANCE)
    sides = np.arange(means.size) < len(above)
    degrees = means.size - 2
    tau2 = _paule_mandel(means, variances, sides)
    weights = 1 / (variances + tau2)
    centre, squares = _fit(means, weights, sides)
    plain = sum(1 / float(weights[side].sum()) for side in (sides, ~sides))
    error = math.sqrt(max(1.0, squares / degrees) * plain)
    return Difference(centre[0] - centre[1], error, float(degrees), math.sqrt(tau2))


def _fit(means: Floats, weights: Floats, sides: NDArray[np.bool_]) -> tuple[tuple[float, float], float]:
    """The weighted mean of each side, and the weighted sum of squares around them."""
    centre = tuple(float(np.average(means[side], weights=weights[side])) for side in (sides, ~sides))
    left = means - np.where(sides, centre[0], centre[1])
    return (centre[0], centre[1]), float(weights @ left**2)


def _paule_mandel(means: Floats, variances: Floats, sides: NDArray[np.bool_]) -> float:
    """The variance between runs for which the weighted sum of squares equals its degrees of freedom; 0 if it never exceeds them."""
    degrees = means.size - 2

    def excess(tau2: float) -> float:
        return _fit(means, 1 / (variances + tau2), sides)[1] - degrees

    if excess(0.0) <= 0:
        return 0.0
    from scipy.optimize import brentq

    # With equal weights the squares are at most those around the plain means: beyond this, none can exceed the degrees.
    most = float(sum(((means[side] - means[side].mean()) ** 2).sum() for side in (sides, ~sides))) / degrees
    return float(brentq(excess, 0.0, 2 * most + float(variances.max()), xtol=1e-16, rtol=1e-10))
