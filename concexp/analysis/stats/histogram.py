"""Means and quantiles of a latency histogram, whose classes are 1/64 of the lower end of their octave wide."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from concexp.trial.search import FEWEST_BEYOND

__all__ = ["FEWEST_BEYOND", "Histogram", "beyond", "mean", "middle", "pooled", "quantile"]

BITS = 6  # as in trial/probes/latency.py, which makes the classes
NANO = 1e-9

Histogram = Sequence[Sequence[int]]  # (class, count), sorted by class


def middle(index: int) -> float:
    """The value in the middle of a class, ns: at most 1/128 from any value of the class."""
    if index < 2 << BITS:
        return float(index)
    shift = (index >> BITS) - 1
    low = (index - (shift << BITS)) << shift
    return low + ((1 << shift) - 1) / 2


def quantile(histogram: Histogram, share: float) -> float:
    """The smallest value, seconds, that at least this share of all values does not exceed (as HdrHistogram defines it)."""
    wanted = max(1, math.ceil(share * sum(count for _, count in histogram)))
    seen = 0
    for index, count in histogram:
        seen += count
        if seen >= wanted:
            return middle(index) * NANO
    raise ValueError("an empty histogram has no quantile")


def mean(histogram: Histogram) -> float:
    """The mean, seconds."""
    return sum(middle(index) * count for index, count in histogram) / sum(count for _, count in histogram) * NANO


def pooled(histograms: Iterable[Histogram | None]) -> list[tuple[int, int]]:
    """The histogram of all their values together."""
    total: Counter[int] = Counter()
    for one in histograms:
        total.update(dict(map(tuple, one or ())))  # type: ignore[arg-type]
    return sorted(total.items())


def beyond(histogram: Histogram, share: float) -> float:
    """The number of values beyond a quantile, or before it where these are fewer."""
    return min(share, 1 - share) * sum(count for _, count in histogram) + 1e-9
