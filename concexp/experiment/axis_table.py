"""The axes that every experiment may sweep, one entry of `AXES` each. Parameters of plug-ins are axes too: see `parameter_axis`.

A new axis is a new entry: `sweep:` reads its values by it, and the planner puts them on the cells.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_args

from concexp import catalog
from concexp.errors import did_you_mean
from concexp.experiment import environment, units
from concexp.experiment.spec import Arrivals, Entry, Pin, Scaling, Startup
from concexp.trial.search import too_short_a_step

VERSION = re.compile(r"(pypy)?3\.\d+(\.\d+)?t?")  # t: free-threaded
SHORTEST_INTERVAL = 1e-6  # seconds: CPython counts switch intervals in microseconds
Facts = Mapping[str, Any]  # what an interpreter reports about itself


@dataclass
class CellDraft:
    """A cell while the values of its axes are put on it, one after the other.

    entries   the plug-ins by kind, with their parameters
    axes      the keys of all axes of the grid
    load      parts of the load by name, in SI units
    measure   the keys of `measure:` that differ from the experiment's
    runtime   how the interpreter is set, by axis; what is absent stays as the interpreter has it
    """

    entries: dict[str, Entry]
    axes: frozenset[str]
    load: dict[str, Any]
    startup: str
    workers: int | None = None
    background_workers: int = 1
    background_model: str = "threads"
    measure: dict[str, Any] = field(default_factory=dict)
    runtime: dict[str, Any] = field(default_factory=dict)


def _everywhere(_: CellDraft) -> bool:
    return True


def _nothing_unsupported(_: Any, __: Facts) -> str:
    return ""


def _digit(flag: bool) -> str:
    return str(int(flag))


def plain_label(value: Any) -> Any:
    """A value as written -> its label in tables: maps and lists become text, and so does infinity, which has no place on a line."""
    if isinstance(value, float) and math.isinf(value):
        return str(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain_label(item)}" for key, item in value.items())
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value


@dataclass(frozen=True)
class KnownAxis:
    """How the values of one axis are read, and what they change in a cell.

    read             a value from the YAML -> the value in SI units; its ValueError says what would be right
    put              sets that value on a draft
    applies          whether a draft has this axis; where not, the cell has no label on it
    label            a value as written -> its label in tables, unless the YAML gives one
    numeric          numbers stand here, so formulas and ranges may too
    word_labels      the labels are words: a selection has to quote 3.9
    custom_labels    `as:` may give a value another label
    same_as          the axis that sets the same thing
    of_background    the axis needs a second role
    variable         the environment variable that carries the setting to a trial; "" if the request does
    variable_text    a value that was read -> the text of that variable, None if it is not to be there
    unsupported      (value, facts of an interpreter) -> why it cannot be set so, or ""
    """

    read: Callable[[Any], Any]
    put: Callable[[CellDraft, Any], None]
    applies: Callable[[CellDraft], bool] = _everywhere
    label: Callable[[Any], Any] = plain_label
    numeric: bool = False
    word_labels: bool = False
    custom_labels: bool = True
    same_as: str = ""
    of_background: bool = False
    variable: str = ""
    variable_text: Callable[[Any], str | None] = _digit
    unsupported: Callable[[Any, Facts], str] = _nothing_unsupported


# How values are read.


def at_least(low: int) -> Callable[[Any], int]:
    """A reader of whole numbers from `low` on."""

    def read(value: Any) -> int:
        number = units.integer(value)
        if number < low:
            raise ValueError(f"expected a whole number from {low} on, not {number}")
        return number

    return read


def one_of(choices: Sequence[str]) -> Callable[[Any], str]:
    """A reader that accepts these words only."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}, not {units.for_message(value)}")
        return str(value)

    return read


def positive_duration(value: Any) -> float:
    """A duration such as 5ms -> seconds, more than 0."""
    seconds = units.duration(value)
    if seconds <= 0:
        raise ValueError("expected a duration of more than 0")
    return seconds


def positive_rate(value: Any) -> float:
    """A rate such as 100/s -> operations per second, more than 0."""
    per_second = units.rate(value)
    if per_second <= 0:
        raise ValueError("expected a rate of more than 0")
    return per_second


def switch_interval(value: Any) -> float:
    """A duration -> seconds, at least a microsecond."""
    seconds = units.duration(value)
    if seconds < SHORTEST_INTERVAL:
        raise ValueError("expected a switch interval of 1us or more")
    return seconds


def interpreter(value: Any) -> str:
    """An interpreter: `current`, a version, or a path."""
    if isinstance(value, str) and (value == "current" or VERSION.fullmatch(value) or "/" in value):
        return value
    raise ValueError(
        f'expected current, a version such as "3.13" or "3.14t", or a path, not {units.for_message(value)}'
    )


def model_name(value: Any) -> str:
    """The name of a model that exists."""
    if not isinstance(value, str) or value not in catalog.names("model"):
        cure = did_you_mean(str(value), catalog.names("model"))
        raise ValueError(f"there is no model {units.for_message(value)}" + (f": {cure}" if cure else ""))
    return value


def whole_load(value: Any) -> dict[str, Any]:
    """A load as one value: {ops, scaling}, {duration} or {rate, duration, arrivals} -> the same in SI units."""
    if not isinstance(value, dict) or ("ops" in value) == ("duration" in value):
        raise ValueError("expected a load: {ops: 1000, scaling: strong}, {duration: 1s} or {rate: 100/s, duration: 1s}")
    for key in value:
        if key not in LOAD:
            raise ValueError(f"a load has no '{key}'")
    if "ops" in value and {"rate", "arrivals"} & set(value):
        raise ValueError("an open loop has a `rate` and a `duration`; `ops` are counted in a closed one")
    if "until" in value and "rate" not in value:
        raise ValueError("`until` searches for a rate: say from which, such as rate: 100/s")
    if "within" in value and "until" not in value:
        raise ValueError("`within` is for a search: add until: overloaded")
    load = {key: LOAD[key](item) for key, item in value.items()}
    if "until" in load and (why := too_short_a_step(load["rate"], load["duration"], load["until"])):
        raise ValueError(why)
    return load


LOAD: dict[str, Callable[[Any], Any]] = {
    "ops": at_least(1),
    "duration": positive_duration,
    "scaling": one_of(get_args(Scaling)),
    "rate": positive_rate,
    "arrivals": one_of(get_args(Arrivals)),
    "until": units.until,
    "within": units.percentage,
}


# What values change in a cell.


def attribute(name: str) -> Callable[[CellDraft, Any], None]:
    """Sets an attribute of the draft."""
    return lambda draft, value: setattr(draft, name, value)


def measure(name: str) -> Callable[[CellDraft, Any], None]:
    """Sets a key of `measure:`."""
    return lambda draft, value: draft.measure.update({name: value})


def runtime(name: str) -> Callable[[CellDraft, Any], None]:
    """Sets something about the interpreter."""
    return lambda draft, value: draft.runtime.update({name: value})


def load_part(name: str, *replaced: str) -> Callable[[CellDraft, Any], None]:
    """Sets one part of the load and drops the parts that it replaces."""

    def put(draft: CellDraft, value: Any) -> None:
        kept = {key: item for key, item in draft.load.items() if key not in replaced}
        draft.load = {**kept, name: value}

    return put


def nothing(_: CellDraft, __: Any) -> None:
    """Sets nothing: an interpreter is known by its label, which the cell has anyway."""


def has_workers(draft: CellDraft) -> bool:
    """Whether the model has a number of workers."""
    return bool(draft.entries["model"].plugin.needs_workers)


def counts_operations(draft: CellDraft) -> bool:
    """Whether the load is a number of operations, so that scaling has a meaning."""
    return "load.ops" in draft.axes or "ops" in draft.load


# What tables show, and what interpreters lack.


def on_off(written: Any) -> str:
    """A flag's label, however the flag was written."""
    return "on" if units.flag(written) else "off"


def gil_unsupported(on: bool, facts: Facts) -> str:
    """Only a free-threaded build can turn the GIL off."""
    if on or not facts["gil_built"]:
        return ""
    return f"{build_name(facts)} is built with the GIL: only a free-threaded build can turn it off"


def jit_unsupported(on: bool, facts: Facts) -> str:
    """CPython's JIT compiler can be switched where it was built in."""
    if facts["implementation"] != "CPython":
        return f"{build_name(facts)} has no compiler that could be switched"
    if on and not facts["jit_built"]:
        return f"this build of {build_name(facts)} has no JIT compiler to turn on"
    return ""


def switch_interval_unsupported(_: float, facts: Facts) -> str:
    """PyPy has no switch interval."""
    return f"{build_name(facts)} has no switch interval" if facts["switch_interval"] is None else ""


def pin_unsupported(_: str, facts: Facts) -> str:
    """Workers are pinned through os.sched_setaffinity, which not every system has."""
    if facts["pins"]:
        return ""
    return f"{build_name(facts)} cannot pin workers to CPUs on this system: it has no os.sched_setaffinity"


def build_name(facts: Facts) -> str:
    """Such as CPython 3.13.1."""
    return f"{facts['implementation']} {facts['version']}"


pins = one_of(get_args(Pin))

# The order is that of the names in messages, and of the runtime's settings in the journal.
AXES: dict[str, KnownAxis] = {
    "workers": KnownAxis(at_least(1), attribute("workers"), has_workers, numeric=True, custom_labels=False),
    "startup": KnownAxis(one_of(get_args(Startup)), attribute("startup")),
    "load": KnownAxis(whole_load, attribute("load")),
    "load.ops": KnownAxis(LOAD["ops"], load_part("ops", "ops", "duration"), numeric=True),
    "load.duration": KnownAxis(LOAD["duration"], load_part("duration", "ops", "duration", "scaling")),
    "load.scaling": KnownAxis(LOAD["scaling"], load_part("scaling"), counts_operations),
    "load.rate": KnownAxis(LOAD["rate"], load_part("rate")),
    "load.arrivals": KnownAxis(LOAD["arrivals"], load_part("arrivals")),
    "load.until": KnownAxis(LOAD["until"], load_part("until")),
    "load.within": KnownAxis(LOAD["within"], load_part("within")),
    "background.workers": KnownAxis(at_least(0), attribute("background_workers"), numeric=True, of_background=True),
    "background.model": KnownAxis(model_name, attribute("background_model"), of_background=True),
    "seed": KnownAxis(units.integer, measure("seed"), numeric=True),
    "python": KnownAxis(interpreter, nothing, word_labels=True),
    "gil": KnownAxis(
        units.flag, runtime("gil"), label=on_off, word_labels=True, variable="PYTHON_GIL", unsupported=gil_unsupported
    ),
    "jit": KnownAxis(
        units.flag, runtime("jit"), label=on_off, word_labels=True, variable="PYTHON_JIT", unsupported=jit_unsupported
    ),
    "switch_interval": KnownAxis(switch_interval, runtime("switch_interval"), unsupported=switch_interval_unsupported),
    "pin": KnownAxis(pins, measure("pin"), unsupported=pin_unsupported),
    "measure.warmup": KnownAxis(at_least(0), measure("warmup"), numeric=True),
    "measure.iterations": KnownAxis(at_least(1), measure("iterations"), numeric=True),
    "measure.timeout": KnownAxis(positive_duration, measure("timeout")),
    "measure.pin": KnownAxis(pins, measure("pin"), same_as="pin"),
}


def known_axis(key: str) -> KnownAxis | None:
    """The axis of this name if every experiment may sweep it: one of `AXES`, or `env.NAME`."""
    if not key.startswith(environment.AXIS):
        return AXES.get(key)
    name = key.removeprefix(environment.AXIS)
    read = partial(environment.value, name)
    return KnownAxis(read, runtime(key), numeric=True, variable=name, variable_text=lambda text: text)


def in_order(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a runtime by axis: in the order of `AXES`, then the environment variables by name."""
    return {key: settings[key] for key in [*AXES, *sorted(set(settings) - set(AXES))] if key in settings}


def holders(key: str, entries: Iterable[Entry]) -> list[Entry]:
    """The entries that a key such as `counter.form` or `model.start_method` reaches."""
    owner, _, parameter = key.rpartition(".")
    return [e for e in entries if owner in (e.kind, e.label) and parameter in e.accepts()]


def parameter_axis(key: str) -> KnownAxis:
    """The axis of a parameter, such as `counter.form`: it applies where an entry has the parameter, which also checks it."""
    name = key.rpartition(".")[2]

    def put(draft: CellDraft, value: Any) -> None:
        for entry in holders(key, draft.entries.values()):
            draft.entries[entry.kind] = entry.with_parameter(name, value)

    return KnownAxis(lambda value: value, put, lambda draft: bool(holders(key, draft.entries.values())))
