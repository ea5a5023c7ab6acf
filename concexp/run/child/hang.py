"""Classifies a hang, from half a second of watching a timed-out trial's threads and from their stacks.

It distinguishes a deadlock (no thread runs, and none only sleeps), a livelock (threads run, and wake each other or note no
progress), starvation (some run while another does not run at all) and a trial that is merely slow. The kernel's view of
threads and the stacks' view of the work cannot be matched thread by thread, so threads are counted in each. Which thread
holds which lock cannot be seen from outside; a trial of its own finds that out (see `concexp.trial.probes.holders`).
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WATCH_S = 0.5  # between the two snapshots
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Below this number of CPUs in use, no thread counts as running: a tick of 10 ms may have any cause.
IDLE_CPUS = 0.05
# Above this rate of context switches per running thread, 1/s, threads are busy with each other, not with work.
LIVELOCK_SWITCHES = 1000.0
# Kernel functions in which a sleeping thread waits.
TIMERS = ("hrtimer_nanosleep", "do_nanosleep")
FRAME = re.compile(r'^  File "(.+)", line (\d+) in (.+)$', re.MULTILINE)
SITES_SHOWN = 6


@dataclass(frozen=True)
class Thread:
    """A thread as the kernel reports it: running or runnable, CPU time in ticks, context switches, kernel function it waits in.

    `is_stopped`: a signal such as SIGSTOP stopped it, or a debugger did.
    """

    is_running: bool
    ticks: int
    switches: int
    wchan: str
    is_stopped: bool = False


@dataclass(frozen=True)
class Snapshot:
    """All threads of a trial's processes at one moment, by (process id, thread id), and the size of its notes, bytes."""

    when: float  # seconds on the monotonic clock
    threads: dict[tuple[int, int], Thread]
    noted: int


def take_snapshot(pids: Sequence[int], notes: Path) -> Snapshot:
    """The state of the processes' threads now."""
    threads = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/task"):
                with contextlib.suppress(OSError, ValueError, IndexError):
                    threads[pid, int(name)] = _thread(Path(f"/proc/{pid}/task/{name}"))
    try:
        noted = notes.stat().st_size
    except OSError:
        noted = 0
    return Snapshot(time.monotonic(), threads, noted)


def _thread(path: Path) -> Thread:
    fields = (path / "stat").read_text().rpartition(")")[2].split()
    switches = sum(int(line.split()[1]) for line in (path / "status").read_text().splitlines() if "_switches:" in line)
    wchan = ""
    with contextlib.suppress(OSError):
        wchan = (path / "wchan").read_text()
    ticks = int(fields[11]) + int(fields[12])
    return Thread(fields[0] == "R", ticks, switches, wchan, is_stopped=fields[0] in "Tt")


@dataclass(frozen=True)
class _Activity:
    """What a trial's threads did between two snapshots."""

    threads: list[tuple[Thread, Thread]]  # each before and after
    elapsed_s: float
    has_notes: bool  # the trial notes its progress
    got_on: bool  # it noted some in between

    @property
    def cpus(self) -> float:
        """CPUs in use, on average."""
        return sum(after.ticks - before.ticks for before, after in self.threads) / TICKS_PER_S / self.elapsed_s

    @property
    def switches_per_s(self) -> float:
        return sum(after.switches - before.switches for before, after in self.threads) / self.elapsed_s

    @property
    def running(self) -> int:
        """Threads that ran, or were runnable both times: on a busy machine these may not get a CPU in so short a time."""
        return sum(
            after.ticks > before.ticks or (before.is_running and after.is_running) for before, after in self.threads
        )

    @property
    def stopped(self) -> int:
        """Threads that a signal keeps from running."""
        return sum(before.is_stopped and after.is_stopped for before, after in self.threads)

    @property
    def is_idle(self) -> bool:
        return self.cpus < IDLE_CPUS and not any(thread.is_running for pair in self.threads for thread in pair)

    @property
    def asleep(self) -> int:
        """Threads that wait in the kernel for a time to pass."""
        return sum(after.wchan in TIMERS for _, after in self.threads)


def classify(first: Snapshot, second: Snapshot, stacks: str) -> dict[str, Any]:
    """{"kind": deadlock | livelock | starvation | slow, "why": …, "sites": where the work stood}.

    {} if no thread was seen in both snapshots.
    """
    elapsed_s = second.when - first.when
    threads = [(first.threads[key], after) for key, after in second.threads.items() if key in first.threads]
    if not threads or elapsed_s <= 0:
        return {}
    activity = _Activity(threads, elapsed_s, bool(second.noted), second.noted > first.noted)
    places = sites(stacks)
    kind, why = _kind(activity, working=sum(places.values()), stacks=stacks)
    shown = [f"{count} × {place}" for place, count in places.most_common(SITES_SHOWN)]
    return {"kind": kind, "why": why, "sites": shown}


def _kind(activity: _Activity, working: int, stacks: str) -> tuple[str, str]:
    """(kind, why); `working` threads and tasks stood at the work itself."""
    if activity.got_on:
        return "slow", "it still got on when its time was over"
    if activity.stopped:
        who = "all threads were" if activity.stopped == len(activity.threads) else f"{activity.stopped} threads were"
        return "slow", f"{who} stopped by a signal (SIGSTOP, SIGTSTP or a debugger): they waited for no lock"
    if activity.is_idle:
        return _kind_of_idle(len(activity.threads), activity.asleep + _asleep(stacks))
    busy = f"{activity.cpus:.1f} CPUs were busy"
    running, switches = activity.running, activity.switches_per_s
    if 0 < running < working:
        return "starvation", f"{busy}, but only {running} of {working} that were at work ran at all"
    if switches > LIVELOCK_SWITCHES * max(1, running):
        return "livelock", f"{busy}, with {switches:,.0f} switches a second: they woke each other again and again"
    if activity.has_notes:
        return "livelock", f"{busy}, and nothing was done in the last {activity.elapsed_s:.1f} s"
    return "slow", f"{busy}: it worked, and whether it got on cannot be seen from outside"


def _kind_of_idle(threads: int, asleep: int) -> tuple[str, str]:
    if asleep:
        return "slow", f"no thread ran, but {asleep} only slept and would have gone on by themselves"
    who = "the only thread waited, and not" if threads == 1 else f"all {threads} threads waited, and none of them"
    return "deadlock", f"no thread ran: {who} for a time to pass"


def _asleep(stacks: str) -> int:
    """The number of asyncio tasks that only sleep."""
    return len(re.findall(r'asyncio/tasks\.py", line \d+ in sleep\n(?!  File)', stacks + "\n"))


def sites(stacks: str) -> Counter[str]:
    """Maps `file:line in function` to the number of threads and tasks that stood there, of those at work.

    The place is the innermost line of the user's code or of a workload: deeper frames belong to libraries, outer ones to
    concexp.
    """
    places: Counter[str] = Counter()
    for block in re.split(r"\n(?=Thread |Current thread |Task |Fatal )|\n\n", stacks):
        frames = FRAME.findall(block)
        if block.lstrip().startswith("Task "):
            frames.reverse()  # there the innermost is the last
        for file, line, function in frames:
            if "/concexp/trial/" in file and "/concexp/trial/workloads/" not in file:
                continue
            if re.search(r"/concexp/trial/workloads/_\w+\.py$", file) or re.search(
                r"/(lib/python[\d.]+|lib-python|lib_pypy)/|^<", file
            ):
                continue
            if not file.endswith("/__main__.py"):
                places[f"{os.path.basename(file)}:{line} in {function}"] += 1
                break
    return places
