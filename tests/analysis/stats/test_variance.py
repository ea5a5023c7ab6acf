"""The variance of nested levels, against the published example and against simulation."""

import math

import numpy as np
import pytest

from concexp.analysis.stats.intervals import t_quantile
from concexp.analysis.stats.variance import MOST, VarianceComponents, trials_needed, variance_components, worthwhile

KALIBERA_JONES = [[[9, 5], [8, 3]], [[10, 6], [7, 11]], [[1, 12], [2, 4]]]


def test_kalibera_and_jones():
    """The example of three levels gives the published variances, with the revised T^2."""
    found = variance_components(KALIBERA_JONES)
    assert found.mean == pytest.approx(6.5)
    assert found.counts == (2, 2, 3)
    assert found.spread == pytest.approx((16.5, 2.5833, 3.5625), abs=5e-5)
    assert found.added == pytest.approx((16.5, -5.667, 2.271), abs=5e-4)


def test_a_negative_level_adds_nothing():
    """A level whose T^2 is negative adds no variance."""
    assert variance_components(KALIBERA_JONES).adds == pytest.approx((16.5, 0, 2.271), abs=5e-4)


def test_known_variances():
    """Averaged over 500 experiments, T^2 is the variance with which the values were drawn."""
    rng = np.random.default_rng(2)
    found = np.array(
        [variance_components(rng.normal(0, 2, (10, 1)) + rng.normal(0, 1, (10, 4))).added for _ in range(500)]
    )
    assert found.mean(axis=0) == pytest.approx([1, 4], rel=0.06)


def test_variance_of_another_plan():
    """Nine times the iterations leave a ninth of their share of the variance, and all of the trials'."""
    found = VarianceComponents(0.0, (2, 5), (9.0, 5.5), (9.0, 1.0))
    assert found.variance([1]) == pytest.approx(10)
    assert found.variance([9]) == pytest.approx(2)
    deep = VarianceComponents(0.0, (2, 2, 5), (8.0, 4.0, 2.0), (8.0, 4.0, 2.0))
    assert deep.variance([2, 4]) == pytest.approx(2 + 4 / 4 + 8 / 8)
    with pytest.raises(ValueError, match="2 counts are needed"):
        deep.variance([2])


@pytest.mark.parametrize(
    ("own", "costs", "advice"),
    [
        ((4.0, 1.0), (1.0, 9.0), (6,)),  # sqrt(9 * 4)
        ((4.0, 1.0), (1.0, 9.5), (7,)),  # rounded up
        ((4.0, 100.0), (1.0, 1.0), (1,)),
        ((-1.0, 1.0), (1.0, 100.0), (1,)),
        ((4.0, -1.0), (1.0, 1.0), (50,)),
        ((4.0, 1.0, 1.0), (1.0, 1.0, 16.0), (2, 4)),
    ],
)
def test_worthwhile(own, costs, advice):
    """The advice is the published optimum; once where iterations do not vary, the most where trials do not."""
    found = VarianceComponents(0.0, (2,) * len(own), own, own)
    assert worthwhile(found, costs, most=50) == advice


def test_worthwhile_is_the_best_use_of_time():
    """No other number of iterations gives a variance smaller by 1 % for the same time; the optimum is rounded up."""
    found = VarianceComponents(0.0, (3, 5), (4.0, 2.0), (4.0, 0.5))
    costs = (1.0, 7.0)
    waste = {r: found.variance([r]) * (costs[1] + r * costs[0]) for r in range(1, 100)}
    (advice,) = worthwhile(found, costs)
    assert waste[advice] < 1.01 * min(waste.values())
    assert waste[2 * advice] > 1.05 * min(waste.values())


@pytest.mark.parametrize("variance", [1e-6, 0.01, 0.3, 7.0])
def test_trials_needed(variance):
    """It is the smallest number whose expected half-width is small enough."""

    def half(n):
        return t_quantile(n - 1) * math.sqrt(variance / n)

    found = trials_needed(variance, 0.1)
    assert half(found) <= 0.1
    assert found == 3 or half(found - 1) > 0.1


def test_hopeless_plans():
    """Where even the most is too few the answer is the most, and without variance 3 trials do."""
    assert trials_needed(1e9, 0.01) == MOST
    assert trials_needed(0.0, 0.01) == 3


def test_refusals():
    """What has no variance to be seen, no cost or no width is an error that says so."""
    with pytest.raises(ValueError, match="at least 2 entries"):
        variance_components([[1], [2], [3]])
    with pytest.raises(ValueError, match="not finite"):
        variance_components([[1, 2], [3, math.nan]])
    with pytest.raises(ValueError, match="2 positive costs"):
        worthwhile(variance_components([[1, 2], [3, 4]]), [1.0])
    with pytest.raises(ValueError, match="positive half-width"):
        trials_needed(1.0, 0.0)
