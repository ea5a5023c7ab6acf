"""The means of runs in time order -> the steps between them: where the level changed, and how surely.

Every stretch of at least three runs is cut in two at every place, and the cut with the smallest p-value counts if it is small
enough for all cuts of all stretches together (Bonferroni); then the parts on both sides of it are searched in the same way. That
is wild binary segmentation (Fryzlewicz 2014) over all intervals: a cut of the whole alone misses a level that changes and changes
back. A cut is judged by Student's t, with the variance pooled within its two parts, and no less than what the runs' own trials
say. So a step of a few percent is found among four or five runs if these are alike otherwise; `change_points` needs ten values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from concexp.analysis.stats.between_runs import NO_VARIANCE, RunMean

FEWEST_RUNS = 3


class Cut(NamedTuple):
    """A cut before run `at` of the stretch from `first` up to, but not including, `end`; its p-value."""

    p_value: float
    first: int
    at: int
    end: int


def steps(runs: Sequence[RunMean], level: float, comparisons: int = 1) -> list[Cut]:
    """The steps, in time order; `comparisons` is the number of such series that are judged together.

    The chance that any step is named in any of the series, if the level never changes, is at most 1 - level.
    """
    cuts = _cuts(runs)
    tries = comparisons * sum(end - first - 1 for first, end in _stretches(len(runs)))
    return sorted(_found(cuts, 0, len(runs), (1 - level) / max(tries, 1)), key=lambda cut: cut.at)


def _stretches(count: int) -> list[tuple[int, int]]:
    return [(first, end) for first in range(count) for end in range(first + FEWEST_RUNS, count + 1)]


def _found(cuts: Sequence[Cut], first: int, end: int, limit: float) -> list[Cut]:
    """The significant cuts within a stretch."""
    inside = [cut for cut in cuts if first <= cut.first and cut.end <= end]
    best = min(inside, default=None)
    if best is None or best.p_value > limit:
        return []
    return [best, *_found(cuts, first, best.at, limit), *_found(cuts, best.at, end, limit)]


def _cuts(runs: Sequence[RunMean]) -> list[Cut]:
    """The best cut of each stretch."""
    from scipy.special import stdtr

    means = np.array([run.mean for run in runs])
    own = np.array([run.variance if math.isfinite(run.variance) else 0.0 for run in runs])
    found = []
    for first, end in _stretches(len(runs)):
        values = means[first:end] - means[first]
        n = values.size
        sizes = np.arange(1, n)
        sums, squares = np.cumsum(values), np.cumsum(values**2)
        left, right = sums[:-1] / sizes, (sums[-1] - sums[:-1]) / (n - sizes)
        spread = np.maximum(squares[-1] - sizes * left**2 - (n - sizes) * right**2, 0.0) / (n - 2)
        variance = np.maximum(spread, max(float(own[first:end].mean()), NO_VARIANCE))
        t = np.abs(right - left) / np.sqrt(variance * (1 / sizes + 1 / (n - sizes)))
        best = int(t.argmax())
        found.append(Cut(float(2 * stdtr(n - 2, -t[best])), first, first + best + 1, end))
    return found
