"""Questions: when they are asked, and what the answers mean."""

import os
import sys

import pytest

from concexp.commands import questions
from concexp.commands.questions import Questions, on_terminal


def answers(*lines):
    """Questions whose answers are these lines, and the prompts that were shown."""
    prompts, rest = [], iter(lines)

    def read(prompt):
        prompts.append(prompt)
        return next(rest)

    return Questions(True, read), prompts


@pytest.mark.parametrize(
    ("lines", "goes_on"),
    [(["\n"], True), (["y\n"], True), (["n\n"], False), (["what?\n", "No\n"], False), ([""], True)],
)
def test_whether_a_long_run_goes_on(lines, goes_on):
    """Enter means yes; what is no answer is asked again; the end of the input is no reason to stop."""
    asked, prompts = answers(*lines)
    assert asked.long_run("58.0 min") is goes_on
    assert len(prompts) == len(lines)
    assert prompts[0].startswith("This takes about 58.0 min. Go on?")


@pytest.mark.parametrize(
    ("line", "choice"), [("\n", "wait"), ("w\n", "wait"), ("g\n", "go"), ("q\n", "stop"), ("", "go")]
)
def test_what_to_do_on_a_busy_machine(line, choice):
    """Wait, go on, or stop; without an answer it goes on."""
    assert answers(line)[0].busy_machine() == choice


def test_without_a_terminal_nothing_is_asked():
    """No prompt, no reading: the answer is to go on."""

    def read(prompt):
        raise AssertionError(prompt)

    quiet = Questions(False, read)
    assert (quiet.long_run("2.0 h"), quiet.busy_machine()) == (True, "go")


def test_all_three_streams_have_to_be_terminals(monkeypatch):
    """A pipe at any of them, or a process in a shell's background, and there is nobody to ask."""
    master, terminal = os.openpty()
    try:
        with open(terminal, "r+b", buffering=0, closefd=False) as file:
            for name in ("stdin", "stdout", "stderr"):
                monkeypatch.setattr(sys, name, file)
            monkeypatch.setattr(questions.os, "tcgetpgrp", lambda descriptor: os.getpgrp())
            assert on_terminal()
            monkeypatch.setattr(questions.os, "tcgetpgrp", lambda descriptor: os.getpgrp() + 1)
            assert not on_terminal()
            monkeypatch.setattr(questions.os, "tcgetpgrp", lambda descriptor: os.getpgrp())
            with open(os.devnull) as null:
                monkeypatch.setattr(sys, "stdout", null)
                assert not on_terminal()
            monkeypatch.setattr(sys, "stdout", None)
            assert not on_terminal()
    finally:
        os.close(master)
        os.close(terminal)
