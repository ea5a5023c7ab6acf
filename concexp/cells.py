"""The tidy frame -> one row per cell: its axes, how its trials ended, and each metric with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from concexp import catalog
from concexp.stats.comparison import ratio
from concexp.stats.intervals import FEWEST, Interval, mean_interval, trial_means

if TYPE_CHECKING:
    from concexp.results import Run

# From good to bad: a cell's status is the worst of its trials'.
STATUSES = ("ok", "invalid", "failed", "crashed", "timeout", "unsupported")
NUMBERED = ("ok", "invalid")  # these have numbers


def table(run: Run) -> pd.DataFrame:
    """The cells in the order of the plan: axes, status, reason, trials, doubtful, then <m>, <m>_lo, <m>_hi per metric."""
    frame = run.trials
    samples = {str(cell): Sample(rows) for cell, rows in frame.groupby("cell", sort=False)}
    metrics = _metrics(run, frame)
    rows = []
    for planned in run.header["cells"]:
        sample = samples.get(planned["cell"])
        row: dict[str, Any] = {**planned["axes"], "cell": planned["cell"]}
        row["status"] = sample.status if sample else ("unsupported" if planned["reason"] else "missing")
        row["reason"] = sample.reason if sample else planned["reason"]
        row["trials"] = sample.count if sample else 0
        row["doubtful"] = sample.doubtful if sample else 0
        base = samples.get(_baseline(run, planned["axes"]) or "")
        for name, metric in metrics.items():
            found = _value(metric, name, sample, base, planned["axes"].get("workers"))
            row[name], row[f"{name}_lo"], row[f"{name}_hi"] = found.mean, found.lo, found.hi
        rows.append(row)
    cells = pd.DataFrame(rows)
    if "workers" in cells:
        cells["workers"] = cells["workers"].astype("Int64")
    return cells


class Sample:
    """The trials of one cell."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows
        trials = rows.drop_duplicates("trial")
        statuses = set(trials["status"])
        self.status = max(statuses, key=STATUSES.index)
        worst = trials[trials["status"] == self.status]
        self.reason = str(worst["reason"].iloc[0] or "")
        self.count = int((trials["status"] != "unsupported").sum())
        numbered = trials[trials["status"].isin(NUMBERED)]
        self.doubtful = int((numbered["doubts"] != "").sum())
        self.trusted = len(numbered) - self.doubtful >= min(FEWEST, max(1, len(numbered)))
        self.numbered = rows[rows["status"].isin(NUMBERED)]
        self.timed = self.numbered[self.numbered["doubts"] == ""] if self.trusted else self.numbered

    def by_block(self, name: str, metric: Any) -> dict[int, float]:
        """Each trial's mean, by its block; counts keep the doubtful trials."""
        rows = self.numbered if metric.kind == "count" else self.timed
        means = trial_means(rows[name].to_numpy(float, na_value=float("nan")), rows["block"], metric.scale == "log")
        return {int(str(block)): mean for block, mean in means.items()}


def _metrics(run: Run, frame: pd.DataFrame) -> dict[str, Any]:
    """The metrics to show: those that the experiment lists, else those that the data has."""
    listed = run.spec.get("metrics")
    names = ([listed] if isinstance(listed, str) else listed) or catalog.names("metric")
    found = {name: catalog.load("metric", name)() for name in dict.fromkeys([run.spec["primary"], *names])}
    return {
        name: metric
        for name, metric in found.items()
        if metric.level == "cell" or listed or metric.shown == "always" or (name in frame and (frame[name] > 0).any())
    }


def _value(metric: Any, name: str, sample: Sample | None, base: Sample | None, workers: int | None) -> Interval:
    if sample is None or sample.status == "unsupported":
        return mean_interval([])
    if metric.level == "iteration":
        if name not in sample.rows:
            return mean_interval([])
        return mean_interval(list(sample.by_block(name, metric).values()), metric.scale == "log")
    if base is None:
        return mean_interval([])
    if base is sample:
        return Interval(1.0 / (workers or 1) if name != "speedup" else 1.0, float("nan"), float("nan"), sample.count)
    return metric.between(compared(sample, base), workers or 1)  # type: ignore[no-any-return]


def compared(above: Sample, below: Sample) -> Interval:
    """The ratio of two cells' throughputs."""
    metric = catalog.load("metric", "throughput")
    return ratio(above.by_block("throughput", metric), below.by_block("throughput", metric))


def _baseline(run: Run, axes: Mapping[str, Any]) -> str | None:
    """The id of the cell that a speedup is relative to: of the baseline's labels, and alike on all that applies to it."""
    wanted = run.spec.get("baseline") or {}
    if not wanted:
        return None
    for other in run.header["cells"]:
        labels = other["axes"]
        if all(labels.get(key) == label for key, label in wanted.items()) and all(
            label == axes.get(key) for key, label in labels.items() if key not in wanted and label is not None
        ):
            return str(other["cell"])
    return None
