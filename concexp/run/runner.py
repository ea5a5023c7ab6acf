"""Runs a plan: one trial after the other, each on disk before the next starts, with spinner measurements between them."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from concexp import catalog
from concexp.errors import ConcexpError, NothingYet
from concexp.experiment import Spec, standalone
from concexp.experiment.selections import matches
from concexp.experiment.statuses import DIAGNOSTIC, MACHINE, NUMBERED, PICTURED, SENTINEL
from concexp.plan.cell import Cell, PlannedTrial, without_infinity
from concexp.plan.claim_cases import Cells, expected_statuses
from concexp.plan.schedule import Plan
from concexp.run import calibration
from concexp.run.child.launch import TrialOutcome, launch
from concexp.run.child.stage import StagedCode, repair
from concexp.run.child.template import TemplateFailed, Templates
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine import facts, spinners
from concexp.run.machine.lock import MachineLock
from concexp.run.provided import NOTHING, Provided
from concexp.run.records import (
    as_crashed,
    machine_id,
    machine_record,
    trial_record,
    unsupported_id,
    unsupported_record,
)
from concexp.run.steps import ProgressListener, Pulse, Step, Steps
from concexp.run.storage import journal, run_folder, schema
from concexp.run.storage.journal import Record
from concexp.run.storage.run_folder import RunFolder
from concexp.run.user_files import UserFiles
from concexp.trial.diagnostics import LOCK_WATCH

SEALED = "concexp.trial."  # where modules are that a template may import
MEASURE = f"{SEALED}verbs.measure"

NextTrials = Callable[[Sequence[Record]], Sequence[PlannedTrial]]


@dataclass
class Runner:
    """What a run needs: what to do, where to write, with which interpreters, and what shows its progress.

    `next_trials` decides from the records so far which trials come next, and returns none at the end. Without it the plan
    holds all trials. `differing` says why a cell's trials are invalid although each of them went well, by the cell's id.
    """

    spec: Spec
    plan: Plan
    folder: RunFolder
    stage: StagedCode
    pythons: Mapping[str, Interpreter]
    lock: MachineLock
    listener: ProgressListener
    next_trials: NextTrials | None = None
    host: str = field(default_factory=facts.host)
    pace: calibration.Pace | None = field(default=None, init=False)
    user_files: UserFiles = field(default_factory=UserFiles)
    provided: Provided = NOTHING
    differing: Mapping[str, str] = field(default_factory=dict)
    templates: Templates = field(init=False)
    _reported: set[str] = field(default_factory=set, init=False)  # why trials were not forked

    def __post_init__(self) -> None:
        self.templates = Templates(self._warm_modules())

    def execute(self) -> frozenset[str]:
        """Complete the journal, from wherever it stands; returns the ids of all its trials."""
        with contextlib.closing(self.templates), journal.Writer(self.folder.journal) as writer:
            execution = Execution(self, writer, *self.opened(writer, self.calibrate))
            execution.complete()
            return frozenset(execution.recorded_ids)

    def calibrate(self) -> calibration.Pace:
        """Measure how much work fills a given time."""
        with self.lock.held():
            return calibration.calibrate(self.plan.runnable, self.pythons, self.stage)

    def opened(
        self, writer: journal.Writer, calibrate: Callable[[], calibration.Pace]
    ) -> tuple[list[Record], schema.Checker]:
        """The records of the journal, and what checks those that follow; a new journal gets its header."""
        if self.folder.journal.stat().st_size:
            with contextlib.suppress(NothingYet):
                existing, checker = schema.reopened(self.folder.journal)
                writer.go_on(existing)
                self.pace = existing.header.get("pace")  # never measured again: all trials do the same work
                return existing.records, checker
        if any(map(calibration.timed_work, self.plan.runnable)):
            self.pace = calibrate()
        first = header(self.spec, self.plan, self.folder, self.pace)
        writer.begin(first)
        checker = schema.Checker()
        checker.header_problem(first)
        return [], checker

    def perform(self, step: Step) -> Record:
        """Take one step here, and return its record."""
        if step.trial is None:
            return self.measure_machine(step.number, step.block, step.rounds)
        return self.diagnose(step.trial) if step.diagnosis else self.measure(step.trial)

    def measure(self, trial: PlannedTrial) -> Record:
        """Run one trial and return its record; EnvironmentRefused if the user's code changed before or meanwhile."""
        if not trial.cell.has_user_code:
            return self._measured(trial)
        self.user_files.check()
        while True:
            record = self._measured(trial)
            self.provided.check_shared()
            if not self.user_files.check():
                return record
            self.listener.note("the user's code was written anew, as it was: the trial meanwhile is run again")

    def _measured(self, trial: PlannedTrial) -> Record:
        request = self._request(trial)
        if trial.cell.simulated:
            started_at = run_folder.now()
            outcome = _simulate(trial.cell, request)
        else:
            with self.lock.held():
                started_at = run_folder.now()  # not before: a trial that waits for another run has not started
                outcome = self._launch(trial, request)
        if outcome.status == "ok" and (
            reason := self.differing.get(trial.cell.id) or self._not_in_force(trial, outcome)
        ):
            outcome = replace(outcome, status="invalid", reason=reason)
        return trial_record(trial, outcome, started_at, self.host)

    def _not_in_force(self, trial: PlannedTrial, outcome: TrialOutcome) -> str:
        """What the workers read back of their settings, where it is not what was asked for; "" if it is."""
        if trial.role == SENTINEL:
            return ""
        try:
            for iteration in (outcome.answer or {}).get("iterations") or ():
                seen = iteration.get("worker_settings")
                if seen and (reason := trial.cell.runtime.difference(seen)):
                    return reason
        except (TypeError, ValueError, AttributeError, LookupError):  # measured code may have written the answer
            return "what its workers report of their settings makes no sense"
        return ""

    def diagnose(self, trial: PlannedTrial) -> Record:
        """Run a trial that hung once more, with locks that record their holders. Its times count nowhere."""
        return self.measure(replace(trial, id=_diagnostic_id(trial.cell), role=DIAGNOSTIC, probe="holders"))

    def measure_machine(self, number: int, block: int, rounds: int) -> Record:
        """Measure how many CPUs the machine gives now, in so many rounds, and return the record."""
        cpus = self.folder.manifest["machine"]["cpus"]
        with self.lock.held():
            started_at = run_folder.now()
            spin = spinners.measure(sys.executable, self.stage, cpus, rounds)
        if spin.effective_cpus is None:
            self.listener.note(f"block {block}: effective CPUs could not be measured: {spin.reason}")
        else:
            self.listener.note(f"block {block}: the machine gives {spin.effective_cpus:.2f} of {cpus} CPUs")
        return machine_record(number, block, cpus, spin, started_at, self.host)

    def _launch(self, trial: PlannedTrial, request: dict[str, Any]) -> TrialOutcome:
        cell = trial.cell
        variables = cell.runtime.variables()
        if trial.role == DIAGNOSTIC:
            variables[LOCK_WATCH] = "1"
        # Like the spinners, the sentinel watches the machine, not one of the experiment's interpreters or its environment.
        watches = trial.role == SENTINEL
        python = sys.executable if watches else self.pythons[cell.runtime.python].path
        provided = NOTHING if watches else self.provided.for_trial(cell.has_user_code, cell.version)
        # User code may import what is installed for its interpreter; without that, our own workloads start faster.
        flags = () if watches else cell.runtime.flags()
        limits = cell.settings.timeout, cell.needs_site, variables, cell.settings.memory, provided, flags
        launched = partial(launch, request, python, self.stage, *limits)
        outcome = self._forked_or_fresh(trial, launched)
        if outcome.status == "crashed" and outcome.answer is None and repair(self.stage, python):
            self.listener.note(
                "the code of the trials was damaged or removed: it is restored, and the trial is run again"
            )
            self.templates.close()
            outcome = self._forked_or_fresh(trial, launched)
        return outcome

    def _forked_or_fresh(self, trial: PlannedTrial, launched: Callable[..., TrialOutcome]) -> TrialOutcome:
        """Run a trial in a fork of a template, if it is to be, and otherwise, or if none can be had, in a fresh process."""
        if not trial.cell.runtime.is_forked or trial.role == DIAGNOSTIC:  # whose locks are replaced before any import
            return launched()
        try:
            return launched(templates=self.templates)
        except TemplateFailed as failure:
            reason = self.provided.hidden.everywhere(str(failure))
        if reason not in self._reported:
            self._reported.add(reason)
            self.listener.note(f"a fresh process instead of a fork: {reason}")
        return replace(launched(), not_forked=reason)

    def _warm_modules(self) -> list[str]:
        """What trials that are forked import before any code under test: concexp's modules for their cells."""
        forked = [cell for cell in self.plan.runnable if cell.runtime.is_forked]
        if not forked:
            return []
        entries = [entry for cell in forked for entry in cell.entries if not entry.packages]
        modules = dict.fromkeys(entry.plugin.__module__ for entry in entries)
        for name in catalog.names("probe"):
            probe = catalog.load("probe", name)
            if not probe.own_trials and (name in self.spec.probes or any(probe.always_on(one.load) for one in forked)):
                modules[probe.__module__] = None
        return [MEASURE, *(name for name in modules if name.startswith(SEALED))]

    def _request(self, trial: PlannedTrial) -> dict[str, Any]:
        cell = trial.cell
        return {
            "verb": "measure",
            **cell.combination,
            "startup": cell.startup,
            "warmup": cell.settings.warmup,
            "iterations": 1 if trial.role == PICTURED else cell.settings.iterations,
            "seed": trial.seed,
            "luck": trial.luck,
            "probes": self._probes(trial),
            **({"pace": self.pace["rounds_per_s"]} if self.pace and calibration.timed_work(cell) else {}),
            **cell.runtime.request(),
        }

    def _probes(self, trial: PlannedTrial) -> list[str]:
        """The probes of a trial: those that are always on, and its own, or those that a requested metric needs."""
        probes = {name: catalog.load("probe", name) for name in catalog.names("probe")}
        wanted = {trial.probe} if trial.probe else {name for name in self.spec.probes if not probes[name].own_trials}
        if trial.cell.runtime.request():  # what is to be in force in each worker is read back there
            wanted.add("placement")
        return [name for name, probe in probes.items() if name in wanted or probe.always_on(trial.cell.load)]


class Execution:
    """One execution of a runner: the journal being written, and how far it is."""

    def __init__(self, runner: Runner, writer: journal.Writer, records: list[Record], checker: schema.Checker) -> None:
        self.runner, self.writer, self.checker = runner, writer, checker
        self.recorded_ids = {record["trial"] for record in records}
        self.last_block = _last_block(record for record in records if record.role != MACHINE)
        self.spins = sum(record.role == MACHINE for record in records)
        self.last_spin_block = _last_block(record for record in records if record.role == MACHINE)
        self.middle = ""  # the trial before which the machine is measured once more, however short the run
        # Only `next_trials` needs them: without it a long run does not grow with its journal.
        self.records = records if runner.next_trials else []

    def complete(self) -> None:
        """Run all trials that the journal lacks, here."""
        self.begin()
        self._take(self.rest(Pulse()))

    def begin(self) -> None:
        """Record the cells that cannot run, and tell the listener how far the journal is."""
        runner = self.runner
        for cell in runner.plan.unsupported:
            if unsupported_id(cell) not in self.recorded_ids:
                self._write(unsupported_record(cell, runner.host))
        planned = runner.plan.trials
        rest = [trial.id for trial in planned if trial.id not in self.recorded_ids]
        self.middle = rest[len(rest) // 2] if len(rest) > 1 else ""
        runner.listener.run_started(len(planned), len(planned) - len(rest))

    def _batches(self) -> Iterator[Sequence[PlannedTrial]]:
        """The rest of the plan, or what `next_trials` asks for, one block after the other."""
        if self.runner.next_trials is None:
            if rest := [trial for trial in self.runner.plan.trials if trial.id not in self.recorded_ids]:
                yield rest
            return
        while trials := self.runner.next_trials(self.records):
            yield trials

    def _take(self, steps: Steps) -> None:
        """Take these steps here."""
        with contextlib.suppress(StopIteration):
            step = next(steps)
            while True:
                step = steps.send(self.keep(self.runner.perform(step)))

    def rest(self, pulse: Pulse) -> Steps:
        """All that one host does to complete the journal: the trials that it lacks, and a last look at the machine."""
        runner = self.runner
        for trials in self._batches():
            if runner.next_trials and trials[0].block >= runner.spec.measure.blocks:
                runner.listener.trials_added(len(trials))
            yield from self.steps(trials, pulse)
        if self.last_spin_block <= self.last_block and any(not cell.simulated for cell in runner.plan.runnable):
            yield from self.measured_machine(self.last_block + 1, pulse)

    def steps(self, trials: Iterable[PlannedTrial], pulse: Pulse) -> Steps:
        """What a host does for these trials: before one the machine is measured, after one comes a diagnosis, where due."""
        listener = self.runner.listener
        for trial in trials:
            if pulse.is_due(trial, self.middle):
                yield from self.measured_machine(trial.block, pulse)
            listener.trial_started(trial, pulse.host)
            record = yield Step(trial.block, trial)
            listener.trial_ended(record)
            if _hung(record) and _diagnostic_id(trial.cell) not in self.recorded_ids:
                listener.note(f"{trial.cell.id} hangs: one more trial, to see which thread waits for which")
                yield Step(trial.block, trial, diagnosis=True)
            self.last_block = max(self.last_block, trial.block)

    def measured_machine(self, block: int, pulse: Pulse) -> Steps:
        """The machine is measured before a block, for no longer than suits the time since the last measurement."""
        while machine_id(self.spins) in self.recorded_ids:  # a number may be missing: its host was lost meanwhile
            self.spins += 1
        number, self.spins = self.spins, self.spins + 1
        yield Step(block, number=number, rounds=spinners.rounds_after(time.monotonic() - pulse.at))
        pulse.looks, pulse.at = pulse.looks + 1, time.monotonic()

    def keep(self, record: Record) -> Record:
        """Put a record on disk, and remember it if later trials depend on it; returns it as it was written."""
        record = self._write(record)
        if self.runner.next_trials:
            self.records.append(record)
        return record

    def _write(self, record: Record) -> Record:
        """Put a record on disk that can be read again: where an answer makes no sense, its trial crashed."""
        if problem := self.checker.problem_before_writing(record):
            record = as_crashed(record, problem)
            if problem := self.checker.problem_before_writing(record):
                raise ConcexpError(
                    f"a record cannot be written: {problem}", "this is a mistake of concexp's: report it"
                )
        self.writer.append(record)
        self.recorded_ids.add(record["trial"])
        return record


def header(spec: Spec, plan: Plan, folder: RunFolder, pace: calibration.Pace | None = None) -> Record:
    """The first line of a journal: what is known before the first trial; `pace` where operations fill a given time."""
    return Record(
        {
            "run": folder.path.name,
            "written": standalone.text_of(spec),
            "spec": without_infinity(spec.resolved()),
            "manifest": folder.manifest,
            "axes": plan.labels(),
            "cells": [{"cell": c.id, "axes": dict(c.axes), "reason": c.reason} for c in plan.cells],
            **({"pace": pace} if pace else {}),
        }
    )


def _last_block(records: Iterable[Record]) -> int:
    """The number of the latest block of these records, -1 for none."""
    return max((record["block"] for record in records if "block" in record), default=-1)


def _diagnostic_id(cell: Cell) -> str:
    """The id of a cell's diagnostic trial: there is at most one, after its first hang."""
    return f"{cell.id}-diagnostic"


def _hung(record: Record) -> bool:
    """True if a trial timed out in a way that locks may explain."""
    return bool(record["status"] == "timeout" and record.get("hang", {}).get("kind", "slow") != "slow")


def _simulate(cell: Cell, request: dict[str, Any]) -> TrialOutcome:
    """The answer that the model makes up, without a child."""
    started = time.monotonic()
    answer = cell.model.build().answer(request)
    status = answer["status"]
    return TrialOutcome(
        status=status,
        reason=answer["reason"],
        answer=answer if status in NUMBERED else None,
        duration_s=time.monotonic() - started,
    )


def bad_trials(records: list[Record], spec: Spec, cpus: int) -> Iterator[Record]:
    """The records of trials that ended badly where neither `allow` nor a claim expects it."""
    trials = [record for record in records if record.role not in (MACHINE, DIAGNOSTIC)]
    cells = Cells({record["cell"]: record["axes"] for record in trials}, cpus)
    claimed = {pair for claim in spec.claims for pair in expected_statuses(claim, cells)}
    for record in trials:
        if record["status"] in ("ok", "unsupported") or (record["cell"], record["status"]) in claimed:
            continue
        labels = {**record["axes"], "status": record["status"]}
        if not any(matches(selection, labels) for selection in spec.allow):
            yield record
