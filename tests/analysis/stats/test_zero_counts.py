"""What a count of exactly 0 says."""

import pytest
from scipy.stats import binomtest

from concexp.analysis.stats.zero_counts import rate_bound


@pytest.mark.parametrize(("tries", "level"), [(1, 0.95), (10, 0.95), (300, 0.99), (10_000, 0.9)])
def test_the_bound_is_that_of_clopper_and_pearson(tries, level):
    """The exact one-sided bound of a binomial with no success."""
    exact = binomtest(0, tries, alternative="less").proportion_ci(level).high
    assert rate_bound(tries, level) == pytest.approx(exact, rel=1e-6)


def test_the_rule_of_three():
    """About 3 / n."""
    assert rate_bound(1_000_000) == pytest.approx(3e-6, rel=0.002)


def test_nothing_tried_bounds_nothing():
    """ValueError."""
    with pytest.raises(ValueError, match="at least one try"):
        rate_bound(0)
