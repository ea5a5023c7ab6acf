"""Differences of pairs -> their centre by signed ranks, for noise with heavy tails.

A rented CPU runs at two speeds, and changes within seconds: of two trials that follow each other, one is then twice as slow, now
this one, now that. The mean of such pairs needs a hundred of them to show 3 %, although nine tenths agree within 1 %. The centre of
Hodges & Lehmann (1963), the median of the means of all pairs of differences, hardly notices them, and Wilcoxon's signed-rank test
(1945) gives its interval and its p-value. Trials run in random order within a block, so that of two equal cells each difference is
as likely as its opposite: the test needs no more than that, whatever the noise.

What happens in a few trials of one side only is in their mean, and not in this centre. So it takes the mean's place only where the
far differences lie on both sides alike (`is_better`).
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from concexp.analysis.stats.intervals import LEVEL, half_width

Floats = NDArray[np.float64]

FROM = 20  # pairs, from which on they show their tails, and the ranks' sum is close to normal
# The interval's width as a share of the mean's, below which the mean needs over twice as many pairs.
NARROWER = 0.7
# p-value of a sign test, below which the far differences lie on one side: they are what one cell does now and then.
ONE_SIDED = 0.05
EQUAL = 1e-6  # standard deviations that are rounding
STEPS = 60  # of a bisection: beyond what a float can tell


def is_better(differences: Floats, level: float = LEVEL) -> bool:
    """True if signed ranks tell the centre of these differences better than their mean: heavy tails, alike on both sides.

    Both are judged by what does not change with the centre, nor with which side is which.
    """
    from scipy.special import bdtr

    if differences.size < FROM:
        return False
    deviation = float(differences.std(ddof=1))
    middle, low, high = centre(differences, level)
    widest = NARROWER * 2 * half_width(deviation, differences.size, level)
    # No width at all: most differences are one number, and the few others say too little.
    if not EQUAL * deviation < high - low < widest:
        return False
    above, below = (int((side > deviation).sum()) for side in (differences - middle, middle - differences))
    return bool(2 * bdtr(min(above, below), above + below, 0.5) > ONE_SIDED)


def centre(differences: Floats, level: float) -> tuple[float, float, float]:
    """(centre, lower end, upper end) of at least 2 differences, by inverting the signed-rank test."""
    ordered = np.sort(differences)
    middle, deviation = _moments(ordered.size)
    half = _normal_quantile(level) * deviation
    return (
        (_where(ordered, middle + 0.25) + _where(ordered, middle - 0.25)) / 2,
        _where(ordered, middle + half),
        _where(ordered, middle - half),
    )


def p_value(differences: Floats) -> float:
    """The two-sided p-value of the hypothesis that the differences lie around 0 alike on both sides; ties share their ranks."""
    from scipy.special import ndtr

    middle, deviation = _moments(differences.size)
    # The normal distribution is steady and the ranks' sum is not: half a step is taken off, as is usual.
    distance = max(abs(_rank_sum(np.sort(differences), 0.0) - middle) - 0.5, 0.0)
    return float(min(1.0, 2 * ndtr(-distance / deviation)))


def _moments(count: int) -> tuple[float, float]:
    """Mean and standard deviation of the sum of the ranks above, of so many differences around 0."""
    return count * (count + 1) / 4, math.sqrt(count * (count + 1) * (2 * count + 1) / 24)


def _rank_sum(ordered: Floats, around: float) -> float:
    """The sum of the ranks, by distance from a point, of the differences above it.

    That is the number of pairs of differences, each with itself as well, whose mean lies above the point (Tukey 1949); one whose
    mean is the point counts half.
    """
    own = np.arange(ordered.size)
    opposite = 2 * around - ordered
    up_to, below = (np.maximum(np.searchsorted(ordered, opposite, side), own) for side in ("right", "left"))
    return float((2 * ordered.size - up_to - below).sum() / 2)


def _where(ordered: Floats, wanted: float) -> float:
    """Around which point the sum of the ranks above falls to this: it never grows with the point."""
    low, high = float(ordered[0]), float(ordered[-1])
    for _ in range(STEPS):
        between = (low + high) / 2
        if _rank_sum(ordered, between) >= wanted:
            low = between
        else:
            high = between
    return (low + high) / 2


@cache
def _normal_quantile(level: float) -> float:
    """The share `level` of a normal distribution lies within so many standard deviations."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))
