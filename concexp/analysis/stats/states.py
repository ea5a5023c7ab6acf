"""Speeds or times of many trials -> the two states that they fall into, if they do.

A machine whose CPUs run at two speeds gives times in two clusters. The best split into two clusters (the least squares within
them: Otsu 1979; Fisher 1958) always exists, so it counts only where the clusters lie far apart: the means differ by more than
5 standard deviations within the clusters. Of 20 normal values 0.2 % have such a split, of 60 none in 1000; two speeds that
differ by 1.85x are found with a quarter of the trials straddling a change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEWEST = 20  # values: with fewer, chance splits them as well
FEWEST_OF_A_STATE = 3  # values: one or two are outliers
SEPARATION = 5.0  # standard deviations within the clusters
LEAST_FACTOR = 1.1  # states that are closer do not matter


@dataclass(frozen=True)
class TwoStates:
    """Two clusters of values: their geometric means, and for each value whether it is in the upper one; NaN is in neither."""

    low: float
    high: float
    is_high: NDArray[np.bool_]
    is_low: NDArray[np.bool_]

    @property
    def factor(self) -> float:
        """How many times the lower mean the upper one is."""
        return self.high / self.low

    @property
    def high_share(self) -> float:
        """The share of the values in the upper cluster."""
        return float(self.is_high.sum() / (self.is_high.sum() + self.is_low.sum()))


def two_states(values: ArrayLike) -> TwoStates | None:
    """The two states of these positive values; None if they are one cluster, or too few to tell. NaN does not count."""
    data = np.asarray(values, dtype=float)
    known = np.isfinite(data) & (data > 0)
    logs = np.sort(np.log(data[known]))
    n = logs.size
    if n < FEWEST or logs[0] == logs[-1]:
        return None
    sizes = np.arange(1, n)
    sums = np.cumsum(logs)[:-1]
    means = sums / sizes, (logs.sum() - sums) / (n - sizes)
    between = sizes * (n - sizes) * (means[1] - means[0]) ** 2
    split = int(between.argmax())
    low, high = float(means[0][split]), float(means[1][split])
    parts = logs[: split + 1] - low, logs[split + 1 :] - high
    within = math.sqrt(sum(float((part**2).sum()) for part in parts) / (n - 2))
    if min(split + 1, n - split - 1) < FEWEST_OF_A_STATE:
        return None
    if high - low < max(SEPARATION * within, math.log(LEAST_FACTOR)):
        return None
    border = float(np.exp((logs[split] + logs[split + 1]) / 2))
    return TwoStates(math.exp(low), math.exp(high), known & (data > border), known & (data <= border))
