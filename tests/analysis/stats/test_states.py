"""Two states are found where there are two, and hardly ever where there is one."""

import numpy as np
import pytest

from concexp.analysis.stats.states import FEWEST, two_states


def one(rng, n):
    return np.exp(rng.normal(0, 0.1, n))


def two(rng, n, share=0.3, factor=1.85, straddling=0.2):
    slow = rng.random(n) < share
    mixed = np.where(rng.random(n) < straddling, rng.random(n), slow)
    return factor**mixed * np.exp(rng.normal(0, 0.02, n))


@pytest.mark.parametrize("n", [20, 60, 300])
def test_one_state_is_one(n):
    """Of 400 normal samples at most 2 % are split."""
    rng = np.random.default_rng(n)
    assert sum(two_states(one(rng, n)) is not None for _ in range(400)) <= 8


@pytest.mark.parametrize("n", [30, 60, 300])
def test_two_speeds_are_found(n):
    """Of 200 samples of two speeds, a fifth of whose trials straddle a change, over 85 % are split, at the right factor."""
    rng = np.random.default_rng(n)
    found = [two_states(two(rng, n)) for _ in range(200)]
    known = [states for states in found if states is not None]
    assert len(known) > 170
    assert np.median([states.factor for states in known]) == pytest.approx(1.85, rel=0.12)
    assert np.median([states.high_share for states in known]) == pytest.approx(0.3, abs=0.1)


def test_each_value_knows_its_state():
    """Values in place, NaN in neither state, whatever the order."""
    values = np.array([1.0, 2.0] * 15 + [np.nan]) * np.tile([1.0, 1.0, 1.001], 11)[:31]
    states = two_states(values)
    assert states.is_high.tolist() == [value > 1.5 for value in values]
    assert states.is_low.tolist() == [value < 1.5 for value in values]


@pytest.mark.parametrize(
    "values",
    [[], [1.0] * 50, [1.0, 2.0] * (FEWEST // 2 - 1), [np.nan] * 50, [1.0, 1.05] * 30, [1.0, 0.99] * 30 + [0.5, 0.51]],
)
def test_what_is_not_two_states(values):
    """Nothing, equal values, too few values, states that are too close to matter, and two outliers."""
    assert two_states(values) is None
