"""What a count of exactly 0 says about the rate behind it."""

from __future__ import annotations

import math

from concexp.analysis.stats.intervals import LEVEL


def rate_bound(tries: int, level: float = LEVEL) -> float:
    """The largest rate per try under which 0 of `tries` independent ones is not a rare luck: 1 - (1 - level)^(1/tries).

    For 95 % that is about 3 / tries, the rule of three. ValueError unless there is a try.
    """
    if tries < 1:
        raise ValueError(f"a rate needs at least one try, not {tries}")
    return -math.expm1(math.log1p(-level) / tries)
