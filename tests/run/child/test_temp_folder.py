"""The folders of trials: gone when a trial ends, and those that killed runs left gone with the next run."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from concexp.commands.run import RunRequest, run_experiment
from concexp.run.child import temp_folder
from tests.helpers.children import function, trial

HOLDER = """\
import sys, time
from concexp.run.child import temp_folder
from tests.helpers.children import function, trial
with temp_folder.folder() as path:
    (path / "rows").write_text("something")
    print(path, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A temporary folder of this test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_a_folder_lasts_as_long_as_its_trial(temporary):
    """Nobody else can read it, nobody clears it away while it is used, and it goes with what is in it, also after an error."""
    with temp_folder.folder() as path:
        assert path.parent.parent == temporary
        assert path.parent.stat().st_mode & 0o777 == path.stat().st_mode & 0o777 == 0o700
        (path / "deep" / "er").mkdir(parents=True)
        temp_folder.clear()
        assert (path / "deep" / "er").is_dir()
    assert os.listdir(temporary) == []
    with pytest.raises(KeyError), temp_folder.folder():
        raise KeyError
    assert os.listdir(temporary) == []


def test_what_a_killed_run_left_goes_with_the_next(temporary):
    """A process that is killed leaves its folder; while it lived, it was spared. What others made is not touched."""
    names = [
        "concexp-notes",
        f"{temp_folder.PREFIX}file",
        "kept",
        f"{temp_folder.PREFIX}mydata",
        f"{temp_folder.PREFIX}mydata12",
    ]
    others = [temporary / name for name in names]
    for other in others:
        other.mkdir()
        (other / "mine").write_text("mine")
    (others[-1] / "mark").write_text("mine, too")
    link = temporary / f"{temp_folder.PREFIX}link"
    link.symlink_to(others[2])
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    path = holder.stdout.readline().strip()
    temp_folder.clear()
    assert os.listdir(path) == ["rows"]
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert os.path.exists(path)
    temp_folder.clear()
    assert not os.path.exists(path)
    assert all((other / "mine").exists() for other in others)
    assert (link / "mine").read_text() == "mine"


@pytest.mark.parametrize("when", ["before it is opened", "before it is locked"])
def test_who_clears_in_between_costs_nothing(temporary, monkeypatch, when):
    """A folder that was cleared away before it was locked is made again."""
    native, cleared = temp_folder._opened, []

    def opened(path):
        if not cleared and when == "before it is opened":
            cleared.append(path)
            os.rmdir(path)
        descriptor = native(path)
        if not cleared:
            cleared.append(path)
            os.rmdir(path)
        return descriptor

    monkeypatch.setattr(temp_folder, "_opened", opened)
    before = len(os.listdir("/proc/self/fd"))
    with temp_folder.folder() as path:
        assert path.is_dir()
        assert path not in cleared
        assert len(cleared) == 1
    assert len(os.listdir("/proc/self/fd")) == before
    assert os.listdir(temporary) == []


def test_many_that_make_and_clear_at_a_time(temporary):
    """None loses the folder that it is using to the clearing of another."""
    lost = []

    def trials():
        for _ in range(200):
            with temp_folder.folder() as path:
                (path / "rows").write_text("something")
                temp_folder.clear()
                if not (path / "rows").exists():
                    lost.append(path)

    threads = [threading.Thread(target=trials) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []
    assert os.listdir(temporary) == []


def test_each_run_clears(temporary):
    """`concexp run` does it, whatever it runs."""
    left = temporary / f"{temp_folder.PREFIX}left_it1"
    (left / temp_folder.INSIDE).mkdir(parents=True)
    (left / temp_folder.MARK).write_bytes(temp_folder.MARK_TEXT)
    path = temporary / "x.yaml"
    path.write_text("workload: sleep\nmodel: simulated\nload: {ops: 10, scaling: strong}\nmeasure: {repetitions: 1}\n")
    run_experiment(RunRequest(path, (), "", temporary / "out", False, False, True, "concexp run"), "none", False)
    assert not left.exists()
    assert list(temporary.glob(f"{temp_folder.PREFIX}*")) == []


@pytest.mark.parametrize("then", ["a mark that is none", "more beside it", "a link in its place"])
def test_a_folder_goes_whatever_its_trial_made_of_it(temporary, tmp_path_factory, then):
    """Who made the folder needs no mark to know that it is his; where a link leads, nothing is touched."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "mine").write_text("mine")
    with temp_folder.folder() as path:
        if then == "a mark that is none":
            (path.parent / temp_folder.MARK).unlink()
            os.mkfifo(path.parent / temp_folder.MARK)
        elif then == "more beside it":
            os.mkfifo(path.parent / "t2")
        else:
            path.rename(path.with_name("moved"))
            path.symlink_to(elsewhere)
        assert temp_folder.remove(path) == ""
    assert os.listdir(temporary) == []
    assert (elsewhere / "mine").read_text() == "mine"


@pytest.fixture
def long(tmp_path, monkeypatch):
    """A temporary folder whose path has 90 characters, as clusters have them."""
    folder = tmp_path / ("x" * (89 - len(str(tmp_path))))
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert len(str(folder)) == 90
    return folder


def links():
    """The links of trials, by what they lead to."""
    return {os.readlink(link): link for link, _ in temp_folder._links()}


def test_a_long_path_has_a_short_name(long):
    """It leads to the same folder, it is gone with the trial, and a short path needs none."""
    with temp_folder.folder() as path:
        with temp_folder.short_name(path) as seen:
            assert len(str(seen)) <= temp_folder.ROOM < len(str(path))
            assert seen.samefile(path)
            temp_folder.clear()
            assert seen.is_symlink()
        assert not seen.is_symlink()
        assert path.is_dir()
    short = Path("/tmp/concexp-trial-abcdefgh/t")
    with temp_folder.short_name(short) as seen:
        assert seen == short


def test_where_no_short_name_can_be_had_the_long_one_stays(long, monkeypatch):
    """The trial then runs all the same; only sockets fail."""
    monkeypatch.setattr(temp_folder, "SHORT_PLACES", (long / "nothing",))
    with temp_folder.folder() as path, temp_folder.short_name(path) as seen:
        assert seen == path


LINKED = HOLDER.replace("as path:", "as path, temp_folder.short_name(path) as seen:").replace(
    "print(path", "print(seen"
)


def test_links_of_killed_runs_go_with_the_next_whatever_its_tmpdir(long, tmp_path, monkeypatch):
    """And with them the folders to which they lead. Links of others stay."""
    holder = subprocess.Popen([sys.executable, "-c", LINKED], stdout=subprocess.PIPE, text=True)
    seen = Path(holder.stdout.readline().strip())
    others = Path("/tmp") / f"{temp_folder.LINK_PREFIX}0123abcd"
    others.symlink_to(tmp_path)
    try:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        temp_folder.clear()
        assert seen.is_dir()
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
        assert seen.is_dir()
        temp_folder.clear()
        assert not seen.is_symlink()
        assert os.listdir(long) == []
        assert others.is_symlink()
    finally:
        others.unlink()


SOCKETS = """\
import multiprocessing
from multiprocessing.connection import Client, Listener

def work():
    with multiprocessing.Manager() as manager:
        queue = manager.Queue()
        queue.put(5)
        assert queue.get() == 5
    with Listener(family="AF_UNIX") as listener, Client(listener.address) as one, listener.accept() as other:
        one.send(6)
        assert other.recv() == 6
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workload", "model", "sync"),
    [
        ("cpu_sum", ("processes", {"start_method": "forkserver"}), "none"),
        ("cpu_sum", ("process_pool", {"start_method": "forkserver"}), "none"),
        ("cpu_sum", ("mp_pool", {"start_method": "forkserver"}), "none"),
        ("cpu_sum", ("hybrid", {"start_method": "forkserver"}), "none"),
        ("ping_pong", "processes", "manager_queue"),
        ("ping_pong", "threads", "manager_queue"),
        ("shared_state", ("processes", {"start_method": "forkserver"}), "manager_dict"),
        (None, "threads", "none"),
        (None, "processes", "none"),
    ],
)
def test_sockets_work_under_a_long_tmpdir(long, write, workload, model, sync):
    """Fork servers, managers and listeners of the user's own."""
    mine = function(write("sockets.py", SOCKETS))
    ended = trial(workload or mine, model, sync, load={"ops": 2, "scaling": "strong"})
    assert (ended.status, ended.reason) == ("ok", "")
    assert [leak for leak in ended.leaked if leak["sure"]] == []
    assert os.listdir(long) == []
    assert not any(str(long) in target for target in links())
