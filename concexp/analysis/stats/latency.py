"""Latencies -> percentiles, with what a closed loop left out put back; and whether a queue's figures agree with each other.

A caller that waits for an answer before it asks again does not ask while it waits: of a pause of 100 s it records one long
latency instead of thousands (coordinated omission). The correction is HdrHistogram's `recordValueWithExpectedInterval`.
Timing from the intended start is better than correcting: use this for data that were recorded otherwise.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

WITHIN = 0.05  # how far L may be from X * W in a steady state


def corrected(
    values: ArrayLike, expected: float, counts: ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Latencies (any unit) with the omitted ones added: the sorted distinct values and how often each comes.

    `expected` is the interval, in the same unit, at which requests were meant to come. Each value v above it stands also
    for the requests that it held up, which waited v - expected, v - 2 expected, … down to `expected`. `counts` tells how
    often each value was seen (once, if not given). ValueError if the interval is not positive.
    """
    if not expected > 0:
        raise ValueError(f"the expected interval must be positive, not {expected}")
    data, times = _counted(values, counts)
    # Rounding must not lose the last one of v = k * expected.
    missing = np.maximum(np.floor(data / expected * (1 + 1e-12)).astype(np.int64) - 1, 0)
    back = np.repeat(data, missing) - expected * _numbers(missing)
    found, places = np.unique(np.concatenate([data, back]), return_inverse=True)
    totals = np.bincount(places, np.concatenate([times, np.repeat(times, missing)])).astype(np.int64)
    return found, totals


def _numbers(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 … k for each length k, one after the other."""
    ends = np.cumsum(lengths)
    return np.arange(1, int(lengths.sum()) + 1) - np.repeat(ends - lengths, lengths)


def percentile(values: ArrayLike, percent: float, counts: ArrayLike | None = None) -> float:
    """The smallest value that at least `percent` % of all do not exceed, in their unit (HdrHistogram's definition).

    NaN if there are no values. ValueError unless 0 <= percent <= 100.
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"a percentile lies between 0 and 100, not at {percent}")
    data, times = _counted(values, counts)
    if not times.sum():
        return math.nan
    order = np.argsort(data)
    seen = np.cumsum(times[order])
    wanted = max(1, math.ceil(percent / 100 * int(seen[-1]) * (1 - 1e-12)))  # 99.9 / 100 * 1000 is not quite 999
    return float(data[order][np.searchsorted(seen, wanted)])


def _counted(values: ArrayLike, counts: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    data = np.asarray(values, dtype=float).reshape(-1)
    times = np.ones(data.size, np.int64) if counts is None else np.asarray(counts, np.int64).reshape(-1)
    if times.size != data.size:
        raise ValueError(f"{data.size} values with {times.size} counts")
    return data, times


def little_residual(in_flight: float, rate: float, time: float) -> float:
    """How far Little's law L = X * W is from holding, as a share of L: (L - X W) / L.

    `in_flight` is the mean number of requests in flight, `rate` the throughput per second, `time` the mean time of a request
    in the system, seconds. NaN where nothing was in flight. In a steady state it is within WITHIN of 0: beyond, requests
    were lost, the rate was not steady, or the window does not cover whole requests.
    """
    return (in_flight - rate * time) / in_flight if in_flight > 0 else math.nan
