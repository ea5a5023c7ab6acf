"""An interval, or the share of draws in which a claim is true -> the factor by which it is less certain than wanted.

A run with `precision` measures a pilot of 8 trials per cell and goes on with the cells whose factor is over 1. To stop as
soon as a result looks good enough favours results that look so by chance. For intervals that costs little: after a pilot of
8 the 95 % become 93 to 95 %, for about half the trials of a plan that suits the widest cell. For claims it would cost much:
judged after each of 8 to 50 trials by the bound of a single verdict, 97.5 %, a claim exactly on its boundary would be called
supported in 12 % of the runs, and refuted in another 12 %. So a claim gets more trials until 99.9 %, a bound that stands
repeated looks; the final verdict, still by 97.5 %, is then wrong in 3 % (`benchmarks/coverage.py`).
"""

from __future__ import annotations

import math

from concexp.analysis.stats.intervals import LEVEL, Interval

SETTLED = 0.999  # at the level of 95 %; at others the risk of an error keeps its proportion
# 10 000 draws know a share no better than this: a share closer to a half counts as this far from it.
SHARE_RESOLUTION = 0.005


def relative_width(interval: Interval) -> float:
    """Half the width of an interval relative to its mean: 0.03 is ± 3 %. Infinite without an interval or with a mean of 0."""
    if not interval.bounded:
        return math.inf
    if interval.lo == interval.hi:
        return 0.0
    return (interval.hi - interval.lo) / 2 / abs(interval.mean) if interval.mean else math.inf


def factor_to_verdict(share: float, level: float = LEVEL) -> float:
    """The factor by which the means behind a claim are too uncertain to settle it; 0 where it is settled.

    The claim is true in `share` of the draws. On the scale of the normal distribution the distance from the boundary is
    proportional to the certainty of the means.
    """
    from scipy.special import ndtri

    settled = 1 - (1 - SETTLED) * (1 - level) / (1 - LEVEL)
    surer = max(share, 1 - share)
    if surer >= settled:
        return 0.0
    return float(ndtri(settled) / ndtri(max(surer, 0.5 + SHARE_RESOLUTION)))
