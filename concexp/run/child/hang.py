"""A trial whose time is over, looked at for half a second and by its stacks -> what kind of hang it is, and why.

Told apart are a deadlock (nobody runs, and nobody only sleeps), a livelock (they run, and wake each other or note no progress),
starvation (some run while another waits, who does not run at all) and a trial that is slow. What the kernel tells of
threads and what the stacks tell of the work cannot be matched thread by thread: they are counted. Who holds which lock
nobody can see from outside; a trial of its own finds that out (see `concexp.trial.probes.holders`).
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

WATCH = 0.5  # seconds between the two looks
TICK = os.sysconf("SC_CLK_TCK")
# CPUs in use below which nobody is said to run: one tick of 10 ms may be anything's.
IDLE = 0.05
# Switches per second of those that run, above which they are busy with each other and not with work.
TOGETHER = 1000.0
# Where the kernel says that a thread only lets time pass.
TIMERS = ("hrtimer_nanosleep", "do_nanosleep")
FRAME = re.compile(r'^  File "(.+)", line (\d+) in (.+)$', re.MULTILINE)
SITES = 6


@dataclass(frozen=True)
class Thread:
    """A thread as the kernel sees it: whether it runs or wants to, its CPU time in ticks, its switches, where it waits."""

    is_running: bool
    ticks: int
    switches: int
    wchan: str


@dataclass(frozen=True)
class Snapshot:
    """All threads of a trial's processes at one moment, by (process, thread), and how many lines it has noted."""

    when: float
    threads: dict[tuple[int, int], Thread]
    noted: int


def take_snapshot(pids: Sequence[int], notes: Path) -> Snapshot:
    """What there is to see at this moment."""
    found = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/task"):
                with contextlib.suppress(OSError, ValueError, IndexError):
                    found[pid, int(name)] = _thread(Path(f"/proc/{pid}/task/{name}"))
    try:
        noted = notes.stat().st_size
    except OSError:
        noted = 0
    return Snapshot(time.monotonic(), found, noted)


def _thread(path: Path) -> Thread:
    fields = (path / "stat").read_text().rpartition(")")[2].split()
    switches = sum(int(line.split()[1]) for line in (path / "status").read_text().splitlines() if "_switches:" in line)
    waits_in = ""
    with contextlib.suppress(OSError):
        waits_in = (path / "wchan").read_text()
    return Thread(fields[0] == "R", int(fields[11]) + int(fields[12]), switches, waits_in)


def classify(first: Snapshot, second: Snapshot, stacks: str) -> dict[str, Any]:
    """{"kind": deadlock | livelock | starvation | slow, "why": …, "sites": where the work stood}; {} if nothing could be seen."""
    lasted = second.when - first.when
    both = {key: (first.threads[key], now) for key, now in second.threads.items() if key in first.threads}
    if not both or lasted <= 0:
        return {}
    # On a busy machine who wants to run may not get his turn in so short a time.
    ran = [
        key for key, (before, now) in both.items() if now.ticks > before.ticks or (before.is_running and now.is_running)
    ]
    cpus = sum(now.ticks - before.ticks for before, now in both.values()) / TICK / lasted
    switches = sum(now.switches - before.switches for before, now in both.values()) / lasted
    places = sites(stacks)
    kind, why = _classify(second, first, both, len(ran), cpus, switches, sum(places.values()), stacks)
    shown = [f"{count} × {place}" for place, count in places.most_common(SITES)]
    return {"kind": kind, "why": why, "sites": shown}


def _classify(
    second: Snapshot,
    first: Snapshot,
    both: dict[tuple[int, int], tuple[Thread, Thread]],
    ran: int,
    cpus: float,
    switches: float,
    working: int,
    stacks: str,
) -> tuple[str, str]:
    if second.noted > first.noted:
        return "slow", "it still got on when its time was over"
    if cpus < IDLE and not any(now.is_running for pair in both.values() for now in pair):
        sleeping = sum(now.wchan in TIMERS for _, now in both.values()) + _asleep(stacks)
        if sleeping:
            return "slow", f"nobody ran, but {sleeping} only slept and would have gone on by themselves"
        who = (
            "the only thread waited, and not" if len(both) == 1 else f"all {len(both)} threads waited, and none of them"
        )
        return "deadlock", f"nobody ran: {who} for a time to pass"
    busy = f"{cpus:.1f} CPUs were busy"
    if 0 < ran < working:
        return "starvation", f"{busy}, but only {ran} of {working} that were at work ran at all"
    if switches > TOGETHER * max(1, ran):
        return "livelock", f"{busy}, with {switches:,.0f} switches a second: they woke each other again and again"
    if second.noted:
        return "livelock", f"{busy}, and nothing was done in the last {second.when - first.when:.1f} s"
    return "slow", f"{busy}: it worked, and whether it got on cannot be seen from outside"


def _asleep(stacks: str) -> int:
    """How many asyncio tasks only let time pass."""
    return len(re.findall(r'asyncio/tasks\.py", line \d+ in sleep\n(?!  File)', stacks + "\n"))


def sites(stacks: str) -> Counter[str]:
    """`file:line in function` -> how many threads and tasks stood there, of those that were at the work itself.

    That is the innermost line of the user's own code or of a workload: what lies deeper is the library's, what lies
    around it is ours.
    """
    found: Counter[str] = Counter()
    for block in re.split(r"\n(?=Thread |Current thread |Task |Fatal )|\n\n", stacks):
        frames = FRAME.findall(block)
        if block.lstrip().startswith("Task "):
            frames.reverse()  # there the innermost is the last
        for file, line, function in frames:
            if "/concexp/trial/" in file and "/concexp/trial/workloads/" not in file:
                continue
            if re.search(r"/workloads/_\w+\.py$", file) or re.search(
                r"/(lib/python[\d.]+|lib-python|lib_pypy)/|^<", file
            ):
                continue
            if not file.endswith("/__main__.py"):
                found[f"{os.path.basename(file)}:{line} in {function}"] += 1
                break
    return found
