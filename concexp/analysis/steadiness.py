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

    from concexp.analysis.trial_rows import TrialRows

NOT_ASSESSED = ""


def seconds(frame: pd.DataFrame) -> np.ndarray:
    """Seconds per operation of each row; NaN where there was none."""
    wall, ops = (frame[name].to_numpy(float, na_value=np.nan) for name in ("wall_s", "ops"))
    found = np.full(len(frame), np.nan)
    np.divide(wall, ops, out=found, where=ops > 0)
    return found


def classify_trials(frame: pd.DataFrame, rows: TrialRows) -> list[str]:
    """The word of each trial; `NOT_ASSESSED` where it has too few iterations."""
    series = [took[~np.isnan(took)] for took in rows.parts(seconds(frame))]
    words = [NOT_ASSESSED] * len(series)
    long = [number for number, took in enumerate(series) if len(took) >= ENOUGH]
    for number, state in zip(long, classify_all([series[number] for number in long]), strict=True):
        words[number] = state.kind
    return words
