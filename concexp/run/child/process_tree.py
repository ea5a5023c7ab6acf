"""Finds the processes of a trial, waits for them, and ends them without leaving semaphores or shared memory behind.

A process belongs to a trial if it is in the trial's session or has the trial's marker in its environment. A daemon leaves the
session, and may empty its environment; then its parent is gone, and this process inherits it (`inherit_orphans`). A program that
inherits orphans has all of a trial's processes among its descendants, and finds them there.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Protocol

import psutil

# A variable in the environment of every process of a trial. It identifies those that left the trial's session.
MARKER = "CONCEXP_TRIAL"
MARKED = re.compile(rb"\0%s=(\d{1,9})-(\d{1,19})-\d+\0" % MARKER.encode())
# A starting program has its environment within this time; some programs have none at all.
STARTING_S = 0.005
KILL_WITHIN_S = 5.0
TRACKERS_SPARED_S = 1.0  # how long resource trackers may go on cleaning up
POLL_S = 0.005
CHUNK = 1 << 16  # bytes that are read at once


TRACKER = "resource_tracker"  # in the command line of multiprocessing's
PR_SET_CHILD_SUBREAPER = 36


class Leader(Protocol):
    """The child of a trial, which leads its session: what of `subprocess.Popen` is used here."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


class _Inheritance:
    """Whether this process inherits orphans, and its children that are none."""

    on = False
    own: frozenset[int] = frozenset()


# Processes that serve several trials and belong to none, although they have a marker: see `template`.
helpers: set[int] = set()
_numbers = itertools.count()


def inherit_orphans() -> None:
    """From now on, processes whose parents are gone become children of this process, and are taken for a trial's.

    Only for a program of its own, before its first trial: another one may start children beside a trial. Where the system has
    nothing of the kind (macOS), nothing changes.
    """
    if _set_subreaper(1):
        _Inheritance.on = True
        _Inheritance.own = frozenset(child.pid for child in psutil.Process().children())


@contextlib.contextmanager
def inheriting_nothing() -> Iterator[None]:
    """Meanwhile this process may start children that are no trial's, such as the workers of a cluster."""
    was_on = _Inheritance.on
    if was_on and _set_subreaper(0):
        _Inheritance.on = False
    try:
        yield
    finally:
        if was_on:
            inherit_orphans()


def _set_subreaper(on: int) -> bool:
    """Whether this process could be made one that inherits orphans, or one that does not."""
    with contextlib.suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, on, 0, 0, 0) == 0)
    return False


def marker_of(number: int) -> str:
    """The marker of this process's trial with this number: it tells later whether this process still runs."""
    return f"{os.getpid()}-{_started(os.getpid())}-{number}"


def new_marker() -> str:
    """A marker that this process has not used yet."""
    return marker_of(next(_numbers))


def end_abandoned() -> None:
    """Kill what is left of trials whose parent was killed: processes of this user with a marker of a process that is gone.

    Not those of another pid namespace, where process ids mean others; and not resource trackers, which end by themselves
    once the others are gone.
    """
    try:
        here = os.readlink("/proc/self/ns/pid")
    except OSError:
        return
    for pid in psutil.pids():
        try:
            if os.stat(f"/proc/{pid}").st_uid != os.getuid() or os.readlink(f"/proc/{pid}/ns/pid") != here:
                continue
            with open(f"/proc/{pid}/environ", "rb") as file:
                found = MARKED.search(b"\0" + file.read())
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                tracker = TRACKER.encode() in file.read()
        except OSError:
            continue
        if found and not tracker and _started(int(found[1])) != found[2].decode():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _started(pid: int) -> str:
    """When a process was started, in ticks since the boot: with its id it is unique. Empty if there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        return ""


def alive(pid: int) -> bool:
    """Whether the process runs, and is not only waiting to be reaped."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def pids(child: Leader, marker: str) -> list[int]:
    """Process ids of a trial, the child first: those in its session or with its marker, except resource trackers."""
    return [pid for pid, tracker in _all(child, marker) if not tracker]


def still_alive(child: Leader, marker: str, grace: float) -> list[int]:
    """The processes of a trial that are still alive after `grace` seconds; returns at once when there are none."""
    deadline = time.monotonic() + grace
    while True:
        _reap(child)
        pids_alive = [pid for pid, _ in _all(child, marker)] or sorted(_inherited(child))
        if not pids_alive or time.monotonic() >= deadline:
            return pids_alive
        time.sleep(POLL_S)


def kill(child: Leader, marker: str) -> None:
    """Kill the processes of a trial that are left.

    multiprocessing's resource tracker is spared at first: once the others are gone, it removes semaphores and shared
    memory, and then ends by itself.
    """
    started = time.monotonic()
    while time.monotonic() < started + KILL_WITHIN_S:
        processes = _all(child, marker)
        spared = {pid for pid, tracker in processes if tracker and time.monotonic() <= started + TRACKERS_SPARED_S}
        # The inherited ones are asked for once more: who forks and ends, again and again, is another process by now.
        for pid in {pid for pid, _ in processes} | _inherited(child):
            if pid not in spared:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        child.poll()
        _reap(child)
        if not processes and not _inherited(child):
            break
        time.sleep(0.01 if spared else 0.001)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(5.0)
    _reap(child)


def _reap(child: Leader) -> None:
    """Let the inherited processes go that have ended: nobody else waits for them."""
    for pid in _inherited(child):
        with contextlib.suppress(OSError):
            os.waitpid(pid, os.WNOHANG)


def _inherited(child: Leader) -> set[int]:
    """The processes that became children of this one since it inherits orphans, those included that wait to be reaped.

    Read from the kernel's own list, which takes far less time than to look at every process.
    """
    if not _Inheritance.on:
        return set()
    return _children(os.getpid()) - _Inheritance.own - helpers - {child.pid}


def _children(pid: int) -> set[int]:
    """The children of a process, none if it has ended."""
    found: set[int] = set()
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found.update(map(int, _content(f"/proc/{pid}/task/{task}/children").split()))
    except OSError:  # it has just ended, or one of its threads has; or a kernel without that list
        with contextlib.suppress(psutil.Error):
            return {one.pid for one in psutil.Process(pid).children()}
    return found


def _found(child: Leader, marker: str) -> set[int]:
    """The processes of a trial, some of which may have ended.

    Where this process inherits orphans, they are all its descendants, and no other process has to be looked at.
    """
    inherited = _inherited(child)
    if not (_Inheritance.on and os.path.exists(f"/proc/self/task/{os.getpid()}/children")):
        return {pid for pid in psutil.pids() if pid != os.getpid() and is_ours(pid, child.pid, marker)} | inherited
    found: set[int] = set()
    waiting = {*inherited, *([child.pid] if child.poll() is None else ())}
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting |= _children(pid) - found
    return found


def _all(child: Leader, marker: str) -> list[tuple[int, bool]]:
    """(process id, whether it is a resource tracker) of all live processes of a trial, the child first."""
    processes = []
    for pid in _found(child, marker):
        try:
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                processes.append((pid, any(TRACKER in part for part in process.cmdline())))
        except psutil.Error:
            continue
    return sorted(processes, key=lambda item: (item[0] != child.pid, item[0]))


def is_ours(pid: int, session: int, marker: str) -> bool:
    """True if `pid` belongs to the trial: same session, or the trial's marker in its environment."""
    if pid in helpers:
        return False
    try:
        if os.getsid(pid) == session:
            return True
    except (ProcessLookupError, PermissionError):
        return False
    try:
        return f"{MARKER}={marker}".encode() in _environment(pid).split(b"\0")
    except OSError:
        return False


def _environment(pid: int) -> bytes:
    """The environment that a process was started with. A starting process has none for a moment, so it is waited for."""
    deadline = time.monotonic() + STARTING_S
    while True:
        variables = _content(f"/proc/{pid}/environ")
        if variables or time.monotonic() >= deadline:
            return variables
        if not os.path.exists(f"/proc/{pid}/exe"):  # one of the kernel's own, which never have any
            return variables
        time.sleep(0.0005)


def _content(path: str) -> bytes:
    """What a file of /proc holds. Each scan reads one for every process of the machine, and `open` takes twice the time."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = more = os.read(descriptor, CHUNK)
        while more:
            more = os.read(descriptor, CHUNK)
            found += more
        return found
    finally:
        os.close(descriptor)
