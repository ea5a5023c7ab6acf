"""How busy this machine is now: load, stalls, memory, swap, stolen time; a fact that it does not report is None."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psutil

KINDS = ("cpu", "io", "memory")


def pressure(proc: Path = Path("/proc")) -> dict[str, float | None]:
    """For each resource, the share of the last minute in which something waited for it (PSI, `some avg60`), 0 to 1."""
    return {kind: _waited(proc / "pressure" / kind) for kind in KINDS}


def _waited(path: Path) -> float | None:
    try:
        fields = dict(word.split("=") for word in path.read_text("utf-8").splitlines()[0].split()[1:])
        return round(float(fields["avg60"]) / 100, 4)
    except (OSError, ValueError, KeyError, IndexError):  # a kernel without PSI, or with PSI switched off
        return None


def stolen(proc: Path = Path("/proc")) -> float | None:
    """The share of CPU time that the host of a virtual machine has taken since it started, 0 to 1."""
    try:
        ticks = [int(word) for word in (proc / "stat").read_text("utf-8").splitlines()[0].split()[1:9]]
        return round(ticks[7] / sum(ticks), 5)
    except (OSError, ValueError, IndexError, ZeroDivisionError):
        return None


def memory() -> dict[str, int]:
    """Memory and swap, bytes: in total, and available or used."""
    real, swap = psutil.virtual_memory(), psutil.swap_memory()
    return {
        "memory_bytes": real.total,
        "memory_available_bytes": real.available,
        "swap_bytes": swap.total,
        "swap_used_bytes": swap.used,
    }


def now() -> dict[str, Any]:
    """All of it, by name, for the manifest."""
    return {**memory(), "load_1m": round(os.getloadavg()[0], 2), "pressure": pressure(), "steal_share": stolen()}
