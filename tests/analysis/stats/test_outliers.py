"""Odd values are replaced, stretches of them are not."""

import numpy as np
import pytest

from concexp.analysis.stats.outliers import without_outliers


def noisy(n=60, seed=1):
    return 1 + np.random.default_rng(seed).normal(0, 0.01, n)


def cleaned(values):
    """One series without its outliers, and how many slow values it begins with."""
    rows, leading = without_outliers(np.array([values]))
    return rows[0], int(leading[0])


@pytest.mark.parametrize("place", [0, 1, 30, 58, 59])
def test_an_odd_value_is_replaced(place):
    """Far too slow or far too fast: the value becomes the median of its neighbourhood, and no other value changes."""
    for factor in (3, 0.3):
        values = noisy()
        values[place] *= factor
        found, leading = cleaned(values)
        others = np.arange(60) != place
        assert np.array_equal(found[others], values[others])
        assert found[place] == pytest.approx(1, abs=0.03)
        assert leading == 0


@pytest.mark.parametrize("first", [0, 25, 55])
def test_five_in_a_row_are_no_outliers(first):
    """Five slow values together stay as they are, wherever they lie."""
    values = noisy()
    values[first : first + 5] *= 1.5
    found, leading = cleaned(values)
    assert np.array_equal(found, values)
    assert leading == 0


@pytest.mark.parametrize("slow", [2, 3, 4])
def test_slow_values_at_the_start_are_counted(slow):
    """Two to four slow values at the start are counted, and replaced by the level that follows."""
    values = noisy()
    values[:slow] *= 1.5
    found, leading = cleaned(values)
    assert leading == slow
    assert np.array_equal(found[slow:], values[slow:])
    assert found[:slow] == pytest.approx(1, abs=0.02)


def test_equal_values_have_no_outliers():
    """A clock's grain of a ten-thousandth is no outlier among values that are otherwise equal; a different value is one."""
    values = np.full(40, 5.0)
    values[7], values[20] = 5.001, 6
    found, _ = cleaned(values)
    assert found[7] == 5.001
    assert found[20] == 5
