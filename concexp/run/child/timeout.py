"""A trial whose time is over: all its processes are stopped, and tell where they stand, one after the other, as they end.

Stopped first, so that nobody goes on, and nobody prints between the lines of another. Each Python process then prints the
stacks of all its threads (`faulthandler`, by SIGABRT), and before that, if it listens for it, those of its asyncio tasks
(see `concexp.trial.standing`). Whoever is no Python is asked to end (SIGTERM). Who is left then is killed by `family.end`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from concexp.run.child import hang, lock_cycles, process_tree
from concexp.run.child.pipes import OUTPUT_KEPT, Child, text
from concexp.trial.diagnostics.notes import NAME as NOTES
from concexp.trial.diagnostics.task_stacks import NAME as TASKS

# A process has so long to tell of itself, seconds, and all together so long: on a busy machine some need a second.
ONE, ALL = 2.0, 15.0


def collect_stacks(child: Child, pids: Sequence[int], folder: Path) -> tuple[str, dict[str, Any]]:
    """(where each thread and each task of these processes stood, what kind of hang it is); they end by it."""
    first = hang.take_snapshot(pids, folder / NOTES)
    child.listen_until(time.monotonic() + hang.WATCH, child.ended)  # who prints must not wait for us
    second = hang.take_snapshot(pids, folder / NOTES)
    found = stacks(child, pids, folder)
    return found, {**hang.classify(first, second, found), **lock_cycles.describe_cycle(lock_cycles.read(folder))}


def stacks(child: Child, pids: Sequence[int], folder: Path) -> str:
    """Where each thread and each task of these processes stood; they end by it. What they had printed before is kept."""
    said = child.output[-OUTPUT_KEPT:]
    for pid in pids:
        _send(pid, signal.SIGSTOP)
    child.drain()
    found = []
    deadline = time.monotonic() + ALL
    for pid in pids:
        child.output.clear()
        limit = min(deadline, time.monotonic() + ONE)
        tasks = _tasks(child, pid, folder, limit)
        _send(pid, signal.SIGABRT if _catches(pid, signal.SIGABRT) else signal.SIGTERM)
        _send(pid, signal.SIGCONT)

        def gone(pid: int = pid) -> bool:
            return child.ended() if pid == child.process.pid else not process_tree.alive(pid)

        child.listen_until(limit + ONE, gone)
        child.drain()
        found += [text(child.output), tasks]
    child.output[:] = said
    return "".join(found)


def _tasks(child: Child, pid: int, folder: Path, deadline: float) -> str:
    """The stacks of a process's asyncio tasks; an empty text where it has none, or cannot tell."""
    if not _catches(pid, signal.SIGUSR1):
        return ""
    path = folder / f"{TASKS}{pid}"
    _send(pid, signal.SIGCONT)
    # Of a process that is just waking up any thread may get the signal, and only the main one acts on it: send it again.
    # No event tells of a new file here: look again and again, and take in what is printed meanwhile.
    while not path.exists() and time.monotonic() < deadline and process_tree.alive(pid):
        _send(pid, signal.SIGUSR1)
        child.listen(0.02)
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler of its own for a signal."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return number == signal.SIGABRT  # not Linux: take it for a Python
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (number - 1) & 1)
