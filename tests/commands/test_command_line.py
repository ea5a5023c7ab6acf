"""The command that completes an interrupted one."""

import sys
from pathlib import Path

from concexp.commands import command_line


def test_the_resume_command_leaves_out_what_is_finished(monkeypatch):
    """Of several experiments, the finished ones are left out; so is --fresh, which would begin anew."""
    monkeypatch.setattr(sys, "argv", ["concexp", "run", "a.yaml", "b c.yaml", "--fresh", "--out", "there"])
    assert command_line.resume_command([Path("a.yaml")]) == "concexp run 'b c.yaml' --out there"


def test_the_resume_command_is_what_was_typed(monkeypatch):
    """The resume command has the bare name of the program, and the rest quoted for a shell."""
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/concexp", "run", "a b.yaml", "--only", "model=threads"])
    assert command_line.command_line() == "concexp run 'a b.yaml' --only model=threads"
