"""The answer in five parts."""

import pytest

from concexp.report.answer.brief import brief
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


@pytest.fixture
def parts(tmp_path):
    """Writes a made-up run; returns the parts of the answer about its first comparison."""

    def write(cells, **more):
        view = View(journal_builder.write(tmp_path, cells, **more))
        return brief(view, view.comparisons[0])

    return write


def test_a_winner_is_named_with_its_workers_and_its_gain(parts):
    """What to use, how much faster, how many trials, how far ahead; more workers may be faster still."""
    found = parts(journal_builder.sweep(workers=(1, 2), rate=journal_builder.amdahl(0.0, 1.86)))
    assert found.use == "`processes` with 2 workers"
    assert "1.8" in found.gains.partition("x")[0]
    assert "the speed of `serial`" in found.gains
    assert "95 % intervals" in found.sure
    assert "ahead of `threads`" in found.sure
    assert found.ties == "nothing"
    assert found.beware == ["2 workers are the most that were tried: more may be faster still"]


def test_the_fewest_workers_that_are_enough_are_named(parts):
    """Four workers are no faster than two, so two are named, and nothing is said of more."""
    found = parts(**scenarios.scaling())
    assert "with 2 workers" in found.use
    assert found.beware == []
    assert found.choice.workers == 2


def test_equals_are_named_as_such(parts):
    """What cannot be told apart is in the part for it."""
    found = parts(**scenarios.tied())
    assert "cannot be told apart from it" in found.ties
    assert "ahead" not in found.sure


@pytest.mark.parametrize(
    ("scenario", "why"),
    [("withheld", "its trials are doubtful"), ("single", "without a verdict from so few trials"), ("one_cell", "")],
)
def test_without_a_verdict_the_fastest_is_named_as_no_more_than_that(parts, scenario, why):
    """A doubtful or a single trial gives no verdict; a cell alone is named."""
    found = parts(**getattr(scenarios, scenario)())
    assert found.choice is not None
    assert why in found.use
    assert ("without a verdict" in found.use) == bool(why)
    assert "cannot be told" not in found.ties or scenario != "single"


def test_the_only_cell_beyond_doubt_is_no_winner(parts):
    """Where the others are doubtful there is no verdict, and what is as good is not known."""
    cells = journal_builder.sweep(models=("serial", "threads", "processes"), workers=(2,), rate=lambda *_: 1000.0)
    for cell in cells[:2]:
        cell.update(status=["ok", "failed", "ok"], reason="ValueError: no", rate=500.0)
    found = parts(cells, repetitions=3)
    assert "without a verdict" in found.use
    assert found.ties == "not known"


def test_bad_endings_are_told(parts):
    """Cells that failed or hung are named, and a right one is chosen."""
    found = parts(**scenarios.bad())
    assert found.choice.status == "ok"
    assert any("failed" in text for text in found.beware)
    assert any("gave wrong results" in text for text in found.beware)


def test_the_baseline_is_named_where_nothing_is_faster(parts):
    """Threads that are as fast as serial, or that cannot be told apart from it, are no reason for threads."""
    found = parts(journal_builder.sweep(models=("serial", "threads"), workers=(2,), rate=lambda *_: 1000.0))
    assert found.use.startswith("`serial`")
    assert "nothing was seen to be faster" in found.gains
    assert "threads" in found.ties
