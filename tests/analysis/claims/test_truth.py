"""How sure statements are, and what becomes of that when they are joined."""

import numpy as np
import pytest
from scipy.stats import t

from concexp.analysis.claims.truth import FALSE, TRUE, Truth, both, either, tail

SURE, LIKELY, OPEN = Truth(0.001, 0.999), Truth(0.02, 0.98), Truth(0.4, 0.6)


def test_and_is_as_sure_as_its_least_sure_part():
    """To be refuted one part has to be, among so many tries."""
    joined = both([SURE, LIKELY, OPEN])
    assert (joined.support, joined.refute) == (0.4, 1)
    assert both([LIKELY.negated, OPEN]).refute == pytest.approx(0.04)


def test_or_is_the_mirror_of_and():
    """De Morgan holds for the risks."""
    parts = [SURE, LIKELY.negated, OPEN]
    joined, mirrored = either(parts), both([part.negated for part in parts]).negated
    assert (joined.support, joined.refute) == (mirrored.support, mirrored.refute) == pytest.approx((0.003, 0.999))


def test_parts_of_parts_are_one_family():
    """However it is put in brackets, an `or` of three has three tries."""
    assert either([either([LIKELY, OPEN]), OPEN]).support == either([LIKELY, OPEN, OPEN]).support == pytest.approx(0.06)


def test_facts_decide_or_drop_out():
    """A fact takes no part in the family; where it decides, it is all that counts."""
    assert both([TRUE, LIKELY]) == either([FALSE, LIKELY]) == LIKELY
    assert both([FALSE, SURE]) == FALSE
    assert either([TRUE, OPEN]) == TRUE
    assert (both([]), either([]), both([TRUE]), TRUE.negated) == (TRUE, FALSE, TRUE, FALSE)


def test_a_share_of_draws_stands_for_both_risks():
    """Of a single comparison; a half where neither risk is small, as with trials that are missing."""
    assert [one.share for one in (SURE, LIKELY.negated, OPEN, Truth(1, 1))] == pytest.approx([0.999, 0.02, 0.6, 0.5])


@pytest.mark.parametrize("degrees", [4, 9, 29])
@pytest.mark.parametrize("distance", [3.0, 5.0, 7.0])
def test_the_far_tail_is_that_of_t(degrees, distance):
    """Where a draw or two lie beyond the boundary, the risk is known to a third all the same."""
    draws = np.exp(0.1 * t(degrees).ppf((np.arange(10_000) + 0.5) / 10_000))
    boundary = np.array([np.exp(-0.1 * distance)])
    assert tail(draws, boundary, degrees, strict=True) == pytest.approx(t(degrees).cdf(-distance), rel=0.35)


def test_what_is_common_is_counted():
    """A share of draws that can be counted is not modelled; nor is what never varies, nor infinity."""
    draws = np.linspace(0, 1, 1000)
    assert tail(draws, np.array([0.25]), 5, strict=True) == pytest.approx(0.25)
    assert tail(np.array([1.0]), np.array([0.5]), 9, strict=True) == 0
    assert tail(np.array([np.inf]), draws, 9, strict=True) == 0
    assert (tail(draws[:1], draws[:1], 9, True), tail(draws[:1], draws[:1], 9, False)) == (1, 0)
