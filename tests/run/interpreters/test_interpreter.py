"""One interpreter: what it says about itself, why it cannot run trials, and which cells it refuses."""

import hashlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from concexp.errors import EnvironmentRefused
from concexp.run.child.launch import TrialOutcome
from concexp.run.child.stage import StagedCode
from concexp.run.interpreters import interpreter, remembered
from concexp.run.interpreters.interpreter import Interpreter, MissingInterpreter

FACTS = {
    "version": "3.12.1", "implementation": "CPython", "configure_flags": "'--with-lto' '--prefix=/opt/py'",
    "compile_flags": None,
}  # fmt: skip
STAGE = StagedCode(Path("/nowhere"), "0badcafe" * 8)


def answering(answer, reason=""):
    """A `launch` that gives this answer."""
    return lambda *arguments: TrialOutcome("" if answer else "crashed", reason, answer and dict(answer))


def test_an_interpreter_describes_itself(monkeypatch, tmp_path):
    """Its facts hold the hash of its program, and no path of this machine."""
    program = tmp_path / "python3.12"
    program.write_bytes(b"program")
    monkeypatch.setattr(interpreter, "launch", answering({**FACTS, "executable": str(program)}))
    facts = interpreter.ask("mine", str(program), STAGE).facts
    assert facts["sha256"] == hashlib.sha256(b"program").hexdigest()
    assert facts["executable_name"] == "python3.12"
    assert facts["configure_flags"] == "--with-lto"
    assert facts["compile_flags"] is None
    assert str(tmp_path) not in repr(facts)


def test_what_does_not_answer_or_is_too_old_is_missing(monkeypatch):
    """The reason names the label and no path."""
    monkeypatch.setattr(interpreter, "launch", answering(None, "it ended with exit code 1"))
    silent = interpreter.ask("mine", "/opt/secret/python", STAGE)
    assert silent == MissingInterpreter(
        "mine", "the interpreter of mine did not describe itself: it ended with exit code 1"
    )
    monkeypatch.setattr(interpreter, "launch", answering({**FACTS, "version": "3.8.20"}))
    old = interpreter.ask("mine", "/opt/secret/python", STAGE)
    assert old.reason == "CPython 3.8.20 is too old: trials need 3.9 or later"


def test_what_cannot_be_started_is_missing(monkeypatch):
    """With the system's reason."""

    def launch(*arguments):
        raise FileNotFoundError(2, "No such file or directory", "/opt/secret/python")

    monkeypatch.setattr(interpreter, "launch", launch)
    absent = interpreter.ask("mine", "/opt/secret/python", STAGE)
    assert absent.reason == "the interpreter of mine cannot be started: No such file or directory"


def test_concexp_needs_its_own_interpreter(monkeypatch):
    """If that cannot run trials, the environment is refused."""
    monkeypatch.setattr(interpreter, "launch", answering(None, "no reason"))
    with pytest.raises(EnvironmentRefused, match="cannot run trials"):
        interpreter.current(STAGE)


def test_cells_are_checked_in_one_child(monkeypatch):
    """Equal combinations are sent once; each cell gets its reason; no answer refuses all of them."""
    cells = [
        SimpleNamespace(id=str(number), combination={"model": name}, needs_site=False, has_installed_plugins=False)
        for number, name in enumerate("aba")
    ]
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


CLOCKS = {"timer_cost_s": 5e-8, "timer_step_s": 2e-8, "sleep_overshoot_median_s": 6e-5, "sleep_overshoot_p99_s": 2e-4}


@pytest.fixture
def program(tmp_path, monkeypatch):
    """An interpreter that counts how often it is asked, a library of it, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    paths = [tmp_path / name for name in ("python3.12", "libpython.so")]
    for path in paths:
        path.write_bytes(b"code")
    asked = []

    def launch(request, *arguments):
        asked.append(request["verb"])
        described = {**FACTS, "executable": str(paths[0]), "mapped": list(map(str, paths))}
        return TrialOutcome("", "", described if request["verb"] == "describe" else dict(CLOCKS))

    monkeypatch.setattr(interpreter, "launch", launch)
    return SimpleNamespace(path=str(paths[0]), library=paths[1], asked=asked)


def test_an_interpreter_is_asked_once(program):
    """Since the machine was started; what it said is the same, under whatever label, and another child's code asks anew."""
    first = interpreter.ask("mine", program.path, STAGE)
    assert interpreter.ask("yours", program.path, STAGE) == Interpreter("yours", program.path, first.facts)
    assert "mapped" not in first.facts
    assert program.asked == ["describe"]
    interpreter.ask("mine", program.path, StagedCode(Path("/nowhere"), "f" * 64))
    assert program.asked == ["describe"] * 2


@pytest.mark.parametrize("change", ["library", "mode", "gone", "boot"])
def test_a_changed_interpreter_is_asked_again(program, change, monkeypatch, tmp_path):
    """A library that was replaced, other permissions, or a machine that was started anew."""
    interpreter.ask("mine", program.path, STAGE)
    if change == "library":
        program.library.write_bytes(b"newer code")
    elif change == "mode":
        program.library.chmod(0o600)
    elif change == "gone":
        program.library.unlink()
    else:
        (tmp_path / "boot_id").write_text("another")
        monkeypatch.setattr(remembered, "BOOT", tmp_path / "boot_id")
    interpreter.ask("mine", program.path, STAGE)
    assert program.asked == ["describe"] * 2


def test_a_script_that_starts_an_interpreter_is_asked_each_time(program, tmp_path):
    """What it starts tomorrow may be another one."""
    (tmp_path / "script").write_text("exec python3")
    for _ in range(2):
        interpreter.ask("mine", str(tmp_path / "script"), STAGE)
    assert program.asked == ["describe"] * 2


@pytest.mark.parametrize("content", ["", "[]", "{", '{"boot": 1}'])
def test_a_damaged_memory_is_none(program, tmp_path, content):
    """The interpreter is asked, and what it says is kept again."""
    interpreter.ask("mine", program.path, STAGE)
    (file,) = (tmp_path / "cache" / "concexp" / remembered.FOLDER).iterdir()
    file.write_text(content)
    for _ in range(2):
        interpreter.ask("mine", program.path, STAGE)
    assert program.asked == ["describe"] * 2


def test_clocks_are_measured_once_where_nothing_disturbs(program, monkeypatch):
    """A sleep that ended late on a busy machine is measured again, and so is another clock source."""
    mine = interpreter.ask("mine", program.path, STAGE)
    monkeypatch.setitem(CLOCKS, "sleep_overshoot_p99_s", 0.1)
    assert interpreter.usual_clocks(mine, STAGE) == CLOCKS
    monkeypatch.setitem(CLOCKS, "sleep_overshoot_p99_s", 2e-4)
    assert interpreter.usual_clocks(mine, STAGE) == interpreter.usual_clocks(mine, STAGE) == CLOCKS
    assert program.asked == ["describe", "clocks", "clocks"]
    monkeypatch.setattr(interpreter.topology, "clock_source", lambda: "hpet")
    interpreter.usual_clocks(mine, STAGE)
    assert program.asked == ["describe", "clocks", "clocks", "clocks"]
