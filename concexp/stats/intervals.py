"""The mean over trials of each trial's mean, and its 95 % interval.

Trials are the unit: iterations of one trial share a process and are no independent samples. The interval is Student's t
with n - 1 degrees of freedom; times and rates are averaged on the log scale, so that the mean is geometric and the interval
a factor. Below 3 trials there is none: it would say more about t than about the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

FEWEST = 3
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its interval (NaN where there is none) and the number of values behind it."""

    mean: float
    lo: float
    hi: float
    n: int


NOTHING = Interval(np.nan, np.nan, np.nan, 0)


@cache
def t_quantile(df: float) -> float:
    """The two-sided 95 % quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + LEVEL / 2))


def mean_interval(values: ArrayLike, log: bool = False) -> Interval:
    """The interval of a mean; with `log`, of the geometric mean.

    NaN are left out. Where a value on the log scale is not positive (a count of 0, say), the linear scale is used: a
    geometric mean of 0 would hide all the others.
    """
    data = np.asarray(values, dtype=float)
    data = data[~np.isnan(data)]
    if log and data.size and (data > 0).all():
        found = mean_interval(np.log(data))
        return Interval(float(np.exp(found.mean)), float(np.exp(found.lo)), float(np.exp(found.hi)), found.n)
    if not data.size:
        return NOTHING
    mean = float(data.mean())
    if data.size < FEWEST:
        return Interval(mean, np.nan, np.nan, data.size)
    half = t_quantile(data.size - 1) * float(data.std(ddof=1)) / float(np.sqrt(data.size))
    return Interval(mean, mean - half, mean + half, data.size)


def trial_means(values: ArrayLike, trials: Sequence[object] | ArrayLike, log: bool = False) -> dict[object, float]:
    """Each trial's mean over its iterations, by trial; geometric with `log` where all values are positive."""
    groups: dict[object, list[float]] = {}
    for value, trial in zip(np.asarray(values, dtype=float), np.asarray(trials), strict=True):
        if not np.isnan(value):
            groups.setdefault(trial, []).append(value)
    if log and all(value > 0 for group in groups.values() for value in group):
        return {trial: float(np.exp(np.mean(np.log(group)))) for trial, group in groups.items()}
    return {trial: float(np.mean(group)) for trial, group in groups.items()}
