"""Trial means -> draws of what their means may be, and a verdict from the share of draws in which something holds.

A mean is drawn from its t distribution with n - 1 degrees of freedom. Draws are joint: each block has one stream of normal
numbers, so that what disturbed two cells of a block together disturbs their draws together, and a ratio of two cells with
the same blocks is drawn from the t distribution of its paired differences. Everything is seeded: the same data, the same
verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

DRAWS = 10_000
SEED = 20_260_101
SURE = 0.975

Word = Literal["supported", "refuted", "inconclusive"]


def drawn(values: Mapping[int, float], log: bool) -> NDArray[np.float64]:
    """Draws of the mean of trial means, given by block; of the geometric mean with `log`, if all are positive.

    With z of block b standard normal and d its deviation from the mean, the sum of z d over n blocks divided by
    sqrt(n (n - 1)) has the mean's standard error; divided by sqrt(chi2 / (n - 1)) it is t.
    """
    blocks = sorted(values)
    data = np.array([values[block] for block in blocks], dtype=float)
    if log and (data > 0).all():
        return np.exp(drawn({block: float(np.log(values[block])) for block in blocks}, False))
    mean = float(data.mean())
    # Rounding must not make equal values differ: their draws are all the same.
    deviations = data - mean if np.ptp(data) else np.zeros(data.size)
    normal = sum((_normal(block) * d for block, d in zip(blocks, deviations, strict=True)), np.zeros(DRAWS))
    found: NDArray[np.float64] = mean + normal / np.sqrt(data.size * _chi_square(data.size - 1))
    return found


@lru_cache(maxsize=256)
def _normal(block: int) -> NDArray[np.float64]:
    return np.random.default_rng([SEED, block + 1]).standard_normal(DRAWS)


@lru_cache(maxsize=64)
def _chi_square(df: int) -> NDArray[np.float64]:
    """Draws of chi square, from the same ranks for all degrees of freedom: cells of 11 and of 12 trials stay together."""
    from scipy.special import gammaincinv

    ranks = np.random.default_rng([SEED, 0]).uniform(size=DRAWS)
    found: NDArray[np.float64] = 2 * gammaincinv(df / 2, ranks)
    return found


def verdict(share: float) -> Word:
    """What a share of draws says of a statement that holds in them."""
    if share >= SURE:
        return "supported"
    return "refuted" if share <= 1 - SURE else "inconclusive"
