"""Phrases: how lists are shortened."""

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
