"""The trials that show how well a run measures: A/A controls and the sentinel. Pure.

A control measures a cell a second time in every block, as if it were another cell: the difference between the two is the
noise floor of the run. The sentinel is the same small work in every block, or of many blocks in every second or third: its change
from the first block to the last is the drift of the machine. `analysis/noise.py` evaluates both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from concexp.experiment import Entry, Measure
from concexp.plan.cell import Cell, cell_id

# With fewer blocks neither shows anything, since there is no interval. `--quick` has one.
FEWEST_BLOCKS = 3
# A workload with this many cells has a control of its own, since workloads differ in their noise; that costs at most an
# eighth more. Where no workload has that many, the whole run has one control.
OWN_CONTROL = 8
# The sentinel: 4 passes of some 10 ms each, the first to warm up. Pure Python in one process is slowed down by everything
# that slows the machine down, from its clock to its neighbours.
SENTINEL_WORKLOAD, SENTINEL_MODEL, SENTINEL_SYNC = "cpu_sum", "serial", "none"
SENTINEL_OPS, SENTINEL_PASSES = 4, 3
# A drift shows in so many of them as well as in more, and in a run of many short blocks they would take most of the time.
MOST_SENTINELS = 20


def has_sentinel(number: int, blocks: int) -> bool:
    """Whether block `number` of so many planned ones has a sentinel: each, or of more than MOST_SENTINELS every second, third …"""
    return number % math.ceil(blocks / MOST_SENTINELS) == 0 or number == blocks - 1


def controlled(cells: Sequence[Cell], is_baseline: Callable[[Cell], bool]) -> tuple[Cell, ...]:
    """The cells that get a control: for each workload with enough cells its baseline, or else its first cell.

    Where no workload has enough cells, one for the whole run; none where there is nothing to compare.
    """
    if len(cells) < 2:
        return ()
    by_workload: dict[str, list[Cell]] = {}
    for cell in cells:
        by_workload.setdefault(cell.workload.label, []).append(cell)
    groups = [group for group in by_workload.values() if len(group) >= OWN_CONTROL] or [list(cells)]
    return tuple(next(filter(is_baseline, group), group[0]) for group in groups)


def sentinel(cells: Sequence[Cell]) -> Cell | None:
    """The sentinel's cell; None where all trials are simulated, so that nothing can drift."""
    if all(cell.simulated for cell in cells):
        return None
    names = {"workload": SENTINEL_WORKLOAD, "model": SENTINEL_MODEL, "sync": SENTINEL_SYNC}
    entries = {kind: Entry.default(kind, name) for kind, name in names.items()}
    load = {"ops": SENTINEL_OPS, "scaling": "strong"}
    settings = Measure(warmup=1, iterations=SENTINEL_PASSES)
    axes = {**names, "workers": None}
    cell = Cell("", axes, entries["workload"], entries["model"], entries["sync"], None, load, "once", settings)
    return replace(cell, id=cell_id(cell))
