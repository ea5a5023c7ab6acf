"""A trial's temporary folder. It is locked while in use, so that a later run can remove what killed runs left behind.

The folder, TMPDIR/concexp-trial-XXXXXXXX, holds a file that marks it as ours and the folder that the trial sees. Nothing is
ever removed without that mark: somebody else may have a folder of such a name.

The path of a socket may have about 100 characters, and multiprocessing, MPI and Ray make theirs in the trial's folder. Where
TMPDIR is long, as on clusters, the trial sees its folder through a link in a short place; where such a link leads marks it as ours.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from concexp.run.child.removal import remove_tree
from concexp.run.storage import foreign_file

PREFIX = "concexp-trial-"
NAME = re.compile(rf"{PREFIX}[a-z0-9_]{{8}}")  # as `tempfile.mkdtemp` makes it
MARK, MARK_TEXT = "mark", b"a trial of concexp\n"
INSIDE = "t"
# Characters of a folder's path that leave room for the longest name of a socket in it, one of Ray's with 68, in the 103 to
# 107 that a system allows.
ROOM = 35
LINK_PREFIX = "concexp-"
LINK = re.compile(rf"{LINK_PREFIX}[0-9a-f]{{8}}")
SHORT_PLACES = (Path("/tmp"), Path("/var/tmp"), Path(f"/run/user/{os.getuid()}"))


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A new folder that only this user can read. At the end it is removed with its contents."""
    path, descriptor = _create()
    try:
        yield path / INSIDE
    finally:
        remove(path / INSIDE)
        os.close(descriptor)


def lasting() -> Path:
    """A new folder as `folder` gives, removed when this process ends, and not when one of its forks does."""
    path, descriptor = _create()
    owner = os.getpid()

    def end() -> None:
        if os.getpid() == owner:
            remove(path / INSIDE)
            os.close(descriptor)

    atexit.register(end)
    return path / INSIDE


@contextlib.contextmanager
def short_name(inside: Path) -> Iterator[Path]:
    """A path of what `folder` gave that is short enough for sockets in it: its own, or a link; its own where none can be made."""
    link = _link_to(inside) if len(os.fsencode(inside)) > ROOM else None
    try:
        yield link or inside
    finally:
        if link is not None:
            with contextlib.suppress(OSError):
                link.unlink()


def _link_to(inside: Path) -> Path | None:
    for place in SHORT_PLACES:
        link = place / f"{LINK_PREFIX}{secrets.token_hex(4)}"
        with contextlib.suppress(OSError):
            link.symlink_to(inside.absolute())
            return link
    return None


def remove(inside: Path) -> str:
    """Remove what `folder` gave; returns why something of it is still there, "" if nothing is.

    Who made it needs no mark, which the measured code may have changed.
    """
    remove_tree(inside)  # first: the mark goes last, so that a later run can go on where a kill ends this
    return remove_tree(inside.parent)


def _create() -> tuple[Path, int]:
    """A new folder and the descriptor that holds its lock."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        with contextlib.suppress(FileNotFoundError):
            descriptor = _opened(path)
            with contextlib.suppress(OSError):  # not every file system has locks; `clear` gets none there, either
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.exists():
                (path / MARK).write_bytes(MARK_TEXT)
                (path / INSIDE).mkdir(mode=0o700)
                return path, descriptor
            os.close(descriptor)
        # Before it was locked, it looked abandoned, and another run removed it.


def clear() -> None:
    """Remove the folders that this user's killed runs left behind."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _clear(path)
    for link, path in _links():
        _clear(path)  # the killed run may have had another TMPDIR
        with contextlib.suppress(OSError):
            if not path.exists():
                link.unlink()


def _links() -> Iterator[tuple[Path, Path]]:
    """The links that `short_name` made for this user's trials, each with the trial's whole folder."""
    for link in (link for place in SHORT_PLACES for link in place.glob(f"{LINK_PREFIX}*") if LINK.fullmatch(link.name)):
        with contextlib.suppress(OSError):
            inside = link.readlink()
            if link.lstat().st_uid == os.getuid() and inside.name == INSIDE and NAME.fullmatch(inside.parent.name):
                yield link, inside.parent


def _clear(path: Path) -> None:
    """Remove a folder that has the name of a trial's and belongs to this user, unless its run still holds the lock."""
    if not NAME.fullmatch(path.name):
        return
    with contextlib.suppress(OSError):
        descriptor = _opened(path)
        try:
            if os.fstat(descriptor).st_uid == os.getuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(path)
        finally:
            os.close(descriptor)


def _remove(path: Path) -> None:
    """Remove a folder that bears the mark, or one that is empty: a kill may have come before the mark."""
    if foreign_file.content(path / MARK, len(MARK_TEXT) + 1) == MARK_TEXT:
        remove(path / INSIDE)
    else:
        with contextlib.suppress(OSError):
            path.rmdir()


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
