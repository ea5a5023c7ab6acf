"""A text from outside as one line: harmless, with blanks that are seen, and not without end."""

import pytest

from concexp.report.text.labels import LONGEST, bare_functions, cut, one_line, whole_sentences
from concexp.report.text.markdown import code, escaped, fenced


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        (" a \n b ", "a b"),
        ("a\x00\x1b[31m", "a\\x00\\x1b[31m"),
        ("\u202egnp", "\\u202egnp"),
        ("   ", "␣␣␣"),
        ("\t\u00a0\u3000", "␣␣␣"),
        ("\u200b", "\\u200b"),
        (" \u2060", "␣\\u2060"),
        ("a\u200db", "a\u200db"),
        ("", ""),
        (7, "7"),
        ("線程", "線程"),
    ],
)
def test_one_line(text, shown):
    """Signs that a terminal or a page obeys are spelt out; blanks are shown where there is nothing else."""
    assert one_line(text) == shown


def test_a_long_text_is_cut_with_its_length():
    """200 kB on one line: its beginning, and how long it is; one that is as long as may be is whole."""
    long = "x" * 200_000
    assert cut(long) == "x" * LONGEST + "… (200,000 characters)"
    assert cut("x" * LONGEST) == "x" * LONGEST
    for made in (escaped(long), code(long), fenced(f"first\n{long}\nlast")):
        assert "x… (200,000 characters)" in made
        assert len(made) < LONGEST + 100
    assert fenced(long, "sh", 300_000).count("x") == 200_000


def test_blanks_are_seen_on_a_page():
    """As text and as code."""
    assert escaped("  ") == "␣␣"
    assert code("  ") == "`␣␣`"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One. Two; three. Four, five.", "One. Two; three."),
        ("A first part: 1.5 s; a second; last. End.", "A first part: 1.5 s."),
        ("Short. Enough.", "Short. Enough."),
        ("Nothing to part it at, whatever its length", "Nothing to part it at, whatever its length."),
    ],
)
def test_whole_sentences(text, shown):
    """Sentences that fit; parts of the first one where it does not, and all of what has no parts."""
    assert whole_sentences(text, 20) == shown


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["code/a.py:parse", "code/a.py:render", "sleep"], {"code/a.py:parse": "parse", "code/a.py:render": "render"}),
        (["code/a.py:parse", "code/b.py:parse"], {}),
        (["code/a.py:sleep", "sleep"], {}),
        (["cpu_sum", "my work"], {}),
    ],
)
def test_functions_lose_their_file_where_they_stay_apart(labels, shown):
    """Not where two functions, or a function and other work, would have one name."""
    assert bare_functions(labels) == shown


def test_the_next_sentence_is_begun_where_there_is_room():
    """As many of its parts as fit, so that figures are not lost with a long list."""
    text = "A is drawn. First to last: a 1; b 2; c 3; d 4; e 5; f 6."
    assert whole_sentences(text, 40) == "A is drawn. First to last: a 1; b 2."
