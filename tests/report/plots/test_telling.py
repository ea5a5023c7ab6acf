"""Which panels are drawn where not all fit."""

from concexp.report.plots._telling import heaviest, telling
from concexp.report.view import View
from tests.helpers import journal_builder


def test_panels_with_contrast_come_before_those_without(tmp_path):
    """Those in which the choice matters most are drawn, in the order of the experiment."""
    contrast = {"1KiB": 1.0, "2KiB": 3.0, "3KiB": 1.0, "4KiB": 2.0}
    cells = [
        journal_builder.cell(
            "echo", model, workers=2, rate=1000 * (factor if model == "processes" else 1), axes={"echo.size": size}
        )
        for size, factor in contrast.items()
        for model in ("threads", "processes")
    ]
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {}}))
    shown = telling(view, view.comparisons, 2, lambda one: one.labels, lambda one: one.points)
    assert [one.labels["echo.size"] for one in shown] == ["2KiB", "4KiB"]
    assert telling(view, view.comparisons, 9, lambda one: one.labels, lambda one: one.points) == view.comparisons


def test_the_heaviest_keep_their_order():
    """Of equal ones the first; never more than there are."""
    assert heaviest("abcde", 3, "bdaec".index) == ["a", "c", "e"]
    assert heaviest("abcd", 2, lambda letter: letter == "c") == ["a", "c"]
    assert heaviest("ab", 5, ord) == ["a", "b"]
