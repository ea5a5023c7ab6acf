"""Phrases: how lists are shortened, and why a difference is not named."""

from types import SimpleNamespace

import pytest

from concexp.analysis.stats.intervals import Interval
from concexp.report import phrases
from concexp.report.phrases import first_few

NAMES = ["a", "b", "c", "d"]


def test_a_short_list_is_kept():
    """A list with room for all names stays as it is."""
    assert first_few(NAMES, 4) == NAMES
    assert first_few(NAMES, 4, rest_counts=False) == NAMES


def test_a_long_list_says_how_many_more_there_are():
    """The entry for the rest counts as one of the entries, or is added to them."""
    assert first_few(NAMES, 3) == ["a", "b", "2 more"]
    assert first_few(NAMES, 3, rest_counts=False) == ["a", "b", "c", "1 more"]
    assert first_few(NAMES, 3, lead="and ") == ["a", "b", "and 2 more"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "within what chance produces"), (3, "within what chance produces in 3 comparisons")],
)
def test_chance_is_told_with_the_comparisons_if_there_are_several(monkeypatch, count, text):
    """A single comparison is among no others."""
    monkeypatch.setattr(phrases, "family_of", lambda view: SimpleNamespace(count=count))
    assert phrases.unresolved_text(None, Interval(1.1, 1.01, 1.2, 5), 1.0) == text
    assert phrases.unresolved_text(None, Interval(1.1, 0.99, 1.2, 5), 1.0) == ""
