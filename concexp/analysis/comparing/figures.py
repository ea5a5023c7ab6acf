"""The figures of a matched cell in each run: its trials, their means on the log scale, and how they ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from concexp import catalog
from concexp.analysis.cells import Baseline
from concexp.analysis.comparing.matching import Match
from concexp.analysis.metrics import of_trials
from concexp.analysis.results import Run
from concexp.analysis.samples import Sample
from concexp.analysis.stats.between_runs import FEWEST_RUNS, RunMean, run_mean
from concexp.analysis.stats.intervals import FEWEST, UNKNOWN, Interval, mean_interval
from concexp.experiment.statuses import NUMBERED, STATUSES

BAD = tuple(status for status in STATUSES if status not in ("ok", "unsupported"))


@dataclass(frozen=True)
class Figure:
    """A metric of a cell in one run: the logarithms of its trials, or of their ratios to those of the baseline cell.

    `interval` is what the run's own page shows; `is_positive` is False where a value has no logarithm.
    """

    sample: Sample
    logs: np.ndarray
    interval: Interval
    is_positive: bool = True
    is_clean: bool = True

    @cached_property
    def mean(self) -> RunMean | None:
        """The mean of the logarithms with its variance; None without any."""
        return run_mean(self.logs)


@dataclass(frozen=True)
class Endings:
    """How the trials of a cell ended on a side.

    bad          how many ended badly, wrong outcomes included
    lost         how many of them left no numbers
    run          how many were run
    statuses     the bad statuses
    unsupported  why the cell cannot run there; "" if it can
    """

    bad: int
    lost: int
    run: int
    statuses: tuple[str, ...]
    unsupported: str = ""


ABSOLUTE, BASELINE, WORKLOAD = "", "baseline", "workload"


class Figures:
    """The figures of several runs for one metric: as they are, or relative to something in the same run.

    `relative` says to what: to the run's baseline cell, or to the mean of all cells of the workload in that block, of those that
    are in all runs (`matches`).
    """

    def __init__(
        self, runs: Sequence[Run], metric: str, relative: str = ABSOLUTE, matches: Sequence[Match] = ()
    ) -> None:
        self.runs = runs
        self.matches = matches
        self.metric: Any = catalog.load("metric", metric)()
        self.name = of_trials(metric)
        self.relative = relative
        self._means: dict[tuple[int, str], dict[int, float]] = {}
        self._baselines = [Baseline(run.header) for run in runs]

    def of(self, match: Match, numbers: Sequence[int]) -> list[Figure]:
        """The figures of a cell in the runs with these numbers that have trials of it with numbers."""
        found = []
        for number in numbers:
            cell = match.cells[number]
            sample = self.runs[number].samples.get(cell or "")
            if cell is not None and sample is not None and sample.has_numbers:
                figure = self._relative(number, match, sample) if self.relative else self._absolute(sample)
                found += [figure] if figure is not None else []
        return found

    def endings(self, match: Match, numbers: Sequence[int]) -> Endings:
        """How the trials of a cell ended in these runs together."""
        samples = [self.runs[n].samples.get(match.cells[n] or "") for n in numbers]
        known = [sample for sample in samples if sample is not None]
        reasons = [
            planned["reason"]
            for n in numbers
            if (planned := self.runs[n].cells_by_id.get(match.cells[n] or "")) is not None and planned["reason"]
        ]
        counts = {status: sum(sample.statuses[status] for sample in known) for status in BAD}
        lost = sum(count for status, count in counts.items() if status not in NUMBERED)
        statuses = tuple(status for status, count in counts.items() if count)
        run = sum(sample.count for sample in known)
        return Endings(sum(counts.values()), lost, run, statuses, next(iter(reasons), ""))

    def is_reference(self, match: Match, numbers: Sequence[int]) -> bool:
        """True if the cell is itself what others are relative to."""
        cells = [(number, match.cells[number]) for number in numbers]
        return self.relative == BASELINE and any(cell and self._below(number, cell) == cell for number, cell in cells)

    def _below(self, number: int, cell: str) -> str:
        return self._baselines[number].of(self.runs[number].axes_by_cell[cell])

    def _absolute(self, sample: Sample) -> Figure:
        values = np.array(list(sample.by_block(self.name, not self.metric.is_timed()).values()), dtype=float)
        positive = bool((values > 0).all())
        kind = catalog.load("metric", self.name)()
        clean = sample.enough_clean_trials(self.name) or not kind.is_timed()
        return Figure(sample, np.log(values) if positive else values, sample.interval(self.name, kind), positive, clean)

    def _relative(self, number: int, match: Match, sample: Sample) -> Figure | None:
        """The ratio to the reference of the same run, paired by block, since what disturbed a block disturbed both."""
        upper = sample.by_block(self.name)
        clean = sample.enough_clean_trials(self.name)
        if self.relative == BASELINE:
            below = self.runs[number].samples.get(self._below(number, str(match.cells[number])))
            if below is None or below is sample or not below.has_numbers:
                return None
            lower, clean = below.by_block(self.name), clean and below.enough_clean_trials(self.name)
        else:
            lower = self._mean_of_workload(number, str(match.labels.get("workload")))
        both = sorted(upper.keys() & lower.keys())
        if len(both) < FEWEST or min(*upper.values(), *lower.values()) <= 0:
            return None
        ratios = [upper[block] / lower[block] for block in both]
        return Figure(sample, np.log(ratios), mean_interval(ratios, True, self.runs[number].level), True, clean)

    def _mean_of_workload(self, number: int, workload: str) -> dict[int, float]:
        """The geometric mean over the workload's cells, by block.

        Doubtful trials leave gaps: a block is the mean of all cells, times how far the cells that it has lie from their own means.
        """
        if (number, workload) not in self._means:
            matches = [one for one in self.matches if str(one.labels.get("workload")) == workload and all(one.cells)]
            samples = [self.runs[number].samples.get(str(one.cells[number])) for one in matches]
            own = [sample.by_block(self.name) for sample in samples if sample is not None]
            logs = [{b: math.log(value) for b, value in of.items()} for of in own if of and min(of.values()) > 0]
            levels = [float(np.mean(list(of.values()))) for of in logs]
            means: dict[int, float] = {}
            for block in sorted({block for of in logs for block in of}) if len(logs) > 1 else ():
                away = [of[block] - level for of, level in zip(logs, levels, strict=True) if block in of]
                means[block] = math.exp(float(np.mean(levels)) + float(np.mean(away)))
            self._means[number, workload] = means
        return self._means[number, workload]


def side_interval(figures: Sequence[Figure], level: float) -> Interval:
    """The figure of a side: of one run its own interval, of several the mean of the runs' means, of 3 or more with an interval."""
    if len(figures) == 1:
        return figures[0].interval
    means = [figure.interval.mean for figure in figures if figure.interval.has_value]
    if not means:
        return UNKNOWN
    if len(means) >= FEWEST_RUNS:
        return mean_interval(means, log=True, level=level)
    positive = min(means) > 0
    mean = math.exp(float(np.mean(np.log(means)))) if positive else float(np.mean(means))
    return Interval(mean, math.nan, math.nan, len(means))
