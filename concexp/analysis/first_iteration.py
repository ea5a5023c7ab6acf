"""A run -> for each cell, whether the first iteration differs from the later ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.ratios import p_value, ratio
from concexp.analysis.stats.significance import benjamini_hochberg
from concexp.analysis.steadiness import seconds

if TYPE_CHECKING:
    from concexp.analysis.results import Run

# A first iteration that shifts the mean of its trial by less than this share is not worth another run.
MIN_SHIFT = 0.01


@dataclass(frozen=True)
class FirstIteration:
    """The first iteration of a cell's trials compared with the later ones.

    `ratio` is the factor of their times, `passes` the number of iterations, `chance` the p-value, adjusted for all cells of
    the run, `level` the run's.
    """

    cell: str
    ratio: Interval
    passes: int
    chance: float
    level: float

    @property
    def systematic(self) -> bool:
        """True if the difference is no chance, and large enough to shift the trials' means."""
        moved = abs(math.log(self.ratio.mean)) / self.passes
        return (
            self.chance <= 1 - self.level and not self.ratio.lo <= 1 <= self.ratio.hi and moved > math.log1p(MIN_SHIFT)
        )


def first_iterations(run: Run) -> list[FirstIteration]:
    """One for each cell with enough trials, from those that its numbers rest on.

    Also where there are enough iterations for change points: these do not find a single slow iteration at the beginning.
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
    tests: list[tuple[str, Interval, int, float]] = []
    for cell, cell_rows in rows_of.items():
        timed = {trial.block for trial in run.samples[cell].timing_trials()}
        rows = [row for row in cell_rows if row.block in timed]
        passes = 1 + max((row.size for row in rows), default=0)
        if rows:
            sides = _sides(rows)
            tests.append((cell, ratio(*sides, run.level), passes, p_value(*sides)))
    adjusted = benjamini_hochberg([chance for *_, chance in tests])
    return [
        FirstIteration(cell, factor, passes, float(chance), run.level)
        for (cell, factor, passes, _), chance in zip(tests, adjusted, strict=True)
        if factor.bounded
    ]


def _sides(rows: list[Any]) -> tuple[dict[int, float], dict[int, float]]:
    """By block, the seconds of the first iteration, and the geometric mean of the later ones."""
    return {row.block: math.exp(row.head) for row in rows}, {row.block: math.exp(row.rest) for row in rows}
