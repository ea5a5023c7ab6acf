"""Means with their intervals, against published figures and against simulation."""

import math

import numpy as np
import pytest

from concexp.analysis.stats.intervals import (
    UNKNOWN,
    Interval,
    mean_interval,
    median_interval,
    of_the_best,
    t_quantile,
    trial_means,
)

# Kalibera & Jones (2013), their example of three levels: [trial][...][value]; mean 6.5, half-width 4.689.
KALIBERA_JONES = [[[9, 5], [8, 3]], [[10, 6], [7, 11]], [[1, 12], [2, 4]]]
# R's data set `sleep`: extra hours of ten patients under the first drug.
SLEEP = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]


@pytest.mark.parametrize("trials", [5, 10])
def test_the_best_of_equals(trials):
    """The usual interval of the best of 12 equal cells holds the truth in less than 85 %, the one for the best in 93 % or more."""
    usual = allowing = 0
    for seed in range(300):
        cells = np.random.default_rng(seed).normal(0, 0.03, (12, trials))
        best = mean_interval(np.exp(cells[cells.mean(axis=1).argmax()]), log=True)
        usual += best.lo <= 1 <= best.hi
        wider = of_the_best(best, 12)
        allowing += wider.lo <= 1 <= wider.hi
    assert usual < 0.85 * 300
    assert allowing >= 0.93 * 300


def test_the_inverse_of_a_ratio():
    """The ends change places; nothing is so many times a 0, and a ratio that may be 0 has an inverse without an upper end."""
    assert Interval(2.0, 1.0, 4.0, 5).inverted() == Interval(0.5, 0.25, 1.0, 5)
    assert Interval(2.0, 0.0, 4.0, 5).inverted() == Interval(0.5, 0.25, math.inf, 5)
    zero = Interval(0.0, math.nan, math.nan, 2).inverted()
    assert (zero.has_value, zero.bounded, zero.n) == (False, False, 0)


def test_the_best_of_some_by_hand():
    """For one nothing changes; for 4 on 9 degrees of freedom the quantile is 3.10 instead of 2.262; without ends there are none."""
    one = Interval(100.0, 90.0, 120.0, 10)
    assert of_the_best(one, 1) == one
    of_four = of_the_best(one, 4)
    assert math.log(of_four.hi / 100) / math.log(1.2) == pytest.approx(3.10 / 2.262, rel=2e-3)
    negative = of_the_best(Interval(0.0, -1.0, 1.0, 10), 4)
    assert negative.hi == -negative.lo == pytest.approx(3.10 / 2.262, rel=2e-3)
    assert of_the_best(UNKNOWN, 4) == UNKNOWN


@pytest.mark.parametrize(("df", "quantile"), [(1, 12.7062), (2, 4.30265), (5, 2.57058), (9, 2.26216), (30, 2.04227)])
def test_t_quantiles(df, quantile):
    """The quantiles are those of the printed tables."""
    assert t_quantile(df) == pytest.approx(quantile, abs=5e-5)


def test_kalibera_and_jones():
    """Three trials with nested iterations give the published mean and half-width: the trial is the unit."""
    values = np.array(KALIBERA_JONES, float).reshape(-1)
    means = trial_means(values, np.repeat(np.arange(3), 4), 3)
    found = mean_interval(means)
    assert found.mean == pytest.approx(6.5)
    assert (found.hi - found.lo) / 2 == pytest.approx(4.689, abs=5e-4)
    assert found.n == 3


def test_students_sleep():
    """The interval of Student's own data is the one that R prints."""
    found = mean_interval(SLEEP)
    assert (found.mean, found.lo, found.hi) == pytest.approx((0.75, -0.5297804, 2.0297804), abs=1e-6)


def test_log_scale():
    """On the log scale the mean is geometric and the interval a factor, the same up as down."""
    found = mean_interval([1, 10, 100], log=True)
    assert found.mean == pytest.approx(10)
    assert found.hi / found.mean == pytest.approx(found.mean / found.lo)
    assert found.hi == pytest.approx(10 * math.exp(t_quantile(2) * math.log(10) / math.sqrt(3)))


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("values", [[5.0], [4.0, 6.0]])
def test_none_below_three(values, log):
    """One or two trials have a mean and no interval."""
    found = mean_interval(values, log)
    assert found.has_value
    assert not found.bounded
    assert found.n == len(values)


def test_nothing():
    """No value at all is no mean, and no error."""
    assert mean_interval([]) == UNKNOWN
    assert not mean_interval([math.nan, math.inf]).has_value


def test_missing_values_are_left_out():
    """NaN and infinity were not measured: they neither count nor spoil the others."""
    assert mean_interval([1, math.nan, 2, math.inf, 3]) == mean_interval([1, 2, 3])


def test_zero_on_the_log_scale():
    """A zero falls back to the linear scale: a geometric mean of 0 would hide the other values."""
    assert mean_interval([0, 1, 2, 3], log=True) == mean_interval([0, 1, 2, 3])


def test_equal_values_have_no_width():
    """Rounding does not make equal values differ."""
    found = mean_interval([0.1] * 7)
    assert found.lo == found.mean == found.hi == 0.1


def test_trial_means():
    """Means by trial: geometric on the log scale, plain in a trial with a zero, NaN in one without values."""
    values = [1, 100, 0, 8, math.nan, 4]
    trials = np.array([0, 0, 1, 1, 2, 3])
    plain = trial_means(values, trials, 4)
    log = trial_means(values, trials, 4, log=True)
    assert plain[[0, 1, 3]] == pytest.approx([50.5, 4, 4])
    assert log[[0, 1, 3]] == pytest.approx([10, 4, 4])
    assert np.isnan(plain[2])
    assert np.isnan(log[2])


def test_scaled_and_inverted():
    """An interval in another unit keeps its shape; the other way round its ends change places."""
    found = Interval(2.0, 1.0, 4.0, 5)
    assert found.scaled(10) == Interval(20.0, 10.0, 40.0, 5)
    assert found.inverted() == Interval(0.5, 0.25, 1.0, 5)


@pytest.mark.parametrize("trials", [3, 5, 10])
def test_coverage(trials):
    """Of 4000 log-normal samples with nested noise, 95 % of the intervals hold the truth, to within 4 standard errors."""
    rng = np.random.default_rng(20)
    count = 4000
    between = rng.normal(0, 0.1, (count, trials, 1))
    values = np.exp(math.log(7) + between + rng.normal(0, 0.2, (count, trials, 4)))
    hits = 0
    for sample in values:
        means = trial_means(sample.reshape(-1), np.repeat(np.arange(trials), 4), trials, log=True)
        found = mean_interval(means, log=True)
        hits += found.lo <= 7 <= found.hi
    assert abs(hits / count - 0.95) < 4 * math.sqrt(0.95 * 0.05 / count)


def test_iterations_as_trials_would_lie():
    """Taking iterations for independent samples covers far less than 95 %: this is why trials are the unit."""
    rng = np.random.default_rng(21)
    hits = 0
    for _ in range(500):
        sample = rng.normal(0, 1, (5, 1)) + rng.normal(0, 0.1, (5, 10))
        found = mean_interval(sample.reshape(-1))
        hits += found.lo <= 0 <= found.hi
    assert hits / 500 < 0.6


def test_the_median_bears_outliers():
    """Of ten values the second from either end: one outlier on each side changes nothing. 97.9 % of such intervals hold."""
    values = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9]
    found = median_interval(values)
    assert (found.mean, found.lo, found.hi, found.n) == (pytest.approx(1.45), 1.1, 1.8, 10)
    wild = median_interval([-1e6, *values[1:-1], 1e6])
    assert (wild.lo, wild.hi) == (1.1, 1.8)


@pytest.mark.parametrize(("n", "place"), [(6, 0), (8, 0), (9, 1), (12, 2), (20, 5)])
def test_the_ends_of_the_median_are_those_of_the_sign_test(n, place):
    """The tables of the sign test at 5 %: 0, 0, 1, 2 and 5 values beyond."""
    found = median_interval(range(n))
    assert (found.lo, found.hi) == (place, n - 1 - place)


def test_few_values_have_no_interval_of_the_median():
    """Five values cannot exclude anything at 5 %."""
    assert not median_interval([1, 2, 3, 4, 5]).bounded
    assert not median_interval([]).has_value
