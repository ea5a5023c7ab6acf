"""Bad endings that the experiment expects are results, and others are failures."""

import pytest

from concexp import report
from concexp.report.answer import answer, endings
from concexp.report.expected import is_expected
from concexp.report.view import View
from tests.helpers import journal_builder

ALLOW = {"allow": [{"model": "threads", "status": ["crashed", "timeout"]}]}


def crashed(*models):
    return [journal_builder.cell(model=model, workers=2, status="crashed", reason="killed") for model in models]


@pytest.mark.parametrize(
    ("models", "is_failure"), [(("threads",), False), (("processes",), True), (("threads", "processes"), True)]
)
def test_only_the_unexpected_went_wrong(tmp_path, models, is_failure):
    """The answer and the page tell the two apart."""
    run = journal_builder.write(tmp_path, crashed(*models), spec=ALLOW)
    view = View(run)
    assert any("did not end well" in sentence for sentence in answer(view)) is is_failure
    assert endings.expected_to_end_badly(view) is not is_failure
    page = report.write(run, tmp_path).read_text("utf-8")
    assert ("## What went wrong" in page) is is_failure
    assert ("- 6 trials of 1 cell crashed: killed." in page) is ("threads" in models)


def test_without_a_time_the_endings_are_counted(tmp_path):
    """An answer all the same, where no metric says when something was noticed."""
    cells = [
        *crashed("threads"),
        journal_builder.cell(model="threads", workers=4, status="timeout", reason="no answer"),
        journal_builder.cell(model="threads", workers=8, status="timeout", reason="no answer"),
    ]
    sentences = answer(View(journal_builder.write(tmp_path, cells, spec=ALLOW)))
    assert sentences == ["Of 3 cells 1 crashed and 2 timed out, as expected."]


def test_a_claim_expects_its_status(tmp_path):
    """`status == crashed` makes crashing a result without `allow`."""
    spec = {"claims": [{"of": {"model": "threads"}, "expect": "status == crashed"}]}
    view = View(journal_builder.write(tmp_path, crashed("threads", "processes"), spec=spec))
    threads, processes = (point.cell for point in view.points)
    assert is_expected(view, threads, "crashed")
    assert not is_expected(view, threads, "timeout")
    assert not is_expected(view, processes, "crashed")
