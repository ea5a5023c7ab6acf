"""The interpreters of a machine: found where installers put them, asked once, named as a YAML names them."""

import functools
import json
import os
import pwd
import sys
from pathlib import Path

import pytest

from concexp.commands import catalogue
from concexp.errors import EnvironmentRefused
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.run.child.stage import stage_child_code
from concexp.run.interpreters import discovery, environments, interpreter
from concexp.run.interpreters.interpreter import Interpreter, MissingInterpreter

FACTS = {"implementation": "CPython", "version": "3.13.1", "gil_built": True, "gil_enabled": True, "jit_built": None,
         "jit": None, "compiler": "GCC", "start_method": "fork"}  # fmt: skip


@functools.cache
def others():
    """(name, interpreter) of every interpreter on this machine that is of another minor version than the one of the tests."""
    mine = f"{sys.version_info[0]}.{sys.version_info[1]}"
    there = [
        one for _, one in discovery.InterpreterFinder(stage_child_code()).answers() if isinstance(one, Interpreter)
    ]
    return [(name, one) for one in there if (name := discovery.names_of(one.facts)[0]) != mine]


def other():
    """Another interpreter: its name, and itself."""
    if not others():
        pytest.skip("there is no interpreter of another version on this machine")
    return others()[0]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose interpreters are made up: `put(path, facts or reason)`; `asked` notes who was started."""
    answers, asked = {}, []

    class Made:
        folder = tmp_path

        def put(self, path, answer):
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(path)
            file.chmod(0o755)
            answers[str(file)] = answer
            return str(file)

        def start(self):
            return discovery.InterpreterFinder(None)

    def ask(label, path, code):
        asked.append(path)
        answer = answers.get(path, "the tests' own")
        return (
            MissingInterpreter(label, answer)
            if isinstance(answer, str)
            else Interpreter(label, path, {**FACTS, **answer})
        )

    made = Made()
    made.asked, made.answers = asked, answers
    monkeypatch.setattr(interpreter, "ask", ask)
    monkeypatch.setattr(discovery, "FOLDERS", ("{pyenv}/versions/*/bin", str(tmp_path / "usr/bin")))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "pyenv/shims"), str(tmp_path / "path"), "relative"]))
    return made


def test_where_interpreters_are_looked_for(machine):
    """pyenv's folders, the system's, the PATH; neither shims nor scripts that merely begin like an interpreter."""
    expected = [
        machine.put("pyenv/versions/3.12.1/bin/python3.12", {}),
        machine.put("pyenv/versions/3.14.0t/bin/python3.14t", {}),
        machine.put("usr/bin/python3.11", {}),
        machine.put("path/pypy3", {}),
    ]
    machine.put("pyenv/shims/python3.13", {})
    machine.put("usr/bin/python3.11-config", {})
    machine.put("usr/bin/python3-futurize", {})
    (machine.folder / "usr/bin/python3").symlink_to("python3.11")
    assert list(map(str, discovery.candidates())) == [sys.executable, *expected]


def test_folders_that_cannot_be_read_are_skipped(machine, monkeypatch):
    """A folder of the PATH may be forbidden, or a file; nobody need have a home."""
    there = machine.put("path/python3.13", {})
    forbidden = machine.folder / "forbidden"
    forbidden.mkdir()
    listdir = os.listdir

    def refusing(path):
        if path == forbidden:
            raise PermissionError(13, "Permission denied", str(path))
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refusing)
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(forbidden), there, str(machine.folder / "none"), str(Path(there).parent)])
    )
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("PYENV_ROOT")
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: {}[uid])
    assert list(map(str, discovery.candidates())) == [sys.executable, there]
    assert discovery.listed(None)[0]["found"] == there


def test_the_running_interpreter_is_itself(machine):
    """In a virtual environment it stands before the program that it links to, which has other packages."""
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"  # the folder of the environment may be named after it
    machine.answers[sys.executable] = {"version": f"{mine}.1"}
    behind = machine.put(f"usr/bin/python{mine}", {"version": f"{mine}.1"})
    Path(behind).unlink()
    Path(behind).symlink_to(os.path.realpath(sys.executable))
    rows = [row for row in discovery.listed(None) if row["name"]]
    assert [(row["name"], row["current"]) for row in rows] == [(mine, True)]
    assert machine.start().find("x", mine).path == sys.executable


def test_a_path_below_an_unknown_home_is_missing(machine):
    """It is an interpreter that cannot be started, not an error of concexp."""
    machine.answers[sys.executable] = {}
    text = "workload: sleep\nmodel: serial\nsweep: {python: [{is: ~nobody_at_all/bin/python3, as: mine}]}\n"
    spec = parse_text(text, str(machine.folder / "x.yaml"))
    assert isinstance(discovery.resolve_interpreters(spec, None)["mine"], MissingInterpreter)


def test_a_version_starts_only_what_may_be_it(machine):
    """Who says another version in its path is not started to look for this one; nobody is started twice."""
    wanted = machine.put("pyenv/versions/3.12.1/bin/python3", {"version": "3.12.1"})
    machine.put("pyenv/versions/3.9.18/bin/python3", {"version": "3.9.18"})
    silent = machine.put("path/python3", {"version": "3.10.1"})
    here = machine.start()
    for _ in range(2):
        assert here.find("a", "3.12") == Interpreter("a", wanted, {**FACTS, "version": "3.12.1"})
    assert set(machine.asked) - {sys.executable} == {wanted, silent}
    assert len(machine.asked) == len(set(machine.asked))


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("3.13", "pyenv/versions/3.13.10/bin/python3.13"),
        ("3.13.2", "pyenv/versions/3.13.2/bin/python3.13"),
        ("3.13.5", "usr/bin/python3.13"),
        ("3.14t", "pyenv/versions/3.14.0t/bin/python3.14t"),
        ("3.14.0t", "pyenv/versions/3.14.0t/bin/python3.14t"),
        ("3.14", "pyenv/versions/3.14.0/bin/python3.14"),
        ("pypy3.11", "path/pypy3"),
    ],
)
def test_a_version_means_one_interpreter(machine, version, path):
    """Of several with a minor version the newest; t is the free-threaded build, and never comes without being asked for."""
    machine.put("pyenv/versions/3.13.2/bin/python3.13", {"version": "3.13.2"})
    machine.put("pyenv/versions/3.13.10/bin/python3.13", {"version": "3.13.10"})
    machine.put("usr/bin/python3.13", {"version": "3.13.5"})
    machine.put("pyenv/versions/3.14.0t/bin/python3.14t", {"version": "3.14.0", "gil_built": False})
    machine.put("pyenv/versions/3.14.0/bin/python3.14", {"version": "3.14.0"})
    machine.put("path/pypy3", {"version": "3.11.17", "implementation": "PyPy"})
    assert machine.start().find("x", version).path == str(machine.folder / path)


def test_a_version_that_is_not_there(machine):
    """The reason says what was looked for and what there is, and names no path of this machine."""
    machine.put("usr/bin/python3.13", {"version": "3.13.5"})
    machine.put("usr/bin/python3.8", "CPython 3.8.1 is too old")
    found = machine.start().find("x", "3.12")
    assert found.reason == (
        "no Python 3.12 was found in pyenv's and uv's folders, the system's and the PATH; there are 3.13"
    )


def test_the_list_names_each_as_a_yaml_does(machine):
    """The minor version means the newest, the others are named in full; who can't run trials stands apart with the reason."""
    for patch in (2, 10):
        machine.put(f"pyenv/versions/3.13.{patch}/bin/python3.13", {"version": f"3.13.{patch}"})
    machine.put("usr/bin/python3.13", {"version": "3.13.10"})
    machine.put(
        "usr/bin/python3.14t", {"version": "3.14.0", "gil_built": False, "gil_enabled": False, "jit_built": True}
    )
    machine.put("usr/bin/python3.8", "CPython 3.8.1 is too old")
    rows = discovery.listed(None)
    json.dumps(rows)
    assert [row["name"] for row in rows if not row["reason"]] == ["3.14t", "3.13", "", "3.13.2"]
    text = catalogue.pythons_text(rows)
    assert "off, free-threaded build" in text
    assert "off, can be on" in text
    assert "(by its path)" in text
    refused = text.partition("\n\nCannot run trials:\n")[2]
    assert f"  {machine.folder}/usr/bin/python3.8: CPython 3.8.1 is too old" in refused.splitlines()


def test_home_is_not_told(machine, monkeypatch):
    """A list can be shown to others."""
    machine.put("pyenv/versions/3.13.2/bin/python3.13", {})
    monkeypatch.setenv("HOME", str(machine.folder))
    assert discovery.listed(None)[0]["found"] == "~/pyenv/versions/3.13.2/bin/python3.13"


def test_planning_starts_no_path(machine):
    """What stands as a path in a YAML is started to run it; to plan, only what is found by its version."""
    machine.answers[sys.executable] = {}
    named = machine.put("usr/bin/python3.13", {"version": "3.13.5"})
    given = machine.put("mine/python3", {})
    text = f"workload: sleep\nmodel: serial\nsweep: {{python: [current, '3.13', {{is: {given}, as: mine}}]}}\n"
    spec = parse_text(text, str(machine.folder / "x.yaml"))
    assert set(discovery.resolve_interpreters(spec, None, to_run=False)) == {"3.13"}
    assert set(machine.asked) - {sys.executable} == {named}
    assert set(discovery.resolve_interpreters(parse_text(text.replace(given, "mine/python3"), spec.path), None)) == {
        "current",
        "3.13",
        "mine",
    }
    assert given in machine.asked, "a relative path begins at the YAML"


REQUIRING = (
    "workload: sleep\nmodel: serial\nsweep: {python: ['3.13', {is: '3.13', requirements: [numpy==2.*], as: np}]}\n"
)


def requiring(machine, monkeypatch, answer, say=print):
    """The interpreters of an experiment that needs numpy; `answer` stands for building and for looking whether it was built."""
    machine.answers[sys.executable] = {}
    machine.put("usr/bin/python3.13", {"version": "3.13.5"})
    said = []

    def built(base, requirements, *say):
        said.append((base.label, requirements.lines, bool(say)))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(environments, "built", built)
    monkeypatch.setattr(environments, "existing", built)
    found = discovery.resolve_interpreters(parse_text(REQUIRING, "x.yaml"), None, say=say)
    assert said == [("np", ("numpy==2.*",), say is not None)]
    return found


def test_packages_are_facts_of_their_interpreter(machine, monkeypatch):
    """The same version twice: as it is, and in an environment whose packages are told."""
    python = machine.put("cache/bin/python", {"version": "3.13.5"})
    found = requiring(machine, monkeypatch, (Path(python), {"numpy": "2.1.0"}))
    assert found["np"].path == python
    assert (found["np"].facts["packages"], found["np"].facts["requirements"]) == ({"numpy": "2.1.0"}, ["numpy==2.*"])
    assert "packages" not in found["3.13"].facts


def test_what_cannot_be_installed_is_a_reason(machine, monkeypatch):
    """Its cells cannot run, and say why; those of the other interpreter do."""
    found = requiring(machine, monkeypatch, environments.NotBuilt("pip install failed: no such thing"))
    assert found["np"] == MissingInterpreter("np", "no environment for np: pip install failed: no such thing")
    assert isinstance(found["3.13"], Interpreter)


def test_planning_installs_nothing(machine, monkeypatch):
    """What was not built before is not known: a plan says so, as of an interpreter that is named by its path."""
    assert set(requiring(machine, monkeypatch, None, say=None)) == {"3.13"}


def test_a_path_from_elsewhere_is_not_started(machine):
    """The interpreter here that has the version takes its place; where that is not known, or is nonsense, none does."""
    machine.answers[sys.executable] = {}
    here = machine.put("usr/bin/python3.14t", {"version": "3.14.2", "gil_built": False})
    theirs = machine.put("theirs/python3", {"version": "3.14.0"})
    elsewhere = {
        "ft": {"implementation": "CPython", "version": "3.14.0", "gil_built": False},
        "old": {"implementation": "CPython", "version": "3.99.1"},
        "odd": {"implementation": "../x", "version": "3"},
        "none": {"implementation": None, "version": None},
    }
    values = ", ".join(f"{{is: {theirs}, as: {label}}}" for label in (*elsewhere, "unknown"))
    spec = parse_text(f"workload: sleep\nmodel: serial\nsweep: {{python: [{values}]}}\n", "x.yaml")
    found = discovery.resolve_interpreters(spec, None, elsewhere=elsewhere)
    assert found["ft"].path == here
    assert "no Python 3.99 was found" in found["old"].reason
    assert all("it is not known which Python" in found[label].reason for label in ("odd", "none", "unknown"))
    assert theirs not in machine.asked


def test_every_real_interpreter_that_is_listed_can_be_found_by_its_name():
    """On this machine: the name that the list tells leads to the interpreter of that row."""
    ready = stage_child_code()
    rows = [row for row in discovery.listed(ready) if row["name"]]
    assert rows, "at least the interpreter of the tests"
    assert [row for row in rows if row["current"]]
    here = discovery.InterpreterFinder(ready)
    for row in rows:
        found = here.find("x", row["name"])
        assert (found.facts["version"], discovery._at_home(found.path)) == (row["version"], row["found"])


def test_an_interpreter_judges_by_its_own_lights():
    """Asked in its own process: what asyncio has there, and not what it has here."""
    name, one = other()
    text = (
        "workload: cpu_sum\nmodel: [threads, interpreters, {asyncio: {spawn: eager}}]\n"
        f"sweep: {{python: [current, '{name}'], workers: 2}}\nload: {{ops: 8}}\n"
    )
    spec = parse_text(text, "x.yaml")
    judge = Interpreter(name, one.path, one.facts).support(stage_child_code())
    found = {(c.axes["model"], c.axes["python"]): c.reason for c in make_plan(spec, 2, "", {name: judge}).cells}
    versions = {"current": sys.version_info[:2], name: tuple(map(int, one.facts["version"].split(".")[:2]))}
    for label, version in versions.items():
        assert found["threads", label] == ""
        assert bool(found["asyncio", label]) == (version < (3, 12))
        assert bool(found["interpreters", label]) == (version < (3, 14))
        for reason in (found["asyncio", label], found["interpreters", label]):
            assert not reason or reason.endswith(f"this is {version[0]}.{version[1]}")


def test_packages_are_those_of_the_interpreter_that_needs_them():
    """matmul needs numpy there, not here: in an interpreter without packages its cells say so."""
    _, one = other()
    spec = parse_text("workload: [matmul, cpu_sum]\nmodel: serial\nsweep: {python: '3.9'}\n", "x.yaml")
    judge = Interpreter("3.9", one.path, one.facts).support(stage_child_code())
    cells = make_plan(spec, 2, "", {"3.9": judge}).cells
    assert [cell.reason for cell in cells if cell.workload.name == "cpu_sum"] == [""]
    numpy = has_numpy(one.path)
    (reason,) = [cell.reason for cell in cells if cell.workload.name == "matmul"]
    assert reason == ("" if numpy else "matmul needs numpy, which this interpreter does not have: pip install numpy")


def has_numpy(path):
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('numpy') is None)"
    return os.spawnv(os.P_WAIT, path, [path, "-s", "-c", code]) == 0


def test_what_is_no_interpreter_says_so(write, tmp_path):
    """A path to nothing, to what cannot be executed, and to what is something else: a reason each, without the path."""
    script = write("script", "#!/bin/sh\nexit 127\n")
    plain = write("plain", "text")
    script.chmod(0o755)
    for path, says in [
        (tmp_path / "nothing", "cannot be started: No such file or directory"),
        (plain, "cannot be started: Permission denied"),
        (script, "did not describe itself: the trial's process ended with exit code 127 before it answered"),
    ]:
        found = interpreter.ask("mine", str(path), stage_child_code())
        assert isinstance(found, MissingInterpreter)
        assert says in found.reason
        assert str(tmp_path) not in found.reason


def test_an_interpreter_that_is_too_old_says_so(monkeypatch):
    """Below the oldest version that trials can run on, nobody is tried."""
    monkeypatch.setattr(interpreter, "OLDEST", (3, 99))
    found = interpreter.ask("x", sys.executable, stage_child_code())
    assert found.reason.endswith("is too old: trials need 3.99 or later")
    with pytest.raises(EnvironmentRefused, match="cannot run trials"):
        interpreter.current(stage_child_code())


def test_facts_hold_no_path():
    """They are made to be committed."""
    facts = interpreter.current(stage_child_code()).facts
    assert os.path.dirname(sys.executable) not in repr(facts)
    assert "executable" not in facts
