"""The tidy frame -> how the iterations of each trial followed each other, by their seconds per operation.

Two questions, by what there is. A trial with 20 iterations or more is cut at its change points and gets a word
(`stats.steadiness`): `flat`, `warmup`, `slowdown` or `no steady state`. Of the usual three iterations nothing of the kind can
be told; but whether the first iteration is unlike those after it, many trials together tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from concexp.analysis.stats.change_points import ENOUGH, classify_all

if TYPE_CHECKING:
    import pandas as pd

NOT_ASSESSED = ""


def seconds(frame: pd.DataFrame) -> np.ndarray:
    """Seconds per operation of each row; NaN where there was none."""
    wall, ops = (frame[name].to_numpy(float, na_value=np.nan) for name in ("wall_s", "ops"))
    found = np.full(len(frame), np.nan)
    np.divide(wall, ops, out=found, where=ops > 0)
    return found


def classify_trials(frame: pd.DataFrame) -> np.ndarray:
    """What each row's trial is; `NOT_ASSESSED` where it has too few iterations."""
    took = seconds(frame)
    trial = np.where(np.isnan(took), -1, frame.groupby("trial", sort=False).ngroup())
    order = np.argsort(trial, kind="stable")
    numbers, begins, sizes = np.unique(trial[order], return_index=True, return_counts=True)
    found = np.full(len(frame), NOT_ASSESSED, dtype=object)
    long = np.flatnonzero((numbers >= 0) & (sizes >= ENOUGH))
    trials = [order[begins[place] : begins[place] + sizes[place]] for place in long]
    for rows, one in zip(trials, classify_all([took[rows] for rows in trials]), strict=True):
        found[rows] = one.kind
    return found
