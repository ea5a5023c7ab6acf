"""One request -> what became of it: start a sealed child, keep its deadline, read its answer, leave nothing behind."""

from __future__ import annotations

import contextlib
import itertools
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from concexp import family
from concexp.stage import Stage
from concexp.trial import wire
from concexp.trial.notes import NAME as NOTES
from concexp.trial.tools import how_it_ended

# After its answer a child has this long to end by itself, seconds; what is there later has to be ended.
GRACE = 2.0
# What it started may need this long to notice that it has gone, seconds.
ORPHANS_WITHIN = 0.3
# A trial's notes are read up to so many bytes.
NOTES_READ = 1 << 24
# What is kept of a trial's output, bytes: the end of it.
OUTPUT_KEPT = 65_536
# Numerical libraries would start threads of their own beside those that are measured.
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}

_numbers = itertools.count()


@dataclass(frozen=True)
class Ending:
    """What became of a request.

    status       the child's own, or `crashed` or `timeout`; "" for verbs that have none
    answer       what it answered, or None
    output       the end of what it and its children printed
    stacks       on a timeout: where each thread of each process stood
    left_behind  processes that had to be ended after the child had answered
    duration_s   from the start to the end of the audit, seconds
    orphans      processes that were still there a moment after the child had ended, however it ended; None if it did not
    noticed_ns   when it was known that the trial had gone wrong, on the clock `perf_counter_ns`; None if it never was
    notes        what the trial noted in its folder: name -> (how often, the last number, or None)
    """

    status: str
    reason: str
    answer: dict[str, Any] | None
    output: str
    stacks: str
    left_behind: int
    duration_s: float
    orphans: int | None = None
    noticed_ns: int | None = None
    notes: dict[str, tuple[int, int | None]] = field(default_factory=dict)


@dataclass
class _Child:
    """A running child and what came from it so far."""

    process: subprocess.Popen[bytes]
    answer_fd: int
    output_fd: int
    answer: bytearray = field(default_factory=bytearray)
    output: bytearray = field(default_factory=bytearray)
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def __post_init__(self) -> None:
        for descriptor in (self.answer_fd, self.output_fd):
            os.set_blocking(descriptor, False)
            self.selector.register(descriptor, selectors.EVENT_READ)
        self.pidfd = os.pidfd_open(self.process.pid) if hasattr(os, "pidfd_open") else None
        if self.pidfd is not None:
            self.selector.register(self.pidfd, selectors.EVENT_READ)

    def listen(self, seconds: float) -> None:
        """Take in what comes within `seconds`; returns at the first thing that happens."""
        # Without pidfd (not Linux) the end of the child is noticed by looking, 50 times a second.
        timeout = max(0.0, seconds if self.pidfd is not None else min(seconds, 0.02))
        for key, _ in self.selector.select(timeout):
            if key.fd == self.pidfd:
                continue
            try:
                data = os.read(key.fd, 1 << 16)
            except BlockingIOError:
                continue
            if not data:
                self.selector.unregister(key.fd)
            elif key.fd == self.answer_fd:
                if len(self.answer) <= wire.LIMIT:
                    self.answer += data
            else:
                self.output += data
                if len(self.output) > 2 * OUTPUT_KEPT:
                    del self.output[:-OUTPUT_KEPT]

    def listen_until(self, deadline: float, done: Any) -> bool:
        """Listen until `done()` holds (True) or the deadline on the monotonic clock has passed (False)."""
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.listen(left)
        return True

    def ended(self) -> bool:
        return self.process.poll() is not None

    def drain(self) -> None:
        """Take in what is already there, of a child that has ended."""
        before = -1
        while len(self.answer) + len(self.output) != before:
            before = len(self.answer) + len(self.output)
            self.listen(0)

    def close(self) -> None:
        self.selector.close()
        if self.pidfd is not None:
            os.close(self.pidfd)


def environment(marker: str, hash_seed: int, folder: str, variables: Mapping[str, str]) -> dict[str, str]:
    """A child's environment, built from nothing: what the caller's shell happens to hold must not change the numbers.

    `variables` are those that the experiment asked for.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        **ONE_THREAD,
        **variables,
        "TMPDIR": folder,
        "PYTHONHASHSEED": str(hash_seed % 2**32),
        "PYTHONFAULTHANDLER": "1",  # every Python process of the trial prints its stacks when it is told to abort
        family.MARKER: marker,
    }


def launch(
    request: dict[str, Any],
    python: str,
    stage: Stage,
    timeout: float,
    site: bool = False,
    variables: Mapping[str, str] | None = None,
) -> Ending:
    """Run one request in a fresh child of `python`.

    `timeout` is in seconds, for the whole trial. `site` lets the child see the packages installed for that interpreter.
    `variables` go into its environment.
    The child leads a session of its own; whatever is in that session or carries the trial's marker is ended with it.
    """
    started = time.monotonic()
    marker = f"{os.getpid()}-{next(_numbers)}"
    folder = tempfile.mkdtemp(prefix="concexp-")
    answer_read, answer_write = os.pipe()
    output_read, output_write = os.pipe()
    life_read, life_write = os.pipe()  # when this process is gone, so is the writing end: see the child's `hang_on`
    try:
        with tempfile.TemporaryFile() as letter, contextlib.ExitStack() as theirs:
            for descriptor in (answer_write, output_write, life_read):
                theirs.callback(os.close, descriptor)
            letter.write(wire.encode({**request, "folder": folder}))
            letter.flush()
            letter.seek(0)
            descriptors = (letter.fileno(), answer_write, life_read)
            flags = ["-s"] if site else ["-s", "-S"]
            process = subprocess.Popen(
                [python, *flags, str(stage.main), *map(str, descriptors)],
                stdin=subprocess.DEVNULL,
                stdout=output_write,
                stderr=output_write,
                env=environment(marker, request.get("seed", 0), folder, variables or {}),
                cwd=folder,
                pass_fds=descriptors,
                start_new_session=True,
            )
        child = _Child(process, answer_read, output_read)
        try:
            return _attend(child, marker, started, timeout, Path(folder, NOTES))
        finally:
            family.end(process, marker)
            child.close()
    finally:
        for descriptor in (life_write, answer_read, output_read):
            os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def _attend(child: _Child, marker: str, started: float, timeout: float, notes: Path) -> Ending:
    """Wait for the answer or the deadline, and tell what it came to."""
    stacks, output, left_behind, orphans = "", "", 0, None
    in_time = child.listen_until(started + timeout, lambda: _whole(child.answer) or child.ended())
    if not in_time:
        said = child.output[-OUTPUT_KEPT:]
        child.output.clear()
        for pid in family.members(child.process, marker):
            _abort(child, pid)
        stacks = _text(child.output)
        child.output[:] = said
    else:
        child.listen_until(time.monotonic() + GRACE, child.ended)
        child.drain()
    now = time.perf_counter_ns()
    status, reason, answer = _verdict(child, child.process.poll(), in_time, timeout)
    noted, why = _noted(notes)
    if status in ("", "ok", "invalid"):
        left_behind = orphans = family.stragglers(child.process, marker, GRACE)
    else:
        output = _text(child.output[-OUTPUT_KEPT:])
        if in_time:  # what is still there when the program has gone was to be expected, and is no doubt
            orphans = family.stragglers(child.process, marker, ORPHANS_WITHIN)
        elif why:
            reason = f"{reason}: {why}"
    noticed = (answer or {}).get("ended_ns") or (now if in_time and status == "crashed" else None)
    spent = time.monotonic() - started
    return Ending(status, reason, answer, output, stacks, left_behind, spent, orphans, noticed, noted)


def _noted(path: Path) -> tuple[dict[str, tuple[int, int | None]], str]:
    """What a trial noted (see `concexp.trial.notes`), and why it hangs, if it knew. Lines of the last pass only."""
    found: dict[str, tuple[int, int | None]] = {}
    why = ""
    try:
        with path.open("rb") as file:
            lines = file.read(NOTES_READ).decode("utf-8", "replace").splitlines()
    except OSError:
        return found, why
    for line in lines:
        name, _, rest = line.partition(" ")
        if name == "pass":
            found.clear()
        elif name == "why":
            why = rest
        else:
            number = int(rest) if rest.isdigit() else None
            found[name] = found.get(name, (0, None))[0] + 1, number
    return found, why


def _whole(data: bytearray) -> bool:
    """Whether the answer is complete, or will never be."""
    try:
        return wire.decode(bytes(data))[1] if len(data) >= wire.DIGITS else False
    except ValueError:
        return True


def _verdict(child: _Child, code: int | None, in_time: bool, timeout: float) -> tuple[str, str, dict[str, Any] | None]:
    """(status, reason, answer) of a child that has answered, ended or run out of time."""
    if not in_time:
        return "timeout", f"no answer after {timeout:g} s", None
    try:
        answer, whole = wire.decode(bytes(child.answer))
    except ValueError as error:
        return "crashed", str(error), None
    if not whole:
        return "crashed", f"the trial's process {last_words(code)}", None
    if not isinstance(answer, dict):
        return "crashed", "the answer is no dict", None
    return answer.get("status", ""), answer.get("reason", ""), answer


def last_words(code: int | None) -> str:
    """How a child ended that did not answer; `code` is its exit code, None if it is still there."""
    return "closed its answer without giving one" if code is None else f"{how_it_ended(code)} before it answered"


def _abort(child: _Child, pid: int) -> None:
    """Make one process print the stacks of all its threads, which ends it; take in what it prints."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGABRT)
        child.listen_until(time.monotonic() + 0.5, lambda: child.ended() if pid == child.process.pid else _gone(pid))
        child.drain()


def _gone(pid: int) -> bool:
    return not family.alive(pid)


def _text(data: bytes | bytearray) -> str:
    return bytes(data).decode("utf-8", "replace")
