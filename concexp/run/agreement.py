"""Whether a user's code returns the same under every model, before anything is measured.

Each combination of a model, its workers and an interpreter gets a trial of its own in which nothing is timed, and what its
workers' operations return is compared with what the same calls return in a plain loop. A cell that differs keeps its numbers,
but its trials are invalid. A measured trial could not do this without being slower by it, differently under each model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from concexp.experiment import Entry
from concexp.experiment.environment import AXIS
from concexp.experiment.statuses import NUMBERED
from concexp.experiment.user_code import COMPARED
from concexp.experiment.version_names import AXIS as CODE
from concexp.plan.cell import Cell
from concexp.run.answers import Worker, difference, workers_of
from concexp.run.child.launch import TrialOutcome

Launch = Callable[[Cell, dict[str, Any], float], TrialOutcome]
WORKLOAD = "_answers"  # it makes the same calls as that of user code, and looks at what they return
REFERENCE = "serial"  # the model that is one plain loop
# The first that a combination can carry: seconds, in which each worker does at least one operation; or operations.
WINDOW = 0.1
LOADS = ({"duration": WINDOW}, {"ops": 4, "scaling": "weak"})
# Much shorter than Python's 5 ms, so that a tenth of a second holds as many changes of threads as a long measurement does.
SWITCH_INTERVAL = 1e-5  # seconds
TIMEOUT = 60.0  # seconds, where that of the cell is longer
AGAIN = 2  # further trials of the reference, once a cell differs from it: does it agree with itself?
VARY = "they differ from one trial under serial to the next, as random numbers, times and ids do"


@dataclass(frozen=True)
class Agreement:
    """What was found.

    differing  why the trials of a cell are invalid, by the cell's id
    compared   by label of a workload: the number of cells that were compared, of those that differ, and why others were not
    versions   of the user's code: a dict for each workload and each version after the first, with what differs, "" for nothing.
               Its trials are as valid as before: a change may be meant to change what is returned, and the page says that it did
    """

    differing: dict[str, str] = field(default_factory=dict)
    compared: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: list[dict[str, str]] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """A line on each workload of which cells differ."""
        lines = [
            f"{label} returns something else than under {REFERENCE} in {one['differ']} of {one['cells']} cells, whose trials "
            "will be invalid; `returns: any` allows that"
            for label, one in self.compared.items()
            if one["differ"]
        ]
        lines += [
            f"{one['workload']} returns something else in {one['version']} than in {one['against']}: {one['difference']}"
            for one in self.versions
            if one["difference"]
        ]
        return lines

    def note(self, label: str, cells: int = 0, differ: int = 0, unlike: str = "") -> None:
        """Add cells of a workload, or a reason for which some could not be compared."""
        held = self.compared.setdefault(label, {"cells": 0, "differ": 0, "unlike": ""})
        held["cells"] += cells
        held["differ"] += differ
        held["unlike"] = held["unlike"] or unlike


@dataclass(frozen=True)
class Comparison:
    """Compares what user code returns in its cells; `launch` runs a child."""

    launch: Launch

    def of(self, cells: Iterable[Cell]) -> Agreement:
        """The agreement of all these cells whose workload is user code that returns values to be compared."""
        agreement = Agreement()
        references: dict[str, list[tuple[Cell, Worker]]] = {}
        for group in _groups(cells):
            if reference := self._compare(group, agreement):
                references.setdefault(_same_call(group[0]), []).append((group[0], reference))
        for versions in references.values():
            self._compare_versions(versions, agreement)
        return agreement

    def _compare_versions(self, versions: list[tuple[Cell, Worker]], agreement: Agreement) -> None:
        """Compare what the same calls return under the reference in each version of the user's code, with the first version."""
        (first, expected), *others = versions
        for cell, reference in others:
            found = difference([reference], expected)
            if found is not None:
                repeats = all(
                    self._repeats(one, its, number)
                    for one, its in ((first, expected), (cell, reference))
                    for number in range(1, AGAIN + 1)
                )
                if not repeats:
                    continue
            names = {"workload": cell.workload.label, "version": _version(cell), "against": _version(first)}
            agreement.versions.append({**names, "difference": found.in_words(**names) if found is not None else ""})

    def _compare(self, group: list[Cell], agreement: Agreement) -> Worker:
        """Compare the cells of a group, which do the same work; what they return in a plain loop, empty where that is unknown."""
        label = group[0].workload.label
        first = _first(group)
        reference = self._reference(first)
        if not reference:
            agreement.note(label, unlike="they could not be had under serial")
            return ()
        reasons, compared = self._differing(group, first, reference)
        if reasons and not all(self._repeats(first, reference, number) for number in range(1, AGAIN + 1)):
            agreement.note(label, unlike=VARY)
            return ()
        agreement.differing.update(reasons)
        agreement.note(label, compared, len(reasons))
        return reference

    def _differing(self, group: list[Cell], first: Cell, reference: Worker) -> tuple[dict[str, str], int]:
        """(by the id of each cell that differs from the reference, how; how many cells were compared)."""
        reasons, known, compared = {}, {repr(_request(first, _serial())): [reference]}, 0
        under = (
            REFERENCE
            if len({cell.runtime.python for cell in group}) == 1
            else f"{REFERENCE} (python {first.runtime.python})"
        )
        for cell in group:
            request = _request(cell, cell.model)
            key = repr(request)
            if key not in known:
                known[key] = self._workers(cell, request)
            compared += bool(known[key])
            if found := difference(known[key], reference):
                reasons[cell.id] = found.described(under)
        return reasons, compared

    def _reference(self, cell: Cell, number: int = 0) -> Worker:
        """What the operations of a cell return in a plain loop; empty if that cannot be had. `number` changes all luck."""
        workers = self._workers(cell, _request(cell, _serial(), number))
        return workers[0] if workers else ()

    def _repeats(self, cell: Cell, reference: Worker, number: int) -> bool:
        """True if another trial of the reference, with other luck, returns the same."""
        again = self._reference(cell, number)
        return bool(again) and difference([again], reference) is None

    def _workers(self, cell: Cell, request: dict[str, Any]) -> list[Worker]:
        """What each worker returned; empty if the trial ended badly, which the measured ones will show as well."""
        for load in LOADS:
            outcome = self.launch(cell, {**request, "load": load}, min(cell.settings.timeout, TIMEOUT))
            if outcome.status != "unsupported":
                break
        if outcome.status not in NUMBERED or outcome.answer is None:
            return []
        try:
            return workers_of(outcome.answer)
        except ValueError:  # measured code may have written the answer
            return []


def trials_of(cells: Iterable[Cell]) -> list[Cell]:
    """The cells of the trials that compare answers, if all agree: one for each way of running a work, and one for its reference."""
    found: list[Cell] = []
    for group in _groups(cells):
        first = _first(group)
        by_request = {repr(_request(first, _serial())): first}
        for cell in group:
            by_request.setdefault(repr(_request(cell, cell.model)), cell)
        found += by_request.values()
    return found


def _groups(cells: Iterable[Cell]) -> list[list[Cell]]:
    """The cells whose workload is user code that returns values to be compared, by the work that they do."""
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        work = cell.workload
        # What shares a primitive, or is in two roles, shares state: what a call returns may depend on the others.
        shares = work.shares_sync or work.consumer.function
        if work.is_user_code and work.returns in COMPARED and not shares and not cell.simulated:
            groups.setdefault(_same_work(cell), []).append(cell)
    return list(groups.values())


def _first(group: list[Cell]) -> Cell:
    """The cell of a group that the reference is made from."""
    return next((cell for cell in group if not cell.model.plugin.needs_workers), group[0])


def _same_work(cell: Cell) -> str:
    """Equal for cells that should return the same: models, workers and interpreters may differ, arguments may not.

    Variables of the environment are arguments, too.
    """
    variables = {key: value for key, value in cell.runtime.settings.items() if key.startswith(AXIS)}
    return repr((cell.workload.label, cell.workload.request(), sorted(variables.items(), key=repr)))


def _same_call(cell: Cell) -> str:
    """Equal for cells that make the same calls, in whatever version of the code."""
    workload = cell.workload
    given = workload.label, sorted(workload.parameters.items(), key=repr), workload.check.name, workload.over.name
    variables = {key: value for key, value in cell.runtime.settings.items() if key.startswith(AXIS)}
    return repr((given, sorted(variables.items(), key=repr)))


def _version(cell: Cell) -> str:
    return str(cell.axes.get(CODE))


def _serial() -> Entry:
    """The model of the reference."""
    return Entry.default("model", REFERENCE)


def _request(cell: Cell, model: Entry, number: int = 0) -> dict[str, Any]:
    """The request of an untimed trial of a cell, but for its load."""
    seed = cell.settings.seed + number
    return {
        "verb": "measure",
        "workload": {**cell.workload.request(), "name": WORKLOAD},
        "model": model.request(),
        "sync": cell.sync.request(),
        "workers": cell.parallelism if model.plugin.needs_workers else 1,
        "startup": "once",
        "warmup": 0,
        "iterations": 1,
        "seed": seed,
        "luck": seed,
        "probes": [],
        "switch_interval": SWITCH_INTERVAL,
        **cell.runtime.request(),
        "python": cell.runtime.python,
    }
