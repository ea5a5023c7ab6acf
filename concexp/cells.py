"""The tidy frame -> one row per cell: its axes, how its trials ended, and each metric with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from concexp import catalog
from concexp.metrics import names_in
from concexp.plan import matches
from concexp.spec.claims import of_data
from concexp.spec.selections import NUMBERED, STATUSES
from concexp.stats.comparison import ratio
from concexp.stats.intervals import FEWEST, NOTHING, Interval, mean_interval, trial_means

if TYPE_CHECKING:
    from concexp.results import Run

MISSING = "missing"  # of a cell that has no trial yet


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
    def numbered(self) -> list[Trial]:
        """The trials that have numbers."""
        return [trial for trial in self.trials if trial.status in NUMBERED]

    @cached_property
    def doubtful(self) -> list[Trial]:
        """Those of them that give reason for doubt."""
        return [trial for trial in self.numbered if trial.doubts]

    @cached_property
    def trusted(self) -> bool:
        """Whether enough trials are beyond doubt for a verdict on time: 3, or all where there are fewer."""
        return len(self.numbered) - len(self.doubtful) >= min(FEWEST, max(1, len(self.numbered)))

    @cached_property
    def timed(self) -> list[Trial]:
        """The trials that numbers on time come from: those beyond doubt; where they are too few, all."""
        return [trial for trial in self.numbered if not trial.doubts] if self.trusted else self.numbered

    @cached_property
    def effective_cpus(self) -> float:
        """The median of what the spinners found beside those trials; NaN if nothing."""
        values = [trial.effective_cpus for trial in self.timed if not np.isnan(trial.effective_cpus)]
        return float(np.median(values)) if values else float("nan")

    def of(self, name: str) -> Sample:
        """The trials that a metric comes from: these, or those that were observed for it."""
        return Sample(self.observed) if any(name in trial.means for trial in self.observed) else self

    def by_block(self, name: str, counted: bool = False, every: bool = False) -> dict[int, float]:
        """Each trial's mean of a metric, by its block; counts keep the doubtful trials, `every` also those that ended badly."""
        own = self.of(name)
        rows = own.trials if every else own.numbered if counted else own.timed
        return {trial.block: trial.means[name] for trial in rows if not np.isnan(trial.means.get(name, np.nan))}

    def interval(self, name: str, metric: Any) -> Interval:
        """A metric of level `iteration`, with its interval."""
        values = self.by_block(name, metric.kind == "count", metric.ends_badly)
        return mean_interval(list(values.values()), metric.scale == "log")


def observed(metric: Any) -> bool:
    """Whether a metric comes from trials of its own, because its probe changes what it looks at."""
    return bool(metric.probe) and bool(catalog.load("probe", metric.probe).alone)


def samples(frame: pd.DataFrame) -> dict[str, Sample]:
    """The trials of each cell that was measured, by the cell's id."""
    codes, _ = pd.factorize(frame["trial"])
    first = frame.drop_duplicates("trial")
    means: dict[str, list[float]] = {}
    alone = set()  # the metrics of observed trials: those have no others, and other trials have none of these
    for name in names_in(frame.columns):
        metric = catalog.load("metric", name)
        if metric.level == "iteration" and name in frame:
            values = frame[name].to_numpy(float, na_value=np.nan)
            means[name] = trial_means(values, codes, len(first), metric.scale == "log").tolist()
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
        own = {name: values[number] for name, values in means.items() if (name in alone) == (role == "observed")}
        codes_of = tuple(doubts.split(",")) if doubts else ()
        trial = Trial(int(block), status, reason, codes_of, float(effective), own)
        found.setdefault(str(cell), {}).setdefault(role, []).append(trial)
    return {
        cell: Sample(roles["measured"], roles.get("observed", ()))
        for cell, roles in found.items()
        if "measured" in roles
    }


def table(run: Run) -> pd.DataFrame:
    """The cells, sorted by their axes: axes, cell, status, reason, trials, doubtful, then <m>, <m>_lo, <m>_hi per metric."""
    by_cell = run.samples
    metrics = _metrics(run)
    baseline = Baseline(run)
    rows = []
    for planned in _sorted(run.header["cells"], run.header["axes"]):
        sample = by_cell.get(planned["cell"])
        row: dict[str, Any] = {**planned["axes"], "cell": planned["cell"]}
        row["status"] = sample.status if sample else ("unsupported" if planned["reason"] else MISSING)
        row["reason"] = sample.reason if sample else planned["reason"]
        row["trials"] = sample.count if sample else 0
        row["doubtful"] = len(sample.doubtful) if sample else 0
        below = by_cell.get(baseline.of(planned["axes"]))
        for name, metric in metrics.items():
            found = _value(name, metric, sample, below, planned["axes"].get("workers") or 1)
            row[name], row[f"{name}_lo"], row[f"{name}_hi"] = found.mean, found.lo, found.hi
        rows.append(row)
    cells = pd.DataFrame(rows)
    if "workers" in cells:
        cells["workers"] = cells["workers"].astype("Int64")
    return cells


def _sorted(cells: Iterable[dict[str, Any]], axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """By the first axis, then the next …, each in the order of the experiment; what an axis does not apply to comes first."""
    places = {key: {str(label): number for number, label in enumerate(labels)} for key, labels in axes.items()}
    return sorted(
        cells, key=lambda cell: [places[key].get(str(cell["axes"].get(key)), -1) for key in axes if key in places]
    )


def _metrics(run: Run) -> dict[str, Any]:
    """The metrics to show, in the order of their columns: those that the experiment lists, else those that the data has.

    Those that its claims speak of are always among them.
    """
    listed = run.spec.get("metrics") or []
    names = [listed] if isinstance(listed, str) else listed or names_in(run.trials.columns)
    claimed = {name for claim in of_data(run.spec.get("claims")) for name in claim.metrics}
    asked = [run.spec["primary"], *sorted(claimed)]
    found = {name: catalog.load("metric", name)() for name in dict.fromkeys([*asked, *names])}
    shown = {
        name: metric
        for name, metric in found.items()
        if listed or name in asked or metric.shown == "always" or _present(metric, name, run)
    }
    return dict(sorted(shown.items(), key=lambda pair: (pair[1].order, pair[0])))


def _present(metric: Any, name: str, run: Run) -> bool:
    return metric.shown == "when present" and (metric.level == "cell" or name in run.trials)


def _value(name: str, metric: Any, sample: Sample | None, below: Sample | None, workers: int) -> Interval:
    if sample is None or not (sample.numbered or metric.ends_badly):
        return NOTHING
    if metric.level == "iteration":
        return sample.interval(name, metric)
    if below is None:
        return NOTHING
    itself = Interval(1.0, np.nan, np.nan, len(sample.timed))  # by definition: nothing is estimated
    found = itself if below is sample else compared(sample, below, metric.compares)
    return metric.between(found, workers)  # type: ignore[no-any-return]


def compared(above: Sample, below: Sample, name: str) -> Interval:
    """The ratio of a metric of two cells."""
    return ratio(above.by_block(name), below.by_block(name))


class Baseline:
    """Which cell a speedup is relative to: one of the baseline's labels, alike on all axes that apply to it."""

    def __init__(self, run: Run) -> None:
        wanted = run.spec.get("baseline") or {}
        # By the axes that a baseline cell is alike on: its labels on them, and its id.
        self.found: dict[tuple[str, ...], dict[tuple[Any, ...], str]] = {}
        for cell in run.header["cells"] if wanted else ():
            labels = cell["axes"]
            if matches(wanted, labels):
                keys = tuple(key for key, label in labels.items() if key not in wanted and label is not None)
                self.found.setdefault(keys, {}).setdefault(tuple(labels[key] for key in keys), str(cell["cell"]))

    def of(self, axes: Mapping[str, Any]) -> str:
        """The baseline cell of a cell with these labels; "" if there is none. The one that is alike on most axes wins."""
        for keys in sorted(self.found, key=len, reverse=True):
            cell = self.found[keys].get(tuple(axes.get(key) for key in keys))
            if cell is not None:
                return cell
        return ""
