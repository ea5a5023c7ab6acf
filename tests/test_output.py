"""How the command line prints: what is wrapped, and what is not."""

import io
import os
import sys
from pathlib import Path

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
    monkeypatch.setattr(output.shutil, "get_terminal_size", lambda *_, **__: os.terminal_size((40, 24)))
    output.say_result([sentence], ["report: a/very/long/path/that/is/never/wrapped/README.md"])
    lines = terminal.getvalue().splitlines()
    assert all(len(line) <= 40 for line in lines[:-2])
    assert lines[1].startswith("  word-")
    assert " ".join(line.strip() for line in lines[:-2]) == sentence
    assert lines[-1] == "report: a/very/long/path/that/is/never/wrapped/README.md"


def test_the_resume_command_leaves_out_what_is_finished(monkeypatch):
    """Of several experiments, the finished ones are left out; so is --fresh, which would begin anew."""
    monkeypatch.setattr(sys, "argv", ["concexp", "run", "a.yaml", "b c.yaml", "--fresh", "--out", "there"])
    assert output.resume_command([Path("a.yaml")]) == "concexp run 'b c.yaml' --out there"


def test_the_resume_command_names_the_experiments_of_a_folder_that_are_left(monkeypatch):
    """Those that are finished would be run once more."""
    monkeypatch.setattr(sys, "argv", ["concexp", "run", "these", "z.yaml", "--tag", "gil"])
    folders = {Path("these"): [Path("these/a.yaml"), Path("these/b.yaml")], Path("z.yaml"): [Path("z.yaml")]}
    assert output.resume_command([Path("these/a.yaml")], folders) == "concexp run these/b.yaml z.yaml --tag gil"
    assert output.resume_command([], folders) == "concexp run these/a.yaml these/b.yaml z.yaml --tag gil"


def test_the_resume_command_is_what_was_typed(monkeypatch):
    """The resume command has the bare name of the program, and the rest quoted for a shell."""
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/concexp", "run", "a b.yaml", "--only", "model=threads"])
    assert output.command_line() == "concexp run 'a b.yaml' --only model=threads"
