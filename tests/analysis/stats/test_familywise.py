"""P-values of statements that join several."""

import pytest
from scipy.stats import false_discovery_control

from concexp.analysis.stats.familywise import every, holm, some


def test_all_hold_as_surely_as_the_least_sure():
    """Their number does not matter."""
    assert every([0.01, 0.02, 0.001]) == 0.02
    assert every([0.02] * 50) == 0.02
    assert every([]) == 0


def test_one_of_many_holds_only_if_it_stands_their_number():
    """The smallest counts as often as there are parts, and no p-value exceeds 1."""
    assert some([0.01, 0.5, 0.9]) == pytest.approx(0.03)
    assert some([0.4] * 10) == 1
    assert some([]) == 1


def test_holm_by_hand():
    """From Holm 1979: the smallest times n, the next times n - 1, never smaller than one before; in the given order."""
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.5, 0.9]) == [1, 1]
    assert holm([]) == []


def test_holm_is_stricter_than_the_false_discovery_rate():
    """Benjamini-Hochberg tolerates some false ones among many; Holm none."""
    p_values = [0.001, 0.008, 0.012, 0.04, 0.2]
    rates = false_discovery_control(p_values)
    assert all(one >= rate for one, rate in zip(holm(p_values), rates, strict=True))
