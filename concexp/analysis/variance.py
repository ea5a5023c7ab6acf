"""A run -> how its primary metric varies between a cell's trials and within them, and how much to measure next time.

After Kalibera & Jones 2013 (`stats.variance`): how many iterations are worth their time follows from the variance at each
level and the cost of one more at each level; how many trials are needed, from the wanted width of the interval.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from concexp import catalog
from concexp.analysis.metrics import of_trials
from concexp.analysis.samples import observed
from concexp.analysis.stats.intervals import FEWEST, LEVEL
from concexp.analysis.stats.variance import VarianceComponents, trials_needed, variance_components, worthwhile
from concexp.experiment.statuses import MEASURED, OBSERVED

if TYPE_CHECKING:
    from concexp.analysis.results import Run

LEAST_COST = 1e-3  # seconds: no process starts faster


@dataclass(frozen=True)
class Variation:
    """The variance components of one cell (of logarithms, if `log`), and its costs, seconds.

    The costs are those of one more iteration, and of one more trial without its iterations. `level` is that of intervals.
    """

    cell: str
    split: VarianceComponents
    log: bool
    costs: tuple[float, float]
    level: float = LEVEL

    @property
    def between(self) -> float:
        """The share of the variance between trials, the rest being within them; NaN if nothing varies."""
        within, between = self.split.adds
        return between / (within + between) if within + between else math.nan

    @property
    def iterations(self) -> int:
        """The number of iterations per trial that are worth their time."""
        return worthwhile(self.split, self.costs)[0]

    def repetitions(self, iterations: int, precision: float) -> int:
        """The number of trials, with this many iterations each, whose interval is ± `precision`, a share of the mean."""
        # On the log scale half the width of the interval is asinh(precision); on the linear scale, a share of the mean.
        half = math.asinh(precision) if self.log else precision * abs(self.split.mean)
        return trials_needed(self.split.variance([iterations]), half, self.level)


def variations(run: Run) -> list[Variation]:
    """One for each cell with several iterations in 3 or more trials beyond doubt; none where the metric is a count.

    Nor where it is one of all operations of a cell together, such as a percentile: its interval is no mean's of iterations, and
    the percentile of an iteration, of far fewer operations, varies otherwise.
    """
    name = of_trials(run.spec["primary"])
    metric = catalog.load("metric", name)()
    if metric.kind == "count" or metric.pooled or name not in run.trials:
        return []
    role = OBSERVED if observed(metric) else MEASURED
    result = []
    for cell, trials in _trials(run, name, role).items():
        sample = run.samples[cell].of(name)  # its rows are not adjusted for the machine's speed
        if not sample.enough_clean_trials():
            continue
        timed = {trial.block for trial in sample.timing_trials()}
        if one := _variation(cell, [trial for trial in trials if trial.block in timed], metric.scale == "log"):
            result.append(replace(one, level=run.level))
    return result


class _Passes(NamedTuple):
    """The iterations of a trial: the metric's values, the windows and the duration of the whole trial, seconds."""

    block: int
    values: np.ndarray
    walls: np.ndarray
    duration: float


def _trials(run: Run, name: str, role: str) -> dict[str, list[_Passes]]:
    """The trials of this role with a value of the metric, by cell."""
    frame = run.trials
    rows = np.flatnonzero((frame["role"] == role).to_numpy() & frame[name].notna().to_numpy())
    by_trial = run.by_trial.among(rows)
    values, walls = (
        by_trial.parts(frame[column].to_numpy(float, na_value=np.nan)[rows]) for column in (name, "wall_s")
    )
    first = frame[["cell", "block", "duration_s"]].take(rows[by_trial.firsts])
    trials: dict[str, list[_Passes]] = {}
    for row, of_value, of_wall in zip(first.itertuples(), values, walls, strict=True):
        trials.setdefault(str(row.cell), []).append(_Passes(row.block, of_value, of_wall, row.duration_s))
    return trials


def _variation(cell: str, trials: Sequence[_Passes], log: bool) -> Variation | None:
    """From the trials with the usual number of iterations; a few may lack some. None where nothing can be computed."""
    sizes = Counter(len(trial.values) for trial in trials)
    if not sizes:
        return None
    count = max(sizes, key=lambda size: (size * sizes[size], size))
    whole = [trial for trial in trials if len(trial.values) == count]
    values = np.array([trial.values for trial in whole])
    if count < 2 or len(values) < FEWEST or not np.isfinite(values).all():
        return None
    log = log and bool((values > 0).all())
    walls = np.array([trial.walls for trial in whole])
    around = np.array([trial.duration for trial in whole]) - walls.sum(axis=1)
    costs = max(LEAST_COST, float(np.median(walls))), max(LEAST_COST, float(np.median(around)))
    return Variation(cell, variance_components(np.log(values) if log else values), log, costs)
