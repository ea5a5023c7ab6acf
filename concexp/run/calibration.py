"""How much work fills a given time: measured once per run, kept in the journal's header, and sent with every request.

An operation "of 100 µs" is a number of rounds of a loop. If each trial measured that for itself, a slow moment would make its
operation shorter, and the trial look faster than it was. All interpreters of a run do the same rounds, so that what is compared
per operation is equal work: the time is that of the interpreter which was calibrated, the first in the experiment's order that
needs it. A faster one takes less for the same, and that shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from concexp.errors import EnvironmentRefused
from concexp.experiment import Entry
from concexp.plan.cell import Cell
from concexp.run.child.launch import launch
from concexp.run.child.stage import StagedCode
from concexp.run.interpreters.interpreter import Interpreter

TIMEOUT = 60.0  # seconds; a loop takes about 0.3
# Fresh processes that measure: the fastest counts, since a shared CPU may be slow for a second (a fifth slower, as seen here).
TRIES = 3

# {"python": label of the interpreter, "rounds_per_s": {name of a loop: rounds per second of CPU time}}
Pace = dict[str, Any]


def timed_work(cell: Cell) -> list[Entry]:
    """The workloads of a cell, its background included, whose operations fill a given CPU time."""
    if cell.simulated:
        return []
    entries = [cell.workload] if cell.background is None else [cell.workload, cell.background.workload]
    return [entry for entry in entries if entry.build().loops]


def calibrate(cells: Iterable[Cell], pythons: Mapping[str, Interpreter], stage: StagedCode) -> Pace:
    """The pace of the loops of these cells, of which at least one has `timed_work`. The caller holds the machine's lock.

    EnvironmentRefused if the interpreter does not answer.
    """
    needing = [(cell, entries) for cell in cells if (entries := timed_work(cell))]
    label = needing[0][0].runtime.python
    entries = [entry for _, some in needing for entry in some]
    site = any(entry.packages for entry in entries)
    rounds: dict[str, int] = {}
    for _ in range(TRIES):
        outcome = launch(_request(entries), pythons[label].path, stage, TIMEOUT, site)
        if outcome.answer is None:
            raise EnvironmentRefused(f"the pace of {label} could not be measured: {outcome.reason}")
        for name, found in outcome.answer["pace"].items():
            rounds[name] = max(found, rounds.get(name, 0))
    return {"python": label, "rounds_per_s": rounds}


def _request(entries: Sequence[Entry]) -> dict[str, Any]:
    different = {repr(request): request for request in (entry.request() for entry in entries)}
    return {"verb": "calibrate", "workloads": list(different.values())}
