"""The trials' means of each metric -> the same without what the machine's changing speed did to them.

A cell's mean is then what it would be at the mean speed of the run's trials: what the machine did beside its own trials, and
not beside those of the others, is taken out. `stats.control_variate` says why this biases nothing. It is done per metric and
kind of operation (workloads of one unit: mostly one plug-in), where the speed is shown to explain the metric. Interpreters have
no common speed, so a run of several is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from concexp import catalog
from concexp.analysis.stats.control_variate import SpeedFit, speed_fit
from concexp.experiment.statuses import MEASURED, NUMBERED

ANSWERED = "slow_cpu"  # the doubt that an adjustment answers: such trials are kept


@dataclass(frozen=True)
class Adjustment:
    """The fits by unit of operation and metric, and each trial's adjusted means by metric, NaN where nothing was adjusted."""

    fits: Mapping[tuple[str, str], SpeedFit]
    means: Mapping[str, np.ndarray]

    def of_trial(self, number: int) -> dict[str, float]:
        """The adjusted means of a trial, by its number among the trials."""
        return {name: float(values[number]) for name, values in self.means.items() if np.isfinite(values[number])}


NOTHING = Adjustment({}, {})


def adjust(first: pd.DataFrame, means: Mapping[str, Sequence[float]]) -> Adjustment:
    """The adjustment of `means`, by metric a number per trial; `first` has the first row of each trial."""
    if "cpu_speed" not in first:
        return NOTHING
    measured = ((first["role"] == MEASURED) & first["status"].isin(NUMBERED)).to_numpy()
    if first["python"][measured].nunique() != 1:
        return NOTHING
    deviations = -np.log(first["cpu_speed"].to_numpy(float))  # of the time that a fixed amount of work takes
    clean = first["doubts"].isin(["", ANSWERED]).to_numpy()
    cells, units = first["cell"].factorize()[0], first["unit"].factorize()
    fits: dict[tuple[str, str], SpeedFit] = {}
    adjusted: dict[str, np.ndarray] = {}
    for name, values in _timings(means).items():
        logs = np.log(np.where(values > 0, values, np.nan))
        known = measured & np.isfinite(logs) & np.isfinite(deviations)
        for number, unit in enumerate(units[1]):
            rows = np.flatnonzero(known & (units[0] == number))
            sure = rows[clean[rows]]
            if fit := speed_fit(logs[sure], deviations[sure], cells[sure]):
                fits[str(unit), name] = fit
                at_mean = _without(fit, logs[rows], deviations[rows], cells[rows])
                adjusted.setdefault(name, np.full(len(first), np.nan))[rows] = np.exp(at_mean)
    return Adjustment(fits, adjusted)


def _timings(means: Mapping[str, Sequence[float]]) -> dict[str, np.ndarray]:
    """Those metrics that are times or rates."""
    metrics = {name: catalog.load("metric", name) for name in means}
    return {
        name: np.asarray(means[name], dtype=float)
        for name, metric in metrics.items()
        if metric.kind == "time" and metric.scale == "log"
    }


def _without(fit: SpeedFit, logs: np.ndarray, deviations: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """The logarithms at the mean speed; their residuals are as wide as if the slope had not been fitted to them."""
    level = logs - fit.slope * deviations
    numbers = np.unique(cells, return_inverse=True)[1]
    means = (np.bincount(numbers, level) / np.bincount(numbers))[numbers]
    at_mean: np.ndarray = means + fit.stretch * (level - means)
    return at_mean
