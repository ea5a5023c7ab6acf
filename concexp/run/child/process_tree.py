"""Finds the processes of a trial, waits for them, and ends them without leaving semaphores or shared memory behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time

import psutil

# A variable in the environment of every process of a trial. It identifies those that left the trial's session.
MARKER = "CONCEXP_TRIAL"
# A starting program has its environment within this time; some programs have none at all.
STARTING_S = 0.005
KILL_WITHIN_S = 5.0
TRACKERS_SPARED_S = 1.0  # how long resource trackers may go on cleaning up
POLL_S = 0.005


def alive(pid: int) -> bool:
    """Whether the process runs, and is not only waiting to be reaped."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def pids(child: subprocess.Popen[bytes], marker: str) -> list[int]:
    """Process ids of a trial, the child first: those in its session or with its marker, except resource trackers."""
    return [pid for pid, tracker in _all(child, marker) if not tracker]


def still_alive(child: subprocess.Popen[bytes], marker: str, grace: float) -> list[int]:
    """The processes of a trial that are still alive after `grace` seconds; returns at once when there are none."""
    deadline = time.monotonic() + grace
    while True:
        pids_alive = [pid for pid, _ in _all(child, marker)]
        if not pids_alive or time.monotonic() >= deadline:
            return pids_alive
        time.sleep(POLL_S)


def kill(child: subprocess.Popen[bytes], marker: str) -> None:
    """Kill the processes of a trial that are left.

    multiprocessing's resource tracker is spared at first: once the others are gone, it removes semaphores and shared
    memory, and then ends by itself.
    """
    started = time.monotonic()
    while time.monotonic() < started + KILL_WITHIN_S:
        processes = _all(child, marker)
        if not processes:
            break
        only_trackers = all(tracker for _, tracker in processes)
        for pid, tracker in processes:
            if not tracker or time.monotonic() > started + TRACKERS_SPARED_S:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        child.poll()
        time.sleep(0.01 if only_trackers else 0.002)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(5.0)


def _all(child: subprocess.Popen[bytes], marker: str) -> list[tuple[int, bool]]:
    """(process id, whether it is a resource tracker) of all live processes of a trial, the child first."""
    processes = []
    for pid in psutil.pids():
        if pid == os.getpid() or not is_ours(pid, child.pid, marker):
            continue
        try:
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                processes.append((pid, any("resource_tracker" in part for part in process.cmdline())))
        except psutil.Error:
            continue
    return sorted(processes, key=lambda item: (item[0] != child.pid, item[0]))


def is_ours(pid: int, session: int, marker: str) -> bool:
    """True if `pid` belongs to the trial: same session, or the trial's marker in its environment."""
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
        with open(f"/proc/{pid}/environ", "rb") as file:
            variables = file.read()
        if variables or time.monotonic() >= deadline:
            return variables
        if not os.path.exists(f"/proc/{pid}/exe"):  # one of the kernel's own, which never have any
            return variables
        time.sleep(0.0005)
