"""What cells' trials say so far -> which cells need more of them, widest interval first, and how many.

A run with `precision` measures a pilot of 8 trials per cell and goes on with the cells whose interval is still too wide.
Stopping as soon as an interval is narrow enough favours the moments at which chance makes it too narrow: after a pilot of 8
the 95 % become 93 to 95 % (`benchmarks/coverage.py`), for about half the trials of a plan that suits the widest cell.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from concexp.stats.intervals import Interval, mean_interval
from concexp.stats.variance import trials_needed

K = TypeVar("K", bound=Hashable)

PILOT = 8


@dataclass(frozen=True)
class Need(Generic[K]):
    """A cell that needs more trials: how wide its interval is, half of it relative to the mean, and how many more it needs.

    `width` is infinite where there is no interval yet. `more` is at least 1, and never leads beyond the most allowed.
    """

    cell: K
    trials: int
    width: float
    more: int


def relative_width(found: Interval) -> float:
    """Half the width of an interval relative to its mean: 0.03 is ± 3 %. Infinite without an interval or with a mean of 0."""
    if not found.bounded:
        return math.inf
    if found.lo == found.hi:
        return 0.0
    return (found.hi - found.lo) / 2 / abs(found.mean) if found.mean else math.inf


def needs(
    trials: Mapping[K, Sequence[float]], precision: float, most: int, log: bool = True, pilot: int = PILOT
) -> list[Need[K]]:
    """The cells that need more trials, the widest first; those that are done are not in the list.

    `trials` holds each cell's trial means of the primary metric; what is not finite was run but counts as no value.
    `precision` is the relative half-width wanted (0.03), `most` how many trials a cell may have, `log` whether the metric is
    averaged on the log scale. A cell is done at `most` trials, or once it has a pilot and its interval is narrow enough.
    Cells without a full pilot come first of all. ValueError unless precision > 0 and 1 <= pilot <= most.
    """
    if not precision > 0 or not 1 <= pilot <= most:
        raise ValueError(f"precision {precision} must be positive and the pilot {pilot} lie between 1 and {most}")
    found = []
    for cell, values in trials.items():
        run = len(values)
        if run >= most:
            continue
        data = np.asarray(values, dtype=float)
        data = data[np.isfinite(data)]
        width = relative_width(mean_interval(data, log))
        if run < pilot:
            found.append(Need(cell, run, width, max(pilot - run, min(most - run, _more(data, precision, log)))))
        elif width > precision:
            found.append(Need(cell, run, width, min(most - run, max(1, _more(data, precision, log)))))
    return sorted(found, key=lambda need: (need.trials >= pilot, -need.width))


def _more(values: np.ndarray, precision: float, log: bool) -> int:
    """How many more values are expected to make the interval narrow enough; 0 where the spread is not known."""
    if values.size < 2:
        return 0
    if log and (values > 0).all():
        variance, half = float(np.log(values).var(ddof=1)), math.asinh(precision)
    else:
        variance, half = float(values.var(ddof=1)), precision * abs(float(values.mean()))
    return max(0, trials_needed(variance, half) - values.size) if half else 0


def finished(
    trials: Mapping[K, Sequence[float]], precision: float, most: int, log: bool = True, pilot: int = PILOT
) -> bool:
    """Whether no cell needs more; arguments as in `needs`."""
    return not needs(trials, precision, most, log, pilot)


def predicted(found: Sequence[Need[K]]) -> int:
    """How many trials all of them together are still expected to need."""
    return sum(need.more for need in found)


def next_cells(found: Sequence[Need[K]], budget: float = math.inf) -> list[K]:
    """The cells of the next block, one trial each: all that need one, or the widest if the budget is fewer trials."""
    return [need.cell for need in found[: max(0, math.floor(min(budget, len(found))))]]
