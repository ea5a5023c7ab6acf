"""Cells and what is known of their interpreter -> why each cannot run, or an empty text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from concexp.plan.cell import Cell, Runtime
from concexp.trial.verbs import describe
from concexp.trial.verbs.refuse import refusal


@dataclass(frozen=True)
class SupportCheck:
    """`refuse` is asked whether combinations of plug-ins can exist, `facts` are what an interpreter says of itself."""

    facts: Mapping[str, Any]
    refuse: Callable[[Sequence[Cell]], Sequence[str]]

    def reasons(self, cells: Sequence[Cell]) -> list[str]:
        """For each cell why it cannot run on this interpreter, or an empty text."""
        refused = self.refuse(cells)
        return [reason or setting_refusal(cell, self.facts) for cell, reason in zip(cells, refused, strict=True)]


@cache
def here() -> SupportCheck:
    """The judge for the interpreter that runs this; starts nothing."""
    return SupportCheck(describe.answer({}), refused_here)


def absent(reason: str) -> SupportCheck:
    """The judge for an interpreter that is not there."""
    return SupportCheck({}, lambda cells: [reason] * len(cells))


def refused_here(cells: Sequence[Cell]) -> list[str]:
    """Why each combination cannot run on the interpreter that runs this, or an empty text."""
    return [_refused(cell) for cell in cells]


def _refused(cell: Cell) -> str:
    role = cell.background
    second = (role.workload.build(), role.model.build(), role.workers) if role is not None else None
    plugins = cell.workload.build(), cell.model.build(), cell.sync.build()
    return str(refusal(*plugins, cell.workers or 1, cell.load, second))


def setting_refusal(cell: Cell, facts: Mapping[str, Any]) -> str:
    """Why an interpreter with these facts cannot be set as a cell wants it, or an empty text."""
    runtime = cell.runtime
    if runtime == Runtime(runtime.python):
        return ""
    name = f"{facts['implementation']} {facts['version']}"
    if runtime.gil is False and facts["gil_built"]:
        return f"{name} is built with the GIL: only a free-threaded build can turn it off"
    if runtime.jit is not None and facts["implementation"] != "CPython":
        return f"{name} has no compiler that could be switched"
    if runtime.jit and not facts["jit_built"]:
        return f"this build of {name} has no JIT compiler to turn on"
    if runtime.switch_interval is not None and facts["switch_interval"] is None:
        return f"{name} has no switch interval"
    if runtime.pin and not facts["pins"]:
        return f"{name} cannot pin workers to CPUs on this system: it has no os.sched_setaffinity"
    if runtime.pin and cell.background is not None:
        return "pinning places the workers of one role, and with a background there are two"
    return ""
