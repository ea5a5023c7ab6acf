"""How fast the CPU was beside each trial: columns of the tidy frame.

Rented CPUs run at two speeds, for seconds at a time. The trial's own process runs a small loop before and after each window,
and so do the first workers that are threads or processes of their own (`concexp.trial.reference`). Its time is compared within
one interpreter only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from concexp.analysis.iterations import Iterations
from concexp.experiment.statuses import MEASURED, NUMBERED


def references(iterations: Iterations) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(seconds of the reference loop beside each iteration, change, seconds of its fastest reading).

    The seconds are a geometric mean: in the workers where they measured it, or else in the trial's process. Each CPU has its own
    speed, and only a worker's own loop runs on the worker's CPU. The change is how many times longer it took after the pass than
    before. NaN where it was not recorded, or only before the pass. The fastest reading is of all, workers' or not: a reading is
    often disturbed for itself alone, and a CPU that was slow throughout slows down each of them.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = (np.log(iterations.numbers(f"reference_{when}_s")) for when in ("before", "after"))
    mean, change, fastest = (before + after) / 2, after - before, np.fmin(before, after)
    if "worker_reference_before_s" in iterations.names:
        before, after = (_mean_logs(iterations, f"worker_reference_{when}_s") for when in ("before", "after"))
        own = np.isfinite(before)
        mean = np.where(own, np.where(np.isfinite(after), (before + after) / 2, before), mean)
        change = np.where(own, after - before, change)
        fastest = np.fmin(fastest, np.fmin(before, after))
    seconds, ratio, least = (np.exp(np.where(np.isfinite(logs), logs, np.nan)) for logs in (mean, change, fastest))
    return seconds, ratio, least


def _mean_logs(iterations: Iterations, name: str) -> np.ndarray:
    """The mean logarithm of what the workers measured, by iteration; NaN without any."""
    lists = pd.Series(iterations.worker_lists(name)).list
    lengths, flat = lists.len().to_numpy(int), lists.flatten().to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        sums = np.bincount(np.repeat(np.arange(len(lengths)), lengths), np.log(flat), minlength=len(lengths))
        means: np.ndarray = sums / lengths
    return means


def relative_speeds(columns: Mapping[str, Any], trials: np.ndarray) -> np.ndarray:
    """The speed of the CPU beside each row's trial, relative to the geometric mean of its interpreter's measured trials.

    `columns` has the columns of the tidy frame, `trials` the number of each row's trial.
    """
    frame = pd.DataFrame({name: columns[name] for name in ("python", "role", "status", "reference_s")}, copy=False)
    logs = np.log(frame["reference_s"].to_numpy(float))
    by_trial = pd.Series(logs).groupby(trials).mean()
    firsts = frame.take(np.unique(trials, return_index=True)[1]).reset_index(drop=True)
    counts = (firsts["role"] == MEASURED) & firsts["status"].isin(NUMBERED)
    centre = by_trial.reset_index(drop=True).where(counts).groupby(firsts["python"]).transform("mean")
    speeds: np.ndarray = np.exp(centre - by_trial.reset_index(drop=True)).to_numpy()[trials]
    return speeds
