"""Samples -> draws of what their means might be; the share of draws in which a statement is true -> a verdict.

Each sample's mean (of logarithms, for times and rates) is drawn from its t distribution, n - 1 degrees of freedom, trials
being the unit; a comparison is evaluated on each of 10 000 draws; if it is true in at least 97.5 % it is supported, in at most
2.5 % refuted, else inconclusive (at a level of 95 %). The draws are the fiducial
distribution of a mean, which is also its posterior under the reference prior: for a single comparison this is the one-sided
t test at 2.5 %.

Samples from the same blocks are drawn jointly. What disturbs a block disturbs all cells in it, so their errors are
correlated, and a comparison of two cells should profit from that as a paired test does. Independent draws would make the
verdict too cautious where disturbances are shared, and too bold where two cells take from each other. The joint draw is the
multivariate t of the blocks: one standard normal number per block, common to all samples in it, weighs their deviations. So a
linear statement about samples from the same blocks (on the log scale: about a ratio) becomes exactly the paired t test.

Statements of several comparisons must not be evaluated on the draws: `or` and `max` would take noise for signal. See
`analysis/claims/truth.py`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from concexp.analysis.stats.intervals import FEWEST, LEVEL

DRAWS = 10_000

# Fewer draws beyond a boundary than this share are too few to count: the tail of t tells more.
TAIL = 0.005
EDGE = 0.975

Floats = NDArray[np.float64]
K = TypeVar("K", bound=Hashable)


def joint_draws(
    samples: Mapping[K, Mapping[int, float]], log: Collection[K] = (), seed: int = 1, count: int = DRAWS
) -> dict[K, Floats]:
    """Joint draws of the means of several samples: `count` draws of each, in its unit.

    A sample is its trials' means by block. Those in `log` are drawn as geometric means, unless a value is not positive, as
    in `mean_interval`. Values that are not finite are left out. Equal values are drawn as themselves; draws of fewer than 3
    values are all NaN. The order of the samples does not affect the result.
    """
    data = {key: _Sample(values, key in log) for key, values in samples.items()}
    blocks = sorted({block for sample in data.values() for block in sample.blocks})
    normal, state = _normal(len(blocks), seed, count)
    rng = np.random.default_rng(seed)
    rng.bit_generator.state = state
    noise = dict(zip(blocks, normal, strict=True))
    scales = _scales(list(data.values()), rng, count)
    return {key: sample.drawn(noise, scales, count) for key, sample in data.items()}


class _Sample:
    """A sample on the scale on which its mean is drawn."""

    def __init__(self, values: Mapping[int, float], log: bool) -> None:
        finite = {block: value for block, value in sorted(values.items()) if np.isfinite(value)}
        self.blocks = tuple(finite)
        self.values = np.array(list(finite.values()), dtype=float)
        self.log = log and bool((self.values > 0).all())
        self.group: int = -1  # the number of the samples that share its scale; set by _scales

    def drawn(self, noise: Mapping[int, Floats], scales: Mapping[tuple[int, int], Floats], count: int) -> Floats:
        """Its draws, from the normal numbers of each block and the scales by group and sample size."""
        n = self.values.size
        if n < FEWEST:
            return np.full(count, np.nan)
        if self.values.min() == self.values.max():
            return np.full(count, self.values[0])
        data = np.log(self.values) if self.log else self.values
        around = (data - data.mean()) / math.sqrt(n * (n - 1))
        # The deviations sum to 0, so this has the variance of the mean, whatever else is in the blocks.
        error = around @ np.stack([noise[block] for block in self.blocks])
        means: Floats = data.mean() + error / scales[self.group, n]
        return np.exp(means) if self.log else means


def _scales(samples: list[_Sample], rng: np.random.Generator, count: int) -> dict[tuple[int, int], Floats]:
    """The root of chi^2 / df for each draw, by group and sample size: one quantile per draw and group, for all sizes.

    Samples that are linked by common blocks form a group: with separate scales a paired comparison would not be t.
    """
    groups: list[set[int]] = []
    for sample in samples:
        linked = set(sample.blocks)
        for other in [group for group in groups if group & linked]:
            groups.remove(other)
            linked |= other
        groups.append(linked)
    groups.sort(key=lambda group: min(group, default=0))
    scales = {}
    for number, group in enumerate(groups):
        order = rng.permutation(count)
        for sample in samples:
            if group.issuperset(sample.blocks) and sample.blocks:
                sample.group = number
                degrees = sample.values.size - 1
                if degrees > 0 and (number, degrees + 1) not in scales:
                    scales[number, degrees + 1] = _quantiles(degrees, count)[order]
    return scales


@lru_cache(maxsize=2)
def _normal(blocks: int, seed: int, count: int) -> tuple[Floats, Any]:
    """Standard normal numbers, a row per block, and the state of the generator after them.

    Cached, since the cases of an experiment's claims are about the same blocks.
    """
    rng = np.random.default_rng(seed)
    return rng.standard_normal((blocks, count)), rng.bit_generator.state


@lru_cache(maxsize=32)
def _quantiles(degrees: int, count: int) -> Floats:
    """Evenly spaced quantiles of the root of chi^2 / df: they cover the distribution exactly, which random ones only approach."""
    from scipy.special import chdtri

    quantiles: Floats = np.sqrt(chdtri(degrees, (np.arange(count) + 0.5) / count) / degrees)
    return quantiles


def tail(above: Floats, below: Floats, degrees: float, strict: bool) -> float:
    """The share of draws in which `above > below` fails (`>=` unless `strict`); in the far tail, by Student's t.

    Ten thousand draws know a share of 1 in 10,000 badly, and a family of 200 comparisons needs one. There the distance of the
    boundary from the median is taken relative to that of the 2.5 % quantile, on the log scale where both sides are positive.
    """
    holds = above > below if strict else above >= below
    share = 1 - float(np.mean(holds))
    if share >= TAIL or not math.isfinite(degrees):
        return share
    upper, lower = np.broadcast_arrays(above, below)
    if not (np.isfinite(upper).all() and np.isfinite(lower).all()):
        return share
    margin = np.log(upper) - np.log(lower) if min(upper.min(), lower.min()) > 0 else upper - lower
    edge, middle = np.quantile(margin, [1 - EDGE, 0.5])
    if not middle > edge:
        return share
    from scipy.special import stdtr, stdtrit

    return min(TAIL, float(stdtr(degrees, -middle / (middle - edge) * stdtrit(degrees, EDGE))))


def verdict(share: float, level: float = LEVEL) -> str:
    """`supported`, `refuted` or `inconclusive`, for the share of draws in which a statement is true; NaN is inconclusive.

    The risk of an error is half that of an interval of this level, since it is on one side.
    """
    risk = round((1 - level) / 2, 9)
    if share >= 1 - risk:
        return "supported"
    if share <= risk:
        return "refuted"
    return "inconclusive"
