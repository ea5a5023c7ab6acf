"""A run -> what its controls and its sentinel show about the measurement itself: noise floors, and drift.

The **noise floor** of a workload is a factor: the largest one, in either direction, within the interval of the ratio
control / measured (of the primary metric, paired by block). Both are the same cell, so any difference between them comes from
the measurement; two cells whose ratio lies within the floor cannot be told apart. The control knows the noise of its own cell
only: where the ratio of two others has a wider interval, their floor is higher by as much, as a control of their own would show.
The floor of a workload without a control is borrowed from another one: then a narrower interval lowers it as well, since work
that waits is not as noisy as work beside it that computes.

The **drift** is the factor by which the sentinel's time changes from the first block to the last, by its Theil–Sen slope on
the log scale. Ratios are paired by block, so a drift does not harm them; figures of single cells are means over it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from concexp import catalog
from concexp.analysis.doubt_codes import SPEED
from concexp.analysis.metrics import of_trials
from concexp.analysis.samples import Sample, compared, samples
from concexp.analysis.stats.disturbances import Disturbances, disturbances
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.analysis.stats.significance import noise_floor
from concexp.analysis.stats.trend import FEWEST_STEPS, slope
from concexp.experiment.statuses import CONTROL, SENTINEL

if TYPE_CHECKING:
    from concexp.analysis.results import Run

# A smaller drift is not reported: fresh processes of pure Python differ by more.
DRIFT_SHARE = 0.03
# An interval that holds 1 and reaches further than this, as a share, cannot tell whether there was a drift.
DRIFT_KNOWN = 0.1


@dataclass(frozen=True)
class NoiseFloor:
    """The noise floor that a control shows: its cell and workload, and the ratio control / measured.

    borrowed  True if it is applied to other work than the control's
    """

    cell: str
    workload: str
    ratio: Interval
    borrowed: bool = False

    @property
    def factor(self) -> float:
        """The noise floor, 1 or more."""
        return noise_floor([self.ratio])

    def beside(self, ratio: Interval) -> float:
        """The noise floor for the ratio of two other cells, a factor: farther from 1 by as much as its interval is wider.

        A borrowed one is in proportion to the intervals where that of the ratio is narrower.
        """
        if not ratio.bounded or ratio.lo <= 0 or self.factor == 1:
            return self.factor
        own, others = (math.log(one.hi / one.lo) / 2 for one in (self.ratio, ratio))
        if self.borrowed and others < own:
            return float(self.factor ** (others / own))
        return self.factor * math.exp(max(others - own, 0.0))

    def under(self, ratio: Interval) -> float:
        """The factor that no interval of this ratio should fall below: `factor`, or where it is borrowed, `beside`."""
        return min(self.factor, self.beside(ratio)) if self.borrowed else self.factor


NO_FLOOR = NoiseFloor("", "", UNKNOWN)


def noise_floors(
    run: Run, name: str = "", compare: Callable[[Sample, Sample, str], Interval] = compared
) -> list[NoiseFloor]:
    """One for each workload with a control, of a metric, by default the primary one; none where the ratio has no interval.

    `compare` gives the ratio: what other ratios are judged by it have to be made in the same way.
    """
    name = of_trials(name or run.spec["primary"])
    floors = []
    for cell, control in samples(run.trials, run.level, CONTROL, run.operation_times).items():
        ratio = compare(control, run.samples[cell], name) if cell in run.samples else UNKNOWN
        if ratio.bounded and ratio.lo > 0:
            floors.append(NoiseFloor(cell, str(run.axes_by_cell[cell]["workload"]), ratio))
    return floors


def drift(run: Run) -> Interval:
    """The factor by which the sentinel's time changed over the run; UNKNOWN without a sentinel in enough blocks."""
    times = sentinel_times(run)
    per_block = slope({block: math.log(time) for block, time in times.items()}, run.level)
    if not per_block.bounded:
        return UNKNOWN
    ends = np.array([per_block.mean, per_block.lo, per_block.hi])
    mean, lo, hi = np.exp((max(times) - min(times)) * ends).tolist()
    return Interval(mean, lo, hi, per_block.n)


def drifted(factor: Interval) -> bool:
    """True if the factor is a drift: no chance, and large enough to matter."""
    if not factor.bounded or factor.lo <= 1 <= factor.hi:
        return False
    return abs(math.log(factor.mean)) > math.log(1 + DRIFT_SHARE)


def no_drift(factor: Interval) -> bool:
    """True if the factor is known to be no drift that matters; a wide interval around 1 is not known to be anything."""
    ends = 1 / (1 + DRIFT_KNOWN), 1 + DRIFT_KNOWN
    return factor.bounded and not drifted(factor) and ends[0] <= factor.lo and factor.hi <= ends[1]


def sentinel_times(run: Run) -> dict[int, float]:
    """Seconds of the sentinel's pass by block, as measured, also beside a slow CPU: that is what it watches. Empty without one.

    Those beyond any other doubt, or all where too few are left to tell a drift.
    """
    for sample in samples(run.trials, run.level, SENTINEL).values():
        clean = [trial for trial in sample.has_numbers if SPEED.issuperset(trial.doubts)]
        kept = clean if len(clean) >= FEWEST_STEPS else sample.has_numbers
        return {trial.block: {**trial.means, **trial.raw}["wall_s"] for trial in kept}
    return {}


def disturbed(run: Run) -> Disturbances:
    """What the trials of all cells show together about disturbances, by the times that the intervals rest on."""
    return disturbances(times(run))


def times(run: Run) -> dict[str, dict[int, float]]:
    """The times that the primary metric rests on, or what is in proportion to them, by cell and block; {} where it is no time."""
    name = of_trials(run.spec["primary"])
    metric = catalog.load("metric", name)()
    # A disturbance makes bytes, a share or an index not so many times slower.
    is_time = metric.scale == "log" and (metric.unit == "s" or metric.unit.endswith("/s"))
    if metric.kind != "time" or not is_time:
        return {}
    power = -1 if metric.better == "higher" else 1
    return {
        cell: {block: value**power for block, value in _times(sample, name, metric).items() if value > 0}
        for cell, sample in run.samples.items()
    }


def _times(sample: Sample, name: str, metric: Any) -> dict[int, float]:
    """The trials' own times or rates, by block: the values of a pooled metric are a share in the cell's, and no times."""
    if not metric.pooled:
        return sample.by_block(name)
    if sample.withheld(name):
        return {}
    return {trial.block: trial.means.get(name, math.nan) for trial in sample.of(name).timing_trials(name)}
