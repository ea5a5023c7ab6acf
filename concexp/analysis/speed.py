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


def references(iterations: Iterations) -> np.ndarray:
    """Seconds of the reference loop beside each iteration, a geometric mean: in the workers, or else in the trial's process.

    NaN where it was not recorded. Each CPU has its own speed, and only a worker's own loop runs on the worker's CPU.
    """
    beside = (iterations.numbers("reference_before_s"), iterations.numbers("reference_after_s"))
    with np.errstate(divide="ignore", invalid="ignore"):
        own = (np.log(beside[0]) + np.log(beside[1])) / 2
    if "worker_reference_s" in iterations.names:
        workers = _mean_logs(iterations)
        own = np.where(np.isnan(workers), own, workers)
    seconds: np.ndarray = np.exp(np.where(np.isfinite(own), own, np.nan))
    return seconds


def _mean_logs(iterations: Iterations) -> np.ndarray:
    """The mean logarithm of what the workers measured, by iteration; NaN without any."""
    lists = pd.Series(iterations.worker_lists("worker_reference_s")).list
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
