"""The processes of a trial: find them, wait for them, end them, leave no semaphore or shared memory behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time

import psutil

# A variable in the environment of every process of a trial: it finds those that left the trial's session.
MARKER = "CONCEXP_TRIAL"
# Between a program's start and its environment lies less than this, seconds; some programs have none at all.
STARTING = 0.005


def alive(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be reaped."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def pids(child: subprocess.Popen[bytes], marker: str) -> list[int]:
    """Process ids of a trial, the child first: everyone in its session or with its marker, resource trackers left out."""
    return [pid for pid, tracker in _all(child, marker) if not tracker]


def still_alive(child: subprocess.Popen[bytes], marker: str, grace: float) -> list[int]:
    """Those of a trial's processes that are still there `grace` seconds after they should have ended; sooner if none is."""
    deadline = time.monotonic() + grace
    while True:
        there = [pid for pid, _ in _all(child, marker)]
        if not there or time.monotonic() >= deadline:
            return there
        time.sleep(0.005)


def kill(child: subprocess.Popen[bytes], marker: str) -> None:
    """Kill what is left of a trial.

    multiprocessing's resource tracker is spared at first: it removes semaphores and shared memory as soon as the others
    are gone, and then ends by itself.
    """
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        there = _all(child, marker)
        if not there:
            break
        only_trackers = all(tracker for _, tracker in there)
        for pid, tracker in there:
            if not tracker or time.monotonic() > deadline - 4.0:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        child.poll()
        time.sleep(0.01 if only_trackers else 0.002)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(5.0)


def _all(child: subprocess.Popen[bytes], marker: str) -> list[tuple[int, bool]]:
    """(process id, is it a resource tracker) of everyone alive in a trial, the child first."""
    found = []
    me = os.getpid()
    for pid in psutil.pids():
        if pid == me or not is_ours(pid, child.pid, marker):
            continue
        try:
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append((pid, any("resource_tracker" in part for part in process.cmdline())))
        except psutil.Error:
            continue
    return sorted(found, key=lambda item: (item[0] != child.pid, item[0]))


def is_ours(pid: int, session: int, marker: str) -> bool:
    """Whether a process is of the trial whose child leads this session and whose processes have this marker."""
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
    """The environment that a process was started with; one that is just being started has none for a moment."""
    deadline = time.monotonic() + STARTING
    while True:
        with open(f"/proc/{pid}/environ", "rb") as file:
            found = file.read()
        if (
            found or time.monotonic() >= deadline or not os.path.exists(f"/proc/{pid}/exe")
        ):  # the kernel's own have none
            return found
        time.sleep(0.0005)
