"""The measured iterations of a trial: which facts each may hold, and a check of whole columns of them.

A page may have a million iterations, so they are not checked one by one: a column of numbers is known to be one by its
type, and any other is handed to pydantic as a whole.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any

from pydantic import Field, Strict, TypeAdapter

from concexp import catalog
from concexp.run.storage.columns import ListColumn, StructColumn
from concexp.run.storage.schema.types import (
    STRICT,
    Histogram,
    Int64,
    Items,
    Mismatch,
    Number,
    Part,
    Undivided,
    first_mismatch,
    problem_of,
)

# [begin, end, operations that ended with it, ns of work, ns of CPU time, ns of waits by what was waited in].
Segment = Annotated[
    tuple[Number, Number, Number, Number, Number, dict[str, Number]],
    Strict(False),
    Undivided,
]


class TimelineWorker(Part):
    """What one worker did when; times in ns since the pass began."""

    index: Int64 = Field(description="its number among all workers")
    made: Number = Field(description="when it was created")
    came: Number = Field(description="when it reached the start")
    grain: Number = Field(description="neighbouring segments up to this long are merged, ns")
    lined: Number | None = Field(
        description="how long it waited for a CPU, ns; null where the system does not report it"
    )
    segments: Items[Segment] = Field(description="its tasks and waits, in order")


class Timeline(Part):
    """What the workers of one pass did when."""

    end: Number = Field(description="when all had answered, ns since the pass began")
    more: Int64 = Field(description="workers that were not recorded")
    workers: Items[TimelineWorker] = Field(description="those that were")


# What a column of each kind holds, one value per iteration; None where the fact was not observed.
KINDS: dict[str, Any] = {
    "number": Items[Number | None],
    "numbers": Items[Items[Number | None] | None],  # one number per worker
    "list": Items[Annotated[list[Any], Undivided] | None],  # of any shape, mostly one entry per worker
    "counts": Items[dict[str, Number] | None],
    "histogram": Items[Histogram | None],
    "timeline": Items[Timeline | None],
}
# What every iteration records, whatever its probes. Times are in seconds.
ALWAYS = {
    "wall_s": "number",  # from the first start to the last stop; in a given time, as long as `ops` take at its rate
    "ops": "number",  # operations done
    "window_s": "number",  # the part of a given time whose rate was taken; null for counted operations
    "startup_s": "number",  # creation of the workers
    "start_skew_s": "number",  # from the first worker's start to the last one's
    "stop_skew_s": "number",  # the same for their stops
    "all_active": "number",  # share of the window in which all workers were at work, 0 to 1
    "largest_share": "number",  # share of the longest task in the work of all tasks, 0 to 1
    "reference_before_s": "number",  # the reference loop in the trial's own process, before the pass …
    "reference_after_s": "number",  # … and after it
    "worker_reference_before_s": "numbers",  # the same in the workers that measured it before the pass …
    "worker_reference_after_s": "numbers",  # … and after it
    "worker_ops": "numbers",  # operations of each worker
    "worker_s": "numbers",  # from each worker's start to its stop
    "counts": "counts",  # what the workload counted in its check
    "offered_rate": "number",  # of a search: the rate of arrivals, the highest that was served, 1/s
    "background_ops": "number",  # of the second role: operations …
    "background_s": "number",  # … its window …
    "background_cpu_s": "number",  # … and its CPU time
}


@cache
def kinds() -> Mapping[str, str]:
    """The kind of each column: of those that are always there, and of those that the probes declare.

    A column of a probe that this version does not have is not checked, and no page reads it.
    """
    probes = (catalog.load("probe", name) for name in catalog.names("probe"))
    return {**ALWAYS, **{name: kind for probe in probes for name, kind in probe.columns.items() if kind in KINDS}}


@cache
def _column(kind: str) -> Any:
    """A validator of all values of a column, in order."""
    return TypeAdapter(KINDS[kind], config=STRICT).validator.validate_python


def iterations_mismatch(rows: Any) -> Mismatch | None:
    """The first problem in a trial's iterations, whether packed by `columns.pack` or not; None if they fit."""
    if isinstance(rows, StructColumn):
        return _first_in_columns(rows.columns)
    if not isinstance(rows, list):
        return Mismatch((), problem_of(rows, "a list"))
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            return Mismatch((number,), problem_of(row, "a map"))
        if wrong := _first_in_columns({name: [value] for name, value in row.items()}):
            return Mismatch((number, *wrong.place[1:]), wrong.problem)
    return None


def _first_in_columns(columns: Mapping[str, Sequence[Any]]) -> Mismatch | None:
    kinds_of = kinds()
    for name, values in columns.items():
        kind = kinds_of.get(name)
        if kind and not _fits_by_type(kind, values):
            wrong = first_mismatch(_column(kind), list(values[:1] if _uniform(values) else values))
            if wrong:
                row, *within = wrong.place
                return Mismatch((row, name, *within), wrong.problem)
    return None


def _fits_by_type(kind: str, values: Sequence[Any]) -> bool:
    """True if no value needs a look: an array holds numbers alone, and any fact may be missing."""
    if type(values) is array:
        return kind == "number"
    return type(values) is tuple and values.count(None) == len(values)


def _uniform(values: Sequence[Any]) -> bool:
    """True if the first value stands for all: an array of numbers, or always the same object."""
    if type(values) is StructColumn:
        return all(map(_uniform, values.columns.values()))
    inner = values.flat if type(values) is ListColumn else values
    return type(inner) is array or (inner is values and len(set(map(id, values))) == 1)
