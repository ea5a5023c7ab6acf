"""The speed is taken out where it explains a metric, and nowhere else."""

import numpy as np
import pytest

from concexp.analysis.stats.control_variate import speed_fit


def trials(rng, slope, cells=4, repetitions=8, noise=0.02, shift=0.0):
    """(logs, deviations, cells): a speed of two states; `shift` is what the last cell does to the speed itself."""
    cell = np.repeat(np.arange(cells), repetitions)
    speed = 0.6 * (rng.random(cell.size) < 0.35) + rng.normal(0, 0.01, cell.size) + shift * (cell == cells - 1)
    return slope * speed + cell + rng.normal(0, noise, cell.size), speed - speed.mean(), cell


@pytest.mark.parametrize("slope", [1.0, 0.6, -1.0])
def test_the_slope_is_found(slope):
    """Times rise and rates fall with the slowness; most of the variance within cells is explained."""
    fit = speed_fit(*trials(np.random.default_rng(1), slope))
    assert fit.slope == pytest.approx(slope, abs=0.05)
    assert fit.explained > 0.9
    assert fit.stretch == pytest.approx((28 / 27) ** 0.5)


def test_what_does_not_depend_on_the_speed_is_left_alone():
    """Of 500 runs at most 2 are adjusted by chance."""
    rng = np.random.default_rng(2)
    assert sum(speed_fit(*trials(rng, 0.0)) is not None for _ in range(500)) <= 2


def test_a_cell_that_changes_the_speed_itself_stops_it():
    """If the speed is another beside one of the cells, to take it out would take out what is measured."""
    rng = np.random.default_rng(3)
    assert sum(speed_fit(*trials(rng, 1.0, shift=1.0)) is None for _ in range(50)) >= 45


@pytest.mark.parametrize(("cells", "repetitions"), [(1, 3), (2, 3), (1, 6)])
def test_few_trials_are_not_adjusted(cells, repetitions):
    """Below 8 degrees of freedom a slope is not known well enough."""
    assert speed_fit(*trials(np.random.default_rng(4), 1.0, cells, repetitions)) is None


def test_what_never_varies_has_no_fit():
    """A steady speed, or equal values, explain nothing and are no error."""
    logs, speed, cell = trials(np.random.default_rng(5), 1.0)
    assert speed_fit(logs, np.zeros_like(speed), cell) is None
    assert speed_fit(np.zeros_like(logs), speed, cell) is None


def test_unknown_values_do_not_count():
    """A trial without a speed or a value is as if it were not there."""
    logs, speed, cell = trials(np.random.default_rng(6), 1.0)
    holes = logs.copy(), speed.copy()
    holes[0][0], holes[1][5] = np.nan, np.nan
    kept = np.isfinite(holes[0]) & np.isfinite(holes[1])
    assert speed_fit(*holes, cell) == speed_fit(logs[kept], speed[kept], cell[kept])
