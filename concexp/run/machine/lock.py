"""The machine-wide lock: all runs of concexp take it for each trial, so that only one trial runs at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from concexp.errors import EnvironmentRefused

HOLDER_LENGTH = 200  # bytes of what a holder writes, at most
# What stands in the file: nothing yet, or the label of its latest holder. Whatever else does is somebody's.
HOLDER = re.compile(rb"(?:[^\n]*, process \d+\n)?")


def path() -> Path:
    """The lock's file: $CONCEXP_LOCK (for containers that share a machine), or concexp.lock in /tmp."""
    named = os.environ.get("CONCEXP_LOCK")
    if named:
        return Path(named)
    # Not $TMPDIR: two users may have different temporary folders, but they share the CPUs.
    return Path("/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()) / "concexp.lock"


def holder() -> str:
    """The label of the run that holds the lock now; "" if it is free."""
    descriptor = _open(path())
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(descriptor)
    finally:
        os.close(descriptor)
    return ""


class MachineLock:
    """`with lock.held():` around work that must have the machine to itself.

    label    shown to other runs while this one holds the lock
    waiting  called once with the holder's label if another run holds it
    wait     whether to wait for that run, or to refuse
    """

    def __init__(self, label: str, waiting: Callable[[str], None], wait: bool = True) -> None:
        self.label = label
        self.waiting = waiting
        self.wait = wait

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; EnvironmentRefused if another run has it and this one does not wait."""
        descriptor = _open(path())
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = _holder(descriptor)
                if not self.wait:
                    raise EnvironmentRefused(
                        f"this machine is measuring already: {holder}", "wait for it, or leave out --no-wait"
                    ) from None
                self.waiting(holder)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.ftruncate(descriptor, 0)
            label = self.label.encode("utf-8", "backslashreplace")[: HOLDER_LENGTH - 40]
            os.pwrite(descriptor, b"%s, process %d\n" % (label, os.getpid()), 0)
            yield
        finally:
            os.close(descriptor)


def _holder(descriptor: int) -> str:
    return os.pread(descriptor, HOLDER_LENGTH, 0).decode("utf-8", "replace").strip() or "another run"


def _open(file: Path) -> int:
    """Open the lock's file, which any user may lock, and return its descriptor."""
    cure = "set CONCEXP_LOCK to a file that can be written"
    try:
        descriptor = _opened(file)
    except OSError as error:
        raise EnvironmentRefused(f"cannot open the machine-wide lock {file}: {error.strerror}", cure) from error
    is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
    if not is_file or not HOLDER.fullmatch(os.pread(descriptor, HOLDER_LENGTH + 1, 0)):
        os.close(descriptor)
        what = "it holds something else" if is_file else "it is no file"
        raise EnvironmentRefused(f"{file} is no lock of concexp's: {what}", "set CONCEXP_LOCK to a new file")
    return descriptor


def _opened(file: Path) -> int:
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.open(file, flags)  # without O_CREAT, which a sticky folder refuses for another user's file
    except FileNotFoundError:
        descriptor = os.open(file, flags | os.O_CREAT, 0o666)
        os.fchmod(descriptor, 0o666)  # whatever the umask
        return descriptor
