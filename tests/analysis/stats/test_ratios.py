"""Ratios, against published figures and against simulation."""

import math

import numpy as np
import pytest

from concexp.analysis.stats.intervals import UNKNOWN
from concexp.analysis.stats.ratios import p_value, ratio

# R's data set `sleep`: extra hours of the same ten patients under two drugs; its help page prints both t tests.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def blocks(logs, start=0):
    """Values by block whose logarithms are given."""
    return {start + number: math.exp(value) for number, value in enumerate(logs)}


def ends(found):
    return [math.log(value) for value in (found.mean, found.lo, found.hi)]


def test_paired():
    """Where the blocks pair, the interval is that of R's paired t test of the logarithms."""
    found = ratio(blocks(FIRST), blocks(SECOND))
    assert ends(found) == pytest.approx([-1.58, -2.4598858, -0.7001142], abs=1e-6)
    assert found.n == 10


def test_unpaired():
    """Where no blocks pair, it is that of R's Welch test, on 17.776 degrees of freedom."""
    found = ratio(blocks(FIRST), blocks(SECOND, start=100))
    assert ends(found) == pytest.approx([-1.58, -3.3654832, 0.2054832], abs=1e-6)


def test_what_disturbs_a_block_cancels():
    """A disturbance that both sides of a block share leaves no trace in a paired ratio."""
    weather = np.random.default_rng(1).normal(0, 1, 8)
    found = ratio(blocks(weather + math.log(3)), blocks(weather))
    assert (found.mean, found.lo, found.hi) == pytest.approx((3, 3, 3))


def test_two_common_blocks_are_too_few():
    """Two pairs are no sample: all values of both sides are used instead."""
    above = {0: 2.0, 1: 2.2, 2: 1.8, 3: 2.0}
    below = {0: 1.0, 1: 1.1, 7: 0.9, 8: 1.0}
    found = ratio(above, below)
    assert found.mean == pytest.approx(2, rel=1e-6)
    assert found.lo < 2 < found.hi


def test_too_few_for_an_interval():
    """Fewer than 3 values on a side give a ratio and no interval."""
    found = ratio({0: 4.0, 1: 4.0}, {0: 2.0, 1: 2.0})
    assert found.mean == pytest.approx(2)
    assert not found.bounded


def test_nothing_to_compare():
    """A side without values has no ratio."""
    assert ratio({}, {0: 1.0}) == UNKNOWN
    assert ratio({0: 1.0}, {0: math.nan}) == UNKNOWN


def test_zero():
    """A zero is neither dropped nor taken a logarithm of: the ratio is of plain means, without an interval."""
    found = ratio({0: 0.0, 1: 2.0, 2: 4.0}, {0: 1.0, 1: 1.0, 2: 1.0})
    assert found.mean == pytest.approx(2)
    assert not found.bounded
    assert ratio({0: 1.0}, {0: 0.0}) == UNKNOWN


def test_equal_sides():
    """Two sides that never vary have a ratio whose interval has no width, paired or not."""
    same = dict.fromkeys(range(3), 5.0)
    other = dict.fromkeys(range(10, 13), 5.0)
    for found in (ratio(same, same), ratio(same, other)):
        assert (found.mean, found.lo, found.hi) == pytest.approx((1, 1, 1))


def test_coverage():
    """Of 3000 pairs of noisy sides with common blocks, 95 % of the intervals hold the true ratio."""
    rng = np.random.default_rng(22)
    count, hits = 3000, 0
    for _ in range(count):
        weather = rng.normal(0, 0.5, 6)
        above, below = weather + rng.normal(math.log(1.5), 0.1, 6), weather + rng.normal(0, 0.1, 6)
        found = ratio(blocks(above), blocks(below))
        hits += found.lo <= 1.5 <= found.hi
    assert abs(hits / count - 0.95) < 4 * math.sqrt(0.95 * 0.05 / count)


def test_p_value():
    """The p-values are those that R prints for the same data: paired 0.002833, Welch 0.07939."""
    assert p_value(blocks(FIRST), blocks(SECOND)) == pytest.approx(0.002832890, abs=1e-8)
    assert p_value(blocks(FIRST), blocks(SECOND, start=100)) == pytest.approx(0.07939414, abs=1e-7)


def test_p_value_agrees_with_the_interval():
    """The factors at the ends of the interval have p = 5 %, paired or not."""
    for start in (0, 100):
        found = ratio(blocks(FIRST), blocks(SECOND, start=start))
        for end in (found.lo, found.hi):
            assert p_value(blocks(FIRST), blocks(SECOND, start=start), end) == pytest.approx(0.05)


def test_p_value_without_noise():
    """Values that never vary are either equal, p = 1, or different, p = 0; too few have none."""
    same, more = dict.fromkeys(range(4), 0.3), dict.fromkeys(range(4), 0.7)
    assert p_value(same, same) == 1
    assert p_value(same, more) == 0
    assert p_value(same, more, 3 / 7) == 1
    assert math.isnan(p_value({0: 1.0, 1: 2.0}, {0: 1.0, 1: 3.0}))
    assert math.isnan(p_value({}, same))


def test_p_value_with_zeros():
    """Where a value is 0 the plain means are compared: here by hand, t = 3 / (1 / sqrt(3)) on 2 degrees of freedom."""
    found = p_value({0: 0.0, 1: 1.0, 2: 2.0}, {0: 2.0, 1: 4.0, 2: 6.0})
    assert found == pytest.approx(0.0351, abs=1e-4)
