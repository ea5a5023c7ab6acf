"""A run in a few blocks of Markdown: what is in them, and what fits."""

import re

import pytest
from markdown_it import MarkdownIt

from concexp.report import digest
from concexp.report.checked import Checked
from concexp.report.checks import of_run
from concexp.report.text.markdown import escaped
from tests.helpers import journal_builder, scenarios

HOST = MarkdownIt("commonmark").enable("table")
REFUTED = Checked("claims", "it is *slow*", "refuted", "throughput < 1\nrefuted: 1,000 sums/s < 1")
OPEN = Checked("versions", "f: worktree", "inconclusive", "cannot tell")
PASSED = Checked("trials", "all trials end as expected", "passed", "9 trials")


def run_of(tmp_path, **more):
    return journal_builder.write(tmp_path, **{**scenarios.scaling(), **more})


def test_a_run_has_its_question_its_verdicts_and_its_answer(tmp_path):
    """In this order, without pictures and without links, which would lead nowhere."""
    claims = [{"says": "threads gain a lot", "of": {"model": "threads"}, "expect": "speedup > 1.5"}]
    run = run_of(tmp_path, spec={"claims": claims})
    text = digest.fitted(digest.of_run(run, of_run(run, None, [], "en")), 10**6)
    lines = text.splitlines()
    assert lines[0] == "### Which model is made up best?"
    assert lines[2] == "**failed**: 1 refuted, 1 passed"
    assert lines[4].startswith("- ")
    assert "- **refuted**: threads gain a lot: speedup &gt; 1.5 of" in text
    assert "| threads gain a lot | " in text
    assert f"`{run.header['run']}`" in lines[-1]
    assert "](" not in text
    assert HOST.render(text).count("<table>") == 1


@pytest.mark.parametrize("make", scenarios.ALL, ids=lambda make: make.__name__)
def test_every_kind_of_run_has_a_digest(tmp_path, make):
    """Whatever its labels hold, a host shows no link, no picture and no HTML of theirs."""
    run = journal_builder.write(tmp_path, **make())
    page = HOST.render(digest.fitted(digest.of_run(run, of_run(run, 0.05, [], "en")), 10**6))
    assert "<h3>" in page
    assert not re.search(r"<(img|script|a)\b", page)


def test_what_was_checked_is_summed_up_by_the_worst():
    """Failed, passed with open verdicts, passed; nothing where nothing was checked."""
    assert digest.summed_up([PASSED, OPEN, REFUTED]) == "**failed**: 1 refuted, 1 inconclusive, 1 passed"
    assert digest.summed_up([PASSED, OPEN]) == "**passed, with open verdicts**: 1 inconclusive, 1 passed"
    assert digest.summed_up([PASSED, PASSED]) == "**passed**: 2 passed"
    assert digest.summed_up([]) == ""


def test_what_does_not_fit_is_left_out_between_blocks():
    """And said: a cut table would show as text. The limit counts bytes."""
    blocks = ["first", "ä" * 100, "| a |\n| --- |\n| b |"]
    whole = digest.fitted(blocks, 10**6)
    assert whole == "\n\n".join(blocks) + "\n"
    assert digest.fitted(blocks, len(whole.encode())) == whole
    for most in range(60, len(whole.encode())):
        text = digest.fitted(blocks, most)
        assert len(text.encode()) <= most
        *kept, note = text.rstrip("\n").split("\n\n")
        assert kept == blocks[: len(kept)]
        assert note.startswith("More was left out here")


def test_nobody_is_called_by_a_comment():
    """A sign that a host takes for a user's name is broken, but for code, which a host shows as it is."""
    text = digest.fitted([escaped("does @lru_cache help, a@b?"), "`@cache` and ``a ` @b`` but @c"], 1000)
    assert text == "does @<!-- -->lru\\_cache help, a@<!-- -->b?\n\n`@cache` and ``a ` @b`` but @<!-- -->c\n"


def test_a_comment_has_what_failed_first_and_a_line_to_be_found_by():
    """The line depends on the name alone, and holds nothing that could end it; the limit holds for all of it."""
    parts = [("good", [PASSED], ["### good", "a" * 50]), ("bad", [REFUTED], ["### bad", "b" * 50])]
    text = digest.comment("nightly --> `x`", parts, 10_000)
    first, title, *_ = text.splitlines()
    assert first == "<!-- concexp: nightly  x -->"
    assert title == "## nightly --&gt; \\`x\\`: failed"
    assert text.index("### bad") < text.index("### good")
    assert "| good | **passed**: 1 passed |" in text
    assert first == digest.comment("nightly --> `x`", parts[:1], 10_000).splitlines()[0]
    for most in (200, 300, 400):
        short = digest.comment("x", [("many", [REFUTED], ["### many", *["c" * 40] * 50])], most)
        assert len(short.encode()) <= most
        assert short.startswith("<!-- concexp: x -->\n")


def test_an_experiment_that_could_not_run_says_why():
    """In a fence that nothing in the reason can end."""
    text = "\n\n".join(digest.of_refusal("a/x.yaml", "x.yaml:1:1: `workload:` is missing\n```\n<b>"))
    assert "<b>" not in HOST.render(text)
    assert "it could not run" in text
