"""Series of iteration times -> the same without single odd values, which would look like changes of level.

As in Barrett, Bolz-Tereick, Killick, Mount & Tratt 2017: an outlier lies further than 3 times the distance of the 10th and the
90th percentile from the sliding median. Theirs slides over 200 of 2000 iterations; here the window is so short that five slow
iterations in a row are a stretch of their own, and no outliers. Percentiles are those of the distances from the median, so
that a change of level does not widen them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REACH = 4  # values of the window on either side
FENCE = 3.0  # distances of the percentiles
SMALLEST = 1e-4  # of the mean: what a coarse clock makes of equal values is no outlier


def without_outliers(x: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """The rows of `x` with outliers replaced by the sliding median; and how many values each row begins with that are slow.

    The first iterations are told apart from outliers: two to four slow ones in a row, before iterations that are not, are how
    a short warm-up looks. They are replaced as well, by the level that follows. One alone is not counted.
    """
    medians = _sliding_medians(x)
    distances = x - medians
    low, high = np.percentile(distances, [10, 90], axis=1)
    fence = FENCE * np.maximum(high - low, SMALLEST * np.abs(x).mean(axis=1))[:, None]
    cleaned = np.where(np.abs(distances) > fence, medians, x)
    level = np.median(x[:, REACH : 3 * REACH + 1], axis=1)[:, None]
    slow = x[:, : REACH + 1] > level + fence
    leading = np.where(slow.all(axis=1), 0, slow.argmin(axis=1))
    leading[leading == 1] = 0
    starting = np.arange(x.shape[1]) < leading[:, None]
    return np.where(starting, level, cleaned), leading


def _sliding_medians(x: Floats) -> Floats:
    """The median of each value and its neighbours on both sides, of which there are fewer at the ends."""
    padded = np.pad(x, ((0, 0), (REACH, REACH)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1, axis=1)
    return np.asarray(np.nanmedian(windows, axis=2))
