"""A journal's path -> the journal, once it is known to hold what everything is told from; Damaged names what does not fit.

The checksums of the lines hold off accidents and not authors: a journal from somebody else may hold anything. What is not
named here is not looked at: later versions add to what they write.
"""

from __future__ import annotations

import itertools
import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from concexp.errors import Damaged
from concexp.experiment import Measure
from concexp.experiment.statuses import NUMBERED, STATUSES
from concexp.run.storage import journal
from concexp.run.storage.columns import ListColumn, StructColumn, keys_of, pack, values_of
from concexp.run.storage.journal import Journal, Record

ROLE = re.compile("[a-z]{1,20}")  # a word, which pages show as it is
# So many columns, and no more, come from the names that a journal holds: each of its trials has a place in each of them.
COLUMNS_LIMIT = 2000
CLASSES = 1 << 13  # of a histogram: more than there are in 64 bits

Test = Callable[[Any], bool]
Shape = Any  # a Test, or a map or a list of shapes


# A journal is JSON, whose numbers are finite: `journal.read` sees to that.
def text(value: Any) -> bool:
    return type(value) is str


def flag(value: Any) -> bool:
    return type(value) is bool


def number(value: Any) -> bool:
    return type(value) in (int, float)


def whole(value: Any) -> bool:
    return type(value) is int and abs(value) < 2**63


def positive(value: Any) -> bool:
    return whole(value) and value > 0


def scalar(value: Any) -> bool:
    return value is None or flag(value) or text(value) or number(value)


def anything(value: Any) -> bool:
    return True


def hexadecimal(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]+", value) is not None


def measure(value: Any) -> bool:
    try:
        Measure.model_validate(value)
    except ValueError:
        return False
    return True


def cell_id(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[\w-]{1,64}", value) is not None


def histogram(value: Any) -> bool:
    """A list of (class, count), sorted and not empty."""
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(isinstance(pair, list) and len(pair) == 2 and all(map(whole, pair)) for pair in value)
        and all(0 <= index < CLASSES and count > 0 for index, count in value)
        and all(one[0] < other[0] for one, other in itertools.pairwise(value))
    )


def segment(value: Any) -> bool:
    """Of a timeline: five numbers and a map of numbers."""
    return (
        isinstance(value, list)
        and len(value) == 6
        and all(map(number, value[:5]))
        and isinstance(value[5], dict)
        and all(map(number, value[5].values()))
    )


class Maybe:
    """It may be null, and, if `absent`, missing."""

    def __init__(self, shape: Shape, absent: bool) -> None:
        self.shape, self.absent = shape, absent


def maybe(shape: Shape) -> Maybe:
    return Maybe(shape, True)


def nullable(shape: Shape) -> Maybe:
    return Maybe(shape, False)


class Each:
    """A map whose keys are names and whose values are all alike."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape


AXES = {"workload": text, "model": text, "sync": text, "workers": nullable(positive)}
CLAIM: Shape = {
    "expect": text,
    "says": maybe(text),
    "when": maybe(text),
    "of": maybe(lambda v: isinstance(v, str | dict)),
}
HEADER = {
    "run": text,
    "spec": {
        "name": text,
        "question": text,
        "primary": text,
        "measure": measure,
        "baseline": maybe(Each(anything)),
        "metrics": maybe(lambda value: text(value) or (isinstance(value, list) and all(map(text, value)))),
        "claims": maybe(lambda value: mismatch(CLAIM, value, "") == "" or mismatch([CLAIM], value, "") == ""),
        "report": {"plots": nullable([text])},
    },
    "manifest": {
        "concexp": text,
        "identity": hexadecimal,
        "seed": whole,
        "command": text,
        "started_at": maybe(text),
        "machine": {
            "cpus": positive,
            "logical_cpus": maybe(positive),
            **{name: maybe(text) for name in ("processor", "system", "architecture", "governor", "clock_source")},
            **{
                name: maybe(number)
                for name in (
                    "affinity_cpus",
                    "quota_cpus",
                    "physical_cores",
                    "threads_per_core",
                    "memory_bytes",
                    "load_1m",
                )
            },
            "swap_used_bytes": maybe(number),
            "virtual": maybe(text),
            "numa_nodes": maybe(lambda value: isinstance(value, list)),
            "pressure": maybe(Each(maybe(number))),
        },
        "interpreters": Each(
            {
                **{name: maybe(text) for name in ("version", "implementation", "compiler", "start_method")},
                **{name: maybe(text) for name in ("configure_flags", "compile_flags")},
                "gil_enabled": maybe(flag),
            }
        ),
        "clocks": maybe(Each(Each(maybe(number)))),
        "doctor": maybe({"summary": maybe(text)}),
        "git": maybe({"commit": hexadecimal, "dirty": maybe(flag)}),
        "user_code": maybe(Each(text)),
        "preflight": maybe(
            {"entries": maybe(Each(dict.fromkeys(("form", "returns", "target", "check", "version"), text)))}
        ),
    },
    "axes": Each([scalar]),
    "cells": [{"cell": cell_id, "axes": AXES, "reason": text}],
}
TIMELINE = {
    "end": number,
    "more": whole,
    "workers": [
        {
            "index": whole,
            "made": number,
            "came": number,
            "grain": number,
            "lined": nullable(number),
            "segments": [segment],
        }
    ],
}
ITERATION = {
    **{
        name: maybe(number)
        for name in (
            "wall_s", "ops", "startup_s", "cpu_s", "run_queue_wait_s", "server_cpu_s", "start_skew_s", "stop_skew_s",
            "all_active", "user_s", "system_s", "voluntary_switches", "involuntary_switches", "migrations", "minor_faults",
            "major_faults", "throttled_s", "steal_s", "swapped_in", "peak_rss_bytes", "pss_bytes", "uss_bytes",
            "background_ops", "background_s", "background_cpu_s", "largest_share", "waits", "waited_s", "worked_s", "depth_mean",
        )
    },
    **{name: maybe([maybe(number)]) for name in ("worker_ops", "worker_s", "worker_cpu_s")},
    **{name: maybe(histogram) for name in ("service_time", "latency", "wait_time")},
    "worker_waits": maybe(lambda value: isinstance(value, list)),
    "counts": maybe(Each(number)),
    "timeline": maybe(TIMELINE),
}  # fmt: skip
ANSWER = {
    "iterations": maybe([ITERATION]),
    **{name: maybe(flag) for name in ("gil", "gil_end", "jit", "traced")},
    **{name: maybe(text) for name in ("python", "parallel", "start_method")},
    "switch_interval": maybe(number),
    "threads_at_fork": maybe(whole),
}
TRIAL = {
    "trial": text,
    "role": text,
    "cell": cell_id,
    "axes": AXES,
    "plugins": {"workload": text, "model": text, "sync": text},
    "parameters": Each(Each(anything)),
    "load": Each(scalar),
    "unit": text,
    "wants": text,
    "status": text,
    "reason": text,
    **{name: maybe(whole) for name in ("block", "position", "repetition", "seed", "left_behind", "orphans", "undone")},
    **{name: maybe(number) for name in ("duration_s", "detected_s")},
    **{name: maybe(text) for name in ("started_at", "host", "output", "stacks", "traceback", "startup", "shape")},
    "leaked": maybe([{"what": text, "name": text, "sure": flag}]),
    "hang": maybe(
        {**dict.fromkeys(("kind", "why"), maybe(text)), **dict.fromkeys(("sites", "circle", "waits"), maybe([text]))}
    ),
    "answer": maybe(ANSWER),
}
MACHINE = {
    "trial": text,
    "role": text,
    "block": whole,
    "effective_cpus": nullable(number),
    "cpus": positive,
    "started_at": text,
}


def read(path: Path) -> Journal:
    """Read a journal and look at all of it; of each trial the iterations are kept as columns."""
    return journal.read(path, _Look(path))


class _Look:
    """Looks at one line after the other, and packs what is kept of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cells: Mapping[str, Any] = {}
        self.names: set[str] = set()

    def __call__(self, record: Record, line: int) -> Record:
        if line == 1:
            wrong = _header(record)
            self.cells = {} if wrong else {cell["cell"]: cell["axes"] for cell in record["cells"]}
        else:
            wrong = _record(_packed(record), self.cells) or self._named(record)
        if wrong:
            raise Damaged(
                f"{self.path}:{line}: this is not what concexp writes: {wrong}",
                "ask for the journal as it was written, or read it with the concexp that wrote it",
            )
        return record

    def _named(self, record: Record) -> str:
        for holder in (record.get("axes"), record.get("load"), *(record.get("parameters") or {}).values()):
            self.names.update(holder or ())
        counts = values_of(record.passes, "counts")
        self.names.update(
            keys_of(counts) if isinstance(counts, StructColumn) else {name for one in counts for name in one or ()}
        )
        if len(self.names) <= COLUMNS_LIMIT:
            return ""
        return f"with it there are more than {COLUMNS_LIMIT} names of axes, parameters and counts"


def _packed(record: Record) -> Record:
    """The record with its iterations in little memory, if it has a list of them."""
    answer = record.get("answer")
    if isinstance(answer, dict) and isinstance(answer.get("iterations"), list):
        answer["iterations"] = pack(answer["iterations"])
    return record


def _header(header: Record) -> str:
    wrong = mismatch(HEADER, header, "")
    if wrong:
        return wrong
    listed = {key: {None, *labels} for key, labels in header["axes"].items()}
    for number, cell in enumerate(header["cells"]):
        for key, label in cell["axes"].items():
            if not scalar(label) or label not in listed.get(key, ()):
                return f"cells[{number}].axes.{key}: {_shown(label)} is none of the labels in `axes`"
    if len({cell["cell"] for cell in header["cells"]}) < len(header["cells"]):
        return "cells: one is there twice"
    return ""


def _record(record: Record, cells: Mapping[str, Any]) -> str:
    role = record.get("role")
    if role == "machine":
        return mismatch(MACHINE, record, "")
    if not isinstance(role, str) or not ROLE.fullmatch(role):
        return f"role: {_shown(role)} is no role of a trial"
    if wrong := mismatch(TRIAL, record, ""):
        return wrong
    if record["status"] not in STATUSES:
        return f"status: {_shown(record['status'])} is none of {', '.join(STATUSES)}"
    if record["status"] in NUMBERED and not (record.get("answer") or {}).get("iterations"):
        return f"answer.iterations: a trial that ended {record['status']} has at least one"
    if record["status"] != "unsupported" and not all(whole(record.get(name)) for name in ("block", "position")):
        return "`block` and `position` of a trial are whole numbers"
    # The sentinel may be a cell of its own; all others are of the plan.
    if role != "sentinel" and record["axes"] != cells.get(record["cell"]):
        return f"cell {record['cell']} is not in the header, or has other axes there"
    return ""


def mismatch(shape: Shape, value: Any, path: str) -> str:
    """Where a value does not have this shape, and how; "" if it has."""
    if isinstance(shape, Maybe):
        return "" if value is None else mismatch(shape.shape, value, path)
    if callable(shape):
        return "" if shape(value) else f"{path}: {_shown(value)} cannot stand there"
    if isinstance(shape, list):
        if isinstance(value, StructColumn):
            return _columns(shape[0], value, path)
        if not isinstance(value, list):
            return f"{path}: expected a list, not {_shown(value)}"
        return next((w for place, item in enumerate(value) if (w := mismatch(shape[0], item, f"{path}[{place}]"))), "")
    if not isinstance(value, dict):
        return f"{path or 'the line'}: expected a map, not {_shown(value)}"
    if isinstance(shape, Each):
        return next((w for key, item in value.items() if (w := mismatch(shape.shape, item, f"{path}.{key[:40]}"))), "")
    return _fits_map(shape, value, path)


def _fits_map(shape: Mapping[str, Shape], value: Mapping[str, Any], path: str) -> str:
    """`fits` for a map with known keys: the numbers of all passes of all trials come by here, so it calls little."""
    for key, inner in shape.items():
        item = value.get(key)
        if type(inner) is Maybe:
            if item is None and (inner.absent or key in value):
                continue
            inner = inner.shape
        if callable(inner) and inner(item):
            continue
        here = f"{path}.{key}" if path else key
        if key not in value:
            return f"{here} is missing"
        if wrong := mismatch(inner, item, here):
            return wrong
    return ""


def _columns(shape: dict[str, Shape], rows: StructColumn, path: str) -> str:
    """As `fits` for a list of maps that is kept as columns: the first map, and of the others what it does not stand for."""
    if wrong := _fits_map(shape, rows[0], f"{path}[0]"):
        return wrong
    for key, values in rows.columns.items():
        for place in range(1, 1 if key not in shape or _alike(values) else len(values)):
            if wrong := mismatch(shape[key], values[place], f"{path}[{place}].{key}"):
                return wrong
    return ""


def _alike(values: Sequence[Any]) -> bool:
    """Whether one of them stands for all: numbers of one kind, which are finite (`journal.read`), or always the same."""
    if type(values) is StructColumn:
        return all(map(_alike, values.columns.values()))
    inner = values.flat if type(values) is ListColumn else values
    return type(inner) is array or (inner is values and len(set(map(id, values))) == 1)


def _shown(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 60 else said[:57] + "…"
