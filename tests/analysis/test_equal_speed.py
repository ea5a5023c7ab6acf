"""Pairs of trials beside an equally fast CPU: which they are, and what is no reason to choose one."""

import math

from concexp.analysis import equal_speed
from concexp.analysis.samples import Sample, Trial

FAST, SLOW = 1.0, 0.5


def sample(speeds, doubts=(), rate=100.0):
    """A cell with a trial per block; a doubt may be given by block."""
    codes = dict(doubts)
    return Sample(
        [
            Trial(block, "ok", "", codes.get(block, ()), 2.0, {"throughput": rate * speed}, cpu_speed=speed)
            for block, speed in enumerate(speeds)
        ]
    )


def test_only_blocks_with_one_speed():
    """Whether fast or slow; up to a tenth apart is one speed."""
    above = sample([FAST, SLOW] * 10)
    below = sample([FAST, SLOW, SLOW, FAST] * 5)
    upper, lower = equal_speed.pairs(above, below, "throughput")
    assert list(upper) == list(lower) == [block for block in range(20) if block % 4 < 2]
    assert equal_speed.pairs(sample([1.0] * 10), sample([1.099] * 10), "throughput") is not None
    assert equal_speed.pairs(sample([1.0] * 10), sample([1.101] * 10), "throughput") is None


def test_too_few():
    """Nine are too few, and so are pairs of which the speed is not known."""
    assert equal_speed.pairs(sample([FAST] * 9), sample([FAST] * 9), "throughput") is None
    assert equal_speed.pairs(sample([math.nan] * 20), sample([FAST] * 20), "throughput") is None


def test_doubts_other_than_a_slow_cpu_count():
    """A CPU that was slow throughout was slow for both; one that changed, or was withheld, is no pair."""
    slow = dict.fromkeys(range(12), ("slow_cpu",))
    assert equal_speed.pairs(sample([SLOW] * 12, slow), sample([SLOW] * 12), "throughput") is not None
    changed = {0: ("speed_changed",), 1: ("slow_cpu", "machine")}
    upper, lower = equal_speed.pairs(sample([FAST] * 12, changed), sample([FAST] * 12), "throughput")
    assert list(upper) == list(lower) == list(range(2, 12))


def test_the_ratio():
    """By the pairs where there are enough, else by all blocks."""
    above, below = sample([FAST, SLOW] * 10, rate=103.0), sample([FAST] * 20)
    found = equal_speed.compare(above, below, "throughput")
    assert (found.n, round(found.mean, 9)) == (10, 1.03)
    few = equal_speed.compare(sample([FAST, SLOW] * 9, rate=103.0), sample([FAST] * 18), "throughput")
    assert few.n == 18
