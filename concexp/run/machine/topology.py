"""How this machine's CPUs are arranged, from the system's tables; a fact that it does not report is None."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

SYSTEM = Path("/sys/devices/system")


def affinity() -> list[int] | None:
    """The numbers of the CPUs that this process may use; None if the system does not report them (macOS)."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def topology(system: Path = SYSTEM, allowed: list[int] | None = None) -> dict[str, Any]:
    """Sockets, cores, hyper-threads and memory nodes.

    sockets, cores     their number in the machine
    threads_per_core   the largest number of CPUs that share a core: 2 with SMT
    siblings           lists of CPUs that share a core, of those that this process may use (`allowed`; None: all)
    numa_nodes         for each memory node, the CPUs that are near it
    """
    cpus = _online(system)
    cores = {cpu: numbers(_text(system / f"cpu/cpu{cpu}/topology/thread_siblings_list")) for cpu in cpus}
    known = {tuple(core) for core in cores.values() if core}
    packages = {_text(system / f"cpu/cpu{cpu}/topology/physical_package_id") for cpu in cpus} - {""}
    allowed_cores = [[cpu for cpu in core if allowed is None or cpu in allowed] for core in sorted(known)]
    nodes = [numbers(_text(path / "cpulist")) for path in sorted(system.glob("node/node[0-9]*"), key=_number)]
    return {
        "sockets": len(packages) or None,
        "cores": len(known) or None,
        "threads_per_core": max(map(len, known), default=None),
        "siblings": [core for core in allowed_cores if len(core) > 1] if known else None,
        "numa_nodes": nodes or None,
    }


def _online(system: Path) -> list[int]:
    online = numbers(_text(system / "cpu/online"))
    return online or sorted(_number(path) for path in system.glob("cpu/cpu[0-9]*"))


def _number(path: Path) -> int:
    return int("".join(filter(str.isdigit, path.name)))


def numbers(text: str) -> list[int]:
    """The numbers in a list such as `0-3,8`; [] if the text is not such a list."""
    result: list[int] = []
    try:
        for part in filter(None, text.split(",")):
            first, _, last = part.partition("-")
            result += range(int(first), int(last or first) + 1)
    except ValueError:
        return []
    return result


def governor(system: Path = SYSTEM) -> str | None:
    """The frequency governor of the first CPU: `performance`, `powersave` …"""
    return _text(system / "cpu/cpu0/cpufreq/scaling_governor") or None


def turbo(system: Path = SYSTEM) -> bool | None:
    """Whether a CPU may run above its nominal frequency while few are busy."""
    intel = _text(system / "cpu/intel_pstate/no_turbo")
    if intel:
        return intel == "0"
    boost = _text(system / "cpu/cpufreq/boost")
    return boost == "1" if boost else None


def clock_source(system: Path = SYSTEM) -> str | None:
    """The clock that the kernel reads: `tsc` costs least."""
    return _text(system / "clocksource/clocksource0/current_clocksource") or None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
