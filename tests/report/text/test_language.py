"""Messages are looked up in the catalogue of the language that a text is written in."""

import pytest

from concexp.analysis.stats.intervals import Interval
from concexp.report.text import language
from concexp.report.text.language import clauses, counted, current, listed, say, sentences, translated, written_in
from concexp.report.text.numbers import enumerated, plural, spread


def test_english_is_its_own_key():
    """Without a catalogue a message is itself, with its values."""
    assert current() == "en"
    assert say("{low} to {high}", low=1, high="{2}") == "1 to {2}"
    assert translated("a {brace}") == "a {brace}"
    assert counted(1, "{count} trial", "{count} trials") == "1 trial"
    assert plural(1234, "stretch") == "1,234 stretches"


def test_chinese_is_written_as_chinese():
    """Words, their order, the signs between them, and numbers of things without a plural."""
    with written_in("zh"):
        assert say("Run it again") == "再次运行"
        assert say("{low} to {high}", low="1", high="2 ms") == "1 至 2 ms"
        assert plural(1, "trial") == "1 次试验"
        assert plural(1234, "trial") == "1,234 次试验"
        assert enumerated(["a", "b", "c"]) == "a、b 和 c"
        assert listed(["a", "b"]) == "a、b"
        assert clauses(["a", "b"]) == "a；b"
        assert sentences(["甲。", "乙。"]) == "甲。乙。"
        assert spread(Interval(0.5, -1.0, 2.0, 5)) == "0.500 (−1.000 至 2.000)"


def test_what_a_catalogue_lacks_stays_english():
    """So do the names that users give their operations."""
    with written_in("zh"):
        assert say("{n} green apples", n=3) == "3 green apples"
        assert plural(3, "green apple") == "3 green apples"
        assert translated("green apple") == "green apple"
        assert translated("") == ""


def test_a_language_ends_with_its_context():
    """Also where it ends with an exception."""
    with pytest.raises(KeyError), written_in("zh"):
        say("{missing}")
    assert current() == "en"


def test_a_catalogue_is_read_once_and_only_if_it_is_needed(monkeypatch):
    """English needs no file."""
    monkeypatch.setattr(language, "CATALOGUES", language.CATALOGUES / "nowhere")
    language._catalogue.cache_clear()
    try:
        assert say("Run it again") == "Run it again"
        with pytest.raises(OSError, match="nowhere"), written_in("zh"):
            say("Run it again")
    finally:
        language._catalogue.cache_clear()
