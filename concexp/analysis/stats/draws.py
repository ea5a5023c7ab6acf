"""Samples -> draws of what their means might be -> how often a statement is true of them -> a verdict.

One rule for every statement, however it is composed: each sample's mean (of logarithms, for times and rates) is drawn from
its t distribution, n - 1 degrees of freedom, the trials being the unit; the statement is evaluated on each of 10 000 draws;
true in at least 97.5 % it is supported, in at most 2.5 % refuted, else inconclusive. The draws are the fiducial distribution
of a mean, which is also its posterior under the reference prior: of a single comparison this is the one-sided t test at
2.5 %.

What was measured in the same blocks is drawn jointly. What disturbs a block disturbs all cells in it, so their errors go
together, and a comparison of two cells should profit from that as a paired test does. Independent draws would make the
verdict timid where the disturbances are shared, and rash where two cells take from each other. The joint draw is the
multivariate t of the blocks: one standard normal number per block, common to all samples in it, weighs their deviations. A
linear statement about samples from the same blocks (on the log scale: about a ratio) so becomes exactly the paired t test.

Its limit: a statement with `or`, or with `max`, that lies on its boundary in two places at once is supported in more than
2.5 % of the cases, since either place may do it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from concexp.analysis.stats.intervals import FEWEST

DRAWS = 10_000
SUPPORTED = 0.975
REFUTED = 0.025

Floats = NDArray[np.float64]
K = TypeVar("K", bound=Hashable)


def joint_draws(
    samples: Mapping[K, Mapping[int, float]], log: Collection[K] = (), seed: int = 1, count: int = DRAWS
) -> dict[K, Floats]:
    """What the means of several samples might be together: `count` draws of each, in its unit.

    A sample is its trials' means by block. Those in `log` are drawn as geometric means, unless a value is not positive, as
    in `mean_interval`. What is not finite is left out. Equal values are drawn as themselves; of fewer than 3, nothing is
    known: all NaN. The order of the samples does not matter to the result.
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
        self.group: int = -1  # which samples share its scale; set by _scales

    def drawn(self, noise: Mapping[int, Floats], scales: Mapping[tuple[int, int], Floats], count: int) -> Floats:
        n = self.values.size
        if n < FEWEST:
            return np.full(count, np.nan)
        if self.values.min() == self.values.max():
            return np.full(count, self.values[0])
        data = np.log(self.values) if self.log else self.values
        around = (data - data.mean()) / math.sqrt(n * (n - 1))
        # The deviations sum to 0, so that this has the variance of the mean whatever else the blocks hold.
        error = around @ np.stack([noise[block] for block in self.blocks])
        found: Floats = data.mean() + error / scales[self.group, n]
        return np.exp(found) if self.log else found


def _scales(samples: list[_Sample], rng: np.random.Generator, count: int) -> dict[tuple[int, int], Floats]:
    """The root of chi^2 / df, by group and sample size: one number per draw and group, at each size's quantile of it.

    Samples that are linked by common blocks form a group: with scales of their own a paired comparison would not be t.
    """
    groups: list[set[int]] = []
    for sample in samples:
        own = set(sample.blocks)
        for other in [group for group in groups if group & own]:
            groups.remove(other)
            own |= other
        groups.append(own)
    groups.sort(key=lambda group: min(group, default=0))
    found = {}
    for number, group in enumerate(groups):
        order = rng.permutation(count)
        for sample in samples:
            if group.issuperset(sample.blocks) and sample.blocks:
                sample.group = number
                degrees = sample.values.size - 1
                if degrees > 0 and (number, degrees + 1) not in found:
                    found[number, degrees + 1] = _quantiles(degrees, count)[order]
    return found


@lru_cache(maxsize=2)
def _normal(blocks: int, seed: int, count: int) -> tuple[Floats, Any]:
    """Standard normal numbers, a row per block, and how the generator stands after them.

    They are kept for the next call: the claims of an experiment, case by case, speak of the same blocks.
    """
    rng = np.random.default_rng(seed)
    return rng.standard_normal((blocks, count)), rng.bit_generator.state


@lru_cache(maxsize=32)
def _quantiles(degrees: int, count: int) -> Floats:
    """Evenly spaced quantiles of the root of chi^2 / df: the whole distribution in each run, which random ones only approach."""
    from scipy.special import chdtri

    found: Floats = np.sqrt(chdtri(degrees, (np.arange(count) + 0.5) / count) / degrees)
    return found


def verdict(share: float) -> str:
    """`supported`, `refuted` or `inconclusive`, for the share of draws in which a statement is true; NaN is inconclusive."""
    if share >= SUPPORTED:
        return "supported"
    if share <= REFUTED:
        return "refuted"
    return "inconclusive"
