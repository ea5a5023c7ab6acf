"""Warm-up, slow-down and steadiness of series whose nature is known."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from concexp.analysis.stats import change_points as module
from concexp.analysis.stats.change_points import PENALTY, SHORTEST, classify_all, classify_cell

SEEDS = range(200)  # of each of a dozen kinds of series


def series(levels, length, noise, seed):
    """Segments of equal length at these levels, with normal noise relative to 1, in milliseconds."""
    means = np.repeat(levels, length)
    return 1e-3 * (means + np.random.default_rng(seed).normal(0, noise, means.size))


def change_points(values, penalty=PENALTY):
    """Those of one series."""
    return module.change_points(np.array([values]), penalty)[0]


def steadiness(values):
    """What one series is."""
    return classify_all([values])[0]


def cost(values, points, penalty):
    """The criterion that is minimised, computed by its definition."""
    parts = np.split(values, points)
    own = sum(part.size * (math.log(2 * math.pi * part.var()) + 1) for part in parts)
    return own + penalty * math.log(values.size) * len(points)


@pytest.mark.parametrize("seed", range(5))
def test_change_points_are_optimal(seed):
    """No other set of up to three change points has a lower cost."""
    values = np.random.default_rng(seed).normal(np.repeat([0, 3, 1], [7, 6, 5]), 1)
    found = change_points(values, penalty=2)
    places = range(SHORTEST, values.size - SHORTEST + 1)
    every = [()] + [p for k in (1, 2, 3) for p in itertools.combinations(places, k) if all(np.diff(p) >= SHORTEST)]
    assert cost(values, list(found), 2) <= min(cost(values, list(points), 2) for points in every) + 1e-9


def test_change_of_mean_and_of_variance():
    """A step of the mean and a step of the variance alone are both found where they are."""
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(10, 0.1, 60), rng.normal(11, 0.1, 60), rng.normal(11, 2, 60)])
    first, second = change_points(values)
    assert first == 60
    assert abs(second - 120) <= 2


@pytest.mark.parametrize("levels", [(1.0,) * 4, (1.0, 1.0, 1.003, 1.0)])
def test_flat(levels):
    """Noise about one level, and steps that are smaller than the noise, are flat: 200 of 200."""
    found = [steadiness(series(levels, 30, 0.01, seed)) for seed in SEEDS]
    assert {one.kind for one in found} == {"flat"}
    assert {one.steady_from for one in found} == {0}


@pytest.mark.parametrize(
    ("levels", "length", "word"),
    [
        ((1.5, 1, 1, 1, 1), 20, "warmup"),
        ((3, 1.5, 1, 1, 1, 1), 15, "warmup"),
        ((1.1, 1, 1, 1), 50, "warmup"),
        ((1, 1, 1.2, 1.2, 1.2), 20, "slowdown"),
        ((2, 1, 1.2, 1.2, 1.2), 20, "slowdown"),
        ((1, 1.3) * 4, 20, "no steady state"),
        ((1, 1, 1, 1, 1, 1, 1.5), 15, "no steady state"),
        (tuple(1 + 0.1 * step for step in range(10)), 10, "no steady state"),
    ],
)
def test_clear_series(levels, length, word):
    """A clear series of steps is called what it is: 200 of 200."""
    assert {steadiness(series(levels, length, 0.01, seed)).kind for seed in SEEDS} == {word}


def test_drift():
    """A steady climb by a half has no steady state: 200 of 200."""
    climb = np.linspace(1, 1.5, 200)
    assert {steadiness(series(climb, 1, 0.01, seed)).kind for seed in SEEDS} == {"no steady state"}


@pytest.mark.parametrize("noise", ["normal", "standard_exponential"])
def test_chance_is_no_drift(noise):
    """Of 300 series of only 20 values that chance alone makes, evenly spread or with odd ones, at most 2 % seem to drift."""
    rng = np.random.default_rng(7)
    found = [steadiness(1 + 0.02 * getattr(rng, noise)(size=20)).kind for _ in range(300)]
    assert found.count("no steady state") <= 6


def counted(values):
    """How often each word is given to the rows of an array."""
    return Counter(state.kind for state in classify_all(list(values)))


def noise(rows, n, seed=11):
    """Rows of n values with 1 % of white noise."""
    return 1 + np.random.default_rng(seed).normal(0, 0.01, (rows, n))


@pytest.mark.parametrize("n", [20, 30, 60, 100, 300])
def test_one_slow_iteration_changes_nothing(n):
    """A single iteration that takes three times as long, anywhere in the series, leaves it flat: 190 of 200 at least."""
    values = noise(200, n)
    values[np.arange(200), np.random.default_rng(n).integers(0, n, 200)] *= 3
    assert counted(values)["flat"] >= 190


@pytest.mark.parametrize("n", [20, 30, 60, 100, 300])
def test_some_slow_iterations_change_nothing(n):
    """With one in twenty iterations twice as slow, 190 of 200 series are flat, and 2 % at most have no steady state."""
    rng = np.random.default_rng(n)
    words = counted(noise(200, n) * np.where(rng.random((200, n)) < 0.05, 2, 1))
    assert words["flat"] >= 190
    assert words["no steady state"] <= 4


@pytest.mark.parametrize("n", [20, 30, 60, 100, 300])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
def test_what_wanders_is_no_change(n, correlation):
    """Noise whose neighbours resemble each other lacks a steady state in at most 7 % of 300 series (5 %, with a margin)."""
    steps = np.random.default_rng(n).normal(0, 0.01, (300, n + 50))
    values = np.zeros_like(steps)
    for place in range(1, n + 50):
        values[:, place] = correlation * values[:, place - 1] + steps[:, place] * math.sqrt(1 - correlation**2)
    words = counted(1 + values[:, 50:])
    assert words["no steady state"] <= 21
    assert words["flat"] >= (297 if not correlation else 279)


@pytest.mark.parametrize("n", [20, 30, 60, 100, 300])
@pytest.mark.parametrize("slow", [2, 3, 4, 5])
def test_short_warmups(n, slow):
    """The first two to five iterations of half as much again are a warm-up of just these: 196 of 200."""
    values = noise(200, n)
    values[:, :slow] *= 1.5
    found = [(state.kind, state.steady_from) for state in classify_all(list(values))]
    assert found.count(("warmup", slow)) >= 196


@pytest.mark.parametrize("n", [30, 60, 300])
def test_a_slow_stretch_is_no_warmup(n):
    """A slower stretch in the middle, between iterations of one speed, is a disturbance: 196 of 200."""
    values = noise(200, n)
    values[:, n // 3 : n // 2 + 2] *= 1.3
    assert counted(values)["disturbed"] >= 196


def test_exponential_warmup():
    """A warm-up that fades out, as a compiler's does, is one, and is over within a fifth of the series: 200 of 200."""
    fading = 1 + np.exp(-np.arange(200) / 6)
    found = [steadiness(series(fading, 1, 0.01, seed)) for seed in SEEDS]
    assert {one.kind for one in found} == {"warmup"}
    assert all(15 <= one.steady_from <= 40 for one in found)


def test_where_it_becomes_steady():
    """The steady state of a step down begins at the step."""
    assert steadiness(series((1.5, 1, 1, 1), 25, 0.01, 1)).steady_from == 25


@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e6])
def test_any_unit(factor):
    """The same series is the same in any unit."""
    values = series((1.5, 1, 1, 1), 25, 0.01, 2)
    assert steadiness(values * factor) == steadiness(values)


def test_granular_clock():
    """Values that a coarse clock makes equal are flat, and a step between two of them is a step."""
    assert steadiness([5.0] * 50).kind == "flat"
    assert steadiness([6.0] * 10 + [5.0] * 40).kind == "warmup"


def test_too_short():
    """Fewer than 20 iterations say nothing, and what is not finite is an error."""
    assert steadiness(np.linspace(2, 1, 19)).kind == "too short"
    assert change_points([1.0, 2.0]) == ()
    with pytest.raises(ValueError, match="not finite"):
        steadiness([math.nan] * 30)


def test_long_series():
    """2000 iterations, as in the paper, are cut at the one step among them."""
    assert change_points(series((1.05, 1, 1, 1), 500, 0.02, 3)) == pytest.approx((500,), abs=3)


def test_cell():
    """A cell is what its trials agree on; where they do not it is inconsistent, unless half have no steady state."""
    assert classify_cell(["flat", "flat"]) == "flat"
    assert classify_cell(["warmup", "too short"]) == "warmup"
    assert classify_cell(["flat", "warmup"]) == "inconsistent"
    assert classify_cell(["flat", "flat", "no steady state"]) == "inconsistent"
    assert classify_cell(["flat", "too short", "no steady state"]) == "no steady state"
    assert classify_cell(["too short"]) == classify_cell([]) == "too short"
