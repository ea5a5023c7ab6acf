"""Runs on disks that are full, read-only or broken, and under clocks that jump: nothing finished is lost or measured twice."""

import ctypes
import errno
import os
import re
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import concexp as package
from concexp.errors import EnvironmentRefused
from concexp.run.child import stage
from concexp.run.storage import journal, run_folder
from tests.helpers.program import concexp

MANY = (
    "workload: cpu_sum\nmodel: simulated\nsweep: {workers: [1, 2]}\nload: {ops: 10, scaling: strong}\n"
    "measure: {repetitions: 40, iterations: 1}\nreport: {plots: []}\n"
)
LIMIT = 40_000  # bytes: less than the journal of MANY, more than any file before it
CAP_DAC_OVERRIDE = 1  # what lets root write where nobody may
PR_CAPBSET_DROP = 24


@pytest.fixture(autouse=True, scope="module")
def staged():
    """The trials' code lies ready: what is refused here is a run's."""
    stage.stage_child_code()


def no_file_larger_than(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def bound_by_permissions():
    """Root may write anywhere; a process without this capability is treated as everybody else is."""
    if os.getuid() == 0 and ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0):
        raise OSError("the capability could not be dropped")


def only_run(folder):
    (found,) = (folder / "reports/x/runs").iterdir()
    return found


def trials(run):
    return [r["trial"] for r in journal.read(run / journal.NAME).records if r["role"] == "measured"]


def test_a_full_disk_costs_no_finished_trial(tmp_path, write):
    """No room in the middle of a run, then none for its page: exit 3 and what to do; after the cure all is there once."""
    write("x.yaml", MANY)
    command = ("run", "x.yaml")
    done = concexp(tmp_path, *command, preexec_fn=no_file_larger_than(LIMIT))
    assert done.returncode == 3
    assert re.search(
        r"cannot write .*journal\.jsonl: File too large\n  make room .* the same command again", done.stderr
    )
    before = (only_run(tmp_path) / journal.NAME).read_bytes()
    assert 10 < before.count(b"\n") < 81
    assert before.endswith(b"\n")  # what is half there is taken back

    assert concexp(tmp_path, *command, "--no-report").returncode == 0
    whole = (only_run(tmp_path) / journal.NAME).read_bytes()
    assert whole.startswith(before)
    assert len(trials(only_run(tmp_path))) == len(set(trials(only_run(tmp_path)))) == 80

    done = concexp(tmp_path, *command, preexec_fn=no_file_larger_than(6_000))
    assert done.returncode == 3
    assert re.search(r"cannot write .*: .*File too large.*\n  make room .* the same command again", done.stderr)
    assert concexp(tmp_path, *command).returncode == 0
    assert (only_run(tmp_path) / journal.NAME).read_bytes() == whole
    assert (tmp_path / "reports/x/README.md").exists()
    assert not list(tmp_path.rglob("*draft*"))


def test_a_read_only_folder_is_refused_and_later_completed(tmp_path, write):
    """Neither a new run nor the rest of an unfinished one where nothing may be written: exit 3; with permission it goes on."""
    write("x.yaml", MANY)
    (tmp_path / "closed").mkdir(mode=0o555)
    done = concexp(tmp_path, "run", "x.yaml", "--out", "closed", preexec_fn=bound_by_permissions)
    assert (done.returncode, "Traceback" in done.stderr) == (3, False), done
    assert re.search(r"cannot write closed/x: Permission denied\n  make .* --out", done.stderr)
    assert concexp(tmp_path, "run", "x.yaml", preexec_fn=no_file_larger_than(LIMIT)).returncode == 3
    run = only_run(tmp_path)
    before = (run / journal.NAME).read_bytes()
    (run / journal.NAME).chmod(0o444)
    run.chmod(0o555)
    done = concexp(tmp_path, "run", "x.yaml", preexec_fn=bound_by_permissions)
    assert (done.returncode, "Traceback" in done.stderr) == (3, False), done
    assert "journal.jsonl: Permission denied" in done.stderr
    run.chmod(0o755)
    (run / journal.NAME).chmod(0o644)
    assert concexp(tmp_path, "run", "x.yaml", "--no-report").returncode == 0
    assert (run / journal.NAME).read_bytes().startswith(before)
    assert len(trials(run)) == len(set(trials(run))) == 80


def test_what_the_disk_did_not_confirm_is_taken_back(tmp_path, monkeypatch):
    """Where fsync fails, a record may be in the file and not on disk: it leaves the file, so that it is measured again."""
    path = tmp_path / journal.NAME
    with journal.Writer(path) as writer:
        writer.begin({"run": "a"})
        writer.append({"trial": "one"})
        before = path.read_bytes()

        def broken(descriptor):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(journal.os, "fsync", broken)
        with pytest.raises(EnvironmentRefused, match="Input/output error"):
            writer.append({"trial": "two"})
        assert path.read_bytes() == before


def test_a_journal_that_is_a_link_is_not_followed(tmp_path):
    """In a folder from somebody else the journal's name may lead to a file of the user's: it is not written."""
    (tmp_path / "precious").write_text("mine")
    (tmp_path / journal.NAME).symlink_to("precious")
    with pytest.raises(EnvironmentRefused, match="cannot write"):
        journal.Writer(tmp_path / journal.NAME)
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_clock_that_was_put_back_does_not_change_which_run_is_the_latest(tmp_path):
    """Ids of runs grow whatever the clock on the wall says; where it runs on, they are its time."""
    wanted = "0badcafe" * 8
    first = run_folder._new(tmp_path, wanted)
    told = datetime.strptime(first.name.partition("-")[0], run_folder.MOMENT).replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - told).total_seconds()) < 60
    (tmp_path / "29990101T000000Z-12345678").mkdir()
    (tmp_path / "no run").mkdir()
    assert [run_folder._new(tmp_path, wanted).name for _ in range(2)] == [
        "29990101T000001Z-0badcafe",
        "29990101T000002Z-0badcafe",
    ]


def test_only_dates_come_from_the_clock_on_the_wall():
    """It may jump: durations, deadlines and intervals are of the monotonic clock, in parent and child.

    The clocks of two hosts are compared, to say how far they are apart.
    """
    found = {
        (file.name, word)
        for file in Path(package.__file__).parent.rglob("*.py")
        for word in re.findall(
            r"\btime\.time(?:_ns)?\(|\bdatetime\.(?:now|utcnow|today)\(|\bCLOCK_REALTIME\b", file.read_text()
        )
    }
    assert found == {("run_folder.py", "datetime.now("), ("host.py", "time.time("), ("hosts.py", "time.time(")}


def test_half_a_run_folder_is_none(tmp_path, write):
    """A run that could not even be described leaves nothing that later runs would stumble over."""
    write("x.yaml", MANY + f"tags: [{'x' * 3000}]\n")
    done = concexp(tmp_path, "run", "x.yaml", preexec_fn=no_file_larger_than(3_000))
    assert done.returncode == 3, done
    assert list((tmp_path / "reports/x/runs").iterdir()) == []


def test_two_runs_side_by_side_do_not_mix(tmp_path, write):
    """Two of the same command at a time: the second either has a run of its own or is refused; none writes into the other's."""
    write("x.yaml", MANY.replace("repetitions: 40", "repetitions: 300"))
    command = [sys.executable, "-m", "concexp", "run", "x.yaml", "--no-report", "--progress", "none"]
    both = [subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    for process, text in zip(both, said, strict=True):
        assert process.returncode == 0 or (process.returncode == 3 and "another concexp is writing" in text)
    assert any(process.returncode == 0 for process in both)
    for run in (tmp_path / "reports/x/runs").iterdir():
        assert len(trials(run)) == len(set(trials(run))) == 600
