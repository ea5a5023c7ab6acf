"""Several comparisons: gains, reasons for losses, and counts."""

import re

import pytest

from concexp.report.answer import answer
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


def test_gains_of_several(tmp_path):
    """The largest gain of each model and where it is, and which gain nothing where."""
    cells = journal_builder.sweep(("cpu_sum", "sleep"), workers=(1, 2), noise=0.003,
                            rate=lambda work, model, n: 1000 * (n if model == "processes" or work == "sleep" else 1))  # fmt: skip
    sentences = answer(View(journal_builder.write(tmp_path, cells)))
    text = "\n".join(sentences)
    assert re.search(
        r"Largest gains over `serial`: `(threads|processes)` [12]\.\d+x \(.*?\) with 2 workers in (cpu_sum|sleep|cpu\\_sum), ",
        text,
    )
    assert "(a gain in 3 of 4 cases)." in text
    assert "No gain over `serial`: `threads` in cpu\\_sum." in text


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "turns at the GIL or other serial time"),
        ({"cpu_s": 1.9}, "more CPU time per operation than one worker needs"),
    ],
)
def test_why_it_stops_scaling(tmp_path, facts, reason):
    """The answer names the main reason for lost time, and the series it concerns; other facts, another reason."""
    cells = journal_builder.sweep(("cpu_sum", "sort"), workers=(1, 2, 4), rate=journal_builder.amdahl(0.0, 1.9))
    for one in cells:
        if one["axes"]["model"] == "threads":
            one["facts"] = facts
    four = {"effective": 3.9, "machine": {"cpus": 4}}
    sentences = answer(View(journal_builder.write(tmp_path, cells, **four)))
    assert (
        f"With most workers their time is lost mainly to {reason} (`threads` in cpu\\_sum and `threads` in sort; at most"
        in "".join(sentences)
    )


def test_losses_of_several(tmp_path):
    """How many cells lost something, which lost most, and how many lost nothing."""
    text = "\n".join(answer(View(journal_builder.write(tmp_path, **scenarios.syncs()))))
    worst = r"most by `\w+` × `none`† in counter(\\_call)?: [\d.]+ % of its updates, in 6 of 6 trials \(†\)"
    assert re.search(rf"Updates were lost in 3 cells, {worst}; exactly 0 in the 25 other cells", text)
