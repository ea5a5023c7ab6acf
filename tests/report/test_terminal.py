"""The answer and the verdicts as plain text."""

import re

import pytest

from concexp.report import terminal
from concexp.report.answer import answer
from concexp.report.terminal import answer_lines, verdict_lines
from concexp.report.views import view_of
from tests.helpers import journal_builder, scenarios

CLAIMS = [
    {"says": "threads gain <nothing>", "of": {"model": "threads"}, "expect": "speedup < 1.1"},
    {"says": "threads gain a lot", "of": {"model": "threads"}, "expect": "speedup > 1.5"},
    {"says": "on a large machine", "when": "effective_cpus > 50", "expect": "speedup > 1.5"},
]


@pytest.mark.parametrize("make", scenarios.ALL, ids=lambda make: make.__name__)
def test_each_sentence_of_the_page_is_a_line_of_plain_text(tmp_path, make):
    """As many as on the page, below the question, each on one line and without marks of Markdown."""
    run = journal_builder.write(tmp_path, **make())
    question, *lines = answer_lines(run)
    assert question == run.spec["question"]
    assert len(lines) == max(1, len(answer(view_of(run))))
    for line in lines:
        assert line.startswith("- ")
        assert "\n" not in line
        if make is not scenarios.hostile:  # its labels hold marks of their own
            assert not re.search(r"\*\*|`|\\|&[a-z]+;|\]\(", line)


def test_a_hostile_label_is_shown_as_it_is(tmp_path):
    """What was escaped for the page comes back as the user wrote it."""
    run = journal_builder.write(tmp_path, **scenarios.hostile())
    lines = answer_lines(run)
    assert lines[0] == "Is <script> | `x` *safe* $a$ & sound?"
    assert any("@threads is best, 1.5x serial with 2 workers" in line for line in lines[1:])
    named = [{"says": "*it* `is` <b>", "expect": "throughput > 1"}]
    made = scenarios.hostile()
    spec = {**made["spec"], "claims": named}
    lines = verdict_lines(journal_builder.write(tmp_path / "claims", **{**made, "spec": spec}), every=True)
    assert any(line.startswith("- ") and line.endswith(": *it* `is` <b>") for line in lines)


def test_each_claim_has_its_verdict_and_its_figures(tmp_path):
    """The one nearest to another verdict, or, where all is asked for, each case; the summary counts them."""
    made = {**scenarios.scaling(), "spec": {"claims": CLAIMS}}
    run = journal_builder.write(tmp_path, **made)
    lines = verdict_lines(run)
    assert lines[0] == "Claims: 1 refuted, 1 supported, 1 skipped"
    assert lines[1] == "- supported: threads gain <nothing>"
    assert re.fullmatch(r"    threads, \d workers?: 1\.\d+x \(.*\) < 1\.10x.*", lines[2])
    assert lines[3] == "- refuted: threads gain a lot"
    assert lines[5] == "- skipped: on a large machine"
    assert "effective_cpus is " in lines[6]
    assert len(lines) == 7
    every = verdict_lines(run, every=True)
    assert every[0] == lines[0]
    assert len(every) > len(lines)
    assert "    speedup < 1.1 of model threads: supported in all 3 cases." in every


def test_without_claims_there_is_nothing_to_say(tmp_path):
    """No line at all."""
    assert verdict_lines(journal_builder.write(tmp_path, **scenarios.one_cell())) == []


def test_what_cannot_be_made_has_a_sentence_in_its_place(tmp_path, monkeypatch):
    """Neither a failing answer nor failing claims end the command; the other one is there all the same."""

    def fails(*arguments):
        raise KeyError("*model*")

    run = journal_builder.write(tmp_path, **{**scenarios.scaling(), "spec": {"claims": CLAIMS}})
    with monkeypatch.context() as patched:
        patched.setattr(terminal, "answer", fails)
        question, line = answer_lines(run)
        assert question == run.spec["question"]
        assert line.startswith("- The answer could not be made: KeyError: '*model*', in report/terminal.py:")
        assert verdict_lines(run)[0] == "Claims: 1 refuted, 1 supported, 1 skipped"
    monkeypatch.setattr(terminal, "claim_rows", fails)
    (line,) = verdict_lines(run)
    assert line.startswith("The list of claims could not be made: KeyError: '*model*', in report/terminal.py:")
