"""Times by cell and block, and the host of each block -> how the hosts differ.

A block's effect is the mean over the cells of how far the cell's logarithmic time in it lies from the cell's mean. Only blocks
that hold at least half of the cells count: a smaller part of one shows rather which cells it has. Blocks of one host scatter
around the host's effect; whether hosts differ is a one-way analysis of variance of the blocks' effects.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from concexp.analysis.stats.intervals import LEVEL, Interval, mean_interval

DIFFER = 0.01  # p-value
LEAST_SPREAD = 0.01  # of hosts that differ by less, none is worth a word


@dataclass(frozen=True)
class HostEffects:
    """`relative` has each host's times relative to the mean of all hosts, a factor; `differ` is whether that is more than chance.

    spread  the standard deviation of the hosts' effects, as a share
    """

    relative: Mapping[str, Interval] = field(default_factory=dict)
    differ: bool = False
    spread: float = 0.0


def host_effects(
    cells: Mapping[str, Mapping[int, float]], host_of: Mapping[int, str], level: float = LEVEL
) -> HostEffects:
    """How hosts differ; `cells` are times by cell and block. Without two hosts that have whole blocks there is nothing to say."""
    logs = {cell: {b: math.log(v) for b, v in of.items() if v > 0 and math.isfinite(v)} for cell, of in cells.items()}
    around: dict[int, list[float]] = {}
    for of in logs.values():
        middle_of_cell = float(np.mean(list(of.values()))) if of else 0.0
        for block in of.keys() & host_of.keys():
            around.setdefault(block, []).append(of[block] - middle_of_cell)
    effects = {block: float(np.mean(own)) for block, own in sorted(around.items()) if 2 * len(own) >= len(logs)}
    if len({host_of[block] for block in effects}) < 2:
        return HostEffects()
    by_host: dict[str, list[float]] = {}
    for block, effect in effects.items():
        by_host.setdefault(host_of[block], []).append(effect)
    middle = float(np.mean([np.mean(own) for own in by_host.values()]))
    relative = {
        host: mean_interval(np.exp(np.array(own) - middle), log=True, level=level) for host, own in by_host.items()
    }
    spread = float(np.std([np.mean(own) for own in by_host.values()], ddof=1))
    return HostEffects(relative, spread > LEAST_SPREAD and _p_value(list(by_host.values())) < DIFFER, spread)


def _p_value(groups: list[list[float]]) -> float:
    """Of the hypothesis that all groups have one mean; 1 where they are too few to tell."""
    from scipy.special import fdtrc

    sizes = np.array([len(own) for own in groups])
    between, within = len(groups) - 1, int((sizes - 1).sum())
    if within < 1:
        return 1.0
    means = np.array([np.mean(own) for own in groups])
    around = float(sum(((np.array(own) - mean) ** 2).sum() for own, mean in zip(groups, means, strict=True)))
    overall = float(sizes @ means / sizes.sum())
    square = float(sizes @ (means - overall) ** 2) / between
    if not around > 0:
        return 0.0 if square > 0 else 1.0
    return float(fdtrc(between, within, square / (around / within)))
