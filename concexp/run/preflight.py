"""Plan -> a user's own code, tried once before anything is measured: what it is, and which cells cannot carry it.

First each entry is imported and looked at; then it does one operation per worker, on one model of each kind that carries it
in another way. Nothing of that is a measurement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from concexp.errors import InputError, Problem
from concexp.experiment import Entry, Spec
from concexp.experiment.selections import matches
from concexp.experiment.statuses import NUMBERED
from concexp.plan.cell import Cell
from concexp.plan.schedule import Plan
from concexp.run.child.launch import TrialOutcome, launch
from concexp.run.child.stage import StagedCode
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine.lock import MachineLock

LOOK_TIMEOUT = 60.0  # seconds for an import
WORKERS = 2
# What user code meets when it starts something of its own inside a model: how Python tells it, and what it means.
KNOWN = (
    (
        re.compile(r"pickl"),
        "what goes to another process is pickled, and a lambda, a function within a function or an open resource cannot be: "
        "define it at the top level of the file, or make it where it is used",
    ),
    (re.compile(r"daemonic processes"), "a worker process may not start processes of its own"),
    (
        re.compile(r"event loop"),
        "an event loop cannot be started inside one that runs: name the coroutine function itself as the target",
    ),
)
FRAME = re.compile(r'File "(.+?)", line (\d+)')


@dataclass(frozen=True)
class Carrier:
    """One use of user code by a cell: as its workload or its background, on a model."""

    cell: Cell
    entry: Entry
    model: Entry

    @property
    def carrier(self) -> str:
        """Alike for models that carry user code in the same way."""
        model = self.model.build()
        way = model.parallel, model.asynchronous, self.model.parameters.get("start_method")
        return repr((way, self.cell.runtime))

    @property
    def key(self) -> str:
        """Alike for cells of one model on one interpreter."""
        return repr((self.model.name, sorted(self.model.parameters.items()), self.cell.runtime))

    @property
    def workers(self) -> int:
        return min(WORKERS, self.cell.parallelism) if self.model.plugin.needs_workers else 1


@dataclass(frozen=True)
class Preflight:
    """Who tries: the interpreters by their labels, the code of the trials, and the machine's lock.

    The lock is held, so that nobody's measurement is disturbed.
    """

    spec: Spec
    plan: Plan
    pythons: Mapping[str, Interpreter]
    stage: StagedCode
    lock: MachineLock

    def inspect_code(self) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """(what each entry is, by its label; why cells cannot import or call it, by their id).

        InputError says what cannot be imported or called by any of the interpreters that should.
        """
        found: dict[str, dict[str, Any]] = {}
        reasons: dict[str, str] = {}
        problems = []
        for entry, roles in self._entries():
            firsts = {role.cell.runtime.python: role for role in reversed(roles)}
            by_python = {python: self._looked(entry, role) for python, role in firsts.items()}
            good = [facts for facts in by_python.values() if not facts["problem"]]
            if not good:
                facts = by_python[roles[0].cell.runtime.python]
                problems.append(replace(entry.place, message=facts["problem"], hint=facts["cure"]))
                continue
            for role in roles:
                problem = by_python[role.cell.runtime.python]["problem"]
                if problem:
                    reasons.setdefault(role.cell.id, problem)
            found[entry.label] = {
                "form": good[0]["form"],
                "version": good[0]["version"],
                "files": sorted({file for facts in good for file in facts["files"]}),
                "target": entry.located.name,
                "returns": entry.returns,
                "check": entry.check.name if entry.check.function else "",
            }
        if problems:
            raise InputError(problems)
        return found, reasons

    def try_code(self, refused: Mapping[str, str]) -> dict[str, str]:
        """`refused`, and why more cells cannot carry their user code; InputError if an entry runs nowhere."""
        reasons = dict(refused)
        problems = []
        for entry, every in self._entries():
            roles = [role for role in every if role.cell.id not in refused]
            endings = self._endings(roles)
            if roles and all(e.status == "failed" for e in endings.values()) and not self._expected(roles):
                problems.append(_raises(entry, roles, endings[roles[0].key]))
                continue
            for role in roles:
                reason = _reason(endings[role.key], entry)
                if reason:
                    reasons.setdefault(role.cell.id, reason)
        if problems:
            raise InputError(problems)
        return reasons

    def _looked(self, entry: Entry, role: Carrier) -> dict[str, Any]:
        """What one interpreter says of an entry."""
        ending = self._ask(role.cell, {"verb": "look", "workload": role.entry.request()["parameters"]}, LOOK_TIMEOUT)
        if ending.answer is not None:
            return ending.answer
        problem = f"{entry.located.name} cannot be imported: {ending.reason}"
        return {"problem": problem, "cure": ending.output.strip()[-500:]}

    def _entries(self) -> Iterator[tuple[Entry, list[Carrier]]]:
        """Each entry of user code as the YAML has it, and its uses by the cells that can run."""
        by_label: dict[tuple[str, str], list[Carrier]] = {}
        for cell in self.plan.runnable:
            uses = [Carrier(cell, cell.workload, cell.model)]
            if cell.background is not None:
                uses.append(Carrier(cell, cell.background.workload, cell.background.model))
            for role in uses:
                if role.entry.is_user_code and not role.model.plugin.simulated:
                    by_label.setdefault((role.entry.kind, role.entry.label), []).append(role)
        for key, roles in by_label.items():
            yield next(entry for entry in self.spec.user_entries if (entry.kind, entry.label) == key), roles

    def _endings(self, roles: list[Carrier]) -> dict[str, TrialOutcome]:
        """How a trial on each model ended; where one of a kind went well, the others of its kind are not tried."""
        by_carrier: dict[str, TrialOutcome] = {}
        found: dict[str, TrialOutcome] = {}
        for role in roles:
            if role.key not in found:
                known = by_carrier.get(role.carrier)
                well = known is not None and known.status in NUMBERED
                ending = known if well and known is not None else self._try(role)
                found[role.key] = by_carrier[role.carrier] = ending
        if found and all(ending.status == "failed" for ending in found.values()):
            # It may be these arguments that it does not like: those of other cells are data.
            tried = [roles[0].entry.parameters]
            for role in roles:
                if role.entry.parameters not in tried:
                    tried.append(role.entry.parameters)
                    ending = self._try(role)
                    if ending.status != "failed":
                        return {**found, role.key: ending}
        return found

    def _try(self, role: Carrier) -> TrialOutcome:
        request = {
            "verb": "measure",
            "workload": role.entry.request(),
            "model": role.model.request(),
            "sync": role.cell.sync.request(),
            "workers": role.workers,
            "load": {"ops": 1, "scaling": "weak"},
            "startup": "once",
            "warmup": 0,
            "iterations": 1,
            "seed": role.cell.settings.seed,
            "probes": [],
        }
        return self._ask(role.cell, request, role.cell.settings.timeout)

    def _ask(self, cell: Cell, request: dict[str, Any], timeout: float) -> TrialOutcome:
        with self.lock.held():
            python = self.pythons[cell.runtime.python].path
            return launch(request, python, self.stage, timeout, True, cell.runtime.variables(), cell.settings.memory)

    def _expected(self, roles: list[Carrier]) -> bool:
        """Whether the experiment expects that it fails: then its failures are data."""
        shown = [{**role.cell.axes, "status": "failed"} for role in roles]
        return all(any(matches(selection, labels) for selection in self.spec.allow) for labels in shown)


def _reason(ending: TrialOutcome, entry: Entry) -> str:
    """Why a cell is unsupported, "" if it is not. An exception of unknown origin is left to the trials: it may be data."""
    if ending.status == "unsupported":
        return ending.reason
    if ending.status == "failed" and _meaning(ending):
        return f"{entry.label} cannot run so: {_meaning(ending)} ({ending.reason})"
    return ""


def _meaning(ending: TrialOutcome) -> str:
    return next((meaning for sign, meaning in KNOWN if sign.search(ending.reason)), "")


def _raises(entry: Entry, roles: list[Carrier], ending: TrialOutcome) -> Problem:
    """The problem of an entry that fails on every model."""
    trace = (ending.answer or {}).get("traceback", "")
    home = str(Path(entry.located.source).parent) if entry.located.source else entry.located.home
    frames = [(file, line) for file, line in FRAME.findall(trace) if file.startswith(home)]
    where = f" at {Path(frames[-1][0]).name}:{frames[-1][1]}" if frames else ""
    reason = re.sub(r"^[\w.]*Unusable: ", "", ending.reason)
    models = list(dict.fromkeys(role.model.label for role in roles))
    message = f"{entry.located.name} failed{where} on every model ({', '.join(models)}): {reason}"
    return replace(entry.place, message=message, hint=_meaning(ending) or "call it by itself first")
