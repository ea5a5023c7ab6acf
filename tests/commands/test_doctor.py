"""The doctor: what it looks at on a real system, and how it tells what it found."""

import json
import os

import pytest

from concexp.commands import doctor
from concexp.run.child.launch import TrialOutcome
from concexp.run.interpreters import interpreter
from concexp.run.machine import hazards, lock, spinners
from concexp.run.machine.hazards import Finding
from tests.helpers.machines import QUIET
from tests.helpers.program import concexp

FINDINGS = [
    Finding("effective CPUs", "danger", "spinners get 1.00 of 2 usable CPUs now", "stop what else runs here"),
    Finding("governor", "unknown", "the system does not tell"),
    Finding("load", "ok", "0.01"),
]


def test_the_text_has_a_line_per_finding_and_its_cure_below():
    """Level, what it is about, what was seen; the last line sums up."""
    assert doctor.text(FINDINGS).splitlines() == [
        "danger   effective CPUs: spinners get 1.00 of 2 usable CPUs now",
        "         cure: stop what else runs here",
        "unknown  governor: the system does not tell",
        "ok       load: 0.01",
        "",
        "danger: effective CPUs",
    ]


def test_the_data_hold_the_same():
    """For programs: the summary, and every finding with its four parts."""
    found = json.loads(json.dumps(doctor.data(FINDINGS)))
    assert found["summary"] == "danger: effective CPUs"
    assert found["findings"][1] == {
        "about": "governor", "level": "unknown", "says": "the system does not tell", "cure": "",
    }  # fmt: skip


def test_what_stands_in_a_manifest_is_what_is_to_be_heeded():
    """Only warnings and dangers, and no name of a file or a variable of this machine."""
    facts = {name: value for name, value in QUIET.items() if name not in ("effective_cpus", "environment", "folders")}
    assert hazards.warning_before_run(facts, {}) == {"summary": "nothing endangers the numbers", "findings": []}
    found = hazards.warning_before_run({**facts, "governor": "powersave", "turbo": None}, QUIET["clocks"])
    assert found["summary"] == "warning: governor"
    assert [finding["about"] for finding in found["findings"]] == ["governor"]


def python(tmp_path):
    return interpreter.Interpreter("current", "none", {})


@pytest.mark.parametrize(
    ("answer", "effective"),
    [
        ({"alone": [100, 100], "together": [150, 150]}, 1.5),
        (None, None),
    ],
)
def test_spinners_are_run_by_the_real_way(monkeypatch, tmp_path, answer, effective):
    """The child's answer makes the figure; without an answer the reason is told."""
    ending = TrialOutcome(
        "crashed" if answer is None else "", "it died" if answer is None else "", answer, "", "", 0, 0.1
    )
    monkeypatch.setattr(spinners, "launch", lambda *arguments: ending)
    assert doctor._spin(python(tmp_path), None, 2) == (effective, ending.reason)


def test_no_spinning_beside_a_run(monkeypatch, tmp_path):
    """While another run measures, the doctor would disturb it, and says that it did not look."""
    monkeypatch.setattr(spinners, "launch", lambda *arguments: pytest.fail("it disturbs the other run"))
    other = lock.MachineLock("concexp run of x", lambda who: None)
    with other.held():
        effective, reason = doctor._spin(python(tmp_path), None, 2)
        assert effective is None
        assert "concexp run of x" in reason
        assert doctor._lock() == {"holder": f"concexp run of x, process {os.getpid()}", "problem": ""}
    assert doctor._lock() == {"holder": "", "problem": ""}


def test_a_lock_that_cannot_be_opened_is_a_finding(monkeypatch, tmp_path):
    """The doctor must not fall ill of what it diagnoses."""
    monkeypatch.setenv("CONCEXP_LOCK", str(tmp_path / "none" / "lock"))
    assert "cannot open the machine-wide lock" in doctor._lock()["problem"]


def test_room_of_a_folder(tmp_path):
    """Free bytes, also where the folder is still to be made; None below a file."""
    assert doctor.room(tmp_path / "new" / "reports") > 0
    (tmp_path / "file").write_text("")
    assert doctor.room(tmp_path / "file" / "reports") is None


def test_room_of_a_folder_without_permission(monkeypatch, tmp_path):
    """Who may not write there has no room, however empty the disk is (asked of the system: root may write anywhere)."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert doctor.room(tmp_path) is None


def test_interpreters_are_found_by_name_alone(tmp_path):
    """Each file once, by its longest name, in order of versions; no other programs, no Python 2, and nothing is started."""
    for name in ("python3.9", "python3.13", "python3.13t", "pypy3", "python3-config", "python2.7", "pythonista"):
        (tmp_path / name).write_text("exit 1")
    (tmp_path / "python3").symlink_to(tmp_path / "python3.13")
    path = os.pathsep.join(["", str(tmp_path), str(tmp_path / "none"), str(tmp_path)])
    assert sorted(doctor.pythons(path)) == ["pypy3", "python3.13", "python3.13t", "python3.9"]
    assert [name for name in doctor.pythons(path) if name in ("python3.9", "python3.13")] == ["python3.9", "python3.13"]


def test_a_tracer_is_seen(monkeypatch):
    """A trace function of this process is named, as is a debugger that the kernel tells of."""
    monkeypatch.setattr(doctor.sys, "gettrace", lambda: print)
    monkeypatch.setattr(doctor, "_traced_by", lambda: 7)
    assert {"a trace function", "a debugger (ptrace)"} <= set(doctor.tracers())


def test_the_whole_command(tmp_path):
    """It ends with 0 whatever it finds, tells of each hazard once, and writes nothing where reports would go."""
    done = concexp(tmp_path, "doctor", "--json", env={**os.environ, "PYTHONNOUSERSITE": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    abouts = [finding["about"] for finding in found["findings"]]
    assert len(abouts) == len(set(abouts)) >= 20
    (environment,) = [finding for finding in found["findings"] if finding["about"] == "environment"]
    assert "PYTHONNOUSERSITE" in environment["says"]
    assert not list(tmp_path.iterdir())


def test_without_a_place_for_the_code_it_cannot_look(tmp_path):
    """Exit code 3 and the cure, no traceback."""
    (tmp_path / "file").write_text("")
    done = concexp(tmp_path, "doctor", env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "file")})
    assert done.returncode == 3
    assert "XDG_CACHE_HOME" in done.stderr
    assert "Traceback" not in done.stderr
