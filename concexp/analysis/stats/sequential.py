"""An interval, or the share of draws in which a claim is true -> by which factor it is less certain than wanted.

A run with `precision` measures a pilot of 8 trials per cell and goes on with the cells for which that factor is over 1.
Whoever stops as soon as he likes what he sees favours the moments at which chance shows it. For intervals that costs little:
after a pilot of 8 the 95 % become 93 to 95 %, for about half the trials of a plan that suits the widest cell. For claims it
would cost much: judged after each of 8 to 50 trials by the bound of a single verdict, 97.5 %, a claim that lies exactly on
its boundary would be called supported in 12 % of the runs, and refuted in as many. So a claim gets trials until it would
bear looking again and again, which are 99.9 %, and the verdict at the end, by 97.5 % as ever, is wrong in 3 %
(`benchmarks/coverage.py`).
"""

from __future__ import annotations

import math

from concexp.analysis.stats.intervals import Interval

SETTLED = 0.999
# A share nearer to a half than this is known no better than by 10 000 draws: so far is the end at most.
NEAREST = 0.005


def relative_width(found: Interval) -> float:
    """Half the width of an interval relative to its mean: 0.03 is ± 3 %. Infinite without an interval or with a mean of 0."""
    if not found.bounded:
        return math.inf
    if found.lo == found.hi:
        return 0.0
    return (found.hi - found.lo) / 2 / abs(found.mean) if found.mean else math.inf


def factor_to_verdict(share: float) -> float:
    """By which factor the means behind a claim are less certain than it takes to settle it; 0 where it is settled.

    `share` of the draws hold. On the scale of the normal distribution the distance from the boundary grows with certainty.
    """
    from scipy.special import ndtri

    surer = max(share, 1 - share)
    if surer >= SETTLED:
        return 0.0
    return float(ndtri(SETTLED) / ndtri(max(surer, 0.5 + NEAREST)))
