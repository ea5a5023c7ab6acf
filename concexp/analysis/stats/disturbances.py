"""The trials of all cells, by block -> what disturbed them that no interval of a single cell can know.

A cell of five trials that met no disturbance has a narrow interval, and is wrong by what a rare disturbance adds on average.
Its own trials cannot show that, but those of all cells together do: they ran on the same machine, in random order. Two things
are looked for in the logarithms of the times.

- *Trials apart*: far from the other trials of their own cell, by more than a tenth and more than 5 times the usual scatter.
- *Blocks that differ*: by 3 % or more, in an F test of their means at 1 %. Neighbouring blocks may then resemble each other, and
  a run has too few of them to tell (the lag-1 correlation of 10 values is known to ± 0.6).

Both concern single figures. Ratios are paired by block: they bear the second, and have intervals that hold for the first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from concexp.analysis.stats.intervals import LEVEL
from concexp.analysis.stats.zero_counts import rate_bound

Floats = NDArray[np.float64]

FAR = 5.0  # times the usual scatter
NOISY = 2.5  # times the moderated scatter: beyond, a cell is unlike the others
ENOUGH = 5  # trials of a cell: of fewer, one that was disturbed cannot be told from scatter
RARE = 0.0002  # p-value, where the scatter is not known well
ROBUST = 0.37  # degrees of freedom of a median deviation, per trial: a standard deviation has one
LEAST = 0.1  # smaller distances do not matter
BLOCKS_DIFFER = 0.01  # p-value …
LEAST_SPREAD = 0.03  # … and standard deviation: every machine has some weather


@dataclass(frozen=True)
class Disturbances:
    """What all trials of a run show together.

    trials        their number
    apart         how many lie far from the others of their cell
    slower        the median factor by which these are slower (below 1: faster); NaN without any
    blocks_differ whether whole blocks differ by more than chance
    block_spread  the standard deviation of the blocks' effects, as a share
    pooled        the standard deviation of the logarithms within cells, over all cells
    few           whether most cells have so few trials that a disturbed one cannot be told from scatter
    """

    trials: int
    apart: int
    slower: float
    blocks_differ: bool
    block_spread: float
    pooled: float
    few: bool

    @property
    def unknowable(self) -> bool:
        """True if the intervals of single cells are about the disturbances that these happened to meet: a page says so."""
        return self.few or bool(self.apart) or self.blocks_differ

    def unseen(self, level: float = LEVEL) -> float:
        """The largest share of trials that a disturbance can hit without having hit any, with this confidence."""
        return rate_bound(self.trials, level) if self.trials else 1.0


def disturbances(cells: Mapping[str, Mapping[int, float]]) -> Disturbances:
    """What disturbed these trials: times per operation by cell and block. Cells of fewer than 3 trials do not count."""
    known = {cell: {b: math.log(v) for b, v in of.items() if v > 0 and np.isfinite(v)} for cell, of in cells.items()}
    known = {cell: of for cell, of in known.items() if len(of) >= 3}
    if not known:
        return Disturbances(0, 0, math.nan, False, 0.0, math.nan, False)
    logs = [np.array(list(of.values())) for of in known.values()]
    blocks = np.unique(np.concatenate([list(of) for of in known.values()]), return_inverse=True)[1]
    around = np.concatenate([of - np.median(of) for of in logs])
    sizes = np.array([of.size for of in logs])
    pooled = math.sqrt(sum(float(((of - of.mean()) ** 2).sum()) for of in logs) / float((sizes - 1).sum()))
    far = np.abs(around) > np.maximum(math.log1p(LEAST), _limits(around, sizes))
    differ, spread = _block_effects(logs, blocks, ~far)
    slower = float(np.exp(np.median(around[far]))) if far.any() else math.nan
    return Disturbances(around.size, int(far.sum()), slower, differ, spread, pooled, bool(np.median(sizes) < ENOUGH))


def _limits(around: Floats, sizes: NDArray[np.intp]) -> Floats:
    """How far each trial may lie from its cell's median, by a scatter between its cell's own and that of all cells.

    Few trials know their own scatter badly, so it is moderated (Smyth 2004): the variances of the cells tell how much they
    differ among cells, and so how many degrees of freedom the scatter of all is worth beside a cell's own.
    """
    from scipy.special import stdtrit

    parts = np.split(around, np.cumsum(sizes)[:-1])
    own = np.array([_scatter(part) for part in parts])
    degrees = np.maximum(1.0, ROBUST * sizes)
    shared, worth = _prior(own, degrees)
    limits = []
    for part, scatter, one in zip(parts, own.tolist(), degrees.tolist(), strict=True):
        moderated = shared if math.isinf(worth) else math.sqrt((worth * shared**2 + one * scatter**2) / (worth + one))
        if scatter > NOISY * moderated:  # a cell unlike all others
            moderated = float(np.delete(part, np.abs(part).argmax()).std(ddof=1))
            one, worth_here = part.size - 2.0, 0.0
        else:
            worth_here = worth
        limits.append(max(FAR, float(stdtrit(min(1e6, worth_here + one), 1 - RARE / 2))) * moderated)
    return np.repeat(limits, sizes)


def _prior(own: Floats, degrees: Floats) -> tuple[float, float]:
    """(the scatter of all cells, the degrees of freedom that it is worth): infinite where the cells do not differ in scatter."""
    from scipy.special import polygamma, psi

    some = own > 0
    if not some.any():
        return 0.0, math.inf
    logs = 2 * np.log(own[some]) - psi(degrees[some] / 2) + np.log(degrees[some] / 2)
    middle = float(np.median(logs))
    spread = float(logs.var(ddof=1)) if logs.size > 1 else 0.0
    excess = spread - float(polygamma(1, degrees[some] / 2).mean())
    if excess <= 0:
        return math.exp(middle / 2), math.inf
    half = np.geomspace(1e-3, 1e3, 400)  # trigamma falls: the nearest of these will do
    worth = 2 * float(half[np.abs(polygamma(1, half) - excess).argmin()])
    return math.exp((middle + psi(worth / 2) - math.log(worth / 2)) / 2), worth


def _scatter(around: Floats) -> float:
    """The usual distance of a cell's trials from their median, as a standard deviation: what an outlier does not change.

    The trial in the middle is at no distance, and of an even number the two in the middle at the same small one: these are
    left out, and the lower middle of the rest is taken, so that one of three may be an outlier.
    """
    moved = np.sort(np.abs(around))[2 - around.size % 2 :]
    return float(moved[(moved.size - 1) // 2]) * 1.4826


def _block_effects(logs: list[Floats], blocks: NDArray[np.intp], near: NDArray[np.bool_]) -> tuple[bool, float]:
    """(whether blocks differ by more than chance, the standard deviation of their effects); without the trials apart."""
    from scipy.special import fdtrc

    cells = np.repeat(np.arange(len(logs)), [of.size for of in logs])[near]
    values, number = np.concatenate(logs)[near], blocks[near]
    counts = np.bincount(cells, minlength=len(logs))
    rest = values - (np.bincount(cells, values, len(logs)) / np.maximum(counts, 1))[cells]
    used, number = np.unique(number, return_inverse=True)
    of_block = np.bincount(number)
    effects = np.bincount(number, rest) / of_block
    inner = rest - effects[number]
    between, degrees = used.size - 1, values.size - int((counts > 0).sum()) - (used.size - 1)
    if between < 1 or degrees < 1 or not (inner**2).sum() > 1e-18:
        return False, 0.0
    error = float((inner**2).sum()) / degrees
    mean_square = float(of_block @ effects**2) / between
    spread = math.sqrt(max(0.0, mean_square - error) / float(of_block.mean()))
    differ = float(fdtrc(between, degrees, mean_square / error)) < BLOCKS_DIFFER
    return differ and spread > LEAST_SPREAD, spread
