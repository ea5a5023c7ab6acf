"""Which cells get more trials, and when it is enough."""

import math

import numpy as np
import pytest

from concexp.stats.intervals import NOTHING, Interval, mean_interval
from concexp.stats.planning import PILOT, finished, needs, next_cells, predicted, relative_width


def spread(sd, n=PILOT, mean=100.0):
    """Values with exactly this mean and relative standard deviation, of logarithms."""
    logs = np.random.default_rng(1).normal(0, 1, n)
    logs = (logs - logs.mean()) / logs.std(ddof=1)
    return list(mean * np.exp(sd * logs))


def test_narrow_cells_are_done():
    """A cell whose interval is narrow enough is not asked for more; the others are, the widest first."""
    trials = {"calm": spread(0.01), "wild": spread(0.2), "middling": spread(0.1)}
    assert [need.cell for need in needs(trials, 0.03, 50)] == ["wild", "middling"]
    assert finished({"calm": trials["calm"]}, 0.03, 50)
    assert not finished(trials, 0.03, 50)


def test_width():
    """The width is half the interval relative to the mean."""
    values = spread(0.1)
    (need,) = needs({"cell": values}, 0.03, 50)
    found = mean_interval(values, log=True)
    assert need.width == pytest.approx((found.hi - found.lo) / 2 / found.mean)
    assert need.trials == 8


def test_the_pilot_comes_first():
    """However narrow, a cell without a full pilot needs it, before wider ones that have theirs."""
    trials = {"wild": spread(0.3), "new": [], "begun": [5.0, 5.0, 5.0]}
    found = needs(trials, 0.03, 50)
    assert [need.cell for need in found] == ["new", "begun", "wild"]
    assert [need.more for need in found[:2]] == [8, 5]
    assert found[0].width == math.inf


def test_the_most_is_the_end():
    """A cell that has as many trials as allowed is done however wide it is, and no prediction leads beyond."""
    assert finished({"cell": spread(0.5, 20)}, 0.01, 20)
    (need,) = needs({"cell": spread(0.5, 15)}, 0.01, 20)
    assert need.more == 5


@pytest.mark.parametrize("log", [True, False])
def test_prediction(log):
    """As many as predicted are expected to do: with the same spread they are enough, and one fewer is not."""
    (need,) = needs({"cell": spread(0.05)}, 0.03, 50, log)
    enough, fewer = (spread(0.05, 8 + need.more - less) for less in (0, 1))
    assert need.more > 2
    assert finished({"cell": enough}, 0.0301, 50, log)
    assert not finished({"cell": fewer}, 0.0299, 50, log)


def test_values_that_are_missing():
    """A trial without a value was run, and tells nothing: all that failed go on until the most."""
    (need,) = needs({"cell": [math.nan] * 9}, 0.03, 12)
    assert (need.trials, need.width, need.more) == (9, math.inf, 1)
    assert finished({"cell": [math.nan] * 12}, 0.03, 12)


def test_equal_values_are_done():
    """Values that never vary, zeros too, need nothing but their pilot."""
    assert finished({"constant": [5.0] * 8, "zero": [0.0] * 8}, 0.03, 50)


def test_a_mean_of_zero():
    """Relative to a mean of 0 no interval is narrow; the cell goes on."""
    (need,) = needs({"cell": [-1.0, 1.0] * 4}, 0.03, 50, log=False)
    assert need.width == math.inf
    assert relative_width(NOTHING) == relative_width(Interval(1, -math.inf, math.inf, 3)) == math.inf


def test_budget():
    """If the budget is fewer trials than cells that need one, the widest get them."""
    found = needs({"wild": spread(0.3), "wilder": spread(0.4), "wide": spread(0.2)}, 0.03, 500)
    assert next_cells(found) == ["wilder", "wild", "wide"]
    assert next_cells(found, 2) == ["wilder", "wild"]
    assert next_cells(found, 0) == next_cells(found, -1) == []
    assert predicted(found) == sum(need.more for need in found) > 300


def test_refusals():
    """A precision of nothing and a pilot beyond the most are errors."""
    with pytest.raises(ValueError, match="must be positive"):
        needs({}, 0.0, 50)
    with pytest.raises(ValueError, match="between 1 and 5"):
        needs({}, 0.03, 5)
