"""Tries a user's code once before anything is measured: what it is, and which cells cannot run it.

First each entry is imported and inspected. Then it does one operation per worker, on one model of each kind that runs user
code in a different way. At last what it returns is compared (`agreement`). None of this is a measurement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from concexp.errors import InputError, Problem
from concexp.experiment import Entry, Spec
from concexp.experiment.selections import matches
from concexp.experiment.statuses import NUMBERED
from concexp.plan.cell import Cell
from concexp.plan.schedule import Plan
from concexp.run.agreement import Agreement, Comparison, trials_of
from concexp.run.child.launch import TrialOutcome, launch
from concexp.run.child.memory_limit import bytes_text
from concexp.run.child.stage import StagedCode
from concexp.run.durations import Durations
from concexp.run.forecast import comparing_s, duration_text
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine.lock import MachineLock
from concexp.run.provided import NOTHING, Provided

IMPORT_TIMEOUT = 60.0  # seconds
MAX_WORKERS = 2
LONG_COMPARISON_S = 10.0  # seconds: a comparison of answers that takes longer is announced
# Errors that user code meets when it starts something of its own inside a model: Python's words, and what they mean.
KNOWN_ERRORS = (
    (
        re.compile(r"pickl"),
        "what goes to another process is pickled, and a lambda, a function within a function or an open resource cannot be: "
        "define it at the top level of the file, or make it where it is used",
    ),
    (
        re.compile(r"daemonic processes"),
        "the workers of this pool are daemons, which may not start processes of their own: take a model whose workers may, such "
        "as processes or process_pool",
    ),
    (
        re.compile(r"No module named 'concexp_user_"),
        "processes that the code starts anew cannot import a file that is named like another module: give the file another name",
    ),
    (
        re.compile(r"^ModuleNotFoundError: No module named"),
        "a module that it imports when it is called is not installed for this interpreter",
    ),
    (
        re.compile(r"signal only works in main thread"),
        "signal handlers, and so time limits by SIGALRM, can be set in a process's main thread only, and the workers of this "
        "model are other threads: limit the time in another way, or measure it on serial and processes",
    ),
    (
        re.compile(r"context has already been set"),
        "the start method of multiprocessing can be set once per process, and each worker that is started anew imports the "
        'file: set it under `if __name__ == "__main__":`, or use multiprocessing.get_context(...) where processes are made',
    ),
    (
        re.compile(r"context manager protocol|AttributeError: __a?enter__"),
        "what it enters by `with` cannot be entered: a lock or a semaphore guards, a channel or a signal does not",
    ),
    (
        re.compile(r"event loop"),
        "an event loop cannot be started inside one that runs: name the coroutine function itself as the target",
    ),
)
# How the child begins a reason of its own for which code cannot be an operation; it names the cure as well.
UNUSABLE = re.compile(r"^[\w.]*\bUnusable: ")
FRAME = re.compile(r'File "(.+?)", line (\d+)')


@dataclass(frozen=True)
class Use:
    """One use of user code by a cell: as its workload or its background, on a model."""

    cell: Cell
    entry: Entry
    model: Entry

    @property
    def way(self) -> str:
        """Equal for models that run user code in the same way."""
        model = self.model.build()
        chosen = [self.model.parameters.get(name) for name in ("start_method", "inner")]
        return repr(((model.parallel, model.asynchronous, model.daemonic, *chosen), *self._place_and_sync))

    @property
    def key(self) -> str:
        """Equal for cells of one model on one interpreter, with one version of the code."""
        return repr((self.model.name, sorted(self.model.parameters.items()), *self._place_and_sync))

    @property
    def _place_and_sync(self) -> tuple[object, ...]:
        """What else decides how code runs: its interpreter, its version, and the primitive, where the code gets it."""
        sync = self.cell.sync.request() if self.entry.shares_sync else None
        return self.cell.runtime, self.cell.version, sync

    @property
    def place(self) -> tuple[str, str]:
        """The interpreter and the version of the code: each imports it anew."""
        return self.cell.runtime.python, self.cell.version

    @property
    def workers(self) -> int:
        return min(MAX_WORKERS, self.cell.parallelism) if self.model.plugin.needs_workers else 1


@dataclass(frozen=True)
class Preflight:
    """Tries the user's code of an experiment with the interpreters `pythons`, by label.

    It holds the machine's lock meanwhile, so that no measurement is disturbed. `startup` gets the seconds that a trial of each
    cell took beside its operations, by the cell's id; `printed` the bytes that each call of an entry prints, by its label.
    """

    spec: Spec
    plan: Plan
    pythons: Mapping[str, Interpreter]
    stage: StagedCode
    lock: MachineLock
    provided: Provided = NOTHING
    startup: dict[str, float] = field(default_factory=dict)
    printed: dict[str, float] = field(default_factory=dict)

    def inspect_code(self) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """(what each entry is, by its label; why cells cannot import or call it, by their id).

        InputError lists the entries that none of their interpreters can import or call, in no version.
        """
        facts_by_label: dict[str, dict[str, Any]] = {}
        reasons: dict[str, str] = {}
        problems = []
        for entry, uses in self._entries():
            first_uses = {use.place: use for use in reversed(uses)}
            by_place = {place: self._inspect(entry, use) for place, use in first_uses.items()}
            good = [facts for facts in by_place.values() if not facts["problem"]]
            if not good:
                facts = by_place[uses[0].place]
                problems.append(replace(entry.place, message=facts["problem"], hint=facts["cure"]))
                continue
            for use in uses:
                if problem := by_place[use.place]["problem"]:
                    reasons.setdefault(use.cell.id, _import_reason(use, problem, by_place[use.place].get("missing")))
            facts_by_label[entry.label] = {
                "form": good[0]["form"],
                "version": good[0]["version"],
                "modules": {file: name for facts in good for file, name in facts["modules"].items()},
                **_packages(by_place),
                "target": entry.located.name,
                "returns": entry.returns,
                "check": entry.check.name if entry.check.function else "",
                **({"over": entry.over.name} if entry.over.function else {}),
                **({"outcomes": dict(entry.outcomes)} if entry.outcomes else {}),
            }
        if problems:
            raise InputError(problems)
        return facts_by_label, reasons

    def try_code(self, refused: Mapping[str, str]) -> dict[str, str]:
        """`refused` (cell id -> reason) with the cells that cannot run their user code; InputError if an entry runs nowhere."""
        reasons = dict(refused)
        problems = []
        for entry, all_uses in self._entries():
            uses = [use for use in all_uses if use.cell.id not in refused]
            outcomes = self._outcomes(uses)
            if uses and _all_failed(outcomes) and not self._failure_is_allowed(uses):
                problems.append(_failure(entry, uses, outcomes[uses[0].key]))
                continue
            if size := self._printed_per_call(uses, outcomes):
                self.printed[entry.label] = size
            for use in uses:
                if (seconds := _startup_s(outcomes[use.key])) is not None:
                    self.startup[use.cell.id] = seconds
                if reason := _reason(outcomes[use.key], entry):
                    reasons.setdefault(use.cell.id, reason)
        if problems:
            raise InputError(problems)
        return reasons

    def announcements(self, refused: Mapping[str, str]) -> list[str]:
        """What to know before the answers are compared: which code prints in each call, and that it takes long, if it does."""
        lines = [
            f"{label} prints {bytes_text(size)} in each call, within the measured time"
            for label, size in self.printed.items()
        ]
        seconds = comparing_s(trials_of(self._comparable(refused)), Durations(startup=self.startup))
        if seconds > LONG_COMPARISON_S:
            lines.append(f"what the code returns is compared before the first trial: about {duration_text(seconds)}")
        return lines

    def compare_answers(self, refused: Mapping[str, str]) -> Agreement:
        """Whether the code returns the same in all cells that are not among the refused ones."""
        return Comparison(self._launch).of(self._comparable(refused))

    def _comparable(self, refused: Mapping[str, str]) -> list[Cell]:
        """The cells that are not among the refused ones."""
        return [cell for cell in self.plan.runnable if cell.id not in refused]

    def _inspect(self, entry: Entry, use: Use) -> dict[str, Any]:
        """The facts of an entry as one interpreter imports it, or `problem` and `cure`."""
        request = {"verb": "look", "workload": use.entry.request()["parameters"]}
        outcome = self._launch(use.cell, request, IMPORT_TIMEOUT)
        if outcome.answer is not None:
            return outcome.answer
        problem = f"{entry.located.name} cannot be imported: {outcome.reason}"
        cure = outcome.output.strip()[-500:] or "look for what ends or holds up the process while the file is imported"
        return {"problem": problem, "cure": cure}

    def _entries(self) -> Iterator[tuple[Entry, list[Use]]]:
        """Each entry of user code as it stands in the YAML, with its uses by the cells that can run."""
        by_label: dict[tuple[str, str], list[Use]] = {}
        for cell in self.plan.runnable:
            uses = [Use(cell, cell.workload, cell.model)]
            if cell.background is not None:
                uses.append(Use(cell, cell.background.workload, cell.background.model))
            for use in uses:
                if use.entry.is_user_code and not use.model.plugin.simulated:
                    by_label.setdefault((use.entry.kind, use.entry.label), []).append(use)
        for key, uses in by_label.items():
            yield next(entry for entry in self.spec.user_entries if (entry.kind, entry.label) == key), uses

    def _outcomes(self, uses: list[Use]) -> dict[str, TrialOutcome]:
        """By `Use.key`, how a trial on each model ended. Once a way of running user code works, it is not tried again."""
        by_way: dict[str, TrialOutcome] = {}
        outcomes: dict[str, TrialOutcome] = {}
        for use in uses:
            if use.key in outcomes:
                continue
            known = by_way.get(use.way)
            outcome = known if known is not None and known.status in NUMBERED else self._try(use)
            outcomes[use.key] = by_way[use.way] = outcome
        return outcomes | self._with_other_parameters(uses) if _all_failed(outcomes) else outcomes

    def _with_other_parameters(self, uses: list[Use]) -> dict[str, TrialOutcome]:
        """The first outcome that is no failure, by `Use.key`, with parameters other than the first use's; {} for none.

        A function may only refuse the first parameters; then its failures in other cells are data.
        """
        tried = [use.entry.parameters for use in uses[:1]]
        for use in uses:
            if use.entry.parameters in tried:
                continue
            tried.append(use.entry.parameters)
            outcome = self._try(use)
            if outcome.status != "failed":
                return {use.key: outcome}
        return {}

    def _printed_per_call(self, uses: list[Use], outcomes: Mapping[str, TrialOutcome]) -> float:
        """The bytes that a call prints: what a trial of two calls prints more than one of one call, by each worker."""
        for use in uses:
            once = outcomes[use.key]
            if once.status in NUMBERED:
                twice = self._try(use, 2) if once.printed else once
                return max(0.0, (twice.printed - once.printed) / use.workers)
        return 0.0

    def _try(self, use: Use, calls: int = 1) -> TrialOutcome:
        """How a trial ends in which each worker calls the code this often."""
        request = {
            "verb": "measure",
            "workload": use.entry.request(),
            "model": use.model.request(),
            "sync": use.cell.sync.request(),
            "workers": use.workers,
            "load": {"ops": calls, "scaling": "weak"},
            "startup": "once",
            "warmup": 0,
            "iterations": 1,
            "seed": use.cell.settings.seed,
            "luck": use.cell.settings.seed,
            "probes": [],
        }
        return self._launch(use.cell, request, use.cell.settings.timeout)

    def _launch(self, cell: Cell, request: dict[str, Any], timeout: float) -> TrialOutcome:
        with self.lock.held():
            python = self.pythons[cell.runtime.python].path
            variables, memory = cell.runtime.variables(), cell.settings.memory
            given, flags = self.provided.for_trial(True, cell.version), cell.runtime.flags()
            return launch(request, python, self.stage, timeout, True, variables, memory, given, flags)

    def _failure_is_allowed(self, uses: list[Use]) -> bool:
        """True if the experiment allows all these cells to fail: then their failures are data."""
        failed = [{**use.cell.axes, "status": "failed"} for use in uses]
        return all(any(matches(selection, labels) for selection in self.spec.allow) for labels in failed)


def _packages(by_place: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, dict[str, dict[str, str]]]:
    """What an entry imported of what is installed, by interpreter: name -> version; {} if it imported nothing."""
    found: dict[str, dict[str, str]] = {}
    for (python, _), facts in by_place.items():
        if facts.get("packages"):
            found.setdefault(python, {}).update(facts["packages"])
    return {"packages": found} if found else {}


def _import_reason(use: Use, problem: str, missing: str | None) -> str:
    """Why a cell cannot run whose interpreter or version cannot import its code; `missing` is a module that is not there."""
    version = use.entry.version
    where = f"in {version.shown}: " if version is not None else ""
    cure = f": install {missing} for the interpreter of {use.cell.runtime.python}" if missing else ""
    return f"{where}{problem}{cure}"


def _startup_s(outcome: TrialOutcome) -> float | None:
    """What a trial took beside its passes, seconds; None if it has no numbers."""
    passes = (outcome.answer or {}).get("iterations") or []
    if outcome.status not in NUMBERED or not passes:
        return None
    return max(0.0, outcome.duration_s - float(sum(one["wall_s"] for one in passes)))


def _all_failed(outcomes: Mapping[str, TrialOutcome]) -> bool:
    return bool(outcomes) and all(outcome.status == "failed" for outcome in outcomes.values())


def _reason(outcome: TrialOutcome, entry: Entry) -> str:
    """Why a cell is unsupported; "" if it is not. An exception of unknown meaning is left to the trials: it may be data."""
    if outcome.status == "unsupported":
        return outcome.reason
    if outcome.status == "failed" and (meaning := _meaning(outcome)):
        return f"{entry.label} cannot run so: {meaning} ({outcome.reason})"
    return ""


def _meaning(outcome: TrialOutcome) -> str:
    """What a known error means; "" for any other."""
    return next((meaning for pattern, meaning in KNOWN_ERRORS if pattern.search(outcome.reason)), "")


def _failure(entry: Entry, uses: list[Use], outcome: TrialOutcome) -> Problem:
    """The problem of an entry that fails on every model."""
    trace = (outcome.answer or {}).get("traceback", "")
    entry = uses[0].entry
    home = str(Path(entry.located.source).parent) if entry.located.source else entry.located.home
    frames = [(file, line) for file, line in FRAME.findall(trace) if file.startswith(home)]
    where = f" at {Path(frames[-1][0]).name}:{frames[-1][1]}" if frames else ""
    reason = UNUSABLE.sub("", outcome.reason)
    models = list(dict.fromkeys(use.model.label for use in uses))
    message = f"{entry.located.name} failed{where} on every model ({', '.join(models)}): {reason}"
    cure = "" if UNUSABLE.match(outcome.reason) else "call it by itself first"
    return replace(entry.place, message=message, hint=_meaning(outcome) or cure)
