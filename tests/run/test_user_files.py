"""The user's files during a run: what is measured is what the run's folder keeps."""

import os

import pytest

from concexp.errors import EnvironmentRefused
from concexp.run.user_files import UserFiles, sha256


@pytest.fixture
def mine(tmp_path):
    """A user's file."""
    path = tmp_path / "mine.py"
    path.write_text("x = 1\n")
    return path


def watched(path):
    """The file, as it is now."""
    return UserFiles({"mine.py": str(path)}, {"mine.py": sha256(str(path))})


def test_a_file_that_stays_as_it_is_passes(mine):
    """However often it is looked at, touched, or written again with the same content."""
    files = watched(mine)
    assert not files.check()
    assert not files.check()
    for write in (lambda: os.utime(mine, (0, 0)), lambda: mine.write_text("x = 1\n")):
        write()
        assert files.check()  # what it was meanwhile, nobody knows
        assert not files.check()


def test_a_changed_file_is_refused_with_its_name(mine):
    """Whether it was seen before or not, and also where its size and its time of change are put back."""
    for seen in (False, True):
        mine.write_text("x = 1\n")
        files, before = watched(mine), os.stat(mine)
        if seen:
            files.check()
        mine.write_text("x = 2\n")
        os.utime(mine, ns=(before.st_atime_ns, before.st_mtime_ns))
        with pytest.raises(EnvironmentRefused, match=r"mine\.py was changed while the run measured it") as caught:
            files.check()
        assert "in code/" in caught.value.hint


def test_a_file_that_is_gone_is_refused(mine):
    """The same for a file that was deleted or moved."""
    files = watched(mine)
    files.check()
    mine.unlink()
    with pytest.raises(EnvironmentRefused, match=r"mine\.py is gone"):
        files.check()


def test_no_files_are_always_right():
    """A run of our own workloads has none."""
    UserFiles().check()
