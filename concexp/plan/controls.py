"""What is measured beside the cells of an experiment to know the measuring itself: A/A controls and the sentinel. Pure.

A control is a cell measured once more in every block as if it were another: what differs between the two is the run's own
making, its noise floor. The sentinel is the same small work in every block: what changes from the first block to the last
is the machine's drift. `noise` reads what both of them say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from concexp import catalog
from concexp.experiment import Entry, Measure
from concexp.plan.cell import Cell, cell_id

# Blocks below which neither could tell anything: there is no interval of fewer. `--quick` has but one.
FEWEST_BLOCKS = 3
# Cells of one workload from which on it has a control of its own, since workloads differ in their noise: with so many it
# costs an eighth more at most. Where no workload has so many, one control is the whole run's.
OWN_CONTROL = 8
# The sentinel: 4 passes, the first to warm up, of some 10 ms each. Pure Python in one process suffers from all that slows a
# machine down, from its clock to its neighbours.
SENTINEL_WORKLOAD, SENTINEL_MODEL, SENTINEL_SYNC = "cpu_sum", "serial", "none"
SENTINEL_OPS, SENTINEL_PASSES = 4, 3


def controlled(cells: Sequence[Cell], is_baseline: Callable[[Cell], bool]) -> tuple[Cell, ...]:
    """The cells that get a control: of each workload with enough cells its baseline, or else its first.

    Where no workload has enough, one of the whole run; none where there is nothing to compare.
    """
    if len(cells) < 2:
        return ()
    by_workload: dict[str, list[Cell]] = {}
    for cell in cells:
        by_workload.setdefault(cell.workload.label, []).append(cell)
    groups = [own for own in by_workload.values() if len(own) >= OWN_CONTROL] or [list(cells)]
    return tuple(next(filter(is_baseline, own), own[0]) for own in groups)


def sentinel(cells: Sequence[Cell]) -> Cell | None:
    """The sentinel's cell; None where nothing is really run, and no machine can drift."""
    if all(cell.simulated for cell in cells):
        return None
    names = {"workload": SENTINEL_WORKLOAD, "model": SENTINEL_MODEL, "sync": SENTINEL_SYNC}
    entries = {kind: _default(kind, name) for kind, name in names.items()}
    load = {"ops": SENTINEL_OPS, "scaling": "strong"}
    settings = Measure(warmup=1, iterations=SENTINEL_PASSES)
    axes = {**names, "workers": None}
    cell = Cell("", axes, entries["workload"], entries["model"], entries["sync"], None, load, "once", settings)
    return replace(cell, id=cell_id(cell))


def _default(kind: str, name: str) -> Entry:
    values = {p.name: p.default for p in catalog.parameters(catalog.load(kind, name)).values()}
    return Entry(kind, name, name, values)
