"""Facts about this machine for the manifest; a fact that the system does not report is None."""

from __future__ import annotations

import glob
import hashlib
import importlib.metadata
import math
import os
import platform
import socket
from pathlib import Path
from typing import Any

import psutil

from concexp.experiment import git as git_commands
from concexp.run.machine import load, topology

PACKAGES = ("jinja2", "matplotlib", "numpy", "pandas", "psutil", "pyarrow", "pydantic", "PyYAML", "scipy", "typer")


def affinity() -> int:
    """The number of CPUs that this process may use."""
    allowed = topology.affinity()
    return len(allowed) if allowed is not None else os.cpu_count() or 1


def usable_cpus() -> int:
    """The number of usable CPUs: affinity, cut by the cgroup's quota, at least 1."""
    quota = cgroup_quota()
    return affinity() if quota is None else max(1, min(affinity(), math.floor(quota)))


def cgroup_quota(root: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")) -> float | None:
    """The CPUs that the cgroup (version 1 or 2) and all above it allow; None if there is no limit."""
    quotas = []
    for line in _read(membership).splitlines():
        number, controllers, path = [*line.split(":", 2), "", ""][:3]
        below = Path(path.lstrip("/"))
        for folder in [below, *below.parents]:
            if number == "0":
                quotas.append(_quota(*(_read(root / folder / "cpu.max").split() or ["max", "1"])))
            elif "cpu" in controllers.split(","):
                base = root / "cpu" / folder
                quotas.append(_quota(_read(base / "cpu.cfs_quota_us"), _read(base / "cpu.cfs_period_us")))
    known = [quota for quota in quotas if quota is not None]
    return min(known) if known else None


def _quota(quota: str, period: str) -> float | None:
    try:
        return float(quota) / float(period) if float(quota) > 0 else None
    except (ValueError, ZeroDivisionError):  # "max", or no such file
        return None


def facts() -> dict[str, Any]:
    """The `machine` part of a manifest."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "architecture": platform.machine(),
        "logical_cpus": os.cpu_count(),
        "physical_cores": psutil.cpu_count(logical=False),
        "affinity_cpus": affinity(),
        "affinity": topology.affinity(),
        "quota_cpus": cgroup_quota(),
        "cpus": usable_cpus(),
        **topology.topology(allowed=topology.affinity()),
        "governor": topology.governor(),
        "turbo": topology.turbo(),
        "virtual": "hypervisor" if " hypervisor" in _read(Path("/proc/cpuinfo")) else None,
        "clock_source": topology.clock_source(),
        **load.now(),
    }


def python_and_system() -> str:
    """`CPython 3.11.7, Linux 6.18 x86_64`: the interpreter and the system that this process runs on."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()} {platform.release()} {platform.machine()}"


def host() -> str:
    """Eight hex digits that distinguish machines and reveal nothing else about them.

    CONCEXP_HOST stands for the machine where its own id does not tell it from others, as in containers made from one image.
    """
    identity = os.environ.get("CONCEXP_HOST") or _read(Path("/etc/machine-id")) or socket.gethostname()
    return hashlib.sha256(f"concexp host {identity}".encode()).hexdigest()[:8]


def packages() -> dict[str, str]:
    """The versions of the libraries that make the report."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def git(folder: Path, reports: Path) -> dict[str, Any] | None:
    """The commit checked out in a folder, and whether a change since then can matter; None outside a repository.

    What concexp writes below `reports` cannot matter: the pages, the pictures and the runs of any experiment. Nor can
    untracked files: those of the user's files that are run are kept with the run.
    """
    try:
        commit = git_commands.output(folder, "rev-parse", "HEAD")
        top = Path(git_commands.output(folder, "rev-parse", "--show-toplevel")).resolve()
        left_out = []
        if reports.resolve().is_relative_to(top):
            base = glob.escape(reports.resolve().relative_to(top).as_posix())
            written = (
                "README.md",
                "*/README.md",
                "*/README.*.md",
                "*/*.html",
                "*/figures/**",
                "*/figures.*/**",
                "*/runs/**",
            )
            left_out = [f":(top,exclude,glob){base}/{pattern}" for pattern in written]
        settings = git_commands.without_filters(folder)
        only_tracked = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all")
        changed = git_commands.output(folder, *only_tracked, "--", ":(top)", *left_out, settings=settings)
        return {"commit": commit, "dirty": bool(changed)}
    except git_commands.Failures:
        return None


def _processor() -> str:
    for line in _read(Path("/proc/cpuinfo")).splitlines():
        if line.startswith(("model name", "Model", "cpu model")):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
