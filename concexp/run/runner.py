"""Plan -> Records: one trial after the other, each on disk before the next starts, and spinners beside them."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from concexp import catalog
from concexp.errors import NothingYet
from concexp.experiment import Spec
from concexp.experiment.selections import matches
from concexp.experiment.statuses import DIAGNOSTIC, MACHINE, MEASURED, NUMBERED, PICTURED, SENTINEL
from concexp.plan.cell import Cell, PlannedTrial
from concexp.plan.claim_cases import Cells, expected_statuses
from concexp.plan.schedule import Plan
from concexp.run.child.launch import TrialOutcome, launch
from concexp.run.child.stage import StagedCode
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine import facts, spinners
from concexp.run.machine.lock import MachineLock
from concexp.run.machine.spinners import SPIN_EVERY_SECONDS, SPIN_ROUNDS, SPIN_SECONDS, SPIN_TIMEOUT
from concexp.run.storage import journal, run_folder
from concexp.run.storage import schema as records
from concexp.run.storage.journal import Record
from concexp.run.storage.run_folder import RunFolder
from concexp.trial.diagnostics.lock_watch.registry import ENVIRONMENT as HOLDING


class ProgressListener(Protocol):
    """Who is told of the progress."""

    def run_started(self, total: int, done: int) -> None:
        """There are `total` trials, of which `done` were there already."""

    def trial_started(self, trial: PlannedTrial) -> None:
        """This trial starts."""

    def trials_added(self, trials: int) -> None:
        """So many trials have been added to what was planned."""

    def trial_ended(self, record: Record) -> None:
        """A trial's record is on disk."""

    def note(self, text: str) -> None:
        """Something worth saying: a wait, the machine's effective CPUs."""

    def forecast(self, text: str) -> None:
        """How long it will take."""


@dataclass
class Runner:
    """All that a run needs: what to do, where to write, with what, and who watches.

    `following` tells from the records so far which trials come next, none at the end; without it the plan is all there is.
    """

    spec: Spec
    plan: Plan
    folder: RunFolder
    stage: StagedCode
    pythons: Mapping[str, Interpreter]
    lock: MachineLock
    listener: ProgressListener
    next_trials: Callable[[Sequence[Record]], Sequence[PlannedTrial]] | None = None
    host: str = field(default_factory=facts.host)

    def execute(self) -> None:
        """Bring the journal to the end of the plan, from wherever it stands."""
        with journal.Writer(self.folder.journal) as writer:
            records = self._opened(writer)
            done = {record["trial"] for record in records}
            spins = sum(record.role == MACHINE for record in records)
            last = _last_block(record for record in records if record.role != MACHINE)
            spun = _last_block(record for record in records if record.role == MACHINE)
            if self.next_trials is None:
                records = []  # nobody asks for them: a long run must not grow with its journal
            for cell in self.plan.unsupported:
                if f"{cell.id}-unsupported" not in done:
                    writer.append(self._unsupported(cell))
            planned = len(self.plan.trials)
            self.listener.run_started(planned, sum(trial.id in done for trial in self.plan.trials))
            block, spun_at = -1, 0.0
            for trials in self._turns(records, done):
                if self.next_trials is not None and trials[0].block >= self.spec.measure.blocks:
                    self.listener.trials_added(len(trials))
                for trial in trials:
                    real = not trial.cell.simulated
                    if real and (trial.block != block or time.monotonic() - spun_at > SPIN_EVERY_SECONDS):
                        block = trial.block
                        self._keep(writer, records, self._spin(spins, block))
                        spins, spun_at = spins + 1, time.monotonic()
                    self.listener.trial_started(trial)
                    record = self._measured(trial)
                    self._keep(writer, records, record)
                    self.listener.trial_ended(record)
                    if self._to_be_diagnosed(trial, record, done):
                        self.listener.note(f"{trial.cell.id} hangs: one more trial, to see who waits for whom")
                        self._keep(writer, records, self._diagnosed(trial))
                    last = max(last, trial.block)
            if spun <= last and any(not cell.simulated for cell in self.plan.runnable):
                writer.append(self._spin(spins, last + 1))

    def _turns(self, records: list[Record], done: set[str]) -> Iterator[Sequence[PlannedTrial]]:
        """What is left of the plan, or, where the records so far decide what comes next, one block after the other."""
        if self.next_trials is None:
            if left := [trial for trial in self.plan.trials if trial.id not in done]:
                yield left
            return
        while trials := self.next_trials(records):
            yield trials

    def _keep(self, writer: journal.Writer, records: list[Record], record: Record) -> None:
        """Put a record on disk, and remember it where what comes next depends on it."""
        writer.append(record)
        if self.next_trials is not None:
            records.append(record)

    def _opened(self, writer: journal.Writer) -> list[Record]:
        """The records that are there; a new journal gets its header."""
        if self.folder.journal.stat().st_size:
            with contextlib.suppress(NothingYet):
                found = records.read(self.folder.journal)
                writer.go_on(found)
                return found.records
        writer.begin(header(self.spec, self.plan, self.folder))
        return []

    def _spin(self, number: int, block: int) -> Record:
        """Measure how many CPUs the machine gives at this moment."""
        cpus = self.folder.manifest["machine"]["cpus"]
        request = {"verb": "spin", "spinners": cpus, "seconds": SPIN_SECONDS, "rounds": SPIN_ROUNDS}
        with self.lock.held():
            started = run_folder.now()
            ending = launch(request, sys.executable, self.stage, SPIN_TIMEOUT)
        answer = ending.answer or {}
        effective = spinners.effective_cpus(answer.get("alone", []), answer.get("together", []), cpus)
        self.listener.note(
            f"block {block}: the machine gives {effective:.2f} of {cpus} CPUs"
            if effective is not None
            else f"block {block}: effective CPUs could not be measured: {ending.reason}"
        )
        return Record(
            {
                "trial": f"spin-{number:04d}",
                "role": MACHINE,
                "block": block,
                "effective_cpus": effective,
                "cpus": cpus,
                "cpu_s": answer.get("cpu_s"),
                "run_queue_wait_s": answer.get("run_queue_wait_s"),
                "started_at": started,
                "duration_s": ending.duration_s,
            }
        )

    def _to_be_diagnosed(self, trial: PlannedTrial, record: Record, done: set[str]) -> bool:
        """Whether a trial hung, in a way that locks may explain, as the first of its cell."""
        name = f"{trial.cell.id}-diagnostic"
        hung = record["status"] == "timeout" and record.get("hang", {}).get("kind", "slow") != "slow"
        if not hung or name in done:
            return False
        done.add(name)
        return True

    def _diagnosed(self, trial: PlannedTrial) -> Record:
        """The same once more with locks that tell who holds them. Its times count nowhere."""
        return self._measured(replace(trial, id=f"{trial.cell.id}-diagnostic", role=DIAGNOSTIC, probe="holders"))

    def _measured(self, trial: PlannedTrial) -> Record:
        cell = trial.cell
        request = self._request(trial)
        if cell.simulated:
            started = run_folder.now()
            ending = _simulated(cell, request)
        else:
            # A user's file may import what is installed for its interpreter; our own workloads start faster without.
            with self.lock.held():
                started = run_folder.now()  # not before: who waits for another run has not started
                site, variables = cell.needs_site, cell.runtime.variables()
                if trial.role == "diagnostic":
                    variables[HOLDING] = "1"
                # Like the spinners, the sentinel watches the machine and no interpreter of the experiment's.
                python = sys.executable if trial.role == SENTINEL else self.pythons[cell.runtime.python].path
                limits = cell.settings.timeout, site, variables, cell.settings.memory
                ending = launch(request, python, self.stage, *limits)
        answer = dict(ending.answer or {})
        for name in ("status", "reason"):
            answer.pop(name, None)
        traceback = answer.pop("traceback", "")
        return Record(
            {
                "trial": trial.id,
                "role": trial.role,
                "cell": cell.id,
                "block": trial.block,
                "position": trial.position,
                "repetition": trial.repetition,
                **_described(cell),
                "seed": trial.seed,
                "status": ending.status,
                "reason": ending.reason,
                "started_at": started,
                "duration_s": ending.duration_s,
                "host": self.host,
                "left_behind": ending.left_behind,
                "orphans": ending.orphans,
                "leaked": [{**one, "name": _without_home(one["name"])} for one in ending.leaked],
                **_fault(cell, ending),
                **({"hang": ending.hang} if ending.hang else {}),
                "output": _without_home(ending.output)[-4000:],
                "stacks": _without_home(ending.stacks)[-20000:],
                "traceback": _without_home(traceback)[-8000:],
                "answer": answer or None,
            }
        )

    def _probes(self, trial: PlannedTrial) -> list[str]:
        """Those that every such trial has, and those that a metric needs that was asked for, or the one that it is for."""
        found = {name: catalog.load("probe", name) for name in catalog.names("probe")}
        wanted = {trial.probe} if trial.probe else {name for name in self.spec.probes if not found[name].own_trials}
        if trial.cell.runtime.request():  # what each worker does to itself, each worker is asked for
            wanted.add("placement")
        return [name for name, probe in found.items() if name in wanted or probe.always_on(trial.cell.load)]

    def _unsupported(self, cell: Cell) -> Record:
        return Record(
            {
                "trial": f"{cell.id}-unsupported",
                "role": MEASURED,
                "cell": cell.id,
                **_described(cell),
                "status": "unsupported",
                "reason": cell.reason,
                "host": self.host,
            }
        )

    def _request(self, trial: PlannedTrial) -> dict[str, Any]:
        cell = trial.cell
        return {
            "verb": "measure",
            **cell.combination,
            "startup": cell.startup,
            "warmup": cell.settings.warmup,
            "iterations": 1 if trial.role == PICTURED else cell.settings.iterations,
            "seed": trial.seed,
            "probes": self._probes(trial),
            **cell.runtime.request(),
        }


def header(spec: Spec, plan: Plan, folder: RunFolder) -> Record:
    """The first line of a journal: what is known before the first trial."""
    return Record(
        {
            "run": folder.path.name,
            "spec": spec.resolved(),
            "manifest": folder.manifest,
            "axes": plan.labels(),
            "cells": [{"cell": c.id, "axes": dict(c.axes), "reason": c.reason} for c in plan.cells],
        }
    )


def _last_block(records: Iterable[Record]) -> int:
    """The number of the latest block of these records, -1 for none."""
    return max((record["block"] for record in records if "block" in record), default=-1)


def _described(cell: Cell) -> dict[str, Any]:
    """What every record says of its cell, so that the journal alone suffices."""
    workload = cell.workload.build()  # what it wants may depend on its parameters
    return {
        "axes": dict(cell.axes),
        "plugins": {"workload": cell.workload.name, "model": cell.model.name, "sync": cell.sync.name},
        "parameters": cell.parameters,
        "unit": workload.unit,
        "shape": workload.shape,
        "wants": workload.resource,
        "load": dict(cell.load),
        "startup": cell.startup,
        "runtime": dict(cell.runtime.settings),
    }


def _without_home(text: str) -> str:
    """A text that was made to be committed: where somebody's home is says nothing to others."""
    home = os.path.expanduser("~")
    return text.replace(f"{home}/", "~/") if len(home) > 1 else text


def _fault(cell: Cell, ending: TrialOutcome) -> dict[str, Any]:
    """What became of a fault that the workload noted: seconds until it was noticed, and how many tasks were not done."""
    if "fault" not in ending.notes:
        return {}
    happened = ending.notes["fault"][1]
    noticed = None if ending.noticed_ns is None or happened is None else (ending.noticed_ns - happened) / 1e9
    ops = cell.load["ops"] * (cell.parallelism if cell.load["scaling"] == "weak" else 1)
    return {"detected_s": noticed, "undone": ops - ending.notes.get("done", (0, None))[0]}


def _simulated(cell: Cell, request: dict[str, Any]) -> TrialOutcome:
    """The answer that the model makes up, without a child."""
    started = time.monotonic()
    answer = cell.model.build().answer(request)
    status, reason = answer["status"], answer["reason"]
    whole = answer if status in NUMBERED else None
    return TrialOutcome(status, reason, whole, "", "", 0, time.monotonic() - started)


def bad_trials(records: list[Record], spec: Spec, cpus: int) -> Iterator[Record]:
    """The records that ended badly and are not expected by `allow`, or by a claim."""
    trials = [record for record in records if record.role not in (MACHINE, DIAGNOSTIC)]
    cells = Cells({record["cell"]: record["axes"] for record in trials}, cpus)
    claimed = {pair for claim in spec.claims for pair in expected_statuses(claim, cells)}
    for record in trials:
        if record["status"] in ("ok", "unsupported") or (record["cell"], record["status"]) in claimed:
            continue
        shown = {**record["axes"], "status": record["status"]}
        if not any(matches(selection, shown) for selection in spec.allow):
            yield record
