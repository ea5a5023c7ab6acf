"""Gains over the baseline, and what has none."""

import re

from tests.helpers import journal_builder


def test_slower(answer_text):
    """A model that is slower at every number of workers is called slower."""
    cells = journal_builder.sweep(
        models=("serial", "threads"), workers=(2, 4), rate=lambda _, m, w: 1000 if m == "serial" else 800 / w
    )
    text = answer_text(cells)
    assert "`serial` is best" in text
    assert re.search(r"Slower than `serial`, even at best: `threads` 0\.(39|40)\dx \(.*?\) with 2 workers", text)


def test_unresolved_gain(answer_text):
    """A gain whose interval spans 1 widely is neither a gain nor none."""
    cells = journal_builder.sweep(workers=(2,), rate=lambda _, m, w: 1000 if m != "processes" else 3000, noise=0.25)
    assert "Cannot be told apart from `serial`: `threads`" in answer_text(cells)


def test_without_a_baseline(answer_text):
    """Without a baseline, gains are relative to the same model with fewest workers."""
    cells = journal_builder.sweep(models=("threads", "processes"), workers=(1, 2), rate=journal_builder.amdahl())
    text = answer_text(cells, spec={"baseline": {}})
    assert re.search(
        r"Gain over the same with fewest workers: `processes` (2\.0\d|1\.9\d)x \(.*?\) with 2 workers", text
    )
    assert "speed of" not in text


def test_doubtful_baseline(answer_text):
    """A gain over a doubtful or wrong baseline is not mentioned."""
    cells = journal_builder.sweep(workers=(2,), rate=journal_builder.amdahl())
    cells[0]["status"] = "invalid"
    text = answer_text(cells)
    assert "the speed of" not in text
    assert "Gain over" not in text
