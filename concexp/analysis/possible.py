"""Withholds values of metrics that cannot be: more CPUs busy than there are, a share above 1, numbers too large to compute with.

Such a value comes from a clock or a counter that was wrong. What it really was is not known, so no table and no picture has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

COLUMN = "withheld"  # of the tidy frame: the metrics that are withheld in a row, comma-joined; only where there are any
# Squares and ratios of larger numbers, and of those below its inverse, leave the range of a float.
LARGEST = 1e150


def possible(metric: Any, frame: Any) -> tuple[np.ndarray, np.ndarray]:
    """A metric of each row of the frame, NaN where it is withheld, and True where it is.

    What exceeds the limit by no more than the clocks' own errors is the limit.
    """
    values = metric.of(frame).to_numpy(float, na_value=np.nan)
    low, high = metric.range[0], np.asarray(metric.most(frame), dtype=float)
    size = np.abs(values)
    beyond = (values < low) | (values > high + np.asarray(metric.error(frame), dtype=float))
    beyond |= (size > LARGEST) | ((size > 0) & (size < 1 / LARGEST))
    if beyond.any():
        values = np.where(beyond, np.nan, values)
    over = values > high
    return (np.where(over, high, values) if over.any() else values), beyond


def with_column(values: Mapping[str, np.ndarray], withheld: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The metrics, and the column of those that are withheld, if any are."""
    import pandas as pd

    names = [name for name in values if withheld[name].any()]
    if not names:
        return dict(values)
    texts = [
        ",".join(name for name, hit in zip(names, hits, strict=True) if hit)
        for hits in zip(*(withheld[name] for name in names), strict=True)
    ]
    return {**values, COLUMN: pd.array(texts, dtype="string")}
