"""One interpreter: what it says about itself, why it cannot run trials, and which cells it refuses."""

import hashlib
import sys
from types import SimpleNamespace

import pytest

from concexp.errors import EnvironmentRefused
from concexp.run.child.launch import TrialOutcome
from concexp.run.interpreters import interpreter
from concexp.run.interpreters.interpreter import Interpreter, MissingInterpreter

FACTS = {
    "version": "3.12.1", "implementation": "CPython", "configure_flags": "'--with-lto' '--prefix=/opt/py'",
    "compile_flags": None,
}  # fmt: skip


def answering(answer, reason=""):
    """A `launch` that gives this answer."""
    return lambda *arguments: TrialOutcome("" if answer else "crashed", reason, answer and dict(answer))


def test_an_interpreter_describes_itself(monkeypatch, tmp_path):
    """Its facts hold the hash of its program, and no path of this machine."""
    program = tmp_path / "python3.12"
    program.write_bytes(b"program")
    monkeypatch.setattr(interpreter, "launch", answering({**FACTS, "executable": str(program)}))
    facts = interpreter.ask("mine", str(program), None).facts
    assert facts["sha256"] == hashlib.sha256(b"program").hexdigest()
    assert facts["executable_name"] == "python3.12"
    assert facts["configure_flags"] == "--with-lto"
    assert facts["compile_flags"] is None
    assert str(tmp_path) not in repr(facts)


def test_what_does_not_answer_or_is_too_old_is_missing(monkeypatch):
    """The reason names the label and no path."""
    monkeypatch.setattr(interpreter, "launch", answering(None, "it ended with exit code 1"))
    silent = interpreter.ask("mine", "/opt/secret/python", None)
    assert silent == MissingInterpreter(
        "mine", "the interpreter of mine did not describe itself: it ended with exit code 1"
    )
    monkeypatch.setattr(interpreter, "launch", answering({**FACTS, "version": "3.8.20"}))
    old = interpreter.ask("mine", "/opt/secret/python", None)
    assert old.reason == "CPython 3.8.20 is too old: trials need 3.9 or later"


def test_what_cannot_be_started_is_missing(monkeypatch):
    """With the system's reason."""

    def launch(*arguments):
        raise FileNotFoundError(2, "No such file or directory", "/opt/secret/python")

    monkeypatch.setattr(interpreter, "launch", launch)
    absent = interpreter.ask("mine", "/opt/secret/python", None)
    assert absent.reason == "the interpreter of mine cannot be started: No such file or directory"


def test_concexp_needs_its_own_interpreter(monkeypatch):
    """If that cannot run trials, the environment is refused."""
    monkeypatch.setattr(interpreter, "launch", answering(None, "no reason"))
    with pytest.raises(EnvironmentRefused, match="cannot run trials"):
        interpreter.current(None)


def test_cells_are_checked_in_one_child(monkeypatch):
    """Equal combinations are sent once; each cell gets its reason; no answer refuses all of them."""
    cells = [SimpleNamespace(combination={"model": name}, needs_site=False) for name in ("a", "b", "a")]
    requests = []

    def launch(request, *arguments):
        requests.append(request)
        return TrialOutcome("", "", {"reasons": ["", "not here"]})

    monkeypatch.setattr(interpreter, "launch", launch)
    other = Interpreter("mine", "/opt/other/python", {})
    assert other._refused(cells, None) == ["", "not here", ""]
    assert [request["combinations"] for request in requests] == [[{"model": "a"}, {"model": "b"}]]
    monkeypatch.setattr(interpreter, "launch", answering(None, "it died"))
    assert other._refused(cells, None) == ["mine could not be asked what it can run: it died"] * 3


def test_clocks_of_an_interpreter_that_does_not_answer(monkeypatch):
    """They are no facts, and none are invented."""
    monkeypatch.setattr(interpreter, "launch", answering(None))
    assert interpreter.clocks(Interpreter("mine", sys.executable, {}), None) == {}
