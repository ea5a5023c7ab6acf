"""Which cell of a comparison is called best, and when none is."""

import re

import pytest

from tests.helpers import journal_builder, scenarios


def test_winner(answer_text):
    """The best is named with its figure, its gain, its share of the effective CPUs, and its lead over the runner-up."""
    text = answer_text(journal_builder.sweep(workers=(1, 2), rate=journal_builder.amdahl(0.0, 1.86)))
    assert re.search(
        r"`processes` with 2 workers is best: 1,\d\d\d sums/s \(.*?\), 1\.8\dx \(.*?\) the speed of `serial`, 9\d % of the 1\.90 "
        r"CPUs that the machine gave, 8\d % faster than `threads` with [12] workers? \([\d.]+–[\d.]+ %\)\.",
        text,
    )
    assert re.search(r"No gain over `serial` \(within 10 %\): `threads` [01]\.\d+x \(.*?\) with 2 workers\.", text)


def test_share_is_gain_over_effective(answer_text):
    """The share of the effective CPUs is the gain divided by them."""
    text = answer_text(**scenarios.scaling())
    found = re.findall(r"([\d.]+)x \([^)]*\)[^;.]*?(\d+) % of the (\d\.\d\d) CPUs that the machine gave", text)
    assert found
    for gain, share, effective in found:
        assert float(share) == pytest.approx(100 * float(gain) / float(effective), abs=1.1)


def test_tie(answer_text):
    """Two equal cells cannot be told apart, and neither is called best."""
    text = answer_text(**scenarios.tied())
    assert "cannot be told apart from" in text
    assert "is best" not in text


def test_too_few_trials(answer_text):
    """With one trial there is no verdict, nothing is best, and there are no brackets."""
    text = answer_text(**scenarios.single())
    assert "No verdict with 1 trial per cell (an interval needs 3)." in text
    assert "With 1 trial per cell (an interval needs 3) there is no verdict." in text
    assert "is best" not in text
    assert "–" not in text
    assert "nan" not in text


def test_invalid_never_wins(answer_text):
    """However fast a wrong cell is, the best right one is named, and the wrong one is reported."""
    text = answer_text(**scenarios.bad())
    assert not re.search(r"`threads` with 2 workers (is|has|reaches)", text)
    assert "Wrong outcome (†) (wrong sum): `threads` with 2 workers." in text


def test_only_invalid(answer_text):
    """Where every outcome is wrong, no cell wins."""
    cells = [
        journal_builder.cell(model=m, workers=2, status="invalid", reason="wrong") for m in ("threads", "processes")
    ]
    assert "No winner: every outcome was wrong (†)." in answer_text(cells)


def test_enough_left(answer_text):
    """Where the machine withheld CPUs in some blocks only, the others give the verdict."""
    text = answer_text(**scenarios.partly_withheld())
    assert "`processes` with 2 workers is best" in text
    assert "No verdict on time" not in text


def test_lower_is_better(answer_text):
    """For a metric of which less is better, the smallest wins, and the factor is still above 1."""
    cells = [
        journal_builder.cell(model="serial", facts={"startup_s": 0.001}),
        journal_builder.cell(model="threads", workers=2, facts={"startup_s": 0.004}),
    ]
    text = answer_text(cells, spec={"primary": "startup_s"})
    assert "`serial` is best: 1.00 ms" in text
    assert "4.00 times as fast as `threads` with 2 workers" in text
