"""Files that somebody else may have made: opened only if they are regular, and never waited for.

In a trial's folder, or in a run that was sent by a stranger, a name may be a pipe, which a reader waits for without end, a
device, or a link to any of these.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def opened(path: Path) -> BinaryIO:
    """The file at `path`, to be read as bytes; OSError if there is none, or if it is not a regular one."""
    return open(path, "rb", opener=_regular)


def _regular(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", path)
    return descriptor


def content(path: Path, limit: int) -> bytes:
    """Its first `limit` bytes; empty if it cannot be read."""
    try:
        with opened(path) as file:
            return file.read(limit)
    except OSError:
        return b""
