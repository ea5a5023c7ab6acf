"""What on this machine endangers numbers: looks at it now, and tells it as text or data.

`before_a_run` looks only at what costs nothing and stands in every manifest; `examine` also lets spinners run, which takes
a few seconds. What the facts mean is judged in `hazards`.
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
from concexp.run.child import stage
from concexp.run.interpreters import interpreter
from concexp.run.machine import facts as machine
from concexp.run.machine import hazards, spinners
from concexp.run.machine import lock as machine_lock
from concexp.run.machine.hazards import Finding

# Variables that change what Python or its libraries do.
CHANGES_PYTHON = re.compile(
    r"PYTHON|LD_PRELOAD$|LD_LIBRARY_PATH$|MALLOC_|(OMP|OPENBLAS|MKL|NUMEXPR)_NUM_THREADS$|COVERAGE_"
)
PYTHON = re.compile(r"(python|pypy)3(\.\d+)?t?$")
MARKS = {hazards.OK: "ok     ", hazards.UNKNOWN: "unknown", hazards.WARNING: "warning", hazards.DANGER: "danger "}


def examine(out: Path) -> list[Finding]:
    """Look at everything; `out` is where reports would go. Takes a few seconds, for spinners run."""
    code = stage.stage_child_code()
    python = interpreter.current(code)
    facts = machine.facts()
    clocks = interpreter.clocks(python, code)
    holder = _lock()
    effective, why_not = _spin(python, code, facts["cpus"])
    return hazards.check_hazards(
        {
            **facts,
            "clocks": clocks,
            "effective_cpus": effective,
            "not_spun": why_not,
            "tracers": tracers(),
            "environment": sorted(name for name in os.environ if CHANGES_PYTHON.match(name)),
            "machine_lock": holder,
            "folders": _folders(out),
            "pythons": pythons(os.environ.get("PATH", "")),
        }
    )


def _spin(python: interpreter.Interpreter, code: stage.StagedCode, cpus: int) -> tuple[float | None, str]:
    """(effective CPUs now, why they could not be measured)."""
    lock = machine_lock.MachineLock("concexp doctor", lambda who: None, wait=False)
    try:
        with lock.held():
            spin = spinners.measure(python.path, code, cpus)
    except EnvironmentRefused as refusal:
        return None, f"not measured: {refusal.message}"
    return spin.effective_cpus, spin.reason


def _lock() -> dict[str, str]:
    """Who holds the machine-wide lock, and what is wrong with it; empty texts for nobody and nothing."""
    try:
        return {"holder": machine_lock.holder(), "problem": ""}
    except EnvironmentRefused as refusal:
        return {"holder": "", "problem": refusal.message}


def tracers() -> list[str]:
    """What looks at this process: a trace function, a profiler, a monitoring tool, a debugger on the outside."""
    monitoring = getattr(sys, "monitoring", None)
    tools = [monitoring.get_tool(number) for number in range(6)] if monitoring is not None else []
    functions = {"a trace function": sys.gettrace(), "a profiler": sys.getprofile()}
    outside = ["a debugger (ptrace)"] if _traced_by() else []
    return [name for name, function in functions.items() if function is not None] + [t for t in tools if t] + outside


def _traced_by() -> int:
    try:
        status = Path("/proc/self/status").read_text("utf-8", "replace")
    except OSError:
        return 0
    return int(next((line.split()[1] for line in status.splitlines() if line.startswith("TracerPid:")), 0))


def _folders(out: Path) -> dict[str, int | None]:
    """Free bytes where a run writes, None where it may not: reports, temporary folders, the cache of the child's code."""
    places = {"folder for reports": out, "temporary folder": Path(tempfile.gettempdir()), "cache": stage.cache_folder()}
    return {name: room(path) for name, path in places.items()}


def room(path: Path) -> int | None:
    """Free bytes in the file system of a folder that is there or could be made; None if nothing can be written there."""
    there = next(folder for folder in [path.absolute(), *path.absolute().parents] if os.path.exists(folder))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return None
    return shutil.disk_usage(there).free


def pythons(path: str) -> list[str]:
    """The names of the interpreters in the folders of PATH, by version, each once: nothing is started."""
    seen: dict[str, str] = {}
    for folder in filter(None, path.split(os.pathsep)):
        with contextlib.suppress(OSError):  # PATH may name what is not there, or what may not be read
            for name in filter(PYTHON.match, os.listdir(folder)):
                seen.setdefault(name, os.path.realpath(os.path.join(folder, name)))
    # Of several names of one file the longest tells most: python3.13, not python3.
    longest = {real: max((n for n, r in seen.items() if r == real), key=len) for real in seen.values()}
    return sorted(longest.values(), key=lambda name: [int(number) for number in re.findall(r"\d+", name)])


def text(findings: Sequence[Finding]) -> str:
    """A line per finding, the cure below it, and the summary."""
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.level]}  {finding.about}: {finding.says}")
        if finding.cure:
            lines.append(f"         cure: {finding.cure}")
    return "\n".join([*lines, "", hazards.summary(findings)])


def data(findings: Sequence[Finding]) -> dict[str, Any]:
    """The same for other programs."""
    return {"summary": hazards.summary(findings), "findings": [asdict(finding) for finding in findings]}
