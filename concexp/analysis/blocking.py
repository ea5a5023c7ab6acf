"""Which cells have an event loop that calls block: its thread neither runs nor wants a CPU, and does not wait for events either.

Then one call is made at a time, however many coroutines there are: what is measured is not what was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from concexp.analysis.demand import workers_of

# The share of its time for which a trial's event loop is blocked; only where some trial recorded it.
COLUMN = "loop_blocked"
# From this share on coroutines wait for a blocked loop more than one would notice; below it may be a file or a log.
BLOCKED = 0.2


def share(loop: Mapping[str, Any]) -> float:
    """The share for which the loops of a trial were blocked, from what its child recorded of them; 0 to 1."""
    had = loop["loops"] * loop["wall_s"]
    free = loop["idle_s"] + loop["cpu_s"] + loop["run_queue_wait_s"]
    return min(max(1 - free / had, 0.0), 1.0) if had > 0 else 0.0


def is_blocked(trials: pd.DataFrame) -> pd.Series:
    """True for trials whose event loop calls block for much of their time, although their work does not only compute."""
    if COLUMN not in trials:
        return pd.Series(False, trials.index)
    return (trials[COLUMN].astype(float) >= BLOCKED) & ~(trials["cpu_share"].astype(float) >= 1)


def shares_by_cell(trials: pd.DataFrame) -> dict[str, float]:
    """The median share of each cell with a blocked loop and several workers, by the cell's id; `trials` has a row per trial."""
    if COLUMN not in trials:
        return {}
    several = trials[workers_of(trials) > 1]
    middle = several.assign(loop_blocked=several[COLUMN].astype(float)).groupby("cell")[[COLUMN, "cpu_share"]].median()
    return {str(cell): float(middle.at[cell, COLUMN]) for cell in middle.index[is_blocked(middle)]}
