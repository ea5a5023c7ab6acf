"""The tidy frame -> the trials of each cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from concexp import catalog
from concexp.analysis.metrics import names_in
from concexp.analysis.stats.intervals import FEWEST, Interval, mean_interval, trial_means
from concexp.analysis.stats.ratios import ratio
from concexp.analysis.trial_rows import TrialRows
from concexp.experiment.statuses import MEASURED, NUMBERED, OBSERVED, STATUSES


@dataclass(frozen=True)
class Trial:
    """One trial of a cell; `means` holds its mean of each metric."""

    block: int
    status: str
    reason: str
    doubts: tuple[str, ...]
    effective_cpus: float
    means: Mapping[str, float]


@dataclass(frozen=True)
class Sample:
    """The trials of one cell, and which of them a number may rest on; `observed` are those for metrics that need their own."""

    trials: Sequence[Trial]
    observed: Sequence[Trial] = ()

    @cached_property
    def status(self) -> str:
        """The worst of its trials'."""
        return max((trial.status for trial in self.trials), key=STATUSES.index)

    @cached_property
    def reason(self) -> str:
        """The first reason for that status."""
        return next((trial.reason for trial in self.trials if trial.status == self.status), "")

    @cached_property
    def statuses(self) -> Counter[str]:
        """How many trials ended in which way."""
        return Counter(trial.status for trial in self.trials)

    @property
    def endings(self) -> str:
        """The same in words."""
        return ", ".join(f"{count} {status}" for status, count in self.statuses.items())

    @property
    def count(self) -> int:
        """How many trials were run."""
        return len(self.trials) - self.statuses["unsupported"]

    @cached_property
    def has_numbers(self) -> list[Trial]:
        """The trials that have numbers."""
        return [trial for trial in self.trials if trial.status in NUMBERED]

    @cached_property
    def doubtful(self) -> list[Trial]:
        """Those of them that give reason for doubt."""
        return [trial for trial in self.has_numbers if trial.doubts]

    @cached_property
    def enough_clean_trials(self) -> bool:
        """Whether enough trials are beyond doubt for a verdict on time: 3, or all where there are fewer."""
        return len(self.has_numbers) - len(self.doubtful) >= min(FEWEST, max(1, len(self.has_numbers)))

    @cached_property
    def timing_trials(self) -> list[Trial]:
        """The trials that numbers on time come from: those beyond doubt; where they are too few, all."""
        return (
            [trial for trial in self.has_numbers if not trial.doubts] if self.enough_clean_trials else self.has_numbers
        )

    @cached_property
    def effective_cpus(self) -> float:
        """The median of what the spinners found beside those trials; NaN if nothing."""
        values = [trial.effective_cpus for trial in self.timing_trials if not np.isnan(trial.effective_cpus)]
        return float(np.median(values)) if values else float("nan")

    def of(self, name: str) -> Sample:
        """The trials that a metric comes from: these, or those that were observed for it."""
        return Sample(self.observed) if any(name in trial.means for trial in self.observed) else self

    def by_block(self, name: str, counted: bool = False, every: bool = False) -> dict[int, float]:
        """Each trial's mean of a metric, by its block; counts keep the doubtful trials, `every` also those that ended badly."""
        own = self.of(name)
        rows = own.trials if every else own.has_numbers if counted else own.timing_trials
        return {trial.block: trial.means[name] for trial in rows if not np.isnan(trial.means.get(name, np.nan))}

    def interval(self, name: str, metric: Any) -> Interval:
        """A metric of level `iteration`, with its interval."""
        values = self.by_block(name, metric.kind == "count", metric.ends_badly)
        return mean_interval(list(values.values()), metric.scale == "log")


def observed(metric: Any) -> bool:
    """Whether a metric comes from trials of its own, because its probe changes what it looks at."""
    return bool(metric.probe) and bool(catalog.load("probe", metric.probe).own_trials)


def samples(frame: pd.DataFrame) -> dict[str, Sample]:
    """The trials of each cell that was measured, by the cell's id."""
    rows = TrialRows.of(frame)
    first = frame.take(rows.firsts)
    means: dict[str, list[float]] = {}
    alone = set()  # the metrics of observed trials: those have no others, and other trials have none of these
    for name in names_in(frame.columns):
        metric = catalog.load("metric", name)
        if metric.level == "iteration" and name in frame:
            values = frame[name].to_numpy(float, na_value=np.nan)
            means[name] = trial_means(values, rows.numbers, len(rows), metric.scale == "log").tolist()
            if observed(metric):
                alone.add(name)
    found: dict[str, dict[str, list[Trial]]] = {}
    for number, (cell, role, block, status, reason, doubts, effective) in enumerate(
        zip(
            first["cell"],
            first["role"],
            first["block"].fillna(-1).astype(int),
            first["status"],
            first["reason"].fillna(""),
            first["doubts"],
            first["effective_cpus"].to_numpy(float, na_value=np.nan),
            strict=True,
        )
    ):
        own = {name: values[number] for name, values in means.items() if (name in alone) == (role == OBSERVED)}
        codes_of = tuple(doubts.split(",")) if doubts else ()
        trial = Trial(int(block), status, reason, codes_of, float(effective), own)
        found.setdefault(str(cell), {}).setdefault(role, []).append(trial)
    return {
        cell: Sample(roles[MEASURED], roles.get(OBSERVED, ())) for cell, roles in found.items() if MEASURED in roles
    }


def compared(above: Sample, below: Sample, name: str) -> Interval:
    """The ratio of a metric of two cells."""
    return ratio(above.by_block(name), below.by_block(name))
