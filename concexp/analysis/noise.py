"""A run -> what its controls and its sentinel show about the measurement itself: noise floors, and drift.

The **noise floor** of a workload is a factor: the largest one, in either direction, within the 95 % interval of the ratio
control / measured (of the primary metric, paired by block). Both are the same cell, so any difference between them comes from
the measurement; two cells whose ratio lies within the floor cannot be told apart.

The **drift** is the factor by which the sentinel's time changes from the first block to the last, by its Theil–Sen slope on
the log scale. Ratios are paired by block, so a drift does not harm them; figures of single cells are means over it.
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

# A smaller drift is not reported: fresh processes of pure Python differ by more.
DRIFT_SHARE = 0.03


@dataclass(frozen=True)
class NoiseFloor:
    """The noise floor that a control shows: its cell and workload, and the ratio control / measured."""

    cell: str
    workload: str
    ratio: Interval

    @property
    def factor(self) -> float:
        """The noise floor, 1 or more."""
        return noise_floor([self.ratio])


def noise_floors(run: Run) -> list[NoiseFloor]:
    """One for each workload with a control; none where the ratio has no interval."""
    metric = catalog.load("metric", run.spec["primary"])()
    name = run.spec["primary"] if metric.level == "iteration" else metric.compares
    floors = []
    for cell, control in _samples(run, CONTROL).items():
        ratio = compared(control, run.samples[cell], name) if cell in run.samples else UNKNOWN
        if ratio.bounded and ratio.lo > 0:
            floors.append(NoiseFloor(cell, str(run.axes_by_cell[cell]["workload"]), ratio))
    return floors


def drift(run: Run) -> Interval:
    """The factor by which the sentinel's time changed over the run; UNKNOWN without a sentinel in enough blocks."""
    for sample in _samples(run, SENTINEL).values():
        times = sample.by_block("wall_s")
        per_block = slope({block: math.log(time) for block, time in times.items()})
        if per_block.bounded:
            ends = np.array([per_block.mean, per_block.lo, per_block.hi])
            mean, lo, hi = np.exp((max(times) - min(times)) * ends).tolist()
            return Interval(mean, lo, hi, per_block.n)
    return UNKNOWN


def drifted(factor: Interval) -> bool:
    """True if the factor is a drift: no chance, and large enough to matter."""
    if not factor.bounded or factor.lo <= 1 <= factor.hi:
        return False
    return abs(math.log(factor.mean)) > math.log(1 + DRIFT_SHARE)


def _samples(run: Run, role: str) -> dict[str, Sample]:
    """The trials of one role, by cell, as samples of their own."""
    rows = run.trials[run.trials["role"] == role]
    return samples(rows.assign(role=MEASURED), run.operation_times) if len(rows) else {}
