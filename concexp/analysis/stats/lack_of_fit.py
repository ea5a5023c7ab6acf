"""A fitted scaling law and the trials behind its points -> whether the trials' own noise explains how far it misses them.

The residuals are those of the logarithms, whose noise is about the same at all worker counts, with the law's parameters projected
out. Their squares are compared with what the trials' scatter (the pure error) would make of them, by an F test whose degrees of
freedom allow for scatter that differs between the counts: within blocks that all counts share, as for repeated measures
(Greenhouse & Geisser 1959), otherwise as for independent groups (Box 1954; Brunner, Dette & Munk 1997). What disturbed a whole
block disturbed all counts alike and bends no curve.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from concexp.analysis.stats.intervals import FEWEST
from concexp.analysis.stats.scaling_laws import Law

Floats = NDArray[np.float64]

STEP = 1e-6  # of a parameter, for derivatives
ON_BOUND = 1e-9  # a share this small lies on its bound of 0, and was not fitted


def lack_of_fit(law: Law, parameters: Sequence[float], trials: Mapping[int, Mapping[int, float]]) -> float:
    """The p-value of the hypothesis that the law is true; `trials` has positive throughputs by worker count and block.

    NaN where a count has fewer than 3 trials, where the trials do not vary, or where the law has a parameter for each count.
    """
    workers = np.array(list(trials), dtype=float)
    slopes = _slopes(law, workers, parameters)
    if workers.size <= slopes.shape[1] or min(map(len, trials.values())) < FEWEST:
        return math.nan
    basis, _ = np.linalg.qr(slopes)
    left = np.eye(workers.size) - basis @ basis.T
    curve = np.log(law(workers, *parameters))
    shared = sorted(set.intersection(*(set(blocks) for blocks in trials.values())))
    if len(shared) >= FEWEST:
        logs = np.log([[blocks[block] for blocks in trials.values()] for block in shared]) - curve
        noise = np.cov(logs.T) / len(shared)
        means = logs.mean(axis=0)
    else:
        groups = [np.log(list(blocks.values())) for blocks in trials.values()]
        noise = np.diag([group.var(ddof=1) / group.size for group in groups])
        means = np.array([group.mean() for group in groups]) - curve
    spread = left @ noise @ left
    expected = float(np.trace(spread))
    if expected <= 0:
        return math.nan
    degrees = expected**2 / float((spread**2).sum())
    if len(shared) >= FEWEST:
        below = degrees * (len(shared) - 1)
    else:
        shares = (np.diag(left) * np.diag(noise)) ** 2 / [len(blocks) - 1 for blocks in trials.values()]
        below = expected**2 / float(shares.sum())
    from scipy.special import fdtrc

    return float(fdtrc(degrees, below, float(means @ left @ means) / expected))


def _slopes(law: Law, workers: Floats, parameters: Sequence[float]) -> Floats:
    """The derivatives of the logarithm of the throughput by log g and by each parameter off its bound, as columns."""
    columns = [np.ones(workers.size)]
    for place, value in enumerate(parameters):
        if place and value > ON_BOUND:
            step = STEP * value
            ends = [[*parameters[:place], value + sign * step, *parameters[place + 1 :]] for sign in (1, -1)]
            above, below = (np.log(law(workers, *end)) for end in ends)
            columns.append((above - below) / (2 * step))
    return np.stack(columns, axis=1)
