"""Cells and the facts of their interpreter -> why each cannot run, or an empty text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from concexp.experiment import Entry
from concexp.experiment.axis_table import known_axis
from concexp.plan.cell import Cell
from concexp.trial.verbs import describe
from concexp.trial.verbs.refuse import refusal


@dataclass(frozen=True)
class SupportCheck:
    """What one interpreter can run.

    facts    what the interpreter reports about itself
    refuse   cells -> for each why its combination of plug-ins cannot exist, or ""
    """

    facts: Mapping[str, Any]
    refuse: Callable[[Sequence[Cell]], Sequence[str]]

    def reasons(self, cells: Sequence[Cell]) -> list[str]:
        """For each cell why it cannot run on this interpreter, or an empty text."""
        refused = self.refuse(cells)
        return [reason or setting_refusal(cell, self.facts) for cell, reason in zip(cells, refused, strict=True)]


@cache
def here() -> SupportCheck:
    """The check for the interpreter that runs this; starts no process."""
    return SupportCheck(describe.answer({}), refused_here)


def absent(reason: str) -> SupportCheck:
    """The check for an interpreter that is not installed: it refuses every cell for this reason."""
    return SupportCheck({}, lambda cells: [reason] * len(cells))


def refused_here(cells: Sequence[Cell]) -> list[str]:
    """For each combination of plug-ins why it cannot run on the interpreter that runs this, or an empty text."""
    built: dict[int, Any] = {}  # cells share entries, which live as long as the cells

    def plugin(entry: Entry) -> Any:
        if id(entry) not in built:
            built[id(entry)] = entry.build()
            if entry.kind == "model":  # what it lends is the same in all its cells
                built[id(entry)].primitives = cache(built[id(entry)].primitives)
        return built[id(entry)]

    return [_refused(cell, plugin) for cell in cells]


def _refused(cell: Cell, plugin: Callable[[Entry], Any]) -> str:
    role = cell.background
    background = (plugin(role.workload), plugin(role.model), role.workers) if role is not None else None
    plugins = plugin(cell.workload), plugin(cell.model), plugin(cell.sync)
    return str(refusal(*plugins, cell.parallelism, cell.load, background))


def setting_refusal(cell: Cell, facts: Mapping[str, Any]) -> str:
    """Why an interpreter with these facts cannot be set as a cell needs it, or an empty text."""
    settings = cell.runtime.settings
    for key, value in settings.items():
        axis = known_axis(key)
        if axis is not None and (reason := axis.unsupported(value, facts)):
            return reason
    if "pin" in settings and cell.background is not None:
        return "pinning places the workers of one role, and with a background there are two"
    return ""
