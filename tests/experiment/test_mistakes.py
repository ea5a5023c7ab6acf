"""Mistakes that people make in a YAML -> the message: where, what is wrong, and what to write instead.

The files and their messages are in `tests/helpers/mistakes.py`.
"""

import pytest

from concexp.errors import InputError
from concexp.experiment import load, parse_text
from tests.helpers.mistakes import EVERY, HEAD


def printed(text):
    """The problems of a text, as `concexp validate` prints them."""
    with pytest.raises(InputError) as caught:
        parse_text(text, "x.yaml")
    return str(caught.value)


@pytest.mark.parametrize(("text", "message"), EVERY)
def test_a_mistake_has_its_place_and_its_cure(text, message):
    """Where it is, what is wrong, what to write: all of what is printed."""
    assert printed(text) == message


def test_what_people_write_and_may():
    """Blanks before a unit, Windows line ends, a comment after a bracket, a text with an apostrophe."""
    text = f"{HEAD}measure: {{precision: 50 %, timeout: 5 s}} # isn't it [odd\nquestion: It's fine\n"
    text += "claims: [{expect: speedup > 2x}]\n"
    for written in (text, text.replace("\n", "\r\n")):
        spec = parse_text(written, "x.yaml")
        assert (spec.measure.precision, spec.measure.timeout, spec.question) == (0.5, 5.0, "It's fine")


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_places_in_files_of_other_systems(end):
    """Line and column are the same with the line ends of Windows."""
    text = "workload: sleep\nmodel: [serial\nload: {ops: 1}\n"
    assert printed(text.replace("\n", end)) == printed(text)


def test_a_byte_order_mark_moves_no_column(tmp_path):
    """As Windows' Notepad writes it; a file in UTF-16 is refused with its cure."""
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + b"workload sleep\nmodel: serial\n")
    with pytest.raises(InputError, match=r"x\.yaml:1:9: a colon is missing"):
        load(path)
    path.write_text("workload: sleep\n", "utf-16")
    with pytest.raises(InputError, match="it is not UTF-8 text\n  save it as UTF-8"):
        load(path)
