"""The trials' means of each metric -> the same without what the machine's changing speed did to them.

A cell's mean is then what it would be at the mean speed of the run's trials: what the machine did beside its own trials, and
not beside those of the others, is taken out. `stats.control_variate` says why this biases nothing. It is done per metric and
kind of operation (workloads of one unit: mostly one plug-in), where the CPU has two speeds and they are shown to explain the
metric. Interpreters have no common speed, so a run of several is left as it is; so is one whose CPU never settles
(`analysis.restless`), since no single speed is known of its trials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from concexp import catalog
from concexp.analysis import restless
from concexp.analysis.stats.control_variate import SpeedFit, speed_fit
from concexp.analysis.stats.states import two_states
from concexp.experiment.statuses import CONTROL, MEASURED, NUMBERED

LEAST_FACTOR = 1.5  # between the states: closer ones cannot be told from what loops differ by
NEAR = 0.2  # distance from a state, as a logarithm, within which a loop belongs to it
ANSWERED = "slow_cpu"  # the doubt that an adjustment answers: what was adjusted keeps such trials


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
    """The adjustment of `means`, by metric a number per trial; `first` has the first row of each trial.

    Controls are adjusted as the cells that they repeat; the sentinel never, since the machine's speed is what it shows.
    """
    if "cpu_speed" not in first:
        return NOTHING
    numbered = first["status"].isin(NUMBERED).to_numpy()
    measured = numbered & (first["role"] == MEASURED).to_numpy()
    compared = numbered & first["role"].isin([MEASURED, CONTROL]).to_numpy()
    if first["python"][measured].nunique() != 1:
        return NOTHING
    clean = first["doubts"].isin(["", ANSWERED]).to_numpy()
    deviations = _deviations(first["cpu_speed"].to_numpy(float), measured & clean)
    if deviations is None or restless.counts_anyway(first).any():
        return NOTHING
    cells, units = first.groupby(["cell", "role"], sort=False).ngroup().to_numpy(), first["unit"].factorize()
    fits: dict[tuple[str, str], SpeedFit] = {}
    adjusted: dict[str, np.ndarray] = {}
    for name, values in _timings(means).items():
        logs = np.log(np.where(values > 0, values, np.nan))
        known = compared & np.isfinite(logs) & np.isfinite(deviations)
        for number, unit in enumerate(units[1]):
            rows = np.flatnonzero(known & (units[0] == number))
            sure = rows[(clean & measured)[rows]]
            if fit := speed_fit(logs[sure], deviations[sure], cells[sure]):
                fits[str(unit), name] = fit
                at_mean = _without(fit, logs[rows], deviations[rows], cells[rows])
                adjusted.setdefault(name, np.full(len(first), np.nan))[rows] = np.exp(at_mean)
    return Adjustment(fits, adjusted)


def _deviations(speeds: np.ndarray, sure: np.ndarray) -> np.ndarray | None:
    """How much slower than the mean of the `sure` trials the CPU was beside each trial, as a logarithm; None for one state.

    Within a state the loop's time depends on the thread that runs it and its memory, by up to a tenth and always alike in a
    cell. That is no speed, and would bias the cell: near a state the deviation is that of the state. Only what lies between
    the states, such as two workers of which one was slow, counts as it is.
    """
    states = two_states(np.where(sure, speeds, np.nan))
    if states is None or states.factor < LEAST_FACTOR:
        return None
    slowness = -np.log(speeds)
    for inside in (states.is_high, states.is_low):
        level = float(np.median(slowness[inside]))  # not the mean: those between the states are in one of them, too
        slowness = np.where(np.abs(slowness - level) < NEAR, level, slowness)
    deviations: np.ndarray = slowness - np.nanmean(slowness[sure])
    return deviations


def _timings(means: Mapping[str, Sequence[float]]) -> dict[str, np.ndarray]:
    """Those metrics that are times or rates of a trial's work as a whole."""
    return {
        name: np.asarray(values, dtype=float)
        for name, values in means.items()
        if catalog.load("metric", name).follows_speed
    }


def _without(fit: SpeedFit, logs: np.ndarray, deviations: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """The logarithms at the mean speed; their residuals are as wide as if the slope had not been fitted to them."""
    level = logs - fit.slope * deviations
    numbers = np.unique(cells, return_inverse=True)[1]
    means = (np.bincount(numbers, level) / np.bincount(numbers))[numbers]
    at_mean: np.ndarray = means + fit.stretch * (level - means)
    return at_mean
