"""Collects the stacks of a trial that timed out: stops all its processes, then lets one after the other dump and end.

They are stopped first so that none goes on, and none prints between the lines of another. Each Python process then prints
the stacks of all its threads (`faulthandler`, by SIGABRT), and before that, if it handles SIGUSR1, those of its asyncio
tasks (see `concexp.trial.diagnostics.task_stacks`). Processes that are not Python get SIGTERM. `process_tree.kill` then
kills whatever is left.
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
from concexp.run.storage import foreign_file
from concexp.trial.diagnostics.notes import NAME as NOTES
from concexp.trial.diagnostics.task_stacks import NAME as TASKS

# Time for one process to dump its stacks, and for all together. On a busy machine some need a second.
ONE_S, ALL_S = 2.0, 15.0
RESEND_S = 0.02


def collect_stacks(child: Child, pids: Sequence[int], folder: Path) -> tuple[str, dict[str, Any]]:
    """(where each thread and task of these processes stood, what kind of hang it is). The processes end."""
    first = hang.take_snapshot(pids, folder / NOTES)
    child.listen_until(time.monotonic() + hang.WATCH_S, child.ended)  # a process that prints must not wait for us
    second = hang.take_snapshot(pids, folder / NOTES)
    dumped = dump_stacks(child, pids, folder)
    return dumped, {**hang.classify(first, second, dumped), **lock_cycles.describe_cycle(lock_cycles.read(folder))}


def dump_stacks(child: Child, pids: Sequence[int], folder: Path) -> str:
    """Where each thread and task of these processes stood. The processes end; `child.output` is left as it was before."""
    printed_before = child.output[-OUTPUT_KEPT:]
    for pid in pids:
        _send(pid, signal.SIGSTOP)
    child.drain()
    dumps = []
    deadline = time.monotonic() + ALL_S
    for pid in pids:
        child.output.clear()
        limit = min(deadline, time.monotonic() + ONE_S)
        tasks = _tasks(child, pid, folder, limit)
        _send(pid, signal.SIGABRT if _catches(pid, signal.SIGABRT) else signal.SIGTERM)
        _send(pid, signal.SIGCONT)

        def gone(pid: int = pid) -> bool:
            return child.ended() if pid == child.process.pid else not process_tree.alive(pid)

        child.listen_until(limit + ONE_S, gone)
        child.drain()
        dumps += [text(child.output), tasks]
    child.output[:] = printed_before
    return "".join(dumps)


def _tasks(child: Child, pid: int, folder: Path, deadline: float) -> str:
    """The stacks of a process's asyncio tasks; "" if it has none or cannot dump them."""
    if not _catches(pid, signal.SIGUSR1):
        return ""
    path = folder / f"{TASKS}{pid}"
    _send(pid, signal.SIGCONT)
    # In a process that is waking up, any thread may get the signal, but only the main one acts on it: send it again.
    # No event announces the file: poll for it, and read meanwhile what is printed.
    while not path.exists() and time.monotonic() < deadline and process_tree.alive(pid):
        _send(pid, signal.SIGUSR1)
        child.listen(RESEND_S)
    return foreign_file.content(path, OUTPUT_KEPT).decode("utf-8", "replace")


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process handles a signal itself."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return number == signal.SIGABRT  # not Linux: assume that it is Python
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (number - 1) & 1)
