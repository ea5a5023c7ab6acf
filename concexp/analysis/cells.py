"""The samples of all cells -> one row per cell: its axes, how its trials ended, and each metric with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from concexp import catalog
from concexp.analysis.metrics import names_in
from concexp.analysis.samples import Sample, compared
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.experiment.claims import of_data
from concexp.experiment.selections import matches

RAW = "_raw"  # the end of the columns that hold a metric as it was measured, where it was adjusted
MISSING = "missing"  # the status of a cell that has no trial yet


def table(header: Mapping[str, Any], trials: pd.DataFrame, by_cell: Mapping[str, Sample]) -> pd.DataFrame:
    """The cells, sorted by their axes. Columns: the axes, cell, status, reason, trials, doubtful; per metric M, M_lo, M_hi, M_n.

    Beside metrics of open loops also overloaded: then the latencies are empty. M_n is the number of trials behind M. Of a metric
    that was adjusted for the machine's speed, M_raw, M_raw_lo and M_raw_hi are what it would be without that. `trials` has the
    rows of the tidy frame, `by_cell` the sample of each measured cell.
    """
    metrics = _metrics(header["spec"], trials)
    adjusted = {name for sample in by_cell.values() for trial in sample.trials for name in trial.raw}
    baseline = Baseline(header)
    rows = []
    for planned in _sorted(header["cells"], header["axes"]):
        sample = by_cell.get(planned["cell"])
        below = by_cell.get(baseline.of(planned["axes"]))
        row = {**planned["axes"], "cell": planned["cell"], **_outcome(planned, sample, header["spec"]["primary"])}
        if any(metric.open_loop for metric in metrics.values()):
            row["overloaded"] = sample.overloaded if sample is not None and sample.has_numbers else None
        for name, metric in metrics.items():
            value = _value(name, metric, sample, below, planned["axes"].get("workers") or 1)
            row |= {name: value.mean, f"{name}_lo": value.lo, f"{name}_hi": value.hi, f"{name}_n": value.n}
            if (metric.compares or name) in adjusted:
                raw = _value(name, metric, sample, below, planned["axes"].get("workers") or 1, raw=True)
                row |= {f"{name}{RAW}": raw.mean, f"{name}{RAW}_lo": raw.lo, f"{name}{RAW}_hi": raw.hi}
        rows.append(row)
    cells = pd.DataFrame(rows)
    if "workers" in cells:
        cells["workers"] = cells["workers"].astype("Int64")
    if "overloaded" in cells:
        cells["overloaded"] = cells["overloaded"].astype("boolean")
    return cells


def _outcome(planned: Mapping[str, Any], sample: Sample | None, primary: str) -> dict[str, Any]:
    """How a cell's trials ended, and how many are doubtful by the primary metric; `planned` is its entry in the header."""
    if sample is not None:
        doubtful = len(sample.doubtful(primary))
        return {"status": sample.status, "reason": sample.reason, "trials": sample.count, "doubtful": doubtful}
    status = "unsupported" if planned["reason"] else MISSING
    return {"status": status, "reason": planned["reason"], "trials": 0, "doubtful": 0}


def _sorted(cells: Iterable[dict[str, Any]], axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """By the first axis, then the next …, in the experiment's order of labels; cells that an axis does not apply to come first."""
    places = {key: {str(label): number for number, label in enumerate(labels)} for key, labels in axes.items()}
    return sorted(
        cells, key=lambda cell: [places[key].get(str(cell["axes"].get(key)), -1) for key in axes if key in places]
    )


def _metrics(spec: Mapping[str, Any], trials: pd.DataFrame) -> dict[str, Any]:
    """The metrics of the table, in the order of their columns: those that the experiment lists, or else those in the data.

    The primary metric and those of the claims are always among them.
    """
    listed = spec.get("metrics") or []
    names = [listed] if isinstance(listed, str) else listed or names_in(trials.columns)
    claimed = {name for claim in of_data(spec.get("claims")) for name in claim.metrics}
    needed = [spec["primary"], *sorted(claimed)]
    metrics = {name: catalog.load("metric", name)() for name in dict.fromkeys([*needed, *names])}
    shown = {
        name: metric
        for name, metric in metrics.items()
        if listed or name in needed or metric.shown == "always" or _present(metric, name, trials)
    }
    return dict(sorted(shown.items(), key=lambda pair: (pair[1].order, pair[0])))


def _present(metric: Any, name: str, trials: pd.DataFrame) -> bool:
    """True for a metric that is shown where it was recorded, if it was."""
    return metric.shown == "when present" and (metric.level == "cell" or name in trials)


def _value(
    name: str, metric: Any, sample: Sample | None, below: Sample | None, workers: int, raw: bool = False
) -> Interval:
    """A metric of a cell; `below` is the sample of its baseline. UNKNOWN where there is none."""
    if sample is None or not (sample.has_numbers or metric.ends_badly):
        return UNKNOWN
    if metric.level == "iteration":
        return sample.interval(name, metric, raw)
    if below is None:
        return UNKNOWN
    if below is sample:
        count = len(sample.timing_trials(metric.compares))
        ratio = Interval(1.0, np.nan, np.nan, count)  # by definition, nothing is estimated
    else:
        ratio = compared(sample, below, metric.compares, raw)
    return metric.between(ratio, workers)  # type: ignore[no-any-return]


class Baseline:
    """Finds the cell that another is relative to: it has the labels of `baseline:`, and equals the other on all its other axes."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        wanted = header["spec"].get("baseline") or {}
        # The ids of the baseline cells, by the axes on which they must equal a cell, and by their labels on these.
        self._cells: dict[tuple[str, ...], dict[tuple[Any, ...], str]] = {}
        for cell in header["cells"] if wanted else ():
            labels = cell["axes"]
            if matches(wanted, labels):
                keys = tuple(key for key, label in labels.items() if key not in wanted and label is not None)
                self._cells.setdefault(keys, {}).setdefault(tuple(labels[key] for key in keys), str(cell["cell"]))

    def of(self, axes: Mapping[str, Any]) -> str:
        """The id of the baseline of a cell with these labels; "" if there is none. The one that equals it on most axes wins."""
        for keys in sorted(self._cells, key=len, reverse=True):
            cell = self._cells[keys].get(tuple(axes.get(key) for key in keys))
            if cell is not None:
                return cell
        return ""
