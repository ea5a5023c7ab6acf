"""One trial at a time on a machine: a lock that all runs of concexp take, held per trial."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from concexp.errors import EnvironmentRefused


def path() -> Path:
    """The lock's file: $CONCEXP_LOCK (for containers that share a machine), else concexp.lock in the machine's /tmp."""
    named = os.environ.get("CONCEXP_LOCK")
    if named:
        return Path(named)
    # Not $TMPDIR: two users' temporary folders may differ, their CPUs don't.
    return Path("/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()) / "concexp.lock"


def holder() -> str:
    """Who holds the lock at this moment; an empty text for nobody."""
    descriptor = _open(path())
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(descriptor)
    finally:
        os.close(descriptor)
    return ""


class MachineLock:
    """`with lock.held():` around whatever must have the machine to itself.

    `label` tells others who holds it; `waiting(who)` is called once when somebody else does; `wait=False` refuses then.
    """

    def __init__(self, label: str, waiting: Callable[[str], None], wait: bool = True) -> None:
        self.label = label
        self.waiting = waiting
        self.wait = wait

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; EnvironmentRefused if it is taken and this run does not wait."""
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
            os.pwrite(descriptor, f"{self.label}, process {os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)


def _holder(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "another run"


def _open(file: Path) -> int:
    """A descriptor of the lock's file, which any user may lock."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        try:
            return os.open(file, flags)  # without O_CREAT: in a sticky folder that is refused for another user's file
        except FileNotFoundError:
            descriptor = os.open(file, flags | os.O_CREAT, 0o666)
            os.fchmod(descriptor, 0o666)  # whatever the umask
            return descriptor
    except OSError as error:
        raise EnvironmentRefused(
            f"cannot open the machine-wide lock {file}: {error.strerror}",
            "set CONCEXP_LOCK to a file that can be written",
        ) from error
