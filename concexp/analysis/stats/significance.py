"""Ratios with their intervals and p-values -> words: what differs, what is as good, and what the machine can't resolve."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from concexp.analysis.stats.intervals import Interval

FALSE_DISCOVERY_RATE = 0.05  # the share of false ones tolerated among the differences that a report names
MARGIN = 0.05


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """The p-values of a report's comparisons, adjusted so that the share of false ones among those below q is at most q.

    Benjamini & Hochberg (1995): each p times m / its rank, made monotone from the largest down; holds also for comparisons
    with one common baseline (Benjamini & Yekutieli 2001). NaN stays NaN and is no comparison. ValueError outside 0 … 1.
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
    """How large a factor between equal things the machine brings forth: the farthest end, either way, of the A/A ratios.

    1 if no control has an interval: then there is no floor to be held against.
    """
    farthest = 1.0
    for found in controls:
        if found.bounded and found.lo > 0:
            farthest = max(farthest, found.hi, 1 / found.lo)
    return farthest


def resolved(found: Interval, floor: float) -> bool:
    """Whether a ratio stands out of the noise floor: it is not inside 1/floor … floor, wherever its interval ends.

    Without an interval it does not. ValueError if the floor is below 1.
    """
    if floor < 1:
        raise ValueError(f"a noise floor is a factor of at least 1, not {floor}")
    return found.bounded and not 1 / floor <= found.mean <= floor


def difference(found: Interval, adjusted: float, floor: float = 1.0) -> str:
    """What a ratio says, given its adjusted p-value: "higher", "lower", "no difference shown" or "not resolved".

    "not resolved" is a difference that would be named but lies inside the noise floor; without an interval, or a p-value,
    nothing is shown, nor where the interval holds 1: a reader would see that.
    """
    if not found.bounded or math.isnan(adjusted) or adjusted > FALSE_DISCOVERY_RATE or found.lo <= 1 <= found.hi:
        return "no difference shown"
    if not resolved(found, floor):
        return "not resolved"
    return "higher" if found.mean > 1 else "lower"


def equivalence(found: Interval, margin: float = MARGIN, better: str = "higher") -> str:
    """Where a ratio's interval lies relative to 1/(1 + margin) … 1 + margin, the range of what makes no odds.

    "equivalent": inside. "better" or "worse": wholly beyond, on the side that is better (`better` says whether a higher or a
    lower ratio is). "no worse": not beyond on the bad side, but perhaps better. "no better": the other way round.
    "unresolved": it reaches beyond on both sides, or there is none. The interval is that of 95 %, which the reader sees:
    each of the two one-sided tests (Schuirmann 1987) is held at 2.5 %. ValueError for another word or a negative margin.
    """
    if better not in ("higher", "lower") or margin < 0:
        raise ValueError(f'better is "higher" or "lower" and the margin not negative; got {better!r} and {margin}')
    if not found.bounded or found.lo <= 0:
        return "unresolved"
    low, high = (found.lo, found.hi) if better == "higher" else (1 / found.hi, 1 / found.lo)
    bad, good = 1 / (1 + margin), 1 + margin
    if high < bad:
        return "worse"
    if low > good:
        return "better"
    if low >= bad:
        return "equivalent" if high <= good else "no worse"
    return "no better" if high <= good else "unresolved"
