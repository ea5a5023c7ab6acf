"""Ratios with their intervals and p-values -> words: what differs, what is equivalent, and what the machine cannot resolve."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from concexp.analysis.stats.intervals import LEVEL, Interval

MARGIN = 0.05  # the relative difference that does not matter


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """P-values adjusted so that among those below q the expected share of false discoveries is at most q.

    Benjamini & Hochberg (1995): each p times m / its rank, made monotone from the largest down; also valid for comparisons
    with one common baseline (Benjamini & Yekutieli 2001). NaN stays NaN and does not count. ValueError outside 0 … 1.
    """
    data = np.asarray(p_values, dtype=float).reshape(-1)
    known = np.flatnonzero(~np.isnan(data))
    if ((data[known] < 0) | (data[known] > 1)).any():
        raise ValueError("a p-value lies between 0 and 1")
    adjusted = np.full(data.size, np.nan)
    order = known[np.argsort(data[known])[::-1]]
    steps = data[order] * order.size / np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.minimum.accumulate(steps), 1.0)
    return adjusted


def noise_floor(controls: Iterable[Interval]) -> float:
    """The largest factor between equal cells: the farthest end, in either direction, of the intervals of the A/A ratios.

    1 if no control has an interval: then there is no floor to compare with.
    """
    farthest = 1.0
    for ratio in controls:
        if ratio.bounded and ratio.lo > 0:
            farthest = max(farthest, ratio.hi, 1 / ratio.lo)
    return farthest


def resolved(ratio: Interval, floor: float) -> bool:
    """True if a ratio is outside the noise floor, 1/floor … floor, wherever its interval ends.

    False without an interval. ValueError if the floor is below 1.
    """
    if floor < 1:
        raise ValueError(f"a noise floor is a factor of at least 1, not {floor}")
    return ratio.bounded and not 1 / floor <= ratio.mean <= floor


def difference(ratio: Interval, adjusted: float, floor: float = 1.0, level: float = LEVEL) -> str:
    """What a ratio with this adjusted p-value shows: "higher", "lower", "no difference shown" or "not resolved".

    "not resolved" is a difference that would be named if it were outside the noise floor. No difference is shown without an
    interval or a p-value, nor if the interval contains 1, since a reader would see that. `level` is the interval's: 1 - level is
    the tolerated share of false ones among the differences that are named.
    """
    if not ratio.bounded or math.isnan(adjusted) or adjusted > 1 - level or ratio.lo <= 1 <= ratio.hi:
        return "no difference shown"
    if not resolved(ratio, floor):
        return "not resolved"
    return "higher" if ratio.mean > 1 else "lower"


def equivalence(ratio: Interval, margin: float = MARGIN, better: str = "higher") -> str:
    """Where a ratio's interval lies relative to 1/(1 + margin) … 1 + margin, the range of differences that do not matter.

    "equivalent": inside. "better" or "worse": completely outside, on the good or the bad side (`better` says whether a higher or
    a lower ratio is good). "no worse": not beyond the bad end, but perhaps better. "no better": the reverse. "unresolved":
    beyond both ends, or without an interval. The interval is the one that the reader sees, so each of the two one-sided tests
    (Schuirmann 1987) is at half of 1 - level: at 2.5 % where the level is 95 %. ValueError for another word or a negative margin.
    """
    if better not in ("higher", "lower") or margin < 0:
        raise ValueError(f'better is "higher" or "lower" and the margin not negative; got {better!r} and {margin}')
    if not ratio.bounded or ratio.lo <= 0:
        return "unresolved"
    low, high = (ratio.lo, ratio.hi) if better == "higher" else (1 / ratio.hi, 1 / ratio.lo)
    bad, good = 1 / (1 + margin), 1 + margin
    if high < bad:
        return "worse"
    if low > good:
        return "better"
    if low >= bad:
        return "equivalent" if high <= good else "no worse"
    return "no better" if high <= good else "unresolved"
