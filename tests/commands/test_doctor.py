"""The doctor: which facts it collects on a real system, and how it prints its findings."""

import json
import os
import tempfile

import pytest

from concexp.commands import doctor
from concexp.errors import EnvironmentRefused
from concexp.run.child import stage
from concexp.run.child.launch import TrialOutcome
from concexp.run.interpreters import interpreter
from concexp.run.machine import hazards, lock, spinners
from concexp.run.machine.hazards import Finding
from tests.helpers.machines import QUIET
from tests.helpers.program import concexp

FINDINGS = [
    Finding("effective CPUs", "danger", "spinners get 1.00 of 2 usable CPUs now", "stop what else runs here"),
    Finding("governor", "unknown", "the system does not report it"),
    Finding("load", "ok", "0.01"),
]


def test_the_text_has_a_line_per_finding_and_its_cure_below():
    """A line has level, subject and observation; the last line is the summary."""
    assert doctor.findings_text(FINDINGS).splitlines() == [
        "danger   effective CPUs: spinners get 1.00 of 2 usable CPUs now",
        "         cure: stop what else runs here",
        "unknown  governor: the system does not report it",
        "ok       load: 0.01",
        "",
        "danger: effective CPUs",
    ]


def test_the_data_hold_the_same():
    """The data holds the summary, and every finding with its four parts."""
    data = json.loads(json.dumps(doctor.findings_data(FINDINGS)))
    assert data["summary"] == "danger: effective CPUs"
    assert data["findings"][1] == {
        "about": "governor", "level": "unknown", "says": "the system does not report it", "cure": "",
    }  # fmt: skip


def test_a_manifest_holds_only_warnings_and_dangers():
    """The manifest gets warnings and dangers alone, and no name of a file or variable of this machine."""
    facts = {name: value for name, value in QUIET.items() if name not in ("effective_cpus", "environment", "folders")}
    assert hazards.warning_before_run(facts, {}) == {"summary": "nothing endangers the numbers", "findings": []}
    warnings = hazards.warning_before_run({**facts, "governor": "powersave", "turbo": None}, QUIET["clocks"])
    assert warnings["summary"] == "warning: governor"
    assert [finding["about"] for finding in warnings["findings"]] == ["governor"]


def python(tmp_path):
    return interpreter.Interpreter("current", "none", {})


@pytest.mark.parametrize(
    ("answer", "effective"),
    [
        ({"alone": [100, 100], "together": [150, 150]}, 1.5),
        (None, None),
    ],
)
def test_effective_cpus_come_from_a_child(monkeypatch, tmp_path, answer, effective):
    """The child's answer gives the number; without an answer there is a reason."""
    outcome = TrialOutcome(
        "crashed" if answer is None else "", "it died" if answer is None else "", answer, "", "", 0, 0.1
    )
    monkeypatch.setattr(spinners, "launch", lambda *arguments: outcome)
    assert doctor._effective_cpus(python(tmp_path), None, 2) == (effective, outcome.reason)


def test_no_spinning_beside_a_run(monkeypatch, tmp_path):
    """While another run measures, the doctor starts no spinners, which would disturb it, and says so."""
    monkeypatch.setattr(spinners, "launch", lambda *arguments: pytest.fail("it disturbs the other run"))
    other = lock.MachineLock("concexp run of x", lambda who: None)
    with other.held():
        effective, reason = doctor._effective_cpus(python(tmp_path), None, 2)
        assert effective is None
        assert "concexp run of x" in reason
        assert doctor._lock_state() == {"holder": f"concexp run of x, process {os.getpid()}", "problem": ""}
    assert doctor._lock_state() == {"holder": "", "problem": ""}


def test_a_lock_that_cannot_be_opened_is_a_finding(monkeypatch, tmp_path):
    """A lock that cannot be opened is reported, not raised."""
    monkeypatch.setenv("CONCEXP_LOCK", str(tmp_path / "none" / "lock"))
    assert "cannot open the machine-wide lock" in doctor._lock_state()["problem"]


def test_free_bytes_of_a_folder(tmp_path):
    """Free bytes are known also for a folder that does not exist yet; None below a file."""
    assert doctor.free_bytes(tmp_path / "new" / "reports") > 0
    (tmp_path / "file").write_text("")
    assert doctor.free_bytes(tmp_path / "file" / "reports") is None


def test_free_bytes_without_permission(monkeypatch, tmp_path):
    """None without permission, however empty the disk is (`os.access` is patched: root may write anywhere)."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert doctor.free_bytes(tmp_path) is None


def test_interpreters_are_found_by_name_alone(tmp_path):
    """Each file is listed once, by its longest name, in order of versions; no other programs, no Python 2; nothing starts."""
    for name in ("python3.9", "python3.13", "python3.13t", "pypy3", "python3-config", "python2.7", "pythonista"):
        (tmp_path / name).write_text("exit 1")
    (tmp_path / "python3").symlink_to(tmp_path / "python3.13")
    path = os.pathsep.join(["", str(tmp_path), str(tmp_path / "none"), str(tmp_path)])
    assert sorted(doctor.interpreter_names(path)) == ["pypy3", "python3.13", "python3.13t", "python3.9"]
    assert [name for name in doctor.interpreter_names(path) if name in ("python3.9", "python3.13")] == [
        "python3.9",
        "python3.13",
    ]


def test_a_tracer_is_seen(monkeypatch):
    """A trace function of this process is named, and so is a debugger that the kernel reports."""
    monkeypatch.setattr(doctor.sys, "gettrace", lambda: print)
    monkeypatch.setattr(doctor, "_tracer_pid", lambda: 7)
    assert {"a trace function", "a debugger (ptrace)"} <= set(doctor.tracers())


def test_the_whole_command(tmp_path):
    """The exit code is 0 whatever it finds, each hazard is listed once, and nothing is written where reports would go."""
    done = concexp(tmp_path, "doctor", "--json", env={**os.environ, "PYTHONNOUSERSITE": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    findings = json.loads(done.stdout)["findings"]
    abouts = [finding["about"] for finding in findings]
    assert len(abouts) == len(set(abouts)) >= 20
    (environment,) = [finding for finding in findings if finding["about"] == "environment"]
    assert "PYTHONNOUSERSITE" in environment["says"]
    assert not list(tmp_path.iterdir())


def test_without_a_place_for_the_code_it_cannot_look(tmp_path, monkeypatch):
    """Neither the cache nor a temporary folder can be written: it is refused, with a cure."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file" / "below"))
    stage._temporary_folder.cache_clear()
    with pytest.raises(EnvironmentRefused, match="nor to a temporary folder") as caught:
        doctor.examine(tmp_path)
    assert "XDG_CACHE_HOME" in caught.value.hint
