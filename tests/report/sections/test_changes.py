"""What code under test changed: on the page with both values, and a doubt of its trials."""

from concexp.report.sections import changes, trust
from concexp.report.view import View
from tests.helpers import journal_builder
from tests.helpers.journal_builder import cell

FASTER = {"what": "switch interval", "before": "0.005 s", "after": "0.001 s"}
OTHERS = [{"what": f"setting {number}", "before": "a|b", "after": "c"} for number in range(6)]


def test_a_setting_is_named_with_its_values(tmp_path):
    """And the trials in which it changed are doubtful."""
    run = journal_builder.write(tmp_path, [cell(), cell(model="threads", workers=2, answer={"changed": [FASTER]})])
    view = View(run)
    assert changes.sentences(view) == [
        "In 6 trials the code under test changed settings: switch interval from `0.005 s` to `0.001 s` (6 trials)."
    ]
    assert any(
        sentence.startswith("`changed` in 6 of 12 trials: the code under test") for sentence in trust.threats(view)
    )
    assert set(run.trials.loc[run.trials["model"] == "threads", "doubts"]) == {"changed"}


def test_many_settings_are_counted(tmp_path):
    """The first five are named."""
    run = journal_builder.write(tmp_path, [cell(answer={"changed": OTHERS})])
    (sentence,) = changes.sentences(View(run))
    assert sentence.endswith(" and 1 more.")


def test_nothing_is_said_where_nothing_changed(tmp_path):
    """Also not of older journals, which do not know."""
    run = journal_builder.write(tmp_path, [cell(), cell(model="threads", workers=2, answer={"changed": []})])
    assert changes.sentences(View(run)) == []
