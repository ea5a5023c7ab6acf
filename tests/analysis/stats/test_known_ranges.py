"""Whether an interval agrees with what is known."""

import math

import pytest

from concexp.analysis.stats.intervals import Interval, mean_interval
from concexp.analysis.stats.known_ranges import overlaps, surely


def test_the_wider_interval_is_that_of_the_wider_level():
    """From 95 % to 99.9 %: the quantiles of Student's t with 5 degrees of freedom are 2.5706 and 6.8688."""
    values = [1.0, 1.1, 0.9, 1.05, 0.95, 1.02]
    found = mean_interval(values, log=True)
    wide = surely(found)
    assert wide.mean == found.mean
    assert math.log(wide.hi / wide.mean) / math.log(found.hi / found.mean) == pytest.approx(6.8688 / 2.5706, rel=1e-4)
    assert wide.lo * wide.hi == pytest.approx(wide.mean**2)


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [(0.0, 0.9, True), (0.0, 0.89, False), (1.1, 2.0, True), (1.11, 2.0, False), (0.0, 9.0, True)],
)
def test_a_point_in_common_is_enough(low, high, answer):
    """The ends belong to both."""
    assert overlaps(Interval(1.0, 0.9, 1.1, 6), low, high) is answer
