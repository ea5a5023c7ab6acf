"""A running child and what comes from it: its answer up to a limit, of its output the end, and that it has ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from concexp.trial import wire

# What is kept of a trial's output, bytes: the end of it.
OUTPUT_KEPT = 65_536
# So much is read at once, and fits into the pipe of the output: a child that prints much must not wait for us at each line.
CHUNK = 1 << 20
# What is already there is taken in for so long, seconds: who goes on printing must not hold us up.
DRAIN = 0.5


@dataclass
class Child:
    """A running child and what came from it so far."""

    process: subprocess.Popen[bytes]
    answer_fd: int
    output_fd: int
    answer: bytearray = field(default_factory=bytearray)
    output: bytearray = field(default_factory=bytearray)
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def __post_init__(self) -> None:
        with contextlib.suppress(OSError, AttributeError):  # not everybody may have pipes of this size
            fcntl.fcntl(self.output_fd, fcntl.F_SETPIPE_SZ, CHUNK)
        for descriptor in (self.answer_fd, self.output_fd):
            os.set_blocking(descriptor, False)
            self.selector.register(descriptor, selectors.EVENT_READ)
        self.pidfd = os.pidfd_open(self.process.pid) if hasattr(os, "pidfd_open") else None
        self.told_of_end = self.pidfd is not None
        if self.pidfd is not None:
            self.selector.register(self.pidfd, selectors.EVENT_READ)

    def listen(self, seconds: float) -> bool:
        """Take in what comes within `seconds`; returns at the first thing that happens, and whether anything came."""
        # Where no pidfd tells of an end, it is noticed by looking, 50 times a second: not on Linux, and that of the others
        # once the child has ended.
        timeout = max(0.0, seconds if self.told_of_end else min(seconds, 0.02))
        came = False
        for key, _ in self.selector.select(timeout):
            if key.fd == self.pidfd:
                self.selector.unregister(key.fd)  # it would be ready for ever: nobody would wait any more
                self.told_of_end = False
                continue
            try:
                data = os.read(key.fd, CHUNK)
            except BlockingIOError:
                continue
            came = came or bool(data)
            if not data:
                self.selector.unregister(key.fd)
            elif key.fd == self.answer_fd:
                if len(self.answer) <= wire.LIMIT:
                    self.answer += data
            else:
                self.output += data
                if len(self.output) > 2 * OUTPUT_KEPT:
                    del self.output[:-OUTPUT_KEPT]
        return came

    def listen_until(self, deadline: float, done: Callable[[], bool]) -> bool:
        """Listen until `done()` holds (True) or the deadline on the monotonic clock has passed (False)."""
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.listen(left)
        return True

    def whole(self) -> bool:
        """Whether the answer is complete, or will never be."""
        try:
            return wire.decode(bytes(self.answer))[1] if len(self.answer) >= wire.DIGITS else False
        except ValueError:
            return True

    def ended(self) -> bool:
        return self.process.poll() is not None

    def drain(self) -> None:
        """Take in what is already there."""
        deadline = time.monotonic() + DRAIN
        while self.listen(0) and time.monotonic() < deadline:
            pass

    def close(self) -> None:
        self.selector.close()
        if self.pidfd is not None:
            os.close(self.pidfd)


def text(data: bytes | bytearray) -> str:
    """What was printed, whatever bytes it is made of."""
    return bytes(data).decode("utf-8", "replace")
