"""Signed ranks: against scipy and brute force, and against the mean on noise as rented CPUs have it."""

import math

import numpy as np
import pytest
from scipy import stats

from concexp.analysis.stats import signed_rank
from concexp.analysis.stats.intervals import mean_interval
from concexp.analysis.stats.ratios import p_value, ratio

TRUTH = math.log(1.03)


def two_speeds(rng, pairs):
    """Differences of pairs of which each side runs at half the speed in one of five trials."""
    slow = rng.random((2, pairs)) < 0.2
    return math.log(2) * (slow[0].astype(float) - slow[1]) + rng.normal(0, 0.02, pairs)


def sides(differences):
    """Two sides by block whose ratios have these logarithms."""
    return {block: math.exp(one) for block, one in enumerate(differences)}, dict.fromkeys(range(len(differences)), 1.0)


@pytest.mark.parametrize("count", [20, 21, 64])
def test_the_centre_is_the_median_of_the_means_of_all_pairs(count):
    """By brute force: Walsh averages, and the places that the normal approximation gives."""
    given = np.random.default_rng(count).standard_t(2, count)
    walsh = np.sort([(given[one] + given[other]) / 2 for one in range(count) for other in range(one, count)])
    found = signed_rank.centre(given, 0.95)
    assert found[0] == pytest.approx(np.median(walsh), abs=1e-9)
    place = count * (count + 1) / 4 - 1.959964 * math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
    assert found[1:] == pytest.approx((walsh[math.floor(place)], walsh[-1 - math.floor(place)]), abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.4, 3.0])
def test_the_p_value_is_scipys(shift):
    """With the same correction for steps."""
    given = np.random.default_rng(3).standard_t(2, 40) + shift
    expected = stats.wilcoxon(given, correction=True, method="asymptotic").pvalue
    assert signed_rank.p_value(given) == pytest.approx(expected, rel=1e-6)


def test_two_speeds():
    """Thirty runs of 60 pairs: 3 % are found in most, the mean finds them in hardly any, and the truth is in the intervals."""
    rng = np.random.default_rng(1)
    found, by_means, held = 0, 0, 0
    for _ in range(30):
        given = two_speeds(rng, 60) + TRUTH
        one = ratio(*sides(given))
        found += one.lo > 1
        held += one.lo <= 1.03 <= one.hi
        by_means += mean_interval(given).lo > 0
    assert found >= 20
    assert by_means <= 5
    assert held >= 26


def test_equal_versions_on_two_speeds():
    """Of 200 equal pairs of versions about one in twenty has a p-value below 5 %."""
    rng = np.random.default_rng(2)
    named = sum(p_value(*sides(two_speeds(rng, 40))) < 0.05 for _ in range(200))
    assert 2 <= named <= 20


def test_interval_and_p_value_agree():
    """Where the interval excludes 0 the p-value is below 5 %, but for the half step of the p-value."""
    rng = np.random.default_rng(4)
    excluded = 0
    for _ in range(60):
        given = two_speeds(rng, 30) + rng.normal(0, 0.03)
        (_, low, high), p = signed_rank.centre(given, 0.95), signed_rank.p_value(given)
        excluded += not low <= 0 <= high
        assert (not low <= 0 <= high) == (p < 0.05) or 0.045 < p < 0.055
    assert 10 < excluded < 50


def test_without_heavy_tails_it_is_the_mean():
    """On normal noise nothing changes, and below 20 pairs never."""
    given = np.random.default_rng(5).normal(0, 0.03, 40)
    assert ratio(*sides(given)).mean == pytest.approx(math.exp(given.mean()))
    few = two_speeds(np.random.default_rng(6), 19)
    assert ratio(*sides(few)).mean == pytest.approx(math.exp(few.mean()))


def test_what_one_side_does_now_and_then_counts():
    """A version that takes three times as long in every tenth trial is slower, though the typical pair is equal."""
    given = np.random.default_rng(7).normal(0, 0.01, 60)
    given[::10] += math.log(3)
    assert not signed_rank.is_better(given)
    assert ratio(*sides(given)).mean == pytest.approx(math.exp(given.mean()))


def test_hardly_any_scatter():
    """Where most differences are one number, the ranks' interval has no width and says too much: the mean stays."""
    given = np.zeros(30)
    given[:2] = 1, -1
    assert not signed_rank.is_better(given)


def test_sides_change_places():
    """The ratio the other way round is its inverse, with the same p-value."""
    given = two_speeds(np.random.default_rng(8), 50) + TRUTH
    assert signed_rank.is_better(given)
    assert signed_rank.is_better(-given)
    above, below = sides(given)
    one, other = ratio(above, below), ratio(below, above)
    assert (other.mean, other.lo, other.hi) == pytest.approx((1 / one.mean, 1 / one.hi, 1 / one.lo))
    assert p_value(above, below) == pytest.approx(p_value(below, above))
