"""Secrets in what trials answer: hidden whole, in part, and however they are written."""

import pytest

from concexp.run.hidden import Hidden

SECRET = 'pg://me:p\'ss "wörd"@db/1'


@pytest.mark.parametrize(
    "text",
    [SECRET, repr(SECRET), SECRET[:16], SECRET[-14:], "pg%3A//me%3Ap%27ss%20%22w%C3%B6rd%22%40db/1", SECRET * 2],
)
def test_a_secret_is_hidden_in_a_text(text):
    """Whole, quoted, escaped, cut at either end, or twice; what is around it stays."""
    shown = Hidden({"DSN": SECRET}).in_text(f"before <{text}> after")
    assert shown.startswith("before <")
    assert shown.endswith("> after")
    assert "***DSN***" in shown
    assert not any(SECRET[i : i + 8] in shown for i in range(len(SECRET) - 8))


def test_other_texts_stay_as_they_are():
    """A word that a secret shares with a text is no secret."""
    hidden = Hidden({"DSN": SECRET, "KEY": "abcd"})
    assert hidden.in_text("me and db, abc") == "me and db, abc"
    assert hidden.in_text("xabcdx") == "x***KEY***x"
    assert Hidden().everywhere({"a": [1]}) == {"a": [1]}


def test_the_lines_of_a_key_are_secrets():
    """A library may print one of them."""
    assert Hidden({"PEM": "-----BEGIN\nMIIEvQIBADAN\n"}).in_text("bad MIIEvQIBADAN") == "bad ***PEM***"


def test_answers_are_searched_to_their_depth():
    """Maps, lists, tuples, and keys; numbers stay."""
    found = Hidden({"K": "s3cret"}).everywhere({"a": ["s3cret", (1, "x s3cret")], "s3cret": {"b": None}})
    assert found == {"a": ["***K***", (1, "x ***K***")], "***K***": {"b": None}}
