"""Percentiles with coordinated omission put back, against HdrHistogram's figures."""

import math

import numpy as np
import pytest

from concexp.analysis.stats.latency import WITHIN, corrected, little_residual, percentile

# 10 000 answers of 1 ms, then one of 100 s; a request was meant to be sent every 10 ms.
VALUES, COUNTS, EXPECTED = [0.001, 100.0], [10_000, 1], 0.010


def test_raw():
    """Uncorrected, the pause of 100 s can't be seen even at 99.99 %."""
    assert percentile(VALUES, 99, COUNTS) == percentile(VALUES, 99.99, COUNTS) == 0.001
    assert percentile(VALUES, 100, COUNTS) == 100


@pytest.mark.parametrize(("percent", "value"), [(50, 0.001), (75, 50), (90, 80), (99, 98)])
def test_corrected(percent, value):
    """Corrected, there are 20 000 answers, with HdrHistogram's percentiles to 0.1 %."""
    values, counts = corrected(VALUES, EXPECTED, COUNTS)
    assert counts.sum() == 20_000
    assert percentile(values, percent, counts) == pytest.approx(value, rel=1e-3)


def test_added_values():
    """A value of three and a half intervals stands for two more that it held up; one below two intervals for none."""
    values, counts = corrected([35.0, 19.0, 5.0], 10)
    assert values.tolist() == [5, 15, 19, 25, 35]
    assert counts.tolist() == [1, 1, 1, 1, 1]


def test_a_multiple_of_the_interval():
    """The last value that is added is the interval itself, whatever rounding does."""
    values, counts = corrected([0.3], 0.1)
    assert values == pytest.approx([0.1, 0.2, 0.3])
    assert counts.sum() == 3


def test_counts_are_repetitions():
    """Counts say the same as repeated values."""
    once = corrected([1.0, 1.0, 7.0, 7.0, 7.0], 2)
    counted = corrected([1.0, 7.0], 2, [2, 3])
    assert np.array_equal(once[0], counted[0])
    assert np.array_equal(once[1], counted[1])


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 500), (99.9, 999), (99.95, 1000), (100, 1000)])
def test_percentile_is_a_value(percent, value):
    """A percentile is a value that was seen, the smallest that so many do not exceed; order does not matter."""
    assert percentile(np.random.default_rng(1).permutation(np.arange(1.0, 1001)), percent) == value


def test_little():
    """50 in flight agree with 500/s that take 0.1 s each; 60 do not, by a sixth."""
    assert little_residual(50, 500, 0.1) == pytest.approx(0)
    assert little_residual(60, 500, 0.1) == pytest.approx(1 / 6)
    assert abs(little_residual(60, 500, 0.1)) > WITHIN
    assert math.isnan(little_residual(0, 0, 0))


def test_refusals():
    """What can't be answered is NaN, what can't be asked an error."""
    assert math.isnan(percentile([], 50))
    with pytest.raises(ValueError, match="must be positive"):
        corrected([1.0], 0)
    with pytest.raises(ValueError, match="between 0 and 100"):
        percentile([1.0], 101)
    with pytest.raises(ValueError, match="2 values with 1 counts"):
        percentile([1.0, 2.0], 50, [3])
