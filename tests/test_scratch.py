"""The folders of trials: gone when a trial ends, and those that killed runs left gone with the next run."""

import os
import signal
import subprocess
import sys
import tempfile

import pytest

from concexp import scratch, session

HOLDER = """\
import sys, time
from concexp import scratch
with scratch.folder() as path:
    (path / "rows").write_text("something")
    print(path, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A temporary folder of this test's own, in which no folder is too young to be removed."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(scratch, "YOUNG", -1.0)
    return tmp_path


def test_a_folder_lasts_as_long_as_its_trial(temporary):
    """Nobody else can read it, nobody clears it away while it is used, and it goes with what is in it, also after an error."""
    with scratch.folder() as path:
        assert path.parent == temporary
        assert path.stat().st_mode & 0o777 == 0o700
        (path / "deep" / "er").mkdir(parents=True)
        scratch.clear()
        assert (path / "deep" / "er").is_dir()
    assert os.listdir(temporary) == []
    with pytest.raises(KeyError), scratch.folder():
        raise KeyError
    assert os.listdir(temporary) == []


def test_what_a_killed_run_left_goes_with_the_next(temporary):
    """A process that is killed leaves its folder; while it lived, it was spared. What others made is not touched."""
    others = [temporary / "concexp-notes", temporary / f"{scratch.PREFIX}file", temporary / "kept"]
    others[0].mkdir()
    others[1].write_text("a file of somebody's")
    others[2].mkdir()
    (others[2] / "mine").write_text("mine")
    link = temporary / f"{scratch.PREFIX}link"
    link.symlink_to(others[2])
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    path = holder.stdout.readline().strip()
    scratch.clear()
    assert os.listdir(path) == ["rows"]
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert os.path.exists(path)
    scratch.clear()
    assert not os.path.exists(path)
    assert all(other.exists() for other in others)
    assert (link / "mine").read_text() == "mine"


def test_a_young_folder_is_left(temporary, monkeypatch):
    """It may just have been made, and be locked in a moment."""
    monkeypatch.setattr(scratch, "YOUNG", 60.0)
    made = temporary / f"{scratch.PREFIX}new"
    made.mkdir()
    scratch.clear()
    assert made.is_dir()
    os.utime(made, (0, 0))
    scratch.clear()
    assert not made.exists()


def test_each_run_clears(temporary):
    """`concexp run` does it, whatever it runs."""
    left = temporary / f"{scratch.PREFIX}left"
    left.mkdir()
    path = temporary / "x.yaml"
    path.write_text("workload: sleep\nmodel: simulated\nload: {ops: 10, scaling: strong}\nmeasure: {repetitions: 1}\n")
    session.run(session.Wanted(path, (), "", temporary / "out", False, False, True, "concexp run"), "none", False)
    assert not left.exists()
    assert list(temporary.glob(f"{scratch.PREFIX}*")) == []
