"""A trial's own folder among the temporary ones: locked while it is used, so that a later run finds what killed ones left."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "concexp-trial-"
# Between its making and its locking a folder looks like one that was left, for less than this, seconds.
YOUNG = 60.0


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A new folder that only this user can read; it is removed at the end, with all that is in it."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with _opened(path) as descriptor:
            with contextlib.suppress(OSError):  # not every file system has locks: then `clear` must not be, either
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def clear() -> None:
    """Remove the folders of this user's runs that were killed, and could not remove them themselves."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), _opened(path) as descriptor:
            status = os.fstat(descriptor)
            if status.st_uid == os.getuid() and time.time() - status.st_mtime > YOUNG:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
