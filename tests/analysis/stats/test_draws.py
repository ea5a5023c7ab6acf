"""Verdicts by drawing means, against the t distribution and against simulation."""

import math

import numpy as np
import pytest
from scipy.stats import t

from concexp.analysis.stats.draws import joint_draws, tail, verdict
from concexp.analysis.stats.intervals import mean_interval
from concexp.analysis.stats.ratios import p_value, ratio

SLEEP = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]


def by_block(values, start=0):
    return {start + number: float(value) for number, value in enumerate(values)}


def draws(values, log=False, seed=1, count=10_000):
    """What the mean of one sample might be."""
    return joint_draws({"": by_block(values)}, {""} if log else (), seed, count)[""]


@pytest.mark.parametrize("log", [False, True])
def test_draws_are_the_interval(log):
    """95 % of the draws lie in the t interval, and as many beyond either end."""
    values = np.exp(SLEEP) if log else SLEEP
    found, drawn = mean_interval(values, log), draws(values, log, count=100_000)
    for end in (found.lo, found.hi):
        beyond = (drawn < end).mean() if end == found.lo else (drawn > end).mean()
        assert beyond == pytest.approx(0.025, abs=0.002)
    assert np.median(drawn) == pytest.approx(found.mean, abs=0.02)


def test_seeded():
    """The same values and seed give the same draws, in whatever order the samples come; another seed others."""
    one, other = by_block(SLEEP), by_block(np.square(SLEEP))
    drawn, turned = joint_draws({"a": one, "b": other}), joint_draws({"b": other, "a": one})
    assert np.array_equal(drawn["a"], turned["a"])
    assert np.array_equal(drawn["b"], turned["b"])
    assert not np.array_equal(draws(SLEEP, seed=1), draws(SLEEP, seed=2))


def test_common_blocks_are_paired():
    """A statement about two cells of the same blocks is as sure as the paired t test, which the blocks' noise does not blur."""
    rng = np.random.default_rng(3)
    weather = rng.normal(0, 1, 6)
    above, below = (
        by_block(np.exp(weather + rng.normal(0.1, 0.05, 6))),
        by_block(np.exp(weather + rng.normal(0, 0.05, 6))),
    )
    drawn = joint_draws({"a": above, "b": below}, {"a", "b"}, count=100_000)
    assert 1 - (drawn["a"] > drawn["b"]).mean() == pytest.approx(p_value(above, below) / 2, abs=0.002)
    assert ratio(above, below).lo == pytest.approx(np.quantile(drawn["a"] / drawn["b"], 0.025), rel=0.01)


def test_other_blocks_are_independent():
    """Samples without common blocks are drawn independently, in spread and in size."""
    drawn = joint_draws({"a": by_block(SLEEP), "b": by_block(SLEEP, start=50)})
    one, other = (drawn[key] - np.mean(SLEEP) for key in "ab")
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.04
    assert abs(np.corrcoef(np.abs(one), np.abs(other))[0, 1]) < 0.04


def test_partly_common_blocks():
    """Where only some blocks are common, each draw still is its own sample's t, with its own degrees of freedom."""
    rng = np.random.default_rng(4)
    samples = {
        "a": by_block(rng.normal(0, 1, 4)),
        "b": by_block(rng.normal(0, 1, 9), start=2),
        "c": by_block([1.0], 50),
    }
    drawn = joint_draws(samples, count=100_000)
    for key in "ab":
        found = mean_interval(list(samples[key].values()))
        assert np.quantile(drawn[key], [0.025, 0.975]) == pytest.approx([found.lo, found.hi], rel=0.03, abs=0.03)


def test_equal_values_are_exact():
    """Values that never vary are drawn as themselves, also on the log scale: rounding decides no claim."""
    drawn = joint_draws({"a": by_block([0.1] * 5), "b": by_block([0.0] * 5)}, {"a", "b"})
    assert (drawn["a"] == 0.1).all()
    assert (drawn["b"] == 0).all()


def test_too_few_trials_are_inconclusive():
    """Of two trials no mean is drawn, and a share that is not a number supports and refutes nothing."""
    drawn = joint_draws({"a": by_block([1.0, 2.0]), "b": by_block(SLEEP)})
    assert np.isnan(drawn["a"]).all()
    assert verdict(math.nan) == "inconclusive"


@pytest.mark.parametrize(
    ("share", "word"),
    [(1, "supported"), (0.975, "supported"), (0.974, "inconclusive"), (0.026, "inconclusive"), (0.025, "refuted")],
)
def test_verdicts(share, word):
    """97.5 % is enough to support, 2.5 % to refute."""
    assert verdict(share) == word


@pytest.mark.parametrize("trials", [5, 10])
def test_claims_on_their_boundary(trials):
    """A claim exactly on its boundary is supported in about 2.5 % of 1000 cases, and refuted in as many."""
    rng = np.random.default_rng(trials)
    words = []
    for _ in range(1000):
        values = by_block(rng.lognormal(math.log(2), 0.2, trials))
        drawn = joint_draws({"a": values}, {"a"}, count=2000)
        words.append(verdict(float((drawn["a"] > 2).mean())))
    for word in ("supported", "refuted"):
        assert 0.01 < words.count(word) / 1000 < 0.042


@pytest.mark.parametrize("degrees", [4, 9, 29])
@pytest.mark.parametrize("distance", [3.0, 5.0, 7.0])
def test_the_far_tail_is_that_of_t(degrees, distance):
    """Where a draw or two lie beyond the boundary, the risk is known to a third all the same."""
    draws = np.exp(0.1 * t(degrees).ppf((np.arange(10_000) + 0.5) / 10_000))
    boundary = np.array([np.exp(-0.1 * distance)])
    assert tail(draws, boundary, degrees, strict=True) == pytest.approx(t(degrees).cdf(-distance), rel=0.35)


def test_what_is_common_is_counted():
    """A share of draws that can be counted is not modelled; nor is what never varies, nor infinity."""
    draws = np.linspace(0, 1, 1000)
    assert tail(draws, np.array([0.25]), 5, strict=True) == pytest.approx(0.25)
    assert tail(np.array([1.0]), np.array([0.5]), 9, strict=True) == 0
    assert tail(np.array([np.inf]), draws, 9, strict=True) == 0
    assert (tail(draws[:1], draws[:1], 9, True), tail(draws[:1], draws[:1], 9, False)) == (1, 0)
