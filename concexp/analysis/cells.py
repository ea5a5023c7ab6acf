"""The tidy frame -> one row per cell: its axes, how its trials ended, and each metric with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from concexp import catalog
from concexp.analysis.metrics import names_in
from concexp.analysis.samples import Sample, compared
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.experiment.claims import of_data
from concexp.experiment.selections import matches

if TYPE_CHECKING:
    pass

MISSING = "missing"  # of a cell that has no trial yet


def table(header: Mapping[str, Any], trials: pd.DataFrame, by_cell: Mapping[str, Sample]) -> pd.DataFrame:
    """The cells, sorted by their axes: axes, cell, status, reason, trials, doubtful, then <m>, <m>_lo, <m>_hi per metric."""
    metrics = _metrics(header["spec"], trials)
    baseline = Baseline(header)
    rows = []
    for planned in _sorted(header["cells"], header["axes"]):
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


def _metrics(spec: Mapping[str, Any], trials: pd.DataFrame) -> dict[str, Any]:
    """The metrics to show, in the order of their columns: those that the experiment lists, else those that the data has.

    Those that its claims speak of are always among them.
    """
    listed = spec.get("metrics") or []
    names = [listed] if isinstance(listed, str) else listed or names_in(trials.columns)
    claimed = {name for claim in of_data(spec.get("claims")) for name in claim.metrics}
    asked = [spec["primary"], *sorted(claimed)]
    found = {name: catalog.load("metric", name)() for name in dict.fromkeys([*asked, *names])}
    shown = {
        name: metric
        for name, metric in found.items()
        if listed or name in asked or metric.shown == "always" or _present(metric, name, trials)
    }
    return dict(sorted(shown.items(), key=lambda pair: (pair[1].order, pair[0])))


def _present(metric: Any, name: str, trials: pd.DataFrame) -> bool:
    return metric.shown == "when present" and (metric.level == "cell" or name in trials)


def _value(name: str, metric: Any, sample: Sample | None, below: Sample | None, workers: int) -> Interval:
    if sample is None or not (sample.has_numbers or metric.ends_badly):
        return UNKNOWN
    if metric.level == "iteration":
        return sample.interval(name, metric)
    if below is None:
        return UNKNOWN
    itself = Interval(1.0, np.nan, np.nan, len(sample.timing_trials))  # by definition: nothing is estimated
    found = itself if below is sample else compared(sample, below, metric.compares)
    return metric.between(found, workers)  # type: ignore[no-any-return]


class Baseline:
    """Which cell a speedup is relative to: one of the baseline's labels, alike on all axes that apply to it."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        wanted = header["spec"].get("baseline") or {}
        # By the axes that a baseline cell is alike on: its labels on them, and its id.
        self.found: dict[tuple[str, ...], dict[tuple[Any, ...], str]] = {}
        for cell in header["cells"] if wanted else ():
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
