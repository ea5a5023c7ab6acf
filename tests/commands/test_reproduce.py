"""`concexp reproduce`: what would run is shown, what cannot is said, and nothing of a bundle is executed before it is trusted."""

from pathlib import Path

import pytest

import concexp
from concexp.analysis import results
from concexp.commands.bundle import make_bundle
from concexp.commands.questions import Questions
from concexp.commands.report import write_pages
from concexp.commands.reproduce import ReproduceRequest, reproduce
from concexp.commands.run import RunRequest, run_experiment
from concexp.errors import Damaged, EnvironmentRefused, InputError
from concexp.run.child import stage
from concexp.run.interpreters import discovery
from concexp.run.interpreters.interpreter import Interpreter
from tests.helpers import bundles, journal_builder

USES_CODE = "workload: my.py:work\nmodel: serial\nload: {ops: 2, scaling: strong}\nname: made_up\n"


def lines_of(path, out, **more):
    """(what is said before it runs, how it ended or the exception)."""
    said = []
    try:
        ended = reproduce(ReproduceRequest(path, quick=True, out=out, **more), said.append, Questions(asks=False))
    except (InputError, EnvironmentRefused) as error:
        ended = error
    return "\n".join(said), ended


@pytest.fixture
def mark(tmp_path):
    """A file that is there once something was executed that should not be."""
    return tmp_path / "mark"


def leaving(mark):
    """Python code that leaves the mark, whoever executes it."""
    return f"open({str(mark)!r}, 'w').write(__name__)\ndef work():\n    return 1\n".encode()


def hostile(tmp_path, mark, measured=None):
    """A bundle whose every file leaves the mark if it is executed, and its interpreter as well; `measured` is other code."""
    program = tmp_path / "python3"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    code = {
        name: leaving(mark) for name in ("my.py", "sitecustomize.py", "concexp/__init__.py", "conftest.py", "json.py")
    }
    code = {"my.py": measured, **{name: code[name] for name in code if name != "my.py"}} if measured else code
    trial = {name: leaving(mark) for name in stage.code()}
    text = f"{USES_CODE}sweep: {{python: [current, {{is: {program}, as: theirs}}, {{is: files/python3, as: mine}}]}}\n"
    folder = bundles.run_folder(
        tmp_path / "run",
        text,
        code,
        {"python3": program.read_bytes()},
        {
            "trial_code": stage.digest(trial),
            "interpreters": dict.fromkeys(("current", "theirs", "mine"), journal_builder.INTERPRETER),
        },
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "code", lambda *_: trial)
        return make_bundle(folder, tmp_path / "hostile.zip").path


def test_nothing_is_executed_without_trust(tmp_path, mark, monkeypatch):
    """Not by loading, tables, pictures, the page, nor by the plan: code is listed with its size and its SHA-256."""
    path = hostile(tmp_path, mark)
    monkeypatch.chdir(tmp_path)
    run = concexp.load(path)
    assert len(run.cells) == 2
    assert run.plots
    (page,) = write_pages(path)
    assert page.path.read_text("utf-8")
    assert concexp.compare(path, bundles.run_folder(tmp_path / "own", manifest={"host": "1badcafe"})).answer
    said, error = lines_of(path, tmp_path / "reports")
    assert isinstance(error, InputError)
    assert error.exit_code == 2
    assert "calls my.py:work" in str(error)
    for name in ("code/my.py", "code/sitecustomize.py", "files/python3"):
        content = bundles.contents(path)[name]
        (line,) = [line for line in str(error).splitlines() if f" {name} " in line]
        assert f"{len(content):,} bytes" in line
        assert bundles.sha256(content) in line
    assert "--trust" in str(error)
    assert "made_up: made up" in said
    assert not (tmp_path / "reports").exists()
    assert not mark.exists()


def test_with_trust_nothing_but_the_measured_code_is_executed(tmp_path, mark):
    """Neither the trial code of the bundle nor a program that it names as an interpreter: those of this machine run."""
    executed = tmp_path / "executed"
    path = hostile(tmp_path, mark, leaving(executed))
    _, done = lines_of(path, tmp_path / "reports", trust=True)
    run = done.outcome.measured.results
    assert executed.exists()
    assert not mark.exists()
    assert done.outcome.bad == 0
    assert done.lines[-1].startswith("no comparison: the runs have no cell in common")  # its journal is made up
    assert run.manifest["trial_code"] == stage.digest(stage.code())
    by_python = {record["axes"]["python"]: record["status"] for record in run.of_role("measured")}
    found = discovery.InterpreterFinder(stage.stage_child_code()).find("theirs", "3.11")
    here = "ok" if isinstance(found, Interpreter) else "unsupported"
    assert by_python == {"current": "ok", "theirs": here, "mine": here}


TRUSTED = {
    "calls os:system with {'command': 'touch MARK'}": "workload: {os:system: {command: touch MARK}}",
    "environment variable LD_PRELOAD: MARK.so": "workload: cpu_sum\nenvironment: {LD_PRELOAD: MARK.so}",
    "TOKEN: the value that you have": "workload: cpu_sum\nenvironment: {TOKEN: {from: caller, secret: true}}",
    "LD_PRELOAD: MARK.so, unset": "workload: cpu_sum\nsweep: {env.LD_PRELOAD: [MARK.so, unset]}",
    "installs for python np: no-such-package==1": (
        "workload: cpu_sum\nsweep: {python: [{is: current, requirements: [no-such-package==1], as: np}]}"
    ),
    "the interpreter's command line: -W error::mine.Warn": "workload: cpu_sum\nsweep: {flags: -W error::mine.Warn}",
}


@pytest.mark.parametrize("says", TRUSTED)
def test_what_needs_no_file_needs_trust_as_well(tmp_path, mark, says):
    """A module of this machine that is called with a stranger's arguments, and variables that trials would obey."""
    text = f"{TRUSTED[says]}\nmodel: serial\nload: {{ops: 2, scaling: strong}}\nname: made_up\n"
    path = bundles.made(tmp_path, text=text.replace("MARK", str(mark)))
    _, error = lines_of(path, tmp_path / "reports")
    assert isinstance(error, InputError)
    assert says.replace("MARK", str(mark)) in str(error)
    assert not mark.exists()


def test_what_differs_here_is_said(tmp_path):
    """Versions, CPUs, interpreters, the code of the trials, packages; nothing is installed."""
    entry = {
        "form": "function", "version": "", "target": "my.py:work", "returns": "anything", "check": "",
        "packages": {"current": {"no_such_package": "1.2.3", "pandas": "0.0.1"}},
    }  # fmt: skip
    text = f'{USES_CODE}sweep: {{python: [current, "3.99"]}}\n'
    path = bundles.made(
        tmp_path,
        text=text,
        code={"my.py": b"def work():\n    return 1\n"},
        machine={"cpus": 77},
        manifest={"concexp": "0.0.9", "preflight": {"entries": {"my.py:work": entry}}},
    )
    said, error = lines_of(path, tmp_path / "reports")
    assert isinstance(error, InputError)
    assert f"SHA-256 {bundles.sha256(path.read_bytes())}" in said
    assert "1 cells cannot run:" in said
    assert "no Python 3.99 was found" in said
    assert "concexp: 0.0.9 then" in said
    assert "and not that of the bundle (111111111111…), which differs" in said
    assert "usable CPUs: 77 then" in said
    assert "package no_such_package for the interpreter current: 1.2.3 then, not installed here" in said
    assert "nothing is installed for you (pip install no_such_package==1.2.3)" in said
    assert "package pandas for the interpreter current: 0.0.1 then, " in said


def test_data_that_a_bundle_cannot_hold_are_named(tmp_path):
    """With their SHA-256 and where to put them, before anything is planned."""
    large = {"big.bin": {"sha256": "0" * 64, "bytes": 1 << 30, "kept": False}}
    path = bundles.made(tmp_path, text=f"{USES_CODE}files: big.bin\n", manifest={"files": large})
    _, error = lines_of(path, tmp_path / "reports", trust=True)
    assert isinstance(error, EnvironmentRefused)
    assert f"does not hold big.bin (SHA-256 {'0' * 64})" in error.message


def test_mistakes_are_named_by_the_bundle(tmp_path):
    """An experiment that this concexp cannot read, and one that reads other files, whose text no message may show."""
    path = bundles.made(tmp_path, text="workload: cpu_sun\nmodel: serial\n")
    _, error = lines_of(path, tmp_path / "reports")
    assert str(error).startswith(f"{path}/experiment.yaml:1:11: workload: there is no workload 'cpu_sun'")
    (tmp_path / "secret.yaml").write_text("name: hunter2\n")
    text = f"extends: {tmp_path}/secret.yaml\n{bundles.EXPERIMENT}"
    path = bundles.changed(path, tmp_path / "b.zip", {"experiment.yaml": text.encode()})
    with pytest.raises(Damaged, match="its experiment extends another file"):
        lines_of(path, tmp_path / "reports")


def test_what_is_no_bundle_is_refused(tmp_path):
    """With a message, and nothing is written."""
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(Damaged, match="no zip archive"):
        lines_of(tmp_path / "x.zip", tmp_path / "reports")
    _, error = lines_of(tmp_path / "none.zip", tmp_path / "reports")
    assert "there is no such file" in str(error)
    with pytest.raises(Damaged, match=r"no regular file|Is a directory"):
        lines_of(tmp_path, tmp_path / "reports")
    assert not (tmp_path / "reports").exists()


def test_a_run_is_reproduced_and_compared(tmp_path):
    """A made-up experiment runs without trust: it brings nothing that is executed."""
    (tmp_path / "made_up.yaml").write_text(
        "workload: cpu_sum\nmodel: [{simulated: {serial: 10%}}]\nload: {ops: 10, scaling: strong}\nmeasure: {repetitions: 3}\n"
    )
    theirs = run_experiment(RunRequest(tmp_path / "made_up.yaml", out=tmp_path / "theirs"), "none", page=False)
    path = make_bundle(theirs.measured.folder.path, tmp_path / "a.zip").path
    _, done = lines_of(path, tmp_path / "reports")
    run = results.load(tmp_path / "reports/made_up")
    assert done.outcome.measured.results.header["run"] == run.header["run"]
    page = Path(done.lines[-1].partition(": ")[2])
    assert page.is_relative_to(tmp_path / "reports")
    text = page.read_text("utf-8")
    assert run.header["run"] in text
    assert theirs.measured.folder.path.name in text


def test_bundles_are_compared_like_runs(tmp_path):
    """By their paths, with each other and with folders."""
    paths = []
    for name, moment in (("one", "2026-01-01T00:00:00.000Z"), ("two", "2026-01-02T00:00:00.000Z")):
        (tmp_path / name).mkdir()
        paths.append(bundles.made(tmp_path / name, manifest={"started_at": moment}))
    first, second = paths
    assert len(concexp.compare(first, second).cells) == 2
    assert len(concexp.compare(first.parent / "run/runs/20260102T030405Z-0badcafe", second).cells) == 2
    with pytest.raises(InputError, match="this is the same run as"):
        concexp.compare(first, concexp.load(first.parent / "run"))
    (tmp_path / "bad.zip").write_bytes(first.read_bytes()[:-9])
    with pytest.raises(Damaged, match=r"bad\.zip"):
        concexp.compare(first, tmp_path / "bad.zip")
