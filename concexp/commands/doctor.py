"""What `concexp doctor` does: collects facts about this machine now, and formats the findings as text or data.

`hazards` judges what the facts mean. Every manifest holds the findings that cost nothing (`hazards.warning_before_run`);
`examine` also runs spinners, which takes a few seconds.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from concexp.errors import EnvironmentRefused
from concexp.experiment.cache import cache_folder
from concexp.run.child import stage
from concexp.run.interpreters import interpreter
from concexp.run.machine import facts, hazards, lock, neighbours, spinners
from concexp.run.machine.hazards import Finding

# Environment variables that change what Python or its libraries do.
PYTHON_VARIABLES = re.compile(
    r"PYTHON|LD_PRELOAD$|LD_LIBRARY_PATH$|MALLOC_|(OMP|OPENBLAS|MKL|NUMEXPR)_NUM_THREADS$|COVERAGE_"
)
PYTHON_NAME = re.compile(r"(python|pypy)3(\.\d+)?t?$")
LEVEL_COLUMN = {
    hazards.OK: "ok     ",
    hazards.UNKNOWN: "unknown",
    hazards.WARNING: "warning",
    hazards.DANGER: "danger ",
}


def examine(out: Path) -> list[Finding]:
    """Look for every hazard, for a few seconds; `out` is where reports would go."""
    watch = neighbours.Watch()
    code = stage.stage_child_code()
    python = interpreter.current(code)
    machine = facts.facts()
    clocks = interpreter.clocks(python, code)
    lock_state = _lock_state()
    others = {"other_cpus": watch.cpus(), "busiest": neighbours.busiest()}
    effective_cpus, not_measured = _effective_cpus(python, code, machine["cpus"])
    return hazards.check_hazards(
        {
            **machine,
            **others,
            "clocks": clocks,
            "effective_cpus": effective_cpus,
            "not_spun": not_measured,
            "tracers": tracers(),
            "environment": sorted(name for name in os.environ if PYTHON_VARIABLES.match(name)),
            "machine_lock": lock_state,
            "folders": _free_bytes(out),
            "pythons": interpreter_names(os.environ.get("PATH", "")),
        }
    )


def _effective_cpus(python: interpreter.Interpreter, code: stage.StagedCode, cpus: int) -> tuple[float | None, str]:
    """Measure the effective CPUs now; returns (their number or None, why they could not be measured)."""
    machine_lock = lock.MachineLock("concexp doctor", lambda holder: None, wait=False)
    try:
        with machine_lock.held():
            spin = spinners.measure(python.path, code, cpus)
    except EnvironmentRefused as refusal:
        return None, f"not measured: {refusal.message}"
    return spin.effective_cpus, spin.reason


def _lock_state() -> dict[str, str]:
    """The holder of the machine-wide lock, and any problem in opening it; each "" if there is none."""
    try:
        return {"holder": lock.holder(), "problem": ""}
    except EnvironmentRefused as refusal:
        return {"holder": "", "problem": refusal.message}


def tracers() -> list[str]:
    """What observes this process: a trace function, a profiler, monitoring tools, an attached debugger."""
    monitoring = getattr(sys, "monitoring", None)
    tools = [monitoring.get_tool(number) for number in range(6)] if monitoring is not None else []
    hooks = {"a trace function": sys.gettrace(), "a profiler": sys.getprofile()}
    names = [name for name, hook in hooks.items() if hook is not None]
    names += filter(None, tools)
    if _tracer_pid():
        names.append("a debugger (ptrace)")
    return names


def _tracer_pid() -> int:
    """The process that traces this one; 0 if none does, or if the system does not say."""
    try:
        status = Path("/proc/self/status").read_text("utf-8", "replace")
    except OSError:
        return 0
    return int(next((line.split()[1] for line in status.splitlines() if line.startswith("TracerPid:")), 0))


def _free_bytes(out: Path) -> dict[str, int | None]:
    """Free bytes where a run writes, None without permission: reports, temporary files, the cache of the child's code."""
    places = {"folder for reports": out, "temporary folder": Path(tempfile.gettempdir())}
    with contextlib.suppress(EnvironmentRefused):  # no home: the code of the trials is a temporary file, too
        places["cache"] = cache_folder()
    return {name: free_bytes(path) for name, path in places.items()}


def free_bytes(path: Path) -> int | None:
    """Free bytes for a folder, which may still have to be created; None if nothing can be written there."""
    existing = next(folder for folder in [path.absolute(), *path.absolute().parents] if os.path.exists(folder))
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return None
    return shutil.disk_usage(existing).free


def interpreter_names(path: str) -> list[str]:
    """The names of the interpreters on a PATH, each file once, in order of versions. Starts nothing."""
    files: dict[str, str] = {}
    for folder in filter(None, path.split(os.pathsep)):
        with contextlib.suppress(OSError):  # PATH may name folders that do not exist or cannot be read
            for name in filter(PYTHON_NAME.match, os.listdir(folder)):
                files.setdefault(name, os.path.realpath(os.path.join(folder, name)))
    # The longest of several names for one file says most: python3.13, not python3.
    longest = {file: max((name for name in files if files[name] == file), key=len) for file in files.values()}
    return sorted(longest.values(), key=lambda name: [int(number) for number in re.findall(r"\d+", name)])


def findings_text(findings: Sequence[Finding]) -> str:
    """One line per finding with its cure below, then the summary."""
    lines = []
    for finding in findings:
        lines.append(f"{LEVEL_COLUMN[finding.level]}  {finding.about}: {finding.says}")
        if finding.cure:
            lines.append(f"         cure: {finding.cure}")
    return "\n".join([*lines, "", hazards.summary(findings)])


def findings_data(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings and their summary as JSON data."""
    return {"summary": hazards.summary(findings), "findings": [asdict(finding) for finding in findings]}
