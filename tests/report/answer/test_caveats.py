"""What limits the page: made-up, unfinished, failed or wrong."""

from concexp.report.answer import answer
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


def test_partly_failed_never_wins(answer_text):
    """A cell that ended badly once is reported, and cannot be best."""
    text = answer_text(**scenarios.bad())
    assert "Some trials ended badly (§): `simulated` with 2 workers in 1 of 6 trials." in text
    assert "`simulated` with 2 workers is best" not in text


def test_how_many_ended_badly(answer_text):
    """Cells without any number are counted by how they ended."""
    assert "**3 cells did not end well** (1 failed, 1 crashed and 1 timed out)" in answer_text(**scenarios.bad())


def test_no_number_at_all(answer_text):
    """Without any numbers there is no winner and no gain, only how the cells ended."""
    text = answer_text(**scenarios.all_failed())
    assert text == "**1 cell did not end well** (1 failed): see [what went wrong](#what-went-wrong)."


def test_unfinished(answer_text):
    """A run without trials says that it is not finished."""
    assert "7 of 7 cells have no trial yet" in answer_text(**scenarios.nothing())


def test_made_up(answer_text):
    """Made-up numbers are called so before any of them is shown."""
    assert answer_text(**scenarios.bad()).startswith("**These numbers are made up** by `simulated`")


def test_quick(answer_text):
    """A quick pass is called so."""
    assert answer_text(**scenarios.single(), manifest={"quick": True}).startswith("**A quick pass**")


def test_faults_without_a_number(tmp_path):
    """Where every cell ends badly, the answer gives the range of what was measured about it, and that it was not expected."""
    cells = [
        journal_builder.cell("faulty", model, workers=2, status="crashed", reason="killed",
                       record={"detected_s": detected})
        for model, detected in (("threads", 0.002), ("processes", 0.5))
    ]  # fmt: skip
    sentences = answer(View(journal_builder.write(tmp_path, cells, spec={"metrics": ["detection_s"]})))
    assert sentences == [
        "Time to detect a fault: 2.0 ms to 500 ms.",
        "**2 cells did not end well** (2 crashed): see [what went wrong](#what-went-wrong).",
    ]


def test_reasons_that_differ_in_their_figures_are_one(answer_text):
    """What stands before the colon is the reason that all trials share."""
    wrong = {"status": "invalid", "workers": 2}
    cells = [
        journal_builder.cell(),
        journal_builder.cell(model="threads", reason="the clock was changed: by 5 s", **wrong),
        journal_builder.cell(model="processes", reason="the clock was changed: by 7 s", **wrong),
    ]
    assert "Wrong outcome (†) (the clock was changed): `threads` and `processes` with 2 workers." in answer_text(cells)
