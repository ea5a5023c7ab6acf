"""A run -> how its primary metric varies between a cell's trials and within them, and what would be enough to measure.

After Kalibera & Jones 2013 (`stats.variance`): how many iterations are worth their time follows from what varies at which
level and from what one more of each costs; how many trials are needed, from how narrow the interval is to be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from concexp import catalog
from concexp.cells import observed
from concexp.stats.intervals import FEWEST
from concexp.stats.variance import Split, split, trials_needed, worthwhile

if TYPE_CHECKING:
    import pandas as pd

    from concexp.results import Run

LEAST_COST = 1e-3  # seconds: no process starts sooner


@dataclass(frozen=True)
class Variation:
    """One cell: the split of its variance (of logarithms, if `log`), and its costs, seconds.

    The costs are those of one more iteration and of one more trial without its iterations.
    """

    cell: str
    split: Split
    log: bool
    costs: tuple[float, float]

    @property
    def between(self) -> float:
        """The share of the variance that lies between trials, not between the iterations of one; NaN if nothing varies."""
        within, between = self.split.adds
        return between / (within + between) if within + between else math.nan

    @property
    def iterations(self) -> int:
        """How many iterations are worth their time in a trial."""
        return worthwhile(self.split, self.costs)[0]

    def repetitions(self, iterations: int, precision: float) -> int:
        """How many trials of so many iterations make the interval's half no more than this share of the mean."""
        # The half-width of a factor's interval is the sine, that of a plain mean's a share of it.
        half = math.asinh(precision) if self.log else precision * abs(self.split.mean)
        return trials_needed(self.split.variance([iterations]), half)


def variations(run: Run) -> list[Variation]:
    """Of each cell with several iterations in 3 trials or more beyond doubt; none of counts."""
    primary = run.spec["primary"]
    metric = catalog.load("metric", primary)()
    name = primary if metric.level == "iteration" else metric.compares
    metric = catalog.load("metric", name)()
    if metric.kind == "count":
        return []
    if name not in run.trials:
        return []
    frame = run.trials[["role", "cell", "trial", "block", "wall_s", "duration_s", *({name} - {"wall_s"})]]
    frame = frame[(frame["role"] == ("observed" if observed(metric) else "measured")) & frame[name].notna()]
    found = []
    for cell, own in frame.groupby("cell", sort=False):
        sample = run.samples[str(cell)].of(name)
        if not sample.trusted:
            continue
        own = own[own["block"].isin([trial.block for trial in sample.timed])]
        if one := _variation(str(cell), own, name, metric.scale == "log"):
            found.append(one)
    return found


def _variation(cell: str, frame: pd.DataFrame, name: str, log: bool) -> Variation | None:
    """From the trials that have as many iterations as most; a few may lack some."""
    sizes = frame.groupby("trial")["trial"].transform("size")
    if not len(sizes):
        return None
    count = int(sizes.mode().max())
    whole = frame[sizes == count]
    values = whole[name].to_numpy(float).reshape(-1, count)
    if count < 2 or len(values) < FEWEST or not np.isfinite(values).all():
        return None
    log = log and bool((values > 0).all())
    walls = whole["wall_s"].to_numpy(float).reshape(values.shape)
    around = whole["duration_s"].to_numpy(float).reshape(values.shape)[:, 0] - walls.sum(axis=1)
    costs = max(LEAST_COST, float(np.median(walls))), max(LEAST_COST, float(np.median(around)))
    return Variation(cell, split(np.log(values) if log else values), log, costs)
