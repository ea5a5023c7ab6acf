"""The iterations of a trial, in order -> whether they warmed up, slowed down, were steady all along, or never became so.

After Barrett, Bolz-Tereick, Killick, Mount & Tratt 2017, "Virtual machine warmup blows hot and cold": change points in mean
and variance are found exactly, with a penalty of 15 log n; segments that equal the last one are one steady state; the state
must hold over the last quarter of the series (theirs: the last 500 of 2000 iterations). Outliers are taken out first
(`outliers`). Three things differ. They call two segments equal if their means are within max(variance, 1 ms): that compares
seconds with squared seconds and takes all series of iterations of about 1 ms for flat. Here it is max(standard deviation of the
last segment, 1 % of its mean): the same idea in any unit. A last state whose halves are not equal in this sense, by more than
chance, counts as a drift, not as steady. And a warm-up is what the word says: all segments before the steady state are slower.
They call so any series whose last segment is the fastest, also one that was steady but for a slow stretch in its middle.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from concexp.analysis.stats.outliers import without_outliers

Floats = NDArray[np.float64]

BATCH = 100_000  # values that are treated side by side
PENALTY = 15.0
# Values in a segment. In shorter ones, chance brings two or three values so close together that their small variance pays for
# two changes.
SHORTEST = 5
# Iterations from which on change points stand out from noise. At that penalty a step in the middle of a series is found if it
# is at least this many standard deviations high: of 10 iterations 11, of 20 5.8, of 30 4.2, of 100 2.
ENOUGH = 20
STEADY_SHARE = 0.25  # the last part of the series, over which a steady state must hold
SAME_MEAN = 0.01  # the relative difference up to which two means are equal
# Standard errors between the halves of a state, from which on it drifts: 3 of a normal distribution, for 20 values.
DRIFT_ERRORS = 3.5
MOST_ALIKE = 0.9  # the highest correlation of neighbours that is believed: near 1, a drift cannot be told from noise
FLAT, WARMUP, SLOWDOWN, DISTURBED, UNSTEADY, SHORT, MIXED = (
    "flat",
    "warmup",
    "slowdown",
    "disturbed",
    "no steady state",
    "too short",
    "inconsistent",
)


@dataclass(frozen=True)
class SteadyState:
    """The word for a series, the first iteration of each segment, and that of the steady state (the length if it has none)."""

    kind: str
    segments: tuple[int, ...]
    steady_from: int


def change_points(x: Floats, penalty: float = PENALTY) -> list[tuple[int, ...]]:
    """Where the mean or the variance of each row changes: the index of the first value of each segment but the first.

    Optimal partitioning (Jackson et al. 2005), which is exact: the segments whose summed cost is least, where a segment of m
    normal values costs m (log 2 pi variance + 1) and each change `penalty` * log n (as in Killick, Fearnhead & Eckley 2012).
    The rows are treated side by side, which takes little longer than one alone.
    """
    n = x.shape[1]
    if n < 2 * SHORTEST:
        return [()] * len(x)
    # Without subtracting the mean, sums of squares would lose the variance to rounding.
    centred = x - np.median(x, axis=1, keepdims=True)
    sums, squares = (np.pad(np.cumsum(part, axis=1), ((0, 0), (1, 0))) for part in (centred, centred**2))
    # A coarse clock makes equal values, whose variance of 0 would be infinitely likely.
    floor = np.maximum(np.maximum((1e-4 * np.abs(x).mean(axis=1)) ** 2, 1e-6 * centred.var(axis=1)), 1e-300)[:, None]
    beta = penalty * math.log(n)
    best = np.full((len(x), n + 1), np.inf)  # no segment ends before SHORTEST
    best[:, 0] = -beta
    previous = np.zeros((len(x), n + 1), dtype=np.intp)
    for end in range(SHORTEST, n + 1):
        starts = slice(0, end - SHORTEST + 1)
        sizes = end - np.arange(starts.stop)
        means = (sums[:, [end]] - sums[:, starts]) / sizes
        seen = np.maximum((squares[:, [end]] - squares[:, starts]) / sizes - means**2, 0)
        likeliest = np.maximum(seen, floor)
        totals = best[:, starts] + sizes * (np.log(2 * np.pi * likeliest) + seen / likeliest)
        previous[:, end] = totals.argmin(axis=1)
        best[:, end] = totals.min(axis=1) + beta
    return [_traced(row, n) for row in previous.tolist()]


def _traced(previous: list[int], end: int) -> tuple[int, ...]:
    """The change points up to `end`; `previous` holds, for each end, where the best last segment before it begins."""
    changes: list[int] = []
    while previous[end] > 0:
        end = previous[end]
        changes.append(end)
    return tuple(reversed(changes))


def classify_all(series: Sequence[ArrayLike]) -> list[SteadyState]:
    """Classifies series of iteration times, in any unit and in the order measured.

    `flat`: steady from the first iteration. `warmup`: it ends in a steady state and all before is slower. `slowdown`: it ends
    in a steady state, but some earlier segment was faster. `disturbed`: the state in which it ends was interrupted by a slower
    stretch. `no steady state`: it still changed in its last quarter, or drifts. `too short`: fewer than 20 iterations. Single
    odd iterations change nothing, and a series that alternates from one iteration to the next is steady in this sense. Many
    series together are much faster than one by one. ValueError if a value is not finite.
    """
    data = [np.asarray(values, dtype=float).reshape(-1) for values in series]
    states = [SteadyState(SHORT, (0,), x.size) for x in data]
    by_size: dict[int, list[int]] = {}
    for place, x in enumerate(data):
        if x.size >= ENOUGH:
            by_size.setdefault(x.size, []).append(place)
    for size, places in by_size.items():
        count = max(1, BATCH // size)
        for part in (places[first : first + count] for first in range(0, len(places), count)):
            together = np.array([data[place] for place in part])
            for place, state in zip(part, _states(together), strict=True):
                states[place] = state
    return states


def _states(x: Floats) -> list[SteadyState]:
    """The state of each row."""
    if not np.isfinite(x).all():
        raise ValueError("a value is not finite; leave its trial out")
    cleaned, leading = without_outliers(x)
    drifts = _drifting(cleaned)
    states = []
    for row, changes in enumerate(change_points(cleaned)):
        slow = int(leading[row])
        if slow or changes:
            starts = (slow, *(start for start in changes if start >= slow + SHORTEST)) if slow else changes
            values = np.concatenate([x[row, :slow], cleaned[row, slow:]])
            states.append(_classify(values, (0, *starts)))
        else:  # the most frequent case
            states.append(SteadyState(UNSTEADY, (0,), x.shape[1]) if drifts[row] else SteadyState(FLAT, (0,), 0))
    return states


def _classify(x: Floats, starts: tuple[int, ...]) -> SteadyState:
    """The state of one series that is cut into segments, which begin at `starts`."""
    parts = np.split(x, starts[1:])
    alike = [bool(_alike(part, parts[-1])) for part in parts]
    first = len(parts)
    while first and alike[first - 1]:
        first -= 1
    steady_from = starts[first]
    # A steady drift is cut into segments so wide, since they drift, that the last two are often alike.
    if x.size - steady_from < STEADY_SHARE * x.size or _drifting(x[steady_from:]):
        return SteadyState(UNSTEADY, starts, x.size)
    if not first:
        return SteadyState(FLAT, starts, 0)
    last = parts[-1].mean()
    if any(part.mean() < last and not same for part, same in zip(parts, alike, strict=True)):
        return SteadyState(SLOWDOWN, starts, steady_from)
    return SteadyState(DISTURBED if any(alike[:first]) else WARMUP, starts, steady_from)


def _alike(one: Floats, last: Floats) -> NDArray[np.bool_]:
    """True if the means of two segments are close, by the scale of the later one; for each row if there are several."""
    mean = last.mean(axis=-1)
    return np.asarray(np.abs(one.mean(axis=-1) - mean) <= np.maximum(last.std(axis=-1), SAME_MEAN * np.abs(mean)))


def _drifting(states: Floats) -> NDArray[np.bool_]:
    """True if the halves of a state differ by more than chance explains; for each row if there are several.

    Values that resemble their neighbours wander off by themselves. The standard error is that of a first-order autoregression:
    sqrt((1 + r) / (1 - r)) times that of independent values, where r is the correlation of neighbours around a straight line,
    corrected for the line, which takes about (2 + 4 r) / n from it.
    """
    n = states.shape[-1]
    times = np.arange(n) - (n - 1) / 2
    slopes = (states * times).sum(axis=-1, keepdims=True) / (times**2).sum()
    left = states - states.mean(axis=-1, keepdims=True) - slopes * times
    squares = (left**2).sum(axis=-1)
    neighbours = (left[..., 1:] * left[..., :-1]).sum(axis=-1) / np.maximum(squares, 1e-300)
    correlation = np.clip((neighbours * n + 2) / (n - 4), 0, MOST_ALIKE)
    one, last = np.array_split(states, 2, axis=-1)
    variance = squares / (n - 2) * (1 / one.shape[-1] + 1 / last.shape[-1])
    error = np.sqrt(variance * (1 + correlation) / (1 - correlation))
    return np.asarray(~_alike(one, last) & (np.abs(last.mean(axis=-1) - one.mean(axis=-1)) > DRIFT_ERRORS * error))


def classify_cell(words: Iterable[str]) -> str:
    """The word for a cell, from those of its trials: theirs if they agree, else `inconsistent`; too short trials are ignored.

    If at least half have no steady state, the cell has none: keeping the others would select trials by their outcome.
    """
    assessed = [word for word in words if word != SHORT]
    if not assessed:
        return SHORT
    if assessed.count(UNSTEADY) >= len(assessed) / 2:
        return UNSTEADY
    return assessed[0] if len(set(assessed)) == 1 else MIXED
