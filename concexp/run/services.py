"""What workloads need beside their interpreter: servers that the user starts, and installed packages.

Servers are asked once before the first trial, so that a run does not begin in vain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from concexp.plan.cell import Cell
from concexp.plan.schedule import Plan
from concexp.run import packages
from concexp.run.child.launch import launch
from concexp.run.child.stage import StagedCode
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine.lock import MachineLock
from concexp.run.provided import Provided

TIMEOUT = 60.0  # seconds for all servers of one environment


@dataclass(frozen=True)
class Answers:
    """What servers answered.

    reasons   why cells cannot run whose server does not answer or refuses, by their ids
    versions  by the server's name; of several servers all versions, joined by commas
    """

    reasons: Mapping[str, str]
    versions: Mapping[str, str]


def ask_servers(
    plan: Plan, pythons: Mapping[str, Interpreter], stage: StagedCode, lock: MachineLock, provided: Provided
) -> Answers:
    """Ask the servers of all cells, by the cells' interpreters and in the environment of their trials.

    Cells with the same interpreter and the same variables are asked for in one child; the machine's lock is held meanwhile.
    """
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in plan.runnable:
        if any(_needing(cell)):
            groups.setdefault((cell.runtime.python, repr(cell.runtime.variables())), []).append(cell)
    reasons: dict[str, str] = {}
    versions: dict[str, dict[str, None]] = {}
    for cells in groups.values():
        requests = {repr(request): request for cell in cells for request in _needing(cell)}
        runtime = cells[0].runtime
        request = {"verb": "reach", "workloads": list(requests.values())}
        python, variables = pythons[runtime.python].path, runtime.variables()
        with lock.held():
            outcome = launch(request, python, stage, TIMEOUT, True, variables, None, provided.for_trial(False))
        failed = f"its server could not be asked: {outcome.reason}"
        answer = outcome.answer or {"reasons": [failed] * len(requests), "versions": {}}
        for name, version in answer["versions"].items():
            versions.setdefault(name, {})[version] = None
        by_request = dict(zip(requests, answer["reasons"], strict=True))
        for cell in cells:
            if reason := next(filter(None, (by_request[repr(one)] for one in _needing(cell))), ""):
                reasons[cell.id] = reason
    return Answers(reasons, {name: ", ".join(found) for name, found in versions.items()})


def libraries(plan: Plan, pythons: Mapping[str, Interpreter], stage: StagedCode) -> dict[str, dict[str, str]]:
    """The installed packages that the cells' workloads and models need, with their versions, by interpreter."""
    needed: dict[str, dict[str, None]] = {}
    for cell in plan.runnable:
        for entry in cell.entries:
            if entry.packages and not cell.simulated:
                needed.setdefault(cell.runtime.python, {}).update(dict.fromkeys(entry.packages))
    found = {label: packages.installed(pythons[label], stage, list(names)) for label, names in needed.items()}
    return {label: versions for label, versions in found.items() if versions}


def _needing(cell: Cell) -> Iterator[dict[str, Any]]:
    """The workloads of a cell that need a server of the user's, as a request names them."""
    roles = [cell.workload] if cell.background is None else [cell.workload, cell.background.workload]
    if not cell.simulated:
        yield from (entry.request() for entry in roles if entry.plugin.external_server)
