"""A journal's records -> the tidy frame: one row per measured iteration, and one for each trial that has none."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from concexp import catalog
from concexp.analysis import doubts, steadiness
from concexp.experiment.statuses import MACHINE, MEASURED
from concexp.run.storage.columns import ListColumn, StructColumn, gc_paused, keys_of, values_of
from concexp.run.storage.journal import Record

Passes = Sequence[Mapping[str, Any]]  # the iterations of a trial

RECORD = ("cell", "trial", "block", "position", "repetition", "status", "reason", "startup", "unit", "shape", "wants", "host",
          "started_at", "seed", "duration_s", "left_behind", "orphans")  # fmt: skip
# What a trial recorded of its interpreter, by column: `gil`, `jit`, `switch_interval` and `python` are axes, which say what
# was asked for.
ANSWER = {"gil_start": "gil", "gil_end": "gil_end", "jit_on": "jit", "traced": "traced", "parallel": "parallel",
          "switch_interval_s": "switch_interval", "start_method": "start_method", "python_version": "python",
          "threads_at_fork": "threads_at_fork"}  # fmt: skip
ITERATION = ("wall_s", "ops", "startup_s", "cpu_s", "run_queue_wait_s", "server_cpu_s", "start_skew_s", "stop_skew_s",
             "all_active", "user_s", "system_s", "voluntary_switches", "involuntary_switches", "migrations",
             "minor_faults", "major_faults", "throttled_s", "steal_s", "swapped_in")  # fmt: skip
# Those that only some trials have, and lists, of which metrics make numbers: these stay in the journal.
PROBED = ("peak_rss_bytes", "pss_bytes", "uss_bytes", "background_ops", "background_s", "background_cpu_s",
          "largest_share", "waits", "waited_s", "worked_s", "depth_mean")  # fmt: skip
LISTS = ("service_time", "latency", "wait_time", "worker_waits")
WORKERS = ("worker_ops", "worker_s", "worker_cpu_s")  # a number for each worker
FAULT = ("detected_s", "undone")  # of a trial whose workload noted a fault, also where it ended badly
FIRST = ("run", "role", "cell", "trial", "block", "position", "repetition", "iteration", "workload", "model", "sync",
         "workers", "python")  # fmt: skip
# Columns whose type is known also where nothing was recorded; of the others it is told by the values.
WHOLE = ("block", "position", "repetition", "iteration", "workers", "left_behind", "orphans", "leaked",
         "undone", "threads_at_fork")  # fmt: skip
FLAGS = ("gil_start", "gil_end", "jit_on", "traced")
FLOATS = ("effective_cpus", "timer_cost_s", "switch_interval_s", "duration_s", "detected_s")
NO_PASS: Passes = [{}]  # of a trial that ended badly: it has one row all the same
PORTION = 100_000
CHUNK = 10_000  # rows of a column of text that are kept once if all are alike


@gc_paused()
def tidy_frame(header: Mapping[str, Any], records: list[Record]) -> pd.DataFrame:
    """The tidy frame of a journal."""
    found = sorted(with_effective_cpus(records), key=lambda pair: pair[0]["role"] != MEASURED)
    passes = [record.passes or NO_PASS for record, _ in found]
    present = {name for group in passes for name in keys_of(group)}
    counts = [_counts(values_of(group, "counts")) for group in passes]
    trials = _typed(pd.DataFrame(_rows(header, found)))
    sizes = np.array(list(map(len, passes)), dtype=int)
    rows = np.repeat(np.arange(len(trials)), sizes)
    none = np.repeat(np.array([group is NO_PASS for group in passes], dtype=bool), sizes)
    number = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    columns: dict[str, Any] = {
        **{name: _repeated(values, rows) for name, values in trials.items()},
        "iteration": pd.arrays.IntegerArray(number, none),
        **{name: _facts(passes, name) for name in (*ITERATION, *(name for name in PROBED if name in present))},
        "handed_out": pd.arrays.BooleanArray(_hidden(passes, sizes), none.copy()),
        **{name: _facts(counts, name) for name in sorted({name for group in counts for name in keys_of(group)})},
    }
    columns["steadiness"] = _repeated(
        pd.Series(steadiness.classify_trials(pd.DataFrame(columns, copy=False)), dtype="string")
    )
    timed = _recorded(passes, "service_time")
    timed_too = pd.DataFrame({**columns, "service_time": pd.arrays.BooleanArray(timed, ~timed)}, copy=False)
    columns["doubts"] = _repeated(doubts.find_doubts(timed_too))
    columns |= _metrics(pd.DataFrame(columns, copy=False), passes, present)
    return pd.DataFrame({name: columns[name] for name in dict.fromkeys([*FIRST, *columns])}, copy=False)


def _repeated(column: pd.Series, rows: np.ndarray | None = None) -> Any:
    """The values in these places, or all, as a column: a text that stands in many rows one after the other is kept once."""
    rows = np.arange(len(column)) if rows is None else rows
    if column.dtype == float:
        return _thin(column.to_numpy()[rows])
    if column.dtype != "string" or not len(rows):
        return column.array.take(rows)
    codes = column.factorize()[0][rows]
    kept: dict[tuple[int, int], pd.Series] = {}
    pieces = []
    for first in range(0, len(rows), CHUNK):
        own = slice(first, first + CHUNK)
        alike = (codes[own] == codes[first]).all()
        key = codes[first], len(codes[own])
        piece = kept[key] if alike and key in kept else column.take(rows[own])
        if alike:
            kept[key] = piece
        pieces.append(piece)
    return pd.concat(pieces, ignore_index=True).array


def _thin(values: np.ndarray) -> np.ndarray:
    """The same numbers, in no room if all are one."""
    bits = values.view(np.int64)  # in which a number that is missing equals itself, and zero is not minus zero
    return np.broadcast_to(values[0], len(values)) if len(values) and (bits == bits[0]).all() else values


def _hidden(passes: Sequence[Passes], sizes: np.ndarray) -> np.ndarray:
    """Whether the model hides its workers: it hands the operations out one by one, in threads that want a CPU as well."""
    told = np.array(["worker_ops" in keys_of(group) for group in passes], dtype=bool)
    hidden: np.ndarray = np.repeat(told, sizes) & ~_recorded(passes, "worker_ops")
    return hidden


def _recorded(passes: Sequence[Passes], name: str) -> np.ndarray:
    """Whether each row has a value of that name."""
    found = [np.empty(0, dtype=bool)]
    for values in (values_of(group, name) for group in passes):
        missing = 0 if isinstance(values, (array, ListColumn)) else values.count(None)
        some = 0 < missing < len(values)
        found.append(np.array([value is not None for value in values]) if some else np.full(len(values), not missing))
    return np.concatenate(found)


def _counts(values: Sequence[Any]) -> Passes:
    return values if isinstance(values, StructColumn) else [value or {} for value in values]


def _facts(groups: Sequence[Passes], name: str) -> np.ndarray:
    found = [np.empty(0)]
    before: Any = None
    for values in (values_of(group, name) for group in groups):
        # What never changes is the same object in all trials.
        found.append(found[-1] if values is before else np.asarray(values, dtype=float))
        before = values
    return _thin(np.concatenate(found))


def _metrics(frame: pd.DataFrame, passes: Sequence[Passes], present: set[str]) -> dict[str, np.ndarray]:
    """The metrics of each row, as columns. They see those lists that are present as well, of some trials at a time."""
    metrics = {name: catalog.load("metric", name)() for name in catalog.names("metric")}
    metrics = {name: metric for name, metric in metrics.items() if metric.level == "iteration"}
    values: dict[str, list[np.ndarray]] = {name: [np.empty(0)] for name in metrics}
    for rows, groups in _portions(passes):
        lists: dict[str, Any] = {name: _numbers_of_workers(groups, name) for name in WORKERS if name in present}
        lists |= {
            name: np.fromiter((value for group in groups for value in values_of(group, name)), object)
            for name in LISTS
            if name in present
        }
        part = frame.iloc[rows].assign(**lists)
        for name, metric in metrics.items():
            found = metric.of(part).to_numpy(float, na_value=np.nan)
            values[name].append(_thin(found))
    columns = {}
    for name, metric in metrics.items():
        whole = np.concatenate(values.pop(name))
        if metric.shown == "always" or not np.isnan(whole).all():
            columns[name] = whole
    return columns


def _numbers_of_workers(groups: Sequence[Passes], name: str) -> pd.api.extensions.ExtensionArray:
    """A column of lists of numbers, without a list for each row; what is missing is an empty list."""
    numbers, ends = [np.empty(0)], [np.zeros(1, dtype=int)]
    for values in (values_of(group, name) for group in groups):
        if not isinstance(values, ListColumn):
            lists = [value or [] for value in values]
            values = ListColumn(list(chain.from_iterable(lists)), list(accumulate(map(len, lists))))
        numbers.append(np.asarray(values.flat, dtype=float))
        ends.append(ends[-1][-1] + np.asarray(values.ends))
    flat = np.concatenate(numbers)
    return pd.arrays.ArrowExtensionArray(pa.ListArray.from_arrays(np.concatenate(ends).astype(np.int32), flat))


def _portions(passes: Sequence[Passes]) -> Iterator[tuple[slice, Sequence[Passes]]]:
    """The rows of some trials, and their passes: lists of a million rows would fill the memory."""
    ends = np.cumsum([0, *map(len, passes)])
    first = 0
    while first < len(passes):
        last = max(first + 1, int(np.searchsorted(ends, ends[first] + PORTION, "right")) - 1)
        yield slice(ends[first], ends[last]), passes[first:last]
        first = last


def _rows(header: Mapping[str, Any], found: Iterable[tuple[Record, float | None]]) -> dict[str, list[Any]]:
    """What is the same for all iterations of a trial: a column per fact, a value per trial."""
    rows = [_row(header, record, effective) for record, effective in found]
    names = dict.fromkeys(
        [
            *FIRST,
            *RECORD,
            *ANSWER,
            "leaked",
            "effective_cpus",
            "cpus",
            "timer_cost_s",
            *(name for row in rows for name in row),
        ]
    )
    return {name: [row.get(name) for row in rows] for name in names}


def _row(header: Mapping[str, Any], record: Record, effective: float | None) -> dict[str, Any]:
    answer = record.get("answer") or {}
    row: dict[str, Any] = {"run": header["run"], "role": record.role, **record["axes"]}
    row["python"] = row.get("python") or "current"
    row["gil"] = row.get("gil") or {True: "on", False: "off"}.get(answer.get("gil"))  # type: ignore[arg-type]
    for kind, parameters in record["parameters"].items():
        row.update({f"{kind}.{name}": value for name, value in parameters.items()})
    row.update({f"load.{name}": value for name, value in record["load"].items()})
    row.update({name: record.get(name) for name in RECORD})
    row["leaked"] = sum(one["sure"] for one in record.get("leaked") or ())
    row.update({column: answer.get(name) for column, name in ANSWER.items()})
    row.update({name: record[name] for name in FAULT if name in record})
    clocks = header["manifest"].get("clocks", {}).get(row["python"], {})
    return {
        **row,
        "effective_cpus": effective,
        "cpus": header["manifest"]["machine"]["cpus"],
        "timer_cost_s": clocks.get("timer_cost_s"),
    }


def with_effective_cpus(records: list[Record]) -> list[tuple[Record, float | None]]:
    """Each trial's record with the smaller of the spinner measurements before and after it."""
    after: list[float | None] = []
    latest: float | None = None
    for record in reversed(records):
        if record.role == MACHINE:
            latest = record["effective_cpus"]
        else:
            after.append(latest)
    after.reverse()
    found: list[tuple[Record, float | None]] = []
    latest = None
    for record in records:
        if record.role == MACHINE:
            latest = record["effective_cpus"]
        else:
            both = [value for value in (latest, after[len(found)]) if value is not None]
            found.append((record, min(both) if both else None))
    return found


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Each column of one type that has room for what is missing; what mixes numbers and words becomes text."""
    return pd.DataFrame({name: _column(name, list(frame[name])) for name in frame.columns})


def _column(name: str, values: list[Any]) -> Any:
    present = [None if value is None or value != value else value for value in values]
    kinds = {type(value) for value in present if value is not None}
    if name in WHOLE or (kinds == {int} and all(v is None or abs(v) < 2**63 for v in present)):
        return pd.array(present, dtype="Int64")
    if name in FLAGS or kinds == {bool}:
        return pd.array(present, dtype="boolean")
    if name in FLOATS or (kinds and kinds <= {int, float}):
        return np.array(present, dtype=float)
    return pd.array([None if value is None else str(value) for value in present], dtype="string")
