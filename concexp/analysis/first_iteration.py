"""A run -> cells whose first iteration is unlike those after it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.ratios import p_value, ratio
from concexp.analysis.stats.significance import FALSE_DISCOVERY_RATE, benjamini_hochberg
from concexp.analysis.steadiness import seconds

if TYPE_CHECKING:
    from concexp.analysis.results import Run

# A first iteration that moves the mean of its trial by less than this is not worth another run.
MIN_SHIFT = 0.01


@dataclass(frozen=True)
class FirstIteration:
    """The first iteration of a cell's trials beside those after it: the factor of their times, and how likely by chance.

    `passes` is the number of iterations, `chance` the p-value, adjusted for all cells of the run.
    """

    cell: str
    ratio: Interval
    passes: int
    chance: float

    @property
    def systematic(self) -> bool:
        """Whether it is unlike the others by more than chance, and by so much that the trials' means are not what they were."""
        moved = abs(math.log(self.ratio.mean)) / self.passes
        return (
            self.chance <= FALSE_DISCOVERY_RATE
            and not self.ratio.lo <= 1 <= self.ratio.hi
            and moved > math.log1p(MIN_SHIFT)
        )


def first_iterations(run: Run) -> list[FirstIteration]:
    """Of each cell with enough trials, as far as its numbers rest on them.

    Also where iterations are enough for a word: a single slow one at the beginning is none that change points would find.
    """
    frame = run.measured
    number = frame["iteration"].to_numpy(float, na_value=np.nan)
    took = np.log(seconds(frame))
    took[~np.isfinite(took)] = np.nan
    parts = {"head": np.where(number == 0, took, np.nan), "rest": np.where(number > 0, took, np.nan)}
    trials = pd.DataFrame(parts).groupby(run.measured_by_trial.numbers)
    both = run.firsts[["cell", "block"]].reset_index(drop=True)
    both = both.assign(head=trials["head"].first(), rest=trials["rest"].mean(), size=trials["rest"].count()).dropna()
    rows_of: dict[str, list[Any]] = {}
    for row in both.sort_values(["cell", "block"]).itertuples():
        rows_of.setdefault(str(row.cell), []).append(row)
    found: list[tuple[str, Interval, int, float]] = []
    for cell, own in rows_of.items():
        timed = {trial.block for trial in run.samples[cell].timing_trials}
        rows = [row for row in own if row.block in timed]
        passes = 1 + max((row.size for row in rows), default=0)
        if rows:
            sides = _sides(rows)
            found.append((cell, ratio(*sides), passes, p_value(*sides)))
    adjusted = benjamini_hochberg([chance for *_, chance in found])
    return [
        FirstIteration(cell, factor, passes, float(chance))
        for (cell, factor, passes, _), chance in zip(found, adjusted, strict=True)
        if factor.bounded
    ]


def _sides(rows: list[Any]) -> tuple[dict[int, float], dict[int, float]]:
    """The first iteration's seconds and the geometric mean of the others', by block."""
    return {row.block: math.exp(row.head) for row in rows}, {row.block: math.exp(row.rest) for row in rows}
