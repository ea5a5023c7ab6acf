"""The tidy frame -> the trials of each cell, and which of them a number may rest on.

From all to the best, a sample has these trials:

    trials          all that were planned and have a record, however they ended
    has_numbers     those that ended `ok` or `invalid`: they have iterations; counts rest on them
    doubtful        those of `has_numbers` with a doubt: their timing is not to be trusted
    timing_trials   those of `has_numbers` without a doubt; all of them where too few are left (`enough_clean_trials` is False)
    observed        trials of their own with a probe that changes what it observes; only that probe's metrics rest on them

What is doubted depends on the metric (`Trial.doubts_about`): a slow CPU is no doubt about a metric that was adjusted for it, but
one about all others, and about what is read from the rows themselves. Where the CPU changed its speed so often that few trials saw
one, that is no doubt about anything (`analysis.restless`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from concexp import catalog
from concexp.analysis import restless
from concexp.analysis.adjustment import ANSWERED, Adjustment, adjust
from concexp.analysis.doubt_codes import SPEED
from concexp.analysis.metrics import names_in, of_trials
from concexp.analysis.operation_times import Times
from concexp.analysis.stats.histogram import FEWEST_BEYOND, Histogram
from concexp.analysis.stats.intervals import FEWEST, LEVEL, UNKNOWN, Interval, mean_interval, trial_means
from concexp.analysis.stats.pooled import Pool
from concexp.analysis.stats.ratios import ratio
from concexp.analysis.trial_rows import TrialRows
from concexp.experiment.statuses import MEASURED, NUMBERED, OBSERVED, STATUSES
from concexp.trial.search import OVERLOAD


def no_times(column: str) -> Histogram:
    """The times of a trial that recorded none."""
    return ()


@dataclass(frozen=True)
class Trial:
    """One trial of a cell. `means` has its mean of each metric over the iterations, `doubts` the codes of its doubts.

    Where the machine's speed explains a metric, the mean is the adjusted one (`analysis.adjustment`); `raw` then has it as it
    was measured, and the speed is no doubt about it any more. `times` gives the histogram of its operations' times, by column;
    empty where they were not recorded. `cpu_speed` is how fast the CPU was beside it (`analysis.speed`), NaN where that was not
    recorded. `is_restless` where a change of that speed is no doubt (`analysis.restless`).
    """

    block: int
    status: str
    reason: str
    doubts: tuple[str, ...]
    effective_cpus: float
    means: Mapping[str, float]
    raw: Mapping[str, float] = field(default_factory=dict)
    times: Times = field(default=no_times, compare=False)
    cpu_speed: float = math.nan
    is_restless: bool = False

    def doubts_about(self, name: str = "") -> tuple[str, ...]:
        """The doubts about its value of a metric: all, but for the speed where that was adjusted for. "" is what was measured.

        A metric that compares cells is adjusted as the one that it compares.
        """
        if self.is_restless:
            return tuple(code for code in self.doubts if code not in SPEED)
        if not name or ANSWERED not in self.doubts:
            return self.doubts
        answered = of_trials(name) in self.raw
        return tuple(code for code in self.doubts if code != ANSWERED or not answered)


@dataclass(frozen=True)
class Sample:
    """The trials of one cell; the table at the head of this module says which number rests on which of them.

    `level` is that of the intervals made from it.
    """

    trials: Sequence[Trial]
    observed: Sequence[Trial] = ()
    level: float = LEVEL

    @cached_property
    def status(self) -> str:
        """The worst status of its trials."""
        return max((trial.status for trial in self.trials), key=STATUSES.index)

    @cached_property
    def reason(self) -> str:
        """The reason of the first trial with that status."""
        return next((trial.reason for trial in self.trials if trial.status == self.status), "")

    @cached_property
    def statuses(self) -> Counter[str]:
        """The number of trials with each status."""
        return Counter(trial.status for trial in self.trials)

    @property
    def endings(self) -> str:
        """`3 ok, 1 crashed`."""
        return ", ".join(f"{count} {status}" for status, count in self.statuses.items())

    @cached_property
    def is_restless(self) -> bool:
        """True if trials of it count beside which the CPU changed its speed."""
        return any(trial.is_restless for trial in self.trials)

    @property
    def count(self) -> int:
        """The number of trials that were run."""
        return len(self.trials) - self.statuses["unsupported"]

    @cached_property
    def has_numbers(self) -> list[Trial]:
        """The trials that have iterations."""
        return [trial for trial in self.trials if trial.status in NUMBERED]

    def doubtful(self, name: str = "") -> list[Trial]:
        """The trials with numbers and with doubts about a metric."""
        return [trial for trial in self.has_numbers if trial.doubts_about(name)]

    def enough_clean_trials(self, name: str = "") -> bool:
        """True if enough trials have no doubt about a metric for a verdict on it: 3, or all where there are fewer."""
        return len(self.has_numbers) - len(self.doubtful(name)) >= min(FEWEST, max(1, len(self.has_numbers)))

    def timing_trials(self, name: str = "") -> list[Trial]:
        """The trials that a timing rests on: those without doubts about it, or all with numbers where too few are left."""
        if not self.enough_clean_trials(name):
            return self.has_numbers
        return [trial for trial in self.has_numbers if not trial.doubts_about(name)]

    @cached_property
    def effective_cpus(self) -> float:
        """The median of the effective CPUs beside `timing_trials`; NaN if nothing was measured."""
        values = [trial.effective_cpus for trial in self.timing_trials() if not np.isnan(trial.effective_cpus)]
        return float(np.median(values)) if values else float("nan")

    def of(self, name: str) -> Sample:
        """The sample that a metric comes from: this one, or the trials that were observed for it."""
        return Sample(self.observed, level=self.level) if any(name in trial.means for trial in self.observed) else self

    @cached_property
    def overloaded(self) -> bool:
        """True if more operations arrived than were served, in at least half of the trials that tell."""
        growths = [trial.means.get("backlog_growth", np.nan) for trial in self.has_numbers]
        known = [growth for growth in growths if not np.isnan(growth)]
        return bool(known) and 2 * sum(growth > OVERLOAD for growth in known) >= len(known)

    def by_block(self, name: str, counted: bool = False, every: bool = False, raw: bool = False) -> dict[int, float]:
        """Maps block to the trial's value of a metric, where there is one (see `values`).

        Timings exclude doubtful trials; with `counted` they are kept, with `every` also those that ended badly. `raw` gives
        the means as they were measured, not adjusted for the machine's speed.
        """
        sample = self.of(name)
        if every:
            trials = sample.trials
        elif counted:
            trials = sample.has_numbers
        else:
            trials = sample.timing_trials(name)
        return sample.values(name, trials, raw)

    def values(self, name: str, trials: Sequence[Trial], raw: bool = False) -> dict[int, float]:
        """Maps block to the value of a metric in each of these trials of the sample, where there is one.

        It is the trial's mean; of a metric of all operations together its pseudo-value (see `stats.pooled`), or nothing where
        that is withheld.
        """
        metric = catalog.load("metric", name)
        if metric.pooled and any(trial.times(metric.column) for trial in trials):
            return {} if self.withheld(name, trials) else self._pool(metric.column, trials).values(metric.share)
        means = {trial.block: {**trial.means, **trial.raw} if raw else trial.means for trial in trials}
        return {block: of[name] for block, of in means.items() if not np.isnan(of.get(name, np.nan))}

    def withheld(self, name: str, trials: Sequence[Trial] | None = None) -> str:
        """Why a metric of all operations of these trials, by default the `timing_trials`, has no value; "" where it has one."""
        metric = catalog.load("metric", name)
        if not metric.pooled:
            return ""
        if metric.open_loop and self.overloaded:
            return "more operations arrived than were served, so that the latency depends on how long the load lasted"
        count, fewest = self._operations_for(metric, trials)
        if count < fewest:
            return f"{100 * metric.share:g} % of only {count} operations is a matter of chance: it takes {fewest}"
        return ""

    def shortfall(self, name: str, trials: Sequence[Trial] | None = None) -> float:
        """How many times as many operations a metric takes as these trials have, where it is withheld for that and nothing else.

        1 where more trials are not needed, or would not help.
        """
        metric = catalog.load("metric", name)
        if not metric.pooled or (metric.open_loop and self.overloaded):
            return 1.0
        count, fewest = self._operations_for(metric, trials)
        return max(1.0, fewest / count) if count else 1.0

    def _operations_for(self, metric: Any, trials: Sequence[Trial] | None) -> tuple[int, int]:
        """(the operations of these trials, by default the `timing_trials`; the fewest for a pooled metric), 0 where any will do."""
        trials = self.timing_trials() if trials is None else trials
        count = sum(count for trial in trials for _, count in trial.times(metric.column))
        if metric.share is None or not count:
            return count, 0
        return count, math.ceil(FEWEST_BEYOND / min(metric.share, 1 - metric.share) - 1e-6)

    def operations(self, column: str) -> Pool | None:
        """The times of all operations that timings rest on; None where none were recorded."""
        trials = [trial for trial in self.timing_trials() if trial.times(column)]
        return self._pool(column, trials) if trials else None

    def _pool(self, column: str, trials: Sequence[Trial]) -> Pool:
        """The times of all operations of these trials."""
        key = column, tuple(trial.block for trial in trials)
        if key not in self._pools:
            recorded = {trial.block: trial.times(column) for trial in trials if trial.times(column)}
            self._pools[key] = Pool(recorded, self.level)
        return self._pools[key]

    @cached_property
    def _pools(self) -> dict[tuple[str, tuple[int, ...]], Pool]:
        return {}

    def skewed(self, name: str, trials: Sequence[Trial], given: NDArray[np.float64]) -> NDArray[np.float64]:
        """What follows from the `values` for a metric's mean, where that is not symmetric (see `stats.pooled`)."""
        metric = catalog.load("metric", name)
        if not metric.pooled or not self.values(name, trials) or not any(t.times(metric.column) for t in trials):
            return given
        return self._pool(metric.column, trials).skewed(given, metric.share)

    def interval(self, name: str, metric: Any, raw: bool = False) -> Interval:
        """The mean of a metric of level `iteration` over the trials, with its interval."""
        sample = self.of(name)
        if metric.pooled and (pool := sample.operations(metric.column)):
            return UNKNOWN if sample.withheld(name) else pool.interval(metric.share)
        values = self.by_block(name, not metric.is_timed(), metric.ends_badly, raw)
        return mean_interval(list(values.values()), metric.scale == "log", self.level)


def observed(metric: Any) -> bool:
    """True if a metric comes from trials of its own, because its probe changes what it observes."""
    return bool(metric.probe) and bool(catalog.load("probe", metric.probe).own_trials)


def samples(
    frame: pd.DataFrame, level: float = LEVEL, role: str = MEASURED, times: Mapping[str, Times] | None = None
) -> dict[str, Sample]:
    """The sample of each cell that has trials of this role, by the cell's id.

    `level` is that of their intervals, `times` are those of the operations, by trial.
    """
    rows = TrialRows.of(frame)
    first = frame.take(rows.firsts)
    means, from_observed = _means(frame, rows)
    counts_anyway = restless.counts_anyway(first)
    speed_free = adjust(first, means)
    by_cell: dict[str, dict[str, list[Trial]]] = {}
    facts = (
        first["cell"],
        first["trial"],
        first["role"],
        first["block"].fillna(-1).astype(int),
        first["status"],
        first["reason"].fillna(""),
        first["doubts"],
        first["effective_cpus"].to_numpy(float, na_value=np.nan),
        first["cpu_speed"].astype(float).tolist() if "cpu_speed" in first else [math.nan] * len(first),
        counts_anyway.tolist(),
    )
    for number, (cell, trial_id, own_role, block, status, reason, doubts, effective, *about_speed) in enumerate(
        zip(*facts, strict=True)
    ):
        of_trial = {
            name: values[number] for name, values in means.items() if (name in from_observed) == (own_role == OBSERVED)
        }
        codes = tuple(doubts.split(",")) if doubts else ()
        adjusted = speed_free.of_trial(number)
        raw = {name: of_trial[name] for name in adjusted}
        of_operations = (times or {}).get(str(trial_id), no_times)
        ending = int(block), status, reason, codes, float(effective)
        trial = Trial(*ending, {**of_trial, **adjusted}, raw, of_operations, *about_speed)
        by_cell.setdefault(str(cell), {}).setdefault(own_role, []).append(trial)
    return {
        cell: Sample(roles[role], roles.get(OBSERVED, ()), level) for cell, roles in by_cell.items() if role in roles
    }


def adjustment(frame: pd.DataFrame) -> Adjustment:
    """How the means of the frame's trials are adjusted for the machine's speed."""
    rows = TrialRows.of(frame)
    return adjust(frame.take(rows.firsts), _means(frame, rows)[0])


def _means(frame: pd.DataFrame, rows: TrialRows) -> tuple[dict[str, list[float]], set[str]]:
    """Each metric's means, one per trial, by name; and the names of the metrics that come from observed trials.

    Observed trials have no other metrics, and other trials have none of these.
    """
    means: dict[str, list[float]] = {}
    from_observed = set()
    for name in names_in(frame.columns):
        metric = catalog.load("metric", name)
        if metric.level == "iteration" and name in frame:
            values = frame[name].to_numpy(float, na_value=np.nan)
            means[name] = trial_means(values, rows.numbers, len(rows), metric.scale == "log").tolist()
            if observed(metric):
                from_observed.add(name)
    return means, from_observed


def compared(above: Sample, below: Sample, name: str, raw: bool = False) -> Interval:
    """The ratio of a metric of two cells, above / below."""
    return ratio(above.by_block(name, raw=raw), below.by_block(name, raw=raw), above.level)
