"""The trials of a run -> whether the CPU's changing speed is no doubt about them, but noise that the intervals contain.

Some rented CPUs change their speed by a factor of two several times a second. Then hardly a window sees one speed only, and to wait
for those that do takes for ever. Where too few such windows are left in many cells, the changes are what the machine is like: the
order within each block is random, so that they hit all cells alike, and a cell's mean is that of its work on this machine. Its
interval is wide for it. That is decided from the reference loop (`analysis.speed`) alone, never from what was measured.

It holds for the run as a whole, without any adjustment for the speed: cells that were judged by their undisturbed trials could not
be compared with others that had none. Of a few trials an interval would not know how much the speed changes: cells have to have
`FEWEST_TRIALS`. `benchmarks/disturbed.py` has the figures.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from concexp.analysis.doubt_codes import SPEED
from concexp.analysis.stats.intervals import FEWEST
from concexp.experiment.statuses import MEASURED, NUMBERED

FEWEST_TRIALS = 8
LACKING = 0.25  # share of the cells that compute in which fewer than three trials saw one speed


def counts_anyway(first: pd.DataFrame) -> NDArray[np.bool_]:
    """For each trial whether it counts although the CPU changed its speed; `first` has the first row of each."""
    numbered = first["status"].isin(NUMBERED).to_numpy()
    by_cell = [first["cell"].astype(str).to_numpy(), first["role"].astype(str).to_numpy()]
    trials = pd.Series(numbered).groupby(by_cell).transform("sum").to_numpy()
    counts: NDArray[np.bool_] = numbered & (trials >= FEWEST_TRIALS)
    computes = counts & (first["role"] == MEASURED).to_numpy() & (first["wants"] == "cpu").fillna(False).to_numpy(bool)
    if not computes.any():
        return np.zeros(len(first), dtype=bool)
    left = pd.Series(at_one_speed(first["doubts"])[computes]).groupby(by_cell[0][computes]).sum()
    is_restless = bool((left < FEWEST).mean() >= LACKING)
    return counts & is_restless


def at_one_speed(doubts: pd.Series) -> NDArray[np.bool_]:
    """For each trial, by its comma-joined doubts, whether the reference loop found one speed, that of its cell."""
    known = doubts.fillna("")
    found: NDArray[np.bool_] = known.isin([one for one in known.unique() if SPEED.isdisjoint(one.split(","))]).to_numpy(
        bool
    )
    return found
