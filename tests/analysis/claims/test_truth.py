"""How sure statements are, and what becomes of that when they are joined."""

import pytest

from concexp.analysis.claims.truth import FALSE, TRUE, Truth, both, either

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
