"""Reads from a running child: its answer up to a limit, the end of its output, and that it has ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from concexp.run.child.template import Forked
from concexp.trial import wire

OUTPUT_KEPT = 65_536  # bytes kept of the end of a trial's output
# Bytes read at once, and the size of the output's pipe: a child that prints a lot must not wait for us at each line.
CHUNK = 1 << 20
# How long to read what is already there: a child that keeps printing must not hold us up.
DRAIN_S = 0.5
# Where the kernel does not report the end of a process, it is polled this often.
POLL_S = 0.02
LONGEST_WAIT_S = 3600.0  # the kernel takes a time-out of at most 2^31 ms


@dataclass
class Child:
    """A running child, and what came from it so far."""

    process: subprocess.Popen[bytes] | Forked
    answer_fd: int
    output_fd: int
    answer: bytearray = field(default_factory=bytearray)
    output: bytearray = field(default_factory=bytearray)
    printed: int = 0  # bytes that came in all, of which `output` has the end
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def __post_init__(self) -> None:
        with contextlib.suppress(OSError, AttributeError):  # the system may refuse a pipe of this size
            fcntl.fcntl(self.output_fd, fcntl.F_SETPIPE_SZ, CHUNK)
        for descriptor in (self.answer_fd, self.output_fd):
            os.set_blocking(descriptor, False)
            self.selector.register(descriptor, selectors.EVENT_READ)
        self.pidfd = os.pidfd_open(self.process.pid) if hasattr(os, "pidfd_open") else None
        self.end_is_reported = self.pidfd is not None
        if self.pidfd is not None:
            self.selector.register(self.pidfd, selectors.EVENT_READ)

    def listen(self, seconds: float) -> bool:
        """Wait up to `seconds` for the next event, read what it brings, and return whether any data came."""
        # Polls outside Linux, and, once the child has ended, for the end of other processes: no pidfd reports those.
        timeout = max(0.0, min(seconds, LONGEST_WAIT_S if self.end_is_reported else POLL_S))
        data_came = False
        for key, _ in self.selector.select(timeout):
            if key.fd == self.pidfd:
                self.selector.unregister(key.fd)  # it stays ready for ever, so `select` would no longer wait
                self.end_is_reported = False
                continue
            try:
                data = os.read(key.fd, CHUNK)
            except BlockingIOError:
                continue
            data_came = data_came or bool(data)
            if not data:
                self.selector.unregister(key.fd)
            elif key.fd == self.answer_fd:
                if len(self.answer) <= wire.LIMIT:
                    self.answer += data
            else:
                self.printed += len(data)
                self.output += data
                if len(self.output) > 2 * OUTPUT_KEPT:
                    del self.output[:-OUTPUT_KEPT]
        return data_came

    def listen_until(self, deadline: float, done: Callable[[], bool]) -> bool:
        """Listen until `done()` is true or the deadline, on the monotonic clock, has passed; return whether it is done."""
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.listen(left)
        return True

    def whole(self) -> bool:
        """Whether the answer is complete or can no longer become so."""
        try:
            return wire.body_of(self.answer) is not None
        except ValueError:
            return True

    def ended(self) -> bool:
        return self.process.poll() is not None

    def was_stopped(self) -> bool:
        """Whether a signal stopped the child and another one let it go on; False where that is not reported, or it has ended."""
        if isinstance(self.process, Forked):
            return self.process.was_continued()
        if not hasattr(os, "waitid"):
            return False
        with contextlib.suppress(ChildProcessError):  # `poll` has reaped it
            return os.waitid(os.P_PID, self.process.pid, os.WCONTINUED | os.WNOHANG) is not None
        return False

    def drain(self) -> None:
        """Read what is already there."""
        deadline = time.monotonic() + DRAIN_S
        while self.listen(0) and time.monotonic() < deadline:
            pass

    def close(self) -> None:
        self.selector.close()
        if self.pidfd is not None:
            os.close(self.pidfd)


def text(data: bytes | bytearray) -> str:
    """Printed bytes as text; invalid UTF-8 is replaced."""
    return bytes(data).decode("utf-8", "replace")
