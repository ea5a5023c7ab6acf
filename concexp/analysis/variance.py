"""A run -> how its primary metric varies between a cell's trials and within them, and what would be enough to measure.

After Kalibera & Jones 2013 (`stats.variance`): how many iterations are worth their time follows from what varies at which
level and from what one more of each costs; how many trials are needed, from how narrow the interval is to be.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from concexp import catalog
from concexp.analysis.samples import observed
from concexp.analysis.stats.intervals import FEWEST
from concexp.analysis.stats.variance import VarianceComponents, trials_needed, variance_components, worthwhile
from concexp.experiment.statuses import MEASURED, OBSERVED

if TYPE_CHECKING:
    from concexp.analysis.results import Run

LEAST_COST = 1e-3  # seconds: no process starts sooner


@dataclass(frozen=True)
class Variation:
    """One cell: the split of its variance (of logarithms, if `log`), and its costs, seconds.

    The costs are those of one more iteration and of one more trial without its iterations.
    """

    cell: str
    split: VarianceComponents
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
    frame = run.trials
    role = OBSERVED if observed(metric) else MEASURED
    rows = np.flatnonzero((frame["role"] == role).to_numpy() & frame[name].notna().to_numpy())
    values, walls = (frame[column].to_numpy(float, na_value=np.nan)[rows] for column in (name, "wall_s"))
    # The rows of a trial follow each other.
    begins = np.flatnonzero(np.diff(frame["trial"].factorize()[0][rows], prepend=-1))
    ends = np.append(begins, len(rows))[1:]
    first = frame[["cell", "block", "duration_s"]].take(rows[begins])
    trials: dict[str, list[_Passes]] = {}
    for begin, end, trial in zip(begins, ends, first.itertuples(), strict=True):
        own = _Passes(trial.block, values[begin:end], walls[begin:end], trial.duration_s)
        trials.setdefault(str(trial.cell), []).append(own)
    found = []
    for cell, passes in trials.items():
        sample = run.samples[cell].of(name)
        if not sample.enough_clean_trials:
            continue
        timed = {trial.block for trial in sample.timing_trials}
        if one := _variation(cell, [own for own in passes if own.block in timed], metric.scale == "log"):
            found.append(one)
    return found


class _Passes(NamedTuple):
    """The iterations of a trial: their values and windows, and how long the trial took."""

    block: int
    values: np.ndarray
    walls: np.ndarray
    duration: float


def _variation(cell: str, trials: Sequence[_Passes], log: bool) -> Variation | None:
    """From the trials that have as many iterations as most; a few may lack some."""
    sizes = Counter(len(own.values) for own in trials)
    if not sizes:
        return None
    count = max(sizes, key=lambda size: (size * sizes[size], size))
    whole = [own for own in trials if len(own.values) == count]
    values = np.array([own.values for own in whole])
    if count < 2 or len(values) < FEWEST or not np.isfinite(values).all():
        return None
    log = log and bool((values > 0).all())
    walls = np.array([own.walls for own in whole])
    around = np.array([own.duration for own in whole]) - walls.sum(axis=1)
    costs = max(LEAST_COST, float(np.median(walls))), max(LEAST_COST, float(np.median(around)))
    return Variation(cell, variance_components(np.log(values) if log else values), log, costs)
