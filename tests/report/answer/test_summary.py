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
    assert re.fullmatch(
        r"\*\*cpu\\_sum\*\*: `processes` is best, 2\.0x `serial` with 2 workers, .* `threads`.*; no gain: `threads`\.",
        sentences[0],
    )
    assert re.fullmatch(
        r"\*\*sleep\*\*: a tie: `\w+` and `\w+` within 5 %, 2\.0x `serial` with 2 workers\.", sentences[1]
    )


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "waiting for the GIL or other serial work"),
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
    assert re.search(
        rf"Time lost with the most workers: `threads` in cpu\\_sum and sort up to \d+ %, {reason}", "".join(sentences)
    )


def test_losses_of_several(tmp_path):
    """How many cells lost something, which lost most, and how many lost nothing."""
    text = "\n".join(answer(View(journal_builder.write(tmp_path, **scenarios.syncs()))))
    assert re.search(
        r"`processes` without synchronisation lost [\d.]+ % of the updates, in 12 of 12 trials \(†\)", text
    )
    assert re.search(
        r"`threads` without synchronisation lost [\d.]+ % of the updates in counter\\_call, in 6 of 6 trials \(†\)",
        text,
    )
    assert "No updates were lost by the 25 other cells with several workers, each in at least " in text
