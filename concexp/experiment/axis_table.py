"""The axes that every experiment may sweep, one entry of `AXES` each. Parameters of plug-ins are axes too: see `parameter_axis`.

A new axis is a new entry: `sweep:` reads its values by it, and the planner puts them on the cells.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_args

from concexp.experiment import environment, units, version_names
from concexp.experiment import interpreter_settings as settings
from concexp.experiment.axis_values import (
    LOAD,
    at_least,
    interpreter,
    model_name,
    one_of,
    positive_duration,
    switch_interval,
    whole_load,
)
from concexp.experiment.blocks import Isolation, Pin, Startup
from concexp.experiment.interpreter_settings import Facts
from concexp.experiment.spec import Entry


@dataclass
class CellDraft:
    """A cell while the values of its axes are put on it, one after the other.

    entries   the plug-ins by kind, with their parameters
    axes      the keys of all axes of the grid
    holders   the kinds of the entries that have a parameter, by the key of its axis: see `holders_by_key`
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
    holders: Mapping[str, Sequence[str]] = field(default_factory=dict)


def _everywhere(_: CellDraft) -> bool:
    return True


def _nothing_unsupported(_: Any, __: Facts) -> str:
    return ""


def _nothing_read_back(_: Any, __: Sequence[Any]) -> str:
    return ""


def _no_flags(_: Any) -> list[str]:
    return []


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
    of_interpreter   the axis names the interpreter itself
    of_process       the axis says how the process of a trial comes into being: nothing of it travels there
    variable         the environment variable that carries the setting to a trial; "" if the request does
    variable_text    a value that was read -> the text of that variable, None if it is not to be there
    flags            a value that was read -> the flags that carry it on the interpreter's command line
    unsupported      (value, facts of an interpreter) -> why it cannot be set so, or ""
    differs          (value, what each worker read back under the axis's name) -> what one has instead, or ""
    meaning, values, unit, default, example, also   as in `keys.Key`; parts of a block have those of the block
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
    of_interpreter: bool = False
    of_process: bool = False
    variable: str = ""
    variable_text: Callable[[Any], str | None] = _digit
    flags: Callable[[Any], list[str]] = _no_flags
    unsupported: Callable[[Any, Facts], str] = _nothing_unsupported
    differs: Callable[[Any, Sequence[Any]], str] = _nothing_read_back
    meaning: str = ""
    values: str = ""
    unit: str = ""
    default: str = ""
    example: str = ""
    also: tuple[str, ...] = ()

    @property
    def in_request(self) -> bool:
        """Whether a setting of the interpreter travels in the trial's request, and each worker applies it to itself."""
        return not self.variable and not self.on_command_line and not self.of_process

    @property
    def on_command_line(self) -> bool:
        """Whether a setting is among the flags with which the interpreter is started."""
        return self.flags is not _no_flags

    @property
    def is_read_back(self) -> bool:
        """Whether workers report what is in force."""
        return self.differs is not _nothing_read_back


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


def put_version(draft: CellDraft, name: str) -> None:
    """Takes the user's code of all roles from one version."""
    for kind, entry in draft.entries.items():
        if name in entry.versions:
            draft.entries[kind] = entry.at(name)


def has_versions(draft: CellDraft) -> bool:
    """Whether a role is code of the user's."""
    return any(entry.versions for entry in draft.entries.values())


def has_workers(draft: CellDraft) -> bool:
    """Whether the model has a number of workers."""
    return bool(draft.entries["model"].plugin.needs_workers)


def may_be_forked(draft: CellDraft) -> bool:
    """Whether trials of the model may be forks of a warm process."""
    model = draft.entries["model"].plugin
    return bool(model.may_be_forked and not model.packages)


def counts_operations(draft: CellDraft) -> bool:
    """Whether the load is a number of operations, so that scaling has a meaning."""
    return "load.ops" in draft.axes or "ops" in draft.load


pins = one_of(get_args(Pin))
isolations = one_of(get_args(Isolation))

# The order is that of the names in messages, and of the runtime's settings in the journal.
AXES: dict[str, KnownAxis] = {
    "workers": KnownAxis(
        at_least(1), attribute("workers"), has_workers, numeric=True, custom_labels=False,
        meaning="how many threads, processes or coroutines do the work; a formula may name `cpus`",
        values="whole number >= 1", unit="workers", default="one per usable CPU", example="sweep: {workers: [1, 2, 2*cpus]}",
        also=("worker", "n_threads", "n_processes", "n_workers", "num_workers", "max_workers", "n_jobs", "concurrency"),
    ),
    "startup": KnownAxis(
        one_of(get_args(Startup)), attribute("startup"),
        meaning="when workers are created, as the key of the root", values="once | each | timed", default="that of the root",
        example="sweep: {startup: [once, timed]}",
    ),
    "load": KnownAxis(
        whole_load, attribute("load"),
        meaning="whole loads: maps of keys of `load:`", values="map", default="`load:`",
        example="sweep: {load: [{ops: 64}, {duration: 1s}]}",
    ),
    "load.ops": KnownAxis(
        LOAD["ops"], load_part("ops", "ops", "duration"), numeric=True, example="sweep: {load.ops: [10, 1000]}"
    ),
    "load.duration": KnownAxis(
        LOAD["duration"], load_part("duration", "ops", "duration", "scaling"), example="sweep: {load.duration: [1s, 5s]}"
    ),
    "load.scaling": KnownAxis(
        LOAD["scaling"], load_part("scaling"), counts_operations,
        example="load: {ops: 64}\nsweep: {load.scaling: [strong, weak], workers: [1, 2]}",
    ),
    "load.rate": KnownAxis(
        LOAD["rate"], load_part("rate"), example="load: {duration: 5s}\nsweep: {load.rate: [100/s, 200/s]}"
    ),
    "load.arrivals": KnownAxis(
        LOAD["arrivals"], load_part("arrivals"),
        example="load: {rate: 100/s, duration: 5s}\nsweep: {load.arrivals: [constant, poisson]}",
    ),
    "load.until": KnownAxis(
        LOAD["until"], load_part("until"),
        example="load: {rate: 1000/s, duration: 2s}\nsweep: {load.until: [overloaded, latency_p99_s > 50ms]}",
    ),
    "load.within": KnownAxis(
        LOAD["within"], load_part("within"),
        example="load: {rate: 100/s, duration: 1s, until: overloaded}\nsweep: {load.within: [5%, 10%]}",
    ),
    "background.workers": KnownAxis(
        at_least(0), attribute("background_workers"), numeric=True, of_background=True,
        meaning="workers of the second role; 0 leaves it out", values="whole number >= 0", unit="workers", default="1",
        example="workload: echo\nbackground: cpu_sum\nsweep: {background.workers: [0, 1, 2]}",
    ),
    "background.model": KnownAxis(
        model_name, attribute("background_model"), of_background=True,
        meaning="the model of the second role", values="name of a model", default=CellDraft.background_model,
        example="workload: echo\nbackground: cpu_sum\nsweep: {background.model: [threads, processes]}",
    ),
    "seed": KnownAxis(
        units.integer, measure("seed"), numeric=True,
        meaning="decides what workloads draw at random", values="whole number", default="`measure.seed`",
        example="sweep: {seed: [1, 2, 3]}",
    ),
    "python": KnownAxis(
        interpreter, nothing, word_labels=True, of_interpreter=True,
        meaning="the interpreters of the trials (`concexp list pythons`)",
        values="current, a version in quotes, or a path with a label", default="current",
        example='sweep: {python: [current, "3.13", {is: venv/bin/python, as: mine}]}',
    ),
    version_names.AXIS: KnownAxis(
        version_names.name_of, put_version, has_versions, label=version_names.name_of, word_labels=True,
        meaning=version_names.MEANING, values="git revisions, worktree, or {path: folder, as: label}",
        default="the files as they are", example="workload: my.py:parse\nsweep: {code: [{path: ., as: old}, worktree]}",
        also=("version", "versions", "commit", "commits", "revision", "revisions", "branch", "git", "against"),
    ),
    "gil": KnownAxis(
        units.flag, runtime("gil"), label=settings.on_off, word_labels=True, variable="PYTHON_GIL",
        unsupported=settings.gil_unsupported, differs=settings.flag_differs,
        meaning="whether the GIL is on; only a free-threaded build can turn it off", values="on | off",
        default="as the interpreter has it", example='sweep: {python: "3.14t", gil: [on, off]}',
    ),
    "jit": KnownAxis(
        units.flag, runtime("jit"), label=settings.on_off, word_labels=True, variable="PYTHON_JIT",
        unsupported=settings.jit_unsupported, differs=settings.flag_differs,
        meaning="whether CPython's JIT compiler is on, where it was built in", values="on | off",
        default="as the interpreter has it", example="sweep: {jit: [on, off]}",
    ),
    "switch_interval": KnownAxis(
        switch_interval, runtime("switch_interval"), unsupported=settings.switch_interval_unsupported,
        differs=settings.switch_interval_differs,
        meaning="how long a thread may keep the GIL when others want it", values="duration >= 1us", unit="s",
        default="as the interpreter has it: 5ms in CPython", example="sweep: {switch_interval: [5ms, 0.5ms]}",
    ),
    "pin": KnownAxis(
        pins, measure("pin"), unsupported=settings.pin_unsupported, differs=settings.pin_differs,
        meaning="the CPUs that workers are bound to, as `measure.pin`", values=" | ".join(get_args(Pin)),
        default="`measure.pin`", example="sweep: {pin: [none, compact, spread, one]}",
    ),
    "isolation": KnownAxis(
        isolations, measure("isolation"), may_be_forked, of_process=True, unsupported=settings.isolation_unsupported,
        meaning="what keeps trials apart, as `measure.isolation`", values=" | ".join(get_args(Isolation)),
        default="`measure.isolation`", example="sweep: {isolation: [process, fork]}",
    ),
    "hash_seed": KnownAxis(
        settings.hash_seed, runtime("hash_seed"), variable="PYTHONHASHSEED", variable_text=str,
        same_as="env.PYTHONHASHSEED", unsupported=settings.hash_seed_unsupported, differs=settings.hash_seed_differs,
        meaning="the seed of the hashes of texts, on which the order in sets depends", values="whole number | random",
        default="another one in each trial", example="sweep: {hash_seed: [0, 1, random]}",
    ),
    "gc": KnownAxis(
        settings.collector, runtime("gc"), label=settings.collector_label, word_labels=True,
        unsupported=settings.collector_unsupported, differs=settings.collector_differs,
        meaning="the garbage collector: off, on as in any program, on with what survives a pass frozen, or its thresholds",
        values="on | off | freeze | a threshold | a list of up to three", default="freeze",
        example="sweep: {gc: [freeze, on, off, 2000, [2000, 20]]}",
    ),
    "malloc": KnownAxis(
        one_of(settings.ALLOCATORS), runtime("malloc"), variable="PYTHONMALLOC", variable_text=str,
        same_as="env.PYTHONMALLOC", unsupported=settings.allocator_unsupported, differs=settings.allocator_differs,
        meaning="the allocator of Python's objects, where CPython was built with it", values=" | ".join(settings.ALLOCATORS),
        default="as the interpreter has it: pymalloc in most builds", example="sweep: {malloc: [pymalloc, malloc]}",
    ),
    "flags": KnownAxis(
        settings.flags, runtime("flags"), word_labels=True, flags=settings.split_flags, differs=settings.flags_differ,
        meaning="flags of the interpreter's command line, beside those of a trial", values="none, or flags in quotes",
        default="as `none`", example='sweep: {flags: [none, "-O", "-X no_debug_ranges"]}',
    ),
    "measure.warmup": KnownAxis(
        at_least(0), measure("warmup"), numeric=True, example="sweep: {measure.warmup: [0, 1, 3]}"
    ),
    "measure.iterations": KnownAxis(
        at_least(1), measure("iterations"), numeric=True, example="sweep: {measure.iterations: [3, 10]}"
    ),
    "measure.timeout": KnownAxis(
        positive_duration, measure("timeout"), example="sweep: {measure.timeout: [10s, 60s]}"
    ),
    "measure.pin": KnownAxis(pins, measure("pin"), same_as="pin", example="sweep: {measure.pin: [none, spread]}"),
    "measure.isolation": KnownAxis(
        isolations, measure("isolation"), may_be_forked, same_as="isolation",
        example="sweep: {measure.isolation: [process, fork]}",
    ),
}  # fmt: skip


def known_axis(key: str) -> KnownAxis | None:
    """The axis of this name if every experiment may sweep it: one of `AXES`, or `env.NAME`."""
    if not key.startswith(environment.AXIS):
        return AXES.get(key)
    name = key.removeprefix(environment.AXIS)
    read = partial(environment.value, name)
    return KnownAxis(read, runtime(key), numeric=True, variable=name, variable_text=lambda text: text)


def is_setting(key: str) -> bool:
    """Whether an axis is the interpreter, or how it is set."""
    axis = known_axis(key)
    return axis is not None and (axis.of_interpreter or axis.is_read_back or bool(axis.variable))


def in_order(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a runtime by axis: in the order of `AXES`, then the environment variables by name."""
    if not settings:
        return {}
    return {key: settings[key] for key in [*AXES, *sorted(set(settings) - set(AXES))] if key in settings}


def holders(key: str, entries: Iterable[Entry]) -> list[Entry]:
    """The entries that a key such as `counter.form` or `model.start_method` reaches."""
    owner, _, parameter = key.rpartition(".")
    return [e for e in entries if owner in (e.kind, e.label) and parameter in e.accepts()]


def holders_by_key(keys: Iterable[str], entries: Mapping[str, Entry]) -> dict[str, list[str]]:
    """By the key of each axis that is a parameter, the kinds of the entries that have it: the same in all their cells."""
    return {key: [one.kind for one in holders(key, entries.values())] for key in keys if known_axis(key) is None}


def parameter_axis(key: str) -> KnownAxis:
    """The axis of a parameter, such as `counter.form`: it applies where an entry has the parameter, which also checks it."""
    name = key.rpartition(".")[2]

    def put(draft: CellDraft, value: Any) -> None:
        for kind in draft.holders[key]:
            draft.entries[kind] = draft.entries[kind].with_parameter(name, value)

    return KnownAxis(lambda value: value, put, lambda draft: bool(draft.holders[key]))
