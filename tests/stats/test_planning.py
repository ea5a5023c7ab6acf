"""How wide an interval is beside its mean."""

import math

import pytest

from concexp.stats.intervals import NOTHING, Interval
from concexp.stats.planning import relative_width


@pytest.mark.parametrize(
    ("interval", "half"),
    [
        (Interval(100, 97, 103, 5), 0.03),
        (Interval(-100, -103, -97, 5), 0.03),
        (Interval(0, 0, 0, 5), 0.0),
        (Interval(2, 2, 2, 5), 0.0),
    ],
)
def test_relative_width(interval, half):
    """The half of an interval as a share of the mean, whatever its sign; nothing is surer than what never varies."""
    assert relative_width(interval) == pytest.approx(half)


def test_without_an_interval_there_is_no_width():
    """Too few trials, or a mean of 0 that may be anything: infinitely wide."""
    for interval in (NOTHING, Interval(5, math.nan, math.nan, 2), Interval(0, -1, 1, 5)):
        assert math.isinf(relative_width(interval))
