"""A function that is always the same, one that gets faster, and one that gets slower."""

import functools
import itertools

KEPT = []
ARGUMENTS = itertools.cycle(range(100))


def steady():
    """Adds up the same numbers every time."""
    return sum(range(20_000))


@functools.lru_cache(None)
def slow_square(number):
    """What a cache is for."""
    return sum(number for _ in range(20_000)) // 20_000 * number


def cached():
    """Asks for one of a hundred squares."""
    return slow_square(next(ARGUMENTS)) >= 0


def growing():
    """Leaves something behind, and goes through all that was left before."""
    KEPT.extend(range(200))
    return sum(KEPT) >= 0
