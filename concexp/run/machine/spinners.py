"""How many CPUs the machine really gives: the settings of spinner measurements, and what they come to."""

from __future__ import annotations

import statistics

# Spinners that get less than this share of the CPUs that are usable, or that a cell could use, were withheld some.
ENOUGH = 0.9


def effective_cpus(alone: list[int], together: list[int], spinners: int) -> float | None:
    """The CPUs that the machine really gave: median work of all spinners together / median work of one alone.

    At most one per spinner, for more is the noise of "alone"; None where no spinner turned alone.
    """
    if not alone or not statistics.median(alone):
        return None
    return min(float(spinners), statistics.median(together) / statistics.median(alone))


# A spinner measurement: so many rounds of one alone and all together, each so many seconds. Shorter ones scatter.
SPIN_ROUNDS = 5
SPIN_SECONDS = 0.1
SPIN_TIMEOUT = 60.0
# A shared machine withholds CPUs for seconds at a time: spin again before a trial once the last look is older than this.
SPIN_EVERY_SECONDS = 15.0
