"""How the command line prints: what is wrapped, and what is not."""

import io
import sys

from concexp import output


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_an_answer_is_wrapped_on_a_terminal_only(monkeypatch, capsys):
    """Sentences are wrapped at words, with the further lines indented; a file gets each sentence on one line."""
    sentence = "- " + " ".join(f"word-{number}" for number in range(20))
    output.say_result([sentence], ["report: a/very/long/path/that/is/never/wrapped/README.md"])
    assert capsys.readouterr().out.splitlines() == [
        sentence, "", "report: a/very/long/path/that/is/never/wrapped/README.md",
    ]  # fmt: skip
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(output.shutil, "get_terminal_size", lambda: type("Size", (), {"columns": 40})())
    output.say_result([sentence], ["report: a/very/long/path/that/is/never/wrapped/README.md"])
    lines = terminal.getvalue().splitlines()
    assert all(len(line) <= 40 for line in lines[:-2])
    assert lines[1].startswith("  word-")
    assert " ".join(line.strip() for line in lines[:-2]) == sentence
    assert lines[-1] == "report: a/very/long/path/that/is/never/wrapped/README.md"
