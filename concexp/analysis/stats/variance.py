"""Nested values (trials > iterations) -> the variance of each level, and how many repetitions of each are worth their time.

Formulas: Kalibera & Jones 2013, "Rigorous benchmarking in reasonable time", with the revised T_i^2 = S_i^2 - S_{i-1}^2 / r_{i-1}.
Levels are counted from the inside: the first is the iterations, the last the trials. For times and rates give logarithms:
then variances are squared relative ones, and a half-width is the logarithm of a factor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from concexp.analysis.stats.intervals import FEWEST, LEVEL, t_quantile

MOST = 10_000  # trials, the most that any plan asks for


@dataclass(frozen=True)
class VarianceComponents:
    """The variance at each level; all tuples go from the innermost level (iterations) to the outermost (trials).

    `counts` is the number of values at each level, r_i; `spread` the variance among the means of a level, S_i^2; `added` the
    variance that the level itself adds, T_i^2, which is negative if the level below happens to explain everything.
    """

    mean: float
    counts: tuple[int, ...]
    spread: tuple[float, ...]
    added: tuple[float, ...]

    @property
    def adds(self) -> tuple[float, ...]:
        """T_i^2, 0 where it is negative: that level adds no variance."""
        return tuple(max(0.0, value) for value in self.added)

    def variance(self, counts: Sequence[int]) -> float:
        """The expected variance among trial means with other counts below the trials; `counts` from the inside.

        ValueError unless there is one count for each level below the trials.
        """
        if len(counts) != len(self.counts) - 1:
            raise ValueError(
                f"{len(self.counts) - 1} counts are needed, one per level below the trials, not {len(counts)}"
            )
        total, inside = 0.0, 1
        for adds, inner in zip(reversed(self.adds), [1, *reversed(counts)], strict=True):
            inside *= inner
            total += adds / inside
        return total


def variance_components(values: ArrayLike) -> VarianceComponents:
    """The variance of each level of a balanced array, whose first axis is the trials and whose last the iterations.

    ValueError if an axis has fewer than 2 entries, which have no variance, or a value is not finite.
    """
    data = np.asarray(values, dtype=float)
    if not data.ndim or min(data.shape) < 2:
        raise ValueError(f"each level needs at least 2 entries; the shape is {data.shape}")
    if not np.isfinite(data).all():
        raise ValueError("a value is not finite; leave its trial out")
    spread: list[float] = []
    added: list[float] = []
    means = data
    for level in range(data.ndim):
        spread.append(float(means.var(axis=-1, ddof=1).mean()))
        added.append(spread[-1] - (spread[-2] / data.shape[-level] if level else 0.0))
        means = means.mean(axis=-1)
    return VarianceComponents(float(means), data.shape[::-1], tuple(spread), tuple(added))


def worthwhile(components: VarianceComponents, costs: Sequence[float], most: int = 100) -> tuple[int, ...]:
    """The counts of each level below the trials that make the best use of the time, from the inside; each 1 <= r <= most.

    `costs` (seconds, or any unit) is the cost of one more at each level, from the inside, without what is nested in it: an
    iteration; then a trial's start, preparation and warm-up. The optimum is ceil(sqrt(c_{i+1} / c_i * T_i^2 / T_{i+1}^2)).
    A level that adds no variance is needed once. Below a level that adds none the count is `most`: one more inside is as good
    as one more outside, and cheaper. ValueError if there is not one positive cost per level.
    """
    if len(costs) != len(components.counts) or min(costs) <= 0:
        raise ValueError(f"{len(components.counts)} positive costs are needed, one per level, not {list(costs)}")
    advice = []
    for level in range(len(costs) - 1):
        inner, outer = components.adds[level], components.adds[level + 1]
        if not inner:
            advice.append(1)
        elif not outer:
            advice.append(most)
        else:
            wanted = math.sqrt(costs[level + 1] / costs[level] * inner / outer)
            advice.append(min(most, max(1, math.ceil(wanted))))
    return tuple(advice)


def trials_needed(variance: float, half_width: float, level: float = LEVEL) -> int:
    """The fewest trials whose interval is expected to be this narrow: the smallest n >= 3 with t_{n-1} sqrt(variance/n) <= half.

    `variance` is that among trial means, `half_width` in their unit (for logarithms, log1p of the relative one). MOST if
    even that is too few. ValueError if the half-width is not positive or the variance negative or not a number.
    """
    if not half_width > 0 or not variance >= 0:
        raise ValueError(f"a positive half-width and a variance are needed, not {half_width} and {variance}")
    wanted = variance / half_width**2  # n / t^2 has to reach this, and it grows with n
    low, high = FEWEST, FEWEST
    while high < MOST and high / t_quantile(high - 1, level) ** 2 < wanted:
        low, high = high + 1, min(MOST, high * 2)
    while low < high:
        middle = (low + high) // 2
        if middle / t_quantile(middle - 1, level) ** 2 < wanted:
            low = middle + 1
        else:
            high = middle
    return high
