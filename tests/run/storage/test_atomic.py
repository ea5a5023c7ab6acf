"""A file is replaced as a whole or stays as it was, and on request it is on disk before it takes its place."""

import os
import subprocess
import sys

import pytest

from concexp.run.storage import atomic


def test_a_file_is_replaced_whole(tmp_path):
    """Until the block ends, readers see the old content; afterwards nothing of the draft is left."""
    path = tmp_path / "cells.csv"
    path.write_text("old")
    with atomic.replaced(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
        assert draft.suffix == ".csv"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["cells.csv"]


@pytest.mark.parametrize("fsync", [False, True])
def test_a_failure_leaves_the_old_file(tmp_path, fsync):
    """Whatever went wrong while the draft was written, the file is the old one, and the draft is gone."""
    path = tmp_path / "manifest.json"
    path.write_text("old")

    def write():
        with atomic.replaced(path, fsync) as draft:
            draft.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="full"):
        write()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["manifest.json"]


def test_a_link_is_replaced_and_not_its_target(tmp_path):
    """Neither the file nor the draft of a folder from someone else leads to another file."""
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "page").symlink_to("precious")
    with atomic.replaced(tmp_path / "page") as draft:
        draft.write_text("new")
    assert (tmp_path / "precious").read_text() == "mine"
    assert (tmp_path / "page").read_text() == "new"
    assert not (tmp_path / "page").is_symlink()


def test_two_writers_at_a_time_do_not_disturb_each_other(tmp_path):
    """Each has a draft of its own: the file is the later one's, whole."""
    path = tmp_path / "page"
    with atomic.replaced(path) as one, atomic.replaced(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"
    assert os.listdir(tmp_path) == ["page"]


def test_the_draft_of_a_killed_writer_goes_with_the_next(tmp_path):
    """Its process is gone; that of a living one, of another file, or of somebody else, stays."""
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    stay = [
        f".draft-{os.getpid()}-0badcafe-page",
        f".draft-{process.pid}-0badcafe-other",
        ".draft-page",
        ".draft-x-y-page",
    ]
    for name in (f".draft-{process.pid}-0badcafe-page", *stay):
        (tmp_path / name).touch()
    with atomic.replaced(tmp_path / "page") as draft:
        draft.touch()
    assert sorted(os.listdir(tmp_path)) == sorted([*stay, "page"])


def test_the_content_is_on_disk_before_the_name(tmp_path, monkeypatch):
    """With `fsync`, the draft is synced after it was written and before it takes the file's place."""
    path = tmp_path / "manifest.json"
    seen = []
    fsync = os.fsync

    def watched(descriptor):
        seen.append((os.fstat(descriptor).st_size, path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(atomic.os, "fsync", watched)
    with atomic.replaced(path, fsync=True) as draft:
        draft.write_text("content")
    assert seen == [(len("content"), False)]
    assert path.read_text() == "content"


def test_a_failing_sync_keeps_the_old_file(tmp_path, monkeypatch):
    """What the disk did not confirm takes no file's place."""
    path = tmp_path / "manifest.json"
    path.write_text("old")

    def broken(descriptor):
        raise OSError("Input/output error")

    monkeypatch.setattr(atomic.os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"), atomic.replaced(path, fsync=True) as draft:
        draft.write_text("new")
    assert path.read_text() == "old"


def test_a_folder_is_synced_by_a_descriptor_of_its_own(tmp_path, monkeypatch):
    """The names in it are put on disk; a file is no folder."""
    synced = []
    monkeypatch.setattr(atomic.os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    atomic.sync_folder(tmp_path)
    assert synced == [tmp_path.stat().st_ino]
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        atomic.sync_folder(tmp_path / "file")
