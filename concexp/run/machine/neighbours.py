"""How much of the usable CPUs other programs use now: measured between two moments, without running anything."""

from __future__ import annotations

import contextlib
import os
import time

import psutil

from concexp.run.machine import topology

# Between the two moments lies this long at least: the kernel counts CPU time in ticks of 10 ms.
SHORTEST_S = 0.25
BUSY_FIELDS = ("user", "nice", "system", "irq", "softirq")


class Watch:
    """Notes the CPU time so far; `cpus` tells what other programs used since then."""

    def __init__(self) -> None:
        self._at, self._busy, self._own = time.monotonic(), _busy_s(), _own_s()

    def cpus(self) -> float:
        """The mean number of usable CPUs that others kept busy; waits until SHORTEST_S have passed.

        This process and its children that have ended are not among the others.
        """
        time.sleep(max(0.0, self._at + SHORTEST_S - time.monotonic()))
        others_s = (_busy_s() - self._busy) - (_own_s() - self._own)
        return round(max(0.0, others_s / (time.monotonic() - self._at)), 2)


def busiest() -> str:
    """The program that uses most CPU time now, such as `python3 (process 4711)`; "" if none can be seen. Takes 0.25 s."""
    before = _cpu_by_process()
    time.sleep(SHORTEST_S)
    used = {process: seconds - before[process] for process, seconds in _cpu_by_process().items() if process in before}
    used.pop(psutil.Process(), None)
    if not used:
        return ""
    most = max(used, key=lambda process: used[process])
    if used[most] <= 0:
        return ""
    with contextlib.suppress(psutil.Error):
        return f"{most.name()} (process {most.pid})"
    return ""


def _cpu_by_process() -> dict[psutil.Process, float]:
    """The CPU time of every process that may be looked at, seconds."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            found[process] = times.user + times.system
    return found


def _busy_s() -> float:
    """Seconds for which the usable CPUs were busy since this machine started."""
    every = psutil.cpu_times(percpu=True)
    usable = topology.affinity() or range(len(every))
    chosen = [every[cpu] for cpu in usable if cpu < len(every)]
    return float(sum(getattr(times, name, 0.0) for times in chosen for name in BUSY_FIELDS))


def _own_s() -> float:
    own = os.times()
    return own.user + own.system + own.children_user + own.children_system
