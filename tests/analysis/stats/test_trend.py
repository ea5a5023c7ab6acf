"""Whether values go up or down."""

import random

import numpy as np
import pytest
from scipy import stats

from concexp.analysis.stats.trend import FEWEST_STEPS, slope


@pytest.mark.parametrize("seed", range(5))
def test_slope_and_interval_are_those_of_scipy(seed):
    """The same median slope and Sen's interval as scipy's, for steps with gaps."""
    rng = random.Random(seed)
    steps = sorted(rng.sample(range(60), 25))
    values = {step: 0.01 * step + rng.gauss(0, 0.1) for step in steps}
    found = slope(values)
    middle, _, low, high = stats.theilslopes(list(values.values()), steps, 0.95)
    assert (found.mean, found.lo, found.hi, found.n) == (
        pytest.approx(middle),
        pytest.approx(low),
        pytest.approx(high),
        25,
    )


def test_outliers_do_not_move_it():
    """Three wild values among thirty leave a steady slope as it is, and are no slope by themselves."""
    for true in (0.0, 0.5):
        values = {step: true * step + 0.01 * (step % 3) for step in range(30)}
        values |= {4: 1000.0, 17: -500.0, 29: 800.0}
        found = slope(values)
        assert found.mean == pytest.approx(true, abs=0.01)
        assert found.lo <= true <= found.hi


def test_noise_alone_is_seldom_a_trend():
    """Of 400 series of pure noise about one in twenty has an interval without 0."""
    rng = np.random.default_rng(1)
    missed = sum(
        not found.lo <= 0 <= found.hi for found in (slope(dict(enumerate(rng.normal(size=20)))) for _ in range(400))
    )
    assert 4 <= missed <= 36


def test_too_few_values_have_no_trend():
    """Below six there is no interval; with six that all rise there is one above 0."""
    assert not slope({step: float(step) for step in range(FEWEST_STEPS - 1)}).has_value
    assert slope({step: float(step) for step in range(FEWEST_STEPS)}).lo > 0
    assert not slope({**{step: float(step) for step in range(5)}, 6: float("nan")}).has_value
