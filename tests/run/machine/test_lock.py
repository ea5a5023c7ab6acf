"""One trial at a time on a machine, whoever runs it."""

import itertools
import os
import pathlib
import subprocess
import sys
from datetime import datetime

import pytest

from concexp.errors import EnvironmentRefused
from concexp.run.machine import lock as machine_lock
from concexp.run.machine.lock import MachineLock
from concexp.run.storage import journal

HOLDER = """\
import sys
from concexp.run.machine.lock import MachineLock
with MachineLock("the other run", print).held():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    """A lock of the test's own."""
    monkeypatch.setenv("CONCEXP_LOCK", str(tmp_path / "lock"))
    return tmp_path / "lock"


@pytest.fixture
def other():
    """A process that holds the lock until its standard input is closed."""
    command = [sys.executable, "-c", HOLDER]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def never(who):
    pytest.fail(f"waited for {who}")


def test_a_free_lock_is_taken_and_given_back():
    """Nobody waits where nobody holds it, again and again."""
    lock = MachineLock("mine", never)
    for _ in range(3):
        with lock.held():
            pass


def test_who_does_not_wait_is_refused(other):
    """With --no-wait a run is refused while another measures, and is told who it is."""
    with (
        pytest.raises(EnvironmentRefused, match=f"the other run, process {other.pid}") as caught,
        MachineLock("mine", never, wait=False).held(),
    ):
        pytest.fail("two at a time")
    assert caught.value.exit_code == 3


def test_who_waits_says_for_whom_and_then_gets_it(other, file):
    """A run that waits tells once for whom, and goes on when the other has ended."""
    told = []

    def waiting(who):
        told.append(who)
        other.stdin.close()

    with MachineLock("mine", waiting).held():
        assert file.read_text() == f"mine, process {os.getpid()}\n"
    assert told == [f"the other run, process {other.pid}"]


def test_a_killed_holder_holds_nothing(other):
    """The kernel gives the lock back when its holder dies, however it dies."""
    other.kill()
    other.wait()
    with MachineLock("mine", never, wait=False).held():
        pass


def test_an_exception_gives_it_back():
    """An error while it is held frees it, and closes its descriptor."""
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(KeyError), MachineLock("mine", never).held():
        raise KeyError
    with MachineLock("mine", never, wait=False).held():
        pass
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_shorter_label_leaves_nothing_of_a_longer_one(file):
    """What the file tells is the present holder's label alone."""
    with MachineLock("a very long name of an experiment", never).held():
        pass
    with MachineLock("x", never).held():
        assert file.read_text() == f"x, process {os.getpid()}\n"


def test_any_user_may_lock(file):
    """Whatever the umask, the file can be locked by other users, too."""
    before = os.umask(0o077)
    try:
        with MachineLock("mine", never).held():
            assert file.stat().st_mode & 0o777 == 0o666
    finally:
        os.umask(before)


def test_children_do_not_inherit_it():
    """A trial's processes may outlive the lock's holder: they do not hold it."""
    with MachineLock("mine", never).held():
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with MachineLock("mine", never, wait=False).held():
            pass
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("obstacle", ["a link", "no folder"])
def test_a_lock_that_cannot_be_opened_is_refused(obstacle, tmp_path, monkeypatch):
    """A link that somebody put there is not followed; a place that is none is named, and what to set."""
    if obstacle == "a link":
        (tmp_path / "lock").symlink_to(tmp_path / "target")
    else:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("CONCEXP_LOCK", str(tmp_path / "file" / "lock"))
    with (
        pytest.raises(EnvironmentRefused, match="cannot open the machine-wide lock") as caught,
        MachineLock("mine", never).held(),
    ):
        pytest.fail("held what cannot be held")
    assert "CONCEXP_LOCK" in caught.value.hint
    assert not (tmp_path / "target").exists()


def test_its_place_is_the_machines(monkeypatch, file):
    """One file for all users: $TMPDIR, which differs between them, does not move it."""
    assert machine_lock.path() == file
    monkeypatch.delenv("CONCEXP_LOCK")
    monkeypatch.setenv("TMPDIR", "/somewhere")
    assert str(machine_lock.path()) == "/tmp/concexp.lock"


def test_who_holds_it():
    """The holder's label and process while it is held, an empty text otherwise; looking takes nothing away."""
    lock = MachineLock("concexp run of x", lambda who: None, wait=False)
    assert machine_lock.holder() == ""
    with lock.held():
        assert machine_lock.holder() == f"concexp run of x, process {os.getpid()}"
    assert machine_lock.holder() == ""
    with lock.held():  # nobody is left holding it
        pass


TINY = "workload: sleep\nmodel: [serial, threads]\nsweep: {workers: 1}\nload: {duration: 20ms}\n"


def started(folder, *flags):
    """`concexp run` of tiny real trials, in a folder of its own."""
    folder.mkdir()
    (folder / "x.yaml").write_text(TINY + "measure: {repetitions: 3, iterations: 1, warmup: 0}\n")
    command = [sys.executable, "-m", "concexp", "run", "x.yaml", "--progress", "plain", "--no-report", *flags]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def spans(folder):
    """(start, end) of all that a run had the machine for, seconds on the wall's clock."""
    (path,) = folder.glob("reports/x/runs/*/journal.jsonl")
    for record in journal.read(path).records:
        start = datetime.fromisoformat(record["started_at"]).timestamp()
        yield start, start + record["duration_s"]


def test_trials_of_two_runs_never_overlap(tmp_path):
    """Two runs that start together: each waits for whoever measures, and at any moment one of them has the machine."""
    folders = [tmp_path / name for name in ("one", "two")]
    with MachineLock("the gate", never).held():
        runs = [started(folder) for folder in folders]
        # Both stand before the lock when it opens: from then on they are rivals.
        for run in runs:
            assert any("waiting for the gate" in line for line in iter(run.stderr.readline, ""))
    for run in runs:
        run.stderr.read()
        assert run.wait() == 0
        run.stderr.close()
    # Two cells, a control and the sentinel in each of three blocks, with spinners before them, in the middle and at the end.
    assert all(len(list(spans(folder))) >= 3 * 4 + 3 for folder in folders)
    taken = sorted(span for folder in folders for span in spans(folder))
    # Starts are written down in whole milliseconds, rounded down.
    assert all(after[0] >= before[1] - 0.001 for before, after in itertools.pairwise(taken))


def test_a_run_that_does_not_wait_is_refused(other, tmp_path):
    """With --no-wait a whole run ends with exit code 3, and tells who measures."""
    run = started(tmp_path / "one", "--no-wait")
    said = run.communicate()[1]
    assert run.returncode == 3
    assert f"this machine is measuring already: the other run, process {other.pid}" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "content", ["my notes\n", "a, process x\n", "\n\n", "x" * 500, "one, process 1\ntwo, process 2\n"]
)
def test_a_file_of_the_users_is_no_lock(tmp_path, monkeypatch, content):
    """Who names one of his own files by mistake keeps it, and is told."""
    path = tmp_path / "notes.txt"
    path.write_text(content)
    monkeypatch.setenv("CONCEXP_LOCK", str(path))
    with pytest.raises(EnvironmentRefused, match=r"notes\.txt is no lock of concexp's"), MachineLock("x", print).held():
        pytest.fail("it was taken")
    assert path.read_text() == content


@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_what_is_no_file_is_no_lock(tmp_path, monkeypatch, kind):
    """/dev/null, or a pipe that nobody reads: refused, and not waited for."""
    path = tmp_path / "pipe" if kind == "pipe" else pathlib.Path("/dev/null")
    if kind == "pipe":
        os.mkfifo(path)
    monkeypatch.setenv("CONCEXP_LOCK", str(path))
    with pytest.raises(EnvironmentRefused, match="no lock of concexp's: it is no file"), MachineLock("x", print).held():
        pytest.fail("it was taken")


def test_a_label_of_any_length_is_a_lock_again(file):
    """Also one that is no UTF-8, or longer than what is shown."""
    for label in ("x" * 1000, "caf\udce9", "a\tb"):
        with MachineLock(label, print).held():
            pass
    with MachineLock("x", print).held():
        assert machine_lock.holder().startswith("x, process ")
