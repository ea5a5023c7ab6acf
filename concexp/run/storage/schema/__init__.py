"""What a journal must hold, and `read`, which refuses any other with the line and the key that do not fit.

header      line 1: the experiment, the machine, the cells
trial       the other lines: trials, and measurements of the machine
iterations  the facts of a trial's iterations

The checksums of the lines guard against accidents, not against authors: a journal from someone else may hold anything.
What has no field in the models is not checked, because later versions add to what they write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from concexp.errors import Damaged
from concexp.experiment.statuses import MACHINE, NUMBERED, SENTINEL, STATUSES
from concexp.run.storage import foreign_file, journal
from concexp.run.storage.columns import StructColumn, keys_of, pack, problem_with_numbers, values_of
from concexp.run.storage.journal import Journal, Record
from concexp.run.storage.schema.header import Header
from concexp.run.storage.schema.trial import Answer, MachineRecord, TrialRecord
from concexp.run.storage.schema.types import INT64, Part, first_mismatch, shown
from concexp.run.storage.unknown_keys import Known, drop_unknown

ROLE = re.compile("[a-z]{1,20}")  # a word, which pages show as it is
# The keys of all lines. What a later version adds is not kept, since this one has no use for it.
KNOWN: Known = {
    **dict.fromkeys(["concexp_journal", journal.PREVIOUS, *Header.model_fields, *MachineRecord.model_fields]),
    **dict.fromkeys(TrialRecord.model_fields),
    "answer": dict.fromkeys(Answer.model_fields),
}
# Names in a journal become columns, and each of its trials has a place in each column.
COLUMNS_LIMIT = 2000


def read(path: Path) -> Journal:
    """Read a journal and check all of it; Damaged names what does not fit. Iterations are kept as columns."""
    return reopened(path)[0]


def header_of(path: Path) -> Record:
    """The header of a journal that was read before, and is unchanged; ValueError or OSError if it is not."""
    with foreign_file.opened(path) as file:
        header = journal.decode(file.readline(journal.LINE_LIMIT + 1)[:-1], None, KNOWN)
    drop_unknown(header, KNOWN)
    return header


def reopened(path: Path) -> tuple[Journal, Checker]:
    """As `read`, with the checker of its lines, for those that follow."""
    checker = Checker()

    def keep(record: Record, line: int) -> Record:
        problem = checker.header_problem(record) if line == 1 else checker.problem(record)
        if problem:
            raise Damaged(
                f"{path}:{line}: this is not what concexp writes: {problem}",
                "ask for the journal as it was written, or read it with the concexp that wrote it",
            )
        drop_unknown(record, KNOWN)
        return record

    return journal.read(path, keep, KNOWN), checker


class Checker:
    """Checks the lines of one journal, in their order: those that are read, and those that are about to be written."""

    def __init__(self) -> None:
        self.axes_by_cell: Mapping[str, Any] = {}
        self.column_names: set[str] = set()
        self.trials: set[str] = set()

    def header_problem(self, header: Record) -> str:
        """What does not fit in the first line; an empty text if all does."""
        if problem := _header_problem(header):
            return problem
        self.axes_by_cell = {cell["cell"]: cell["axes"] for cell in header["cells"]}
        # A part that is null is as one that is not there: whoever reads it needs to know one way only.
        header["manifest"] = {name: part for name, part in header["manifest"].items() if part is not None}
        return ""

    def problem(self, record: Record) -> str:
        """What does not fit in another line. The record's iterations are packed: that changes no value."""
        _pack_iterations(record)
        problem = (
            _record_problem(record, self.axes_by_cell) or self._there_twice(record) or self._too_many_names(record)
        )
        if not problem:
            self.trials.add(record["trial"])
        return problem

    def problem_before_writing(self, record: Record) -> str:
        """What keeps a line from being read again, numbers included; where there is nothing, it counts as written."""
        draft = Record(record)
        if isinstance(draft.get("answer"), dict):
            draft["answer"] = dict(draft["answer"])
        return problem_with_numbers(draft) or self.problem(draft)

    def _there_twice(self, record: Record) -> str:
        trial = record["trial"]
        return f"trial {shown(trial)} is there twice" if trial in self.trials else ""

    def _too_many_names(self, record: Record) -> str:
        names: set[str] = set()
        for holder in (record.get("axes"), record.get("load"), *(record.get("parameters") or {}).values()):
            names.update(holder or ())
        counts = values_of(record.passes, "counts")
        if isinstance(counts, StructColumn):
            names |= keys_of(counts)
        else:
            names.update(name for count in counts for name in count or ())
        if len(self.column_names | names) > COLUMNS_LIMIT:
            return f"with it there are more than {COLUMNS_LIMIT} names of axes, parameters and counts"
        self.column_names |= names
        return ""


def _pack_iterations(record: Record) -> None:
    """Keep the record's iterations in less memory, if it has a list of them."""
    answer = record.get("answer")
    if isinstance(answer, dict) and isinstance(answer.get("iterations"), list):
        answer["iterations"] = pack(answer["iterations"])


def _header_problem(header: Record) -> str:
    if problem := _problem(Header, header):
        return problem
    labels_of = {axis: {None, *labels} for axis, labels in header["axes"].items()}
    for number, cell in enumerate(header["cells"]):
        for axis, label in cell["axes"].items():
            if isinstance(label, dict | list) or label not in labels_of.get(axis, ()):
                return f"cells[{number}].axes.{axis}: {shown(label)} is not one of the labels in `axes`"
    if len({cell["cell"] for cell in header["cells"]}) < len(header["cells"]):
        return "cells: one is there twice"
    return ""


def _record_problem(record: Record, axes_by_cell: Mapping[str, Any]) -> str:
    role = record.get("role")
    if role == MACHINE:
        return _problem(MachineRecord, record)
    if not isinstance(role, str) or not ROLE.fullmatch(role):
        return f"role: {shown(role)} is no role of a trial"
    if problem := _problem(TrialRecord, record):
        return problem
    status = record["status"]
    if status not in STATUSES:
        return f"status: {shown(status)} is not one of {', '.join(STATUSES)}"
    if status in NUMBERED and not record.passes:
        return f"answer.iterations: a trial that ended {status} has at least one"
    if status != "unsupported" and not (_is_int64(record.get("block")) and _is_int64(record.get("position"))):
        return "`block` and `position` of a trial are whole numbers"
    # The sentinel may be a cell of its own; all others are of the plan.
    if role != SENTINEL and record["axes"] != axes_by_cell.get(record["cell"]):
        return f"cell {record['cell']} is not in the header, or has other axes there"
    return ""


def _problem(model: type[Part], record: Record) -> str:
    wrong = first_mismatch(model.model_validate, record)
    return str(wrong) if wrong else ""


def _is_int64(value: Any) -> bool:
    return type(value) is int and abs(value) <= INT64
