"""Whether an interval agrees with what is known: yes, perhaps by chance, or no."""

from __future__ import annotations

import numpy as np

from concexp.analysis.stats.intervals import LEVEL, Interval

# A check that is repeated on every machine must not call one in twenty sound ones wrong.
SURE = 0.999


def surely(found: Interval) -> Interval:
    """The 99.9 % interval of a positive quantity, from its 95 % interval on the log scale (Student's t, n - 1 df)."""
    from scipy.special import stdtrit

    df = found.n - 1
    factor = float(stdtrit(df, 0.5 + SURE / 2) / stdtrit(df, 0.5 + LEVEL / 2))
    low, high = (float(np.exp(np.log(found.mean) + factor * np.log(end / found.mean))) for end in (found.lo, found.hi))
    return Interval(found.mean, low, high, found.n)


def overlaps(found: Interval, low: float, high: float) -> bool:
    """Whether the interval and the range from low to high have a point in common."""
    return found.lo <= high and found.hi >= low
