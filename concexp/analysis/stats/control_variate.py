"""A metric and the machine's speed, trial by trial -> how far the speed explains the metric, to take that part out.

The control variate of simulation (Lavenberg & Welch 1981), or the analysis of covariance of an experiment in random blocks:
log metric = mean of its cell + slope x deviation of the speed from the run's mean + noise. The speed is measured by a loop
of its own beside the window, and the order of the cells within a block is random, so its expected deviation is 0 in every
cell: to subtract slope x deviation leaves each mean unbiased, whatever the slope. A good slope only makes the rest narrower.
So the slope may be common to all cells of one kind of work although each has its own, and needs no test for that.

What could bias is a cell that changes the speed itself, say by heating the CPU. Then the speed differs between the cells by
more than chance, and nothing is adjusted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_DEGREES = 8  # of freedom: below, a slope is found by chance too often and known too badly
SURE = 0.001  # the p-value of the slope below which a metric is adjusted
LEAST_EXPLAINED = 0.2  # of the variance within the cells: less is not worth a second column
CELLS_DIFFER = 0.01  # the p-value below which the speed itself depends on the cell


@dataclass(frozen=True)
class SpeedFit:
    """The effect of the speed on the logarithm of a metric.

    slope      change of the logarithm per unit of the deviation
    explained  the share of the variance within cells that the slope accounts for
    stretch    the factor by which residuals fall short, because the slope was fitted to them
    """

    slope: float
    explained: float
    stretch: float


def speed_fit(logs: Floats, deviations: Floats, cells: NDArray[np.intp]) -> SpeedFit | None:
    """The fit of `logs`, one per trial, to the deviations of the speed; `cells` numbers each trial's cell.

    None where the speed is not shown to explain the metric, or is shown to depend on the cell.
    """
    from scipy.special import fdtrc, stdtr

    known = np.isfinite(logs) & np.isfinite(deviations)
    y, x = logs[known], deviations[known]
    groups, cell = np.unique(cells[known], return_inverse=True)
    degrees = y.size - groups.size - 1
    if degrees < LEAST_DEGREES:
        return None
    sizes = np.bincount(cell)
    means = np.bincount(cell, x) / sizes
    inner_x, inner_y = x - means[cell], y - (np.bincount(cell, y) / sizes)[cell]
    spread, total = float(inner_x @ inner_x), float(inner_y @ inner_y)
    if spread < 1e-12 or total < 1e-18:
        return None
    slope = float(inner_x @ inner_y) / spread
    left = max(total - slope**2 * spread, 1e-18)
    explained = 1 - left / total
    p_slope = 2 * float(stdtr(degrees, -abs(slope) / np.sqrt(left / degrees / spread)))
    if p_slope > SURE or explained < LEAST_EXPLAINED:
        return None
    if groups.size > 1:
        between = float(sizes @ (means - x.mean()) ** 2) / (groups.size - 1)
        within = spread / (y.size - groups.size)
        if float(fdtrc(groups.size - 1, y.size - groups.size, between / within)) < CELLS_DIFFER:
            return None
    return SpeedFit(slope, explained, float(np.sqrt((degrees + 1) / degrees)))
