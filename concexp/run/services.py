"""Servers that workloads need and that the user starts: asked once before the first trial, so that a run does not begin in vain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from concexp.plan.cell import Cell
from concexp.plan.schedule import Plan
from concexp.run.child.launch import launch
from concexp.run.child.stage import StagedCode
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine.lock import MachineLock
from concexp.run.provided import Provided

TIMEOUT = 60.0  # seconds for all servers of one environment


def unreachable(
    plan: Plan, pythons: Mapping[str, Interpreter], stage: StagedCode, lock: MachineLock, provided: Provided
) -> dict[str, str]:
    """Why cells cannot run whose server does not answer or refuses, by their ids; asked of their interpreters.

    Cells with the same interpreter and the same variables are asked in one child. It holds the machine's lock meanwhile.
    """
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in plan.runnable:
        if any(_needing(cell)):
            groups.setdefault((cell.runtime.python, repr(cell.runtime.variables())), []).append(cell)
    reasons: dict[str, str] = {}
    for cells in groups.values():
        requests = {repr(request): request for cell in cells for request in _needing(cell)}
        first = cells[0]
        with lock.held():
            outcome = launch(
                {"verb": "reach", "workloads": list(requests.values())},
                pythons[first.runtime.python].path,
                stage,
                TIMEOUT,
                True,
                first.runtime.variables(),
                None,
                provided.for_trial(False),
            )
        failed = f"its server could not be asked: {outcome.reason}"
        answers = [failed] * len(requests) if outcome.answer is None else outcome.answer["reasons"]
        by_request = dict(zip(requests, answers, strict=True))
        for cell in cells:
            if reason := next(filter(None, (by_request[repr(one)] for one in _needing(cell))), ""):
                reasons[cell.id] = reason
    return reasons


def _needing(cell: Cell) -> Iterator[dict[str, Any]]:
    """The workloads of a cell that need a server of the user's, as a request names them."""
    roles = [cell.workload] if cell.background is None else [cell.workload, cell.background.workload]
    if not cell.simulated:
        yield from (entry.request() for entry in roles if entry.plugin.external_server)
