"""What all pictures share: places of labels and marks, and kinds of axes."""

import itertools

import pytest

from concexp.report.plots import _style


def test_labels_keep_apart():
    """Labels keep their distance and their order, and stay where they were wanted if there is room."""
    wanted = [0.5, 0.5, 0.1, 0.52, 0.9]
    found = _style.apart(wanted, 0.1)
    assert found[2] == pytest.approx(0.1)
    assert found[4] == pytest.approx(0.9)
    assert sum(found[i] for i in (0, 1, 3)) == pytest.approx(0.5 + 0.5 + 0.52)
    for low, high in itertools.pairwise(sorted(found)):
        assert high - low >= 0.1 - 1e-9
    assert found[0] < found[1] < found[3]
    assert _style.apart([], 0.1) == []


def test_marks_side_by_side():
    """Lines at the same number of workers are moved apart, evenly to both sides."""
    places = [_style.dodged(4, place, 3, 10, False) for place in range(3)]
    assert places[1] == 4
    assert places[2] - 4 == pytest.approx(4 - places[0])
    assert _style.dodged(4, 0, 1, 10, True) == 4


@pytest.mark.parametrize(
    ("values", "wide"), [([1, 25], True), ([1, 15], False), ([0, 100], False), ([-1, 50], False), ([], False)]
)
def test_logarithmic_only_where_needed(values, wide):
    """A logarithmic axis is for values that span much, all of them positive."""
    assert _style.is_wide(values) == wide
