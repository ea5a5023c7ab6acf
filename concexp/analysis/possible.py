"""Withholds values of metrics that cannot be: more CPUs busy than there are, a share above 1, numbers too large to compute with.

Such a value comes from a clock or a counter that was wrong. What it really was is not known, so no table and no picture has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from concexp import catalog
from concexp.errors import EnvironmentRefused, UnknownName
from concexp.run.storage.journal import Record

COLUMN = "withheld"  # of the tidy frame: the metrics that are withheld in a row, comma-joined; only where there are any
MOST_EFFECTIVE = 1.25  # times the usable CPUs: where spinners together do more, the one alone was disturbed
# Squares and ratios of larger numbers, and of those below its inverse, leave the range of a float.
LARGEST = 1e150


def possible(metric: Any, frame: Any) -> tuple[np.ndarray, np.ndarray]:
    """A metric of each row of the frame, NaN where it is withheld, and True where it is.

    What exceeds the limit by no more than the clocks' own errors is the limit. What a model made up (`made_up`) has none.
    """
    values = metric.of(frame).to_numpy(float, na_value=np.nan)
    low, high = metric.range[0], np.where(frame["made_up"], np.inf, np.asarray(metric.most(frame), dtype=float))
    beyond = (values < low) | (values > high + np.asarray(metric.error(frame), dtype=float)) | too_large(values)
    if beyond.any():
        values = np.where(beyond, np.nan, values)
    over = values > high
    return (np.where(over, high, values) if over.any() else values), beyond


def is_made_up(record: Record) -> bool:
    """True for a trial of a model that makes up its numbers."""
    try:
        return bool(catalog.load("model", record["plugins"]["model"]).simulated)
    except (UnknownName, EnvironmentRefused):  # a plug-in that is not installed here
        return False


def effective_cpus(record: Mapping[str, Any], cpus: int) -> float | None:
    """The effective CPUs of a spinner measurement; None where it has none, or more than the usable ones can give."""
    value: float | None = record["effective_cpus"]
    return None if value is None or value > MOST_EFFECTIVE * cpus else value


def host_cpus(record: Mapping[str, Any], cpus: int) -> float | None:
    """The CPUs that a spinner measurement would have shown if its spinners had not waited for a CPU behind other processes.

    Fewer than the usable ones if something outside this system withheld them. None where the effective CPUs are.
    """
    effective = effective_cpus(record, cpus)
    running, waited = record.get("cpu_s"), record.get("run_queue_wait_s")
    if effective is None or not running or waited is None:
        return effective
    return min(float(cpus), effective * float(running + waited) / float(running))


def too_large(values: np.ndarray) -> Any:
    """True for numbers that cannot be computed with: their squares, or those of their inverses, are infinite."""
    size = np.abs(values)
    return (size > LARGEST) | ((size > 0) & (size < 1 / LARGEST))


def with_column(values: Mapping[str, np.ndarray], withheld: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The metrics, and the column of those that are withheld, if any are."""
    if not withheld:
        return dict(values)
    texts = [
        ",".join(name for name, hit in zip(withheld, hits, strict=True) if hit)
        for hits in zip(*withheld.values(), strict=True)
    ]
    return {**values, COLUMN: pd.array(texts, dtype="string")}
