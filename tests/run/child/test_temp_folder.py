"""The folders of trials: gone when a trial ends, and those that killed runs left gone with the next run."""

import os
import signal
import subprocess
import sys
import tempfile
import threading

import pytest

from concexp.commands.run import RunRequest, run_experiment
from concexp.run.child import temp_folder

HOLDER = """\
import sys, time
from concexp.run.child import temp_folder
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
