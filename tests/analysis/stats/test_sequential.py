"""How far an interval, or a claim, is from what is wanted of it."""

import math

import pytest
from scipy.stats import norm

from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.analysis.stats.sequential import SETTLED, factor_to_verdict, relative_width


def test_width():
    """Half the interval relative to the mean, whatever its sign; 0 where nothing varies, zeros too."""
    assert relative_width(Interval(100.0, 97.0, 105.0, 8)) == pytest.approx(0.04)
    assert relative_width(Interval(-100.0, -105.0, -97.0, 8)) == pytest.approx(0.04)
    assert relative_width(Interval(5.0, 5.0, 5.0, 8)) == relative_width(Interval(0.0, 0.0, 0.0, 8)) == 0


def test_no_width():
    """Relative to a mean of 0 no interval is narrow, and without an interval there is no width."""
    assert relative_width(Interval(0.0, -1.0, 1.0, 8)) == math.inf
    assert relative_width(UNKNOWN) == relative_width(Interval(1, -math.inf, math.inf, 3)) == math.inf


@pytest.mark.parametrize("share", [0.999, 0.9995, 1.0, 0.001, 0.0])
def test_a_settled_claim_is_short_of_nothing(share):
    """True, or false, in 99.9 % of the draws and more."""
    assert factor_to_verdict(share) == 0


@pytest.mark.parametrize("share", [0.998, 0.975, 0.8, 0.52])
def test_an_open_claim_is_short_by_the_root_of_the_trials_it_needs(share):
    """So many times as certain, by factor squared times as many trials, the same claim is settled; either way alike."""
    factor = factor_to_verdict(share)
    assert factor > 1
    assert norm.cdf(factor * norm.ppf(share)) == pytest.approx(SETTLED)
    assert factor_to_verdict(1 - share) == pytest.approx(factor)


def test_a_claim_on_its_boundary_is_short_by_a_number():
    """A share of one half leads nowhere, and yet to no division by 0."""
    assert factor_to_verdict(0.49) < factor_to_verdict(0.5) < 1000
