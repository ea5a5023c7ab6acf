"""A run -> what its controls and its sentinel say of the measuring itself: noise floors, and drift.

The **noise floor** of a workload is a factor: the largest that the 95 % interval of the ratio control / measured still holds
(of the primary metric, paired by block), whichever way round. Both are the same cell, so whatever is between them, the run
made itself; a difference between two cells whose ratio lies within the floor is not resolved.

The **drift** is the factor by which the sentinel's time changes from the first block to the last, by its Theil–Sen slope on
the log scale. Ratios are paired by block and bear a drift; figures of single cells are means over it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from concexp import catalog
from concexp.analysis.samples import Sample, compared, samples
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.analysis.stats.significance import noise_floor
from concexp.analysis.stats.trend import slope
from concexp.experiment.statuses import CONTROL, MEASURED, SENTINEL

if TYPE_CHECKING:
    from concexp.analysis.results import Run

# A drift of less than this is not worth a word: fresh processes of pure Python differ by more.
DRIFT_SHARE = 0.03


@dataclass(frozen=True)
class NoiseFloor:
    """The noise floor that a control gave: its cell, the ratio control / measured, and the factor."""

    cell: str
    workload: str
    ratio: Interval

    @property
    def factor(self) -> float:
        return noise_floor([self.ratio])


def noise_floors(run: Run) -> list[NoiseFloor]:
    """The noise floors of a run: one per workload with a control; none where there is no interval."""
    metric = catalog.load("metric", run.spec["primary"])()
    name = run.spec["primary"] if metric.level == "iteration" else metric.compares
    found = []
    for cell, control in _samples(run, CONTROL).items():
        ratio = compared(control, run.samples[cell], name) if cell in run.samples else UNKNOWN
        if ratio.bounded and ratio.lo > 0:
            found.append(NoiseFloor(cell, str(run.axes_by_cell[cell]["workload"]), ratio))
    return found


def drift(run: Run) -> Interval:
    """The factor by which the sentinel's time changed over the run; NOTHING without a sentinel in enough blocks."""
    for sample in _samples(run, SENTINEL).values():
        times = sample.by_block("wall_s")
        found = slope({block: math.log(time) for block, time in times.items()})
        if found.bounded:
            mean, lo, hi = np.exp((max(times) - min(times)) * np.array([found.mean, found.lo, found.hi])).tolist()
            return Interval(mean, lo, hi, found.n)
    return UNKNOWN


def drifted(found: Interval) -> bool:
    """Whether that is a drift: not by chance, and not too small to matter."""
    return found.bounded and not found.lo <= 1 <= found.hi and abs(math.log(found.mean)) > math.log(1 + DRIFT_SHARE)


def _samples(run: Run, role: str) -> dict[str, Sample]:
    """The trials of one role by cell, seen as if they had been measured for themselves."""
    own = run.trials[run.trials["role"] == role]
    return samples(own.assign(role=MEASURED)) if len(own) else {}
