"""Lines that lie on one another."""

import math

import pytest

from concexp.analysis.stats.intervals import Interval
from concexp.report.plots._alike import on_one_another, told_as_one


def line(*means, half=0.02):
    """A line over 1, 2, … workers whose intervals are `half` wide to either side; without intervals if it is None."""
    end = math.nan if half is None else half
    return {k: Interval(mean, mean - end, mean + end, 5) for k, mean in enumerate(means)}


@pytest.mark.parametrize(
    ("lines", "near", "same"),
    [
        ([line(1, 2), line(1.01, 2.01)], [[0, 1]], [[0, 1]]),
        ([line(1, 2), line(1.04, 2.08)], [[0, 1]], [[0], [1]]),  # near, but told apart
        ([line(1, 2, half=0.5), line(1.2, 2)], [[0], [1]], [[0], [1]]),  # overlap, but lie apart
        ([line(1, 2), line(1.01, 3)], [[0], [1]], [[0], [1]]),
        ([line(1, 2), line(1, 2, 3)], [[0], [1]], [[0], [1]]),  # one goes on alone
        ([line(1, 2, half=None), line(1, 2.01, half=None)], [[0, 1]], [[0], [1]]),  # no interval tells
        ([line(1, half=None), line(1, half=None), line(9)], [[0, 1], [2]], [[0, 1], [2]]),
    ],
)
def test_groups(lines, near, same):
    """Near lines are nested; the same are those whose intervals overlap as well, at every place."""
    assert on_one_another(lines) == near
    assert told_as_one(lines) == same
