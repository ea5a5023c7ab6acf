"""Intervals by resampling, against t where t is exact and against skewed noise where it is not."""

import time

import numpy as np
import pytest

from concexp.analysis.stats.bootstrap import bootstrap_t
from concexp.analysis.stats.intervals import BOOTSTRAP_FROM, mean_interval, t_quantile


def by_t(values):
    half = t_quantile(len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return np.mean(values) - half, np.mean(values) + half


def test_normal_noise():
    """Of 200 normal values, where t is exact and skewness does not matter, it agrees with t to 6 % of the width."""
    values = np.random.default_rng(3).normal(100, 5, 200)
    lo, hi = by_t(values)
    assert bootstrap_t(values) == pytest.approx((lo, hi), abs=0.06 * (hi - lo))


def test_skewed_noise():
    """Where the noise is skewed to the right, the interval reaches farther up than down."""
    values = np.random.default_rng(4).exponential(1, 30)
    lo, hi = bootstrap_t(values)
    assert hi - values.mean() > 1.2 * (values.mean() - lo)


def test_deterministic_and_free_of_order_and_unit():
    """The same data give the same interval, in any order, and in another unit the same interval in that unit."""
    values = np.random.default_rng(5).normal(3, 1, 25)
    found = bootstrap_t(values)
    assert bootstrap_t(values) == found
    assert bootstrap_t(values[::-1]) == found
    assert bootstrap_t(values * 1000 + 7) == pytest.approx([end * 1000 + 7 for end in found], rel=1e-9)


def test_equal_values():
    """Equal values have an interval without width, and too few values none."""
    assert bootstrap_t([0.1] * 20) == (0.1, 0.1)
    assert bootstrap_t([1.0, 2.0]) is None


def test_nearly_equal_values():
    """One value that differs among 19 equal ones can't be studentised: the interval is that of t."""
    values = [1.0] * 19 + [2.0]
    assert bootstrap_t(values) is None
    found = mean_interval(values)
    assert (found.lo, found.hi) == pytest.approx(by_t(values))


def test_from_twenty_trials_on():
    """The interval of a mean is t below 20 trials and bootstrap-t from 20 on."""
    values = np.random.default_rng(6).exponential(1, BOOTSTRAP_FROM)
    few, enough = mean_interval(values[1:]), mean_interval(values)
    assert (few.lo, few.hi) == pytest.approx(by_t(values[1:]))
    assert (enough.lo, enough.hi) == pytest.approx(bootstrap_t(values))


def test_skewed_coverage():
    """Of 600 samples of 20 exponential values bootstrap-t holds the truth in over 93 %, and more often than t."""
    rng = np.random.default_rng(7)
    hits = dict.fromkeys((bootstrap_t, by_t), 0)
    for values in rng.exponential(1, (600, 20)):
        for way in hits:
            lo, hi = way(values)
            hits[way] += lo <= 1 <= hi
    assert hits[bootstrap_t] / 600 > 0.93
    assert hits[bootstrap_t] > hits[by_t]


def test_fast():
    """The intervals of 200 cells of 50 trials take under 3 seconds of CPU time, the resamples included."""
    cells = np.random.default_rng(8).lognormal(0, 0.5, (200, 50))
    began = time.process_time()
    for values in cells:
        mean_interval(values, log=True)
    assert time.process_time() - began < 3
