"""What was counted, whatever the times are worth."""

import re

from tests.helpers import journal_builder


def test_lost_updates(answer_text):
    """Which cell lost which share of its updates in how many trials, and that the other concurrent cells lost none."""
    cells = [
        journal_builder.cell("counter", "serial", unit="increment", counts={"lost_updates": 0}),
        journal_builder.cell(
            "counter", "threads", "none", 2, counts={"lost_updates": 50}, status="invalid", unit="increment"
        ),
        journal_builder.cell("counter", "threads", "lock", 2, counts={"lost_updates": 0}, unit="increment"),
    ]
    text = answer_text(cells)
    assert "`threads` without synchronisation with 2 workers lost 10 % of the updates, in 6 of 6 trials (†)." in text
    assert "No updates were lost by `threads` × `lock` with 2 workers, in " in text
    assert re.search(r"in [56],\d+ operations: no more than 1 in 2,\d+ \(95 %\)\.", text)
    assert "Wrong outcome" not in text


def test_counts_survive_doubt(answer_text):
    """Lost updates are reported even without a timing verdict."""
    cells = [
        journal_builder.cell(model="processes", workers=2, counts={"lost_updates": 5}, status="invalid"),
        journal_builder.cell(model="threads", workers=2, counts={"lost_updates": 0}),
    ]
    text = answer_text(cells, effective=1.0)
    assert "lost" in text
    assert "No updates were lost by `threads`, in " in text
    assert "No winner: all measurements here are doubtful (‡)." in text


def test_survivors_lose_nothing_exactly(answer_text):
    """Of a cell of which some trials never ended it is not known that nothing was lost; what others lost is of all trials."""
    cells = [
        journal_builder.cell(
            model="threads", workers=2, counts={"lost_updates": 0}, status=["ok"] * 2 + ["timeout"] * 4
        ),
        journal_builder.cell(
            model="processes", workers=2, counts={"lost_updates": 5}, status=["invalid"] * 2 + ["timeout"] * 4
        ),
    ]
    text = answer_text(cells)
    assert "were lost by" not in text
    assert "in 2 of 6 trials (†)" in text


def test_many_conditions_are_counted_by_workload(answer_text):
    """Where an interpreter is an axis, a list of all of them would be no sentence."""
    cells = [
        journal_builder.cell(form, "threads", workers=2, status="ok" if form == "plain" and python != "3.9" else "invalid",
             counts={"lost_updates": 0 if form == "plain" and python != "3.9" else 10}, axes={"python": python},
             plugins={"workload": "counter"})
        for form in ("plain", "call")
        for python in ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
    ]  # fmt: skip
    text = answer_text(cells)
    assert "of the updates in call and plain (only python 3.9), in " in text
