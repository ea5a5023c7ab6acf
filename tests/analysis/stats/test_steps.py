"""Steps between runs: found where they are, and nowhere else."""

import numpy as np
import pytest

from concexp.analysis.stats.between_runs import RunMean
from concexp.analysis.stats.steps import steps


def runs(means, variance=1e-5):
    return [RunMean(mean, variance, 6) for mean in means]


@pytest.mark.parametrize(
    ("means", "places"),
    [
        ([0.0, 0.01, 0.0, 0.4], [3]),
        ([0.0, 0.01, 0.4, 0.41], [2]),
        ([0.0, 0.01, 0.0, 0.3, 0.31, 0.3, 0.0, 0.01, 0.01], [3, 6]),
        ([0.0, 0.01, -0.01, 0.0, 0.01, 0.0], []),
        ([0.0, 0.4], []),
    ],
)
def test_where_the_level_changes(means, places):
    """A step is found at the run before which it is, also a level that changes back; two runs show none."""
    assert [cut.at for cut in steps(runs(means), 0.95)] == places


def test_equal_runs_have_no_step():
    """Values without any variation divide by nothing."""
    assert steps(runs([1.0] * 6, 0.0), 0.95) == []


def test_what_the_trials_say_is_the_least_noise():
    """A change that the trials of single runs would explain is no step, however alike the runs happen to be."""
    assert steps(runs([0.0, 0.0, 0.02, 0.02], 1e-3), 0.95) == []


@pytest.mark.parametrize("count", [4, 8, 20])
def test_chance_makes_no_steps(count):
    """In series of ten cells that never change, a step is named in at most 5 % of the histories."""
    random = np.random.default_rng(3)
    false = 0
    for _ in range(100):
        series = random.normal(0, 0.03, (10, count))
        false += any(steps(runs(one), 0.95, comparisons=10) for one in series)
    assert false <= 5


def test_a_step_of_a_tenth_is_found_among_eight_runs():
    """Runs that differ by 1 % show a step of 10 % in at least nine of ten histories, even among ten cells."""
    random = np.random.default_rng(4)
    level = np.repeat([0.0, 0.1], 4)
    hits = [[cut.at for cut in steps(runs(random.normal(level, 0.01)), 0.95, 10)] == [4] for _ in range(50)]
    assert np.mean(hits) >= 0.9
