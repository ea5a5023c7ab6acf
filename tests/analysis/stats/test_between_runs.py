"""The difference of two sides with the spread between runs, against published figures and against simulation."""

import math

import numpy as np
import pytest

from concexp.analysis.stats.between_runs import Difference, RunMean, difference, run_mean, within

# R's data set `sleep`, whose help page prints the test.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def runs(means, variance=1e-9, n=10):
    return [RunMean(mean, variance, n) for mean in means]


def test_runs_that_differ_far_more_than_their_trials_are_students_t_of_their_means():
    """R: t.test(extra ~ group, var.equal = TRUE): -1.58, -3.363874 to 0.203874, on 18 degrees of freedom, p = 0.07919."""
    found = difference(runs(FIRST), runs(SECOND))
    half = found.half()
    assert (found.mean, found.degrees) == (pytest.approx(-1.58), 18)
    assert (found.mean - half, found.mean + half) == (
        pytest.approx(-3.363874, abs=1e-5),
        pytest.approx(0.203874, abs=1e-5),
    )
    assert found.p_value() == pytest.approx(0.07919, abs=1e-5)


def test_of_equal_runs_the_trials_alone_remain():
    """Where runs differ by no more than their trials, there is no spread between them, and the interval is not narrower for it."""
    found = difference(runs([0.1, 0.1, 0.1], 0.03), runs([0.0, 0.0, 0.0], 0.03))
    assert found.tau == 0
    assert found.error == pytest.approx(math.sqrt(0.02))


def test_paule_mandel_of_equal_variances():
    """With equal variances tau^2 is the variance between the runs less that of their trials."""
    means = [0.1, 0.4, 0.3]
    found = difference(runs(means, 0.005), runs([0.0, 0.2, 0.1], 0.005))
    between = (np.var(means, ddof=1) + 0.01) / 2
    assert found.tau**2 == pytest.approx(between - 0.005, rel=1e-6)


def test_within_two_runs_it_is_welchs_test():
    """One run a side: R's Welch interval of `sleep`, on 17.776 degrees of freedom."""
    one, other = run_mean(FIRST), run_mean(SECOND)
    found = within([one], [other])
    assert found.degrees == pytest.approx(17.776, abs=1e-3)
    assert found.mean - found.half() == pytest.approx(-3.3654832, abs=1e-6)
    assert difference([one], [other]) == found


@pytest.mark.parametrize("few", [[RunMean(0.0, math.nan, 2)], []])
def test_too_few_trials_have_no_interval(few):
    """Below 3 trials, or without a run, there is neither an interval nor a p-value."""
    found = difference(runs([0.1]), few)
    assert math.isnan(found.half())
    assert math.isnan(found.p_value())


def test_a_run_of_two_trials_weighs_as_the_others_do():
    """Among three or more runs one that has no variance of its own counts with the usual one."""
    whole = difference(runs([0.1, 0.2, 0.15], 0.01), runs([0.0, 0.1, 0.05], 0.01))
    one_short = difference([*runs([0.1, 0.2], 0.01), RunMean(0.15, math.nan, 2)], runs([0.0, 0.1, 0.05], 0.01))
    assert one_short == whole


def test_the_p_value_of_a_range_is_that_of_its_nearer_end():
    """A difference inside the range has the p-value 1; beyond it that of the distance to its end."""
    found = Difference(0.10, 0.02, 10.0)
    assert found.p_value(-0.2, 0.2) == 1
    assert found.p_value(-0.5, 0.04) == pytest.approx(Difference(0.06, 0.02, 10.0).p_value())


@pytest.mark.parametrize(("a", "b"), [(3, 3), (5, 3), (6, 1)])
def test_coverage_with_a_spread_between_runs(a, b):
    """The 95 % interval holds the true difference in 93 % of the cases at least, where runs differ by 3 % and trials by 2 %."""
    random = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        sides = []
        for count, true in ((a, 0.1), (b, 0.0)):
            levels = random.normal(true, 0.03, count)
            sides.append([run_mean(random.normal(level, 0.02, 6)) for level in levels])
        found = difference(*sides)
        hits += abs(found.mean - 0.1) <= found.half()
    assert hits / 400 > 0.93


def test_without_the_spread_between_runs_intervals_are_far_too_narrow():
    """The trials of two runs alone hold the true difference in far fewer cases than 95 %: this is what the page warns of."""
    random = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        one, other = (run_mean(random.normal(level, 0.02, 6)) for level in random.normal(0, 0.03, 2))
        found = within([one], [other])
        hits += abs(found.mean) <= found.half()
    assert hits / 400 < 0.6
