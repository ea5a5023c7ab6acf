"""The tidy frame -> how the seconds per operation developed over the iterations of each trial.

What can be asked depends on the number of iterations. A trial with 20 or more is cut at its change points and gets a word
(`stats.change_points`): `flat`, `warmup`, `slowdown`, `disturbed` or `no steady state`. The usual three iterations are too few
for that; but many trials together show whether the first iteration differs from the later ones (`first_iteration`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from concexp.analysis.possible import too_large
from concexp.analysis.stats.change_points import ENOUGH, classify_all

if TYPE_CHECKING:
    import pandas as pd

    from concexp.analysis.trial_rows import TrialRows

NOT_ASSESSED = ""


def seconds(frame: pd.DataFrame) -> np.ndarray:
    """Seconds per operation of each row; NaN where no operation was done, or where a clock was wrong by orders of magnitude."""
    wall, ops = (frame[name].to_numpy(float, na_value=np.nan) for name in ("wall_s", "ops"))
    per_operation = np.full(len(frame), np.nan)
    np.divide(wall, ops, out=per_operation, where=ops > 0)
    per_operation[too_large(per_operation)] = np.nan
    return per_operation


def classify_trials(frame: pd.DataFrame, rows: TrialRows) -> list[str]:
    """The word of each trial; `NOT_ASSESSED` where it has too few iterations."""
    series = [took[~np.isnan(took)] for took in rows.parts(seconds(frame))]
    words = [NOT_ASSESSED] * len(series)
    long = [number for number, took in enumerate(series) if len(took) >= ENOUGH]
    for number, state in zip(long, classify_all([series[number] for number in long]), strict=True):
        words[number] = state.kind
    return words
