"""Removing a folder in which anything may be."""

import ctypes
import os

from concexp.run.child.removal import remove_tree


def nested(path, depth):
    """Folders in folders, made as no path could name them."""
    path.mkdir(parents=True)
    here = os.open(path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("ab", dir_fd=here)
        deeper = os.open("ab", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def test_folders_that_are_too_deep_for_a_path(tmp_path):
    """Five thousand folders in each other: no recursion, no path that is too long, no descriptor left open."""
    before = len(os.listdir("/proc/self/fd"))
    nested(tmp_path / "deep", 5000)
    assert remove_tree(tmp_path / "deep") == ""
    assert os.listdir(tmp_path) == []
    assert len(os.listdir("/proc/self/fd")) == before


def test_everything_that_a_folder_can_hold(tmp_path):
    """Files, pipes, sockets, links to what must stay, names that are no text, several branches."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "mine").write_text("mine")
    path = tmp_path / "x"
    for branch in ("a/b/c", "a/d", "e"):
        (path / branch).mkdir(parents=True)
        (path / branch / "file").write_text("x")
    os.mkfifo(path / "a" / "pipe")
    (path / "a" / "link").symlink_to(kept)
    (path / "link").symlink_to(kept)
    (path / os.fsdecode(b"caf\xe9")).mkdir()
    assert remove_tree(path) == ""
    assert not path.exists()
    assert (kept / "mine").read_text() == "mine"


def test_folders_without_permissions(tmp_path):
    """What its owner may not read or write is made accessible first."""
    path = tmp_path / "x"
    (path / "a" / "b").mkdir(parents=True)
    (path / "a" / "b" / "file").write_text("x")
    for folder in (path / "a" / "b", path / "a", path):
        folder.chmod(0)
    child = os.fork()
    if not child:
        bound_by_permissions_now()
        os._exit(0 if remove_tree(path) == "" and not path.exists() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def bound_by_permissions_now():
    """Give up what lets root write anywhere, in this process."""
    if os.getuid() == 0:
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        nothing = (ctypes.c_uint32 * 6)()
        assert ctypes.CDLL(None).capset(header, nothing) == 0


def test_what_cannot_be_removed_is_told(tmp_path):
    """A reason, and no exception; a folder that is gone is no problem."""
    assert remove_tree(tmp_path / "gone") == ""
    (tmp_path / "file").write_text("x")
    assert "directory" in remove_tree(tmp_path / "file").lower()
    assert (tmp_path / "file").exists()
