"""`sweep:` -> Axes: keys that something has, values that fit it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, get_args

from concexp import catalog
from concexp.errors import did_you_mean
from concexp.experiment import expressions, units
from concexp.experiment.problems import Problems, items, parsed, text, unknown_keys
from concexp.experiment.spec import KINDS, Arrivals, Axis, Entry, Measure, Pin, Range, Scaling, Startup, Value
from concexp.experiment.yaml_nodes import Node

MEASURES = tuple(f"measure.{name}" for name in ("warmup", "iterations", "timeout", "pin"))
ROLE = ("background.workers", "background.model")  # of the second role, where there is one
PLAIN = (
    "workers", "startup", "load", "load.ops", "load.duration", "load.scaling", "load.rate", "load.arrivals", *ROLE,
    "seed", "python", "gil", "jit", "switch_interval", "pin", *MEASURES,
)  # fmt: skip
VERSION = re.compile(r"(pypy)?3\.\d+(\.\d+)?t?")  # t: free-threaded
SHORTEST_INTERVAL = 1e-6  # seconds: CPython counts switch intervals in microseconds


def at_least(low: int) -> Callable[[Any], int]:
    """A reader of whole numbers from `low` on."""

    def read(value: Any) -> int:
        found = units.integer(value)
        if found < low:
            raise ValueError(f"expected a whole number from {low} on, not {found}")
        return found

    return read


def one_of(choices: Sequence[str]) -> Callable[[Any], str]:
    """A reader of one of these words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}, not {units.for_message(value)}")
        return str(value)

    return read


def positive_duration(value: Any) -> float:
    """Seconds, more than 0."""
    found = units.duration(value)
    if found <= 0:
        raise ValueError("expected a duration of more than 0")
    return found


def positive_rate(value: Any) -> float:
    """Per second, more than 0."""
    found = units.rate(value)
    if found <= 0:
        raise ValueError("expected a rate of more than 0")
    return found


def switch_interval(value: Any) -> float:
    """Seconds, at least a microsecond."""
    found = units.duration(value)
    if found < SHORTEST_INTERVAL:
        raise ValueError("expected a switch interval of 1us or more")
    return found


def python(value: Any) -> str:
    """An interpreter: `current`, a version, or a path."""
    if isinstance(value, str) and (value == "current" or VERSION.fullmatch(value) or "/" in value):
        return value
    raise ValueError(
        f'expected current, a version such as "3.13" or "3.14t", or a path, not {units.for_message(value)}'
    )


def model_name(value: Any) -> str:
    """The name of a model."""
    if not isinstance(value, str) or value not in catalog.names("model"):
        cure = did_you_mean(str(value), catalog.names("model"))
        raise ValueError(f"there is no model {units.for_message(value)}" + (f": {cure}" if cure else ""))
    return value


def whole_load(value: Any) -> dict[str, Any]:
    """A load as an axis's value: {ops, scaling}, {duration} or {rate, duration, arrivals}."""
    if not isinstance(value, dict) or ("ops" in value) == ("duration" in value):
        raise ValueError("expected a load: {ops: 1000, scaling: strong}, {duration: 1s} or {rate: 100/s, duration: 1s}")
    for key in value:
        if key not in LOAD:
            raise ValueError(f"a load has no '{key}'")
    if "ops" in value and {"rate", "arrivals"} & set(value):
        raise ValueError("an open loop has a `rate` and a `duration`; `ops` are counted in a closed one")
    return {key: LOAD[key](item) for key, item in value.items()}


LOAD: dict[str, Callable[[Any], Any]] = {
    "ops": at_least(1),
    "duration": positive_duration,
    "scaling": one_of(get_args(Scaling)),
    "rate": positive_rate,
    "arrivals": one_of(get_args(Arrivals)),
}


READERS: dict[str, Callable[[Any], Any]] = {
    "workers": at_least(1),
    "startup": one_of(get_args(Startup)),
    "load": whole_load,
    **{f"load.{name}": reader for name, reader in LOAD.items()},
    "background.workers": at_least(0),
    "background.model": model_name,
    "seed": units.integer,
    "python": python,
    "gil": units.flag,
    "jit": units.flag,
    "switch_interval": switch_interval,
    "pin": one_of(get_args(Pin)),
    "measure.warmup": at_least(0),
    "measure.iterations": at_least(1),
    "measure.timeout": positive_duration,
    "measure.pin": one_of(get_args(Pin)),
}
FORMULA_LIMIT = 4000  # characters: the search takes the square of it
FORMULA = re.compile(
    r"[A-Za-z].*[-+*/(]|[-+*/(].*[A-Za-z]|^[A-Za-z_][\w.]*$", re.DOTALL
)  # signs and names, or one name
assert set(READERS) == set(PLAIN)
assert {name.partition(".")[2] for name in MEASURES} <= set(Measure.model_fields)


def holders(key: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that a key such as `counter.form` or `model.start_method` reaches."""
    owner, _, parameter = key.rpartition(".")
    return [e for e in entries if owner in (e.kind, e.label) and parameter in e.accepts()]


def read(node: Node, path: str, entries: Sequence[Entry], problems: Problems) -> list[Axis]:
    """The axes of one grid; `entries` are all its workloads, models and primitives."""
    axes: list[Axis] = []
    for key, value in node.value.items():
        here = f"{path}.{key}"
        if key == "zip":
            axes += _zipped(value, here, entries, problems)
        elif _known(key, node, here, entries, problems):
            axis = _axis(key, value, here, entries, problems)
            if axis is not None:
                axes.append(axis)
    seen: set[str] = set()
    for axis in axes:
        for key in axis.keys:
            if key in seen:
                problems.at(node, f"{path}.{key}", f"the axis '{key}' is there twice", "keep one of them", key)
            seen.add(key)
    _check_reach(seen, node, path, entries, problems)
    _check_formulas(axes, seen, path, problems)
    return axes


def _known(key: str, node: Node, path: str, entries: Sequence[Entry], problems: Problems) -> bool:
    if key in ROLE and not any(entry.kind == "background" for entry in entries):
        problems.at(node, path, "there is no second role", "add, for example, `background: cpu_sum`", key)
        return False
    if key in PLAIN or ("." in key and holders(key, entries)):
        return True
    own = [f"{entry.label}.{name}" for entry in entries for name in entry.accepts()]
    owner, _, parameter = key.rpartition(".")
    if owner in KINDS or owner in {entry.label for entry in entries}:
        parameters = [k.rpartition(".")[2] for k in own if owner in KINDS or k.startswith(f"{owner}.")]
        cure = did_you_mean(parameter, parameters) or f"{owner} has no parameters"
        problems.at(node, path, f"nothing here has the parameter '{key}'", cure, key)
    else:
        problems.at(node, path, f"there is no axis '{key}'", did_you_mean(key, [*PLAIN, "zip", *own]), key)
    return False


def _axis(key: str, node: Node, path: str, entries: Sequence[Entry], problems: Problems) -> Axis | None:
    if isinstance(node.value, dict) and {"from", "to"} & set(node.value):
        return _range(key, node, path, entries, problems)
    values = []
    for number, item in enumerate(items(node)):
        value = _value(key, item, f"{path}[{number}]" if isinstance(node.value, list) else path, entries, problems)
        if value is not None:
            values.append((value,))
    if isinstance(node.value, list) and not node.value:
        problems.at(node, path, "the list is empty", "name at least one value, or leave the axis out")
    labels: dict[str, Any] = {}
    for (value,) in values if key != "python" else []:  # whose labels are looked at for all grids together
        if value.label is not None and labels.setdefault(value.label, value.raw) != value.raw:
            problems.at(node, path, f"the label '{value.label}' is there twice", "give one of them another with `as:`")
    return Axis((key,), tuple(values)) if values else None


def _value(key: str, node: Node, path: str, entries: Sequence[Entry], problems: Problems) -> Value | None:
    label = None
    inner = node
    if isinstance(node.value, dict) and "is" in node.value:
        unknown_keys(node, path, ("is", "as"), problems)
        inner = node.value["is"]
        if "as" in node.value:
            label = text(node.value["as"], f"{path}.as", problems)
            if key == "workers":
                problems.at(node, f"{path}.as", "a number of workers has no other label", "leave `as` out", "as")
    if key == "python" and isinstance(inner.value, int | float) and text(inner, path, problems) is None:
        return None
    raw = inner.plain()
    readers = [READERS[key]] if key in READERS else _readers(key, entries)
    try:
        for reader in readers:
            reader(raw)
        formula = False
    except ValueError as error:
        # Whatever is no number may be a formula, where a number may stand; `_check_formulas` looks at its names.
        short = isinstance(raw, str) and len(raw) <= FORMULA_LIMIT
        formula = short and _formula_fits(key, entries) and FORMULA.search(raw) is not None
        if not formula:
            problems.at(inner, path, str(error))
            return None
        if parsed(str(raw), inner, path, problems) is None:
            return None
    if key == "python" and "/" in raw and label is None:
        cure = f"{{is: {raw}, as: mine}}: the label stands in tables and ids, which are the same on every machine"
        problems.at(inner, path, "a path needs a label", cure)
        return None
    return Value(raw, label, formula, inner.file, inner.line, inner.column + (1 if inner.quoted else 0))


def _readers(key: str, entries: Sequence[Entry]) -> list[Callable[[Any], Any]]:
    name = key.rpartition(".")[2]
    return [lambda raw, entry=entry: entry.convert(name, raw) for entry in holders(key, entries)]  # type: ignore[misc]


def _formula_fits(key: str, entries: Sequence[Entry]) -> bool:
    """Whether a number may stand there: a duration or a word can't be computed."""
    if key in READERS:
        return key in ("workers", "load.ops", "background.workers", "seed", "measure.warmup", "measure.iterations")
    try:
        for reader in _readers(key, entries):
            reader(1)
    except ValueError:
        return False
    return True


def _range(key: str, node: Node, path: str, entries: Sequence[Entry], problems: Problems) -> Axis | None:
    if not _formula_fits(key, entries):
        problems.at(node, path, f"a range has numbers, and '{key}' takes none", "write its values as a list")
        return None
    unknown_keys(node, path, ("from", "to", "times", "step"), problems)
    parts: dict[str, Value] = {}
    for name, item in node.value.items():
        raw = item.plain()
        formula = isinstance(raw, str)
        if formula and parsed(raw, item, f"{path}.{name}", problems) is None:
            return None
        if not formula and (isinstance(raw, bool) or not isinstance(raw, int | float)):
            problems.at(item, f"{path}.{name}", f"expected a number, not {units.for_message(raw)}")
            return None
        parts[name] = Value(raw, None, formula, item.file, item.line, item.column)
    if "from" not in parts or "to" not in parts or ("times" in parts) == ("step" in parts):
        cure = "{from: 1, to: 8, times: 2} gives 1, 2, 4, 8; {from: 1, to: 8, step: 1} gives each"
        problems.at(node, path, "a range has `from`, `to` and either `times` or `step`", cure)
        return None
    if "times" in parts and not parts["times"].formula and parts["times"].raw <= 1:
        problems.at(node.value["times"], f"{path}.times", "a range grows by a factor of more than 1")
        return None
    if "step" in parts and not parts["step"].formula and parts["step"].raw <= 0:
        problems.at(node.value["step"], f"{path}.step", "a range grows by a step of more than 0")
        return None
    return Axis((key,), (), Range(parts["from"], parts["to"], parts.get("times"), parts.get("step")))


def _zipped(node: Node, path: str, entries: Sequence[Entry], problems: Problems) -> list[Axis]:
    """Axes that move together: a list of maps, each of equally long lists."""
    axes = []
    for number, group in enumerate(items(node)):
        here = f"{path}[{number}]"
        if not isinstance(group.value, dict) or not group.value:
            problems.at(
                group, here, "expected a map of axes that move together", "zip: [{load.ops: [10, 20], seed: [1, 2]}]"
            )
            continue
        columns, lengths = [], set()
        for key, column in group.value.items():
            if not _known(key, group, f"{here}.{key}", entries, problems):
                continue
            if not isinstance(column.value, list):
                problems.at(column, f"{here}.{key}", f"expected a list, not {units.for_message(column.plain())}")
                continue
            if not column.value:
                problems.at(
                    column, f"{here}.{key}", "the list is empty", "name at least one value, or leave the axis out"
                )
            lengths.add(len(column.value))
            found = [_value(key, v, f"{here}.{key}[{i}]", entries, problems) for i, v in enumerate(column.value)]
            columns.append([value for value in found if value is not None])
        if len(lengths) > 1:
            different = ", ".join(str(length) for length in sorted(lengths))
            problems.at(group, here, f"axes that move together need equally many values, not {different}")
        elif len(columns) == len(group.value) and {len(column) for column in columns} == lengths:
            axes.append(Axis(tuple(group.value), tuple(zip(*columns, strict=True))))
    return axes


def _check_reach(keys: set[str], node: Node, path: str, entries: Sequence[Entry], problems: Problems) -> None:
    """Two axes that set the same thing would contradict each other."""
    if {"pin", "measure.pin"} <= keys:
        problems.at(node, f"{path}.pin", "'pin' and 'measure.pin' are the same", "keep one of them", "pin")
    reached: dict[tuple[str, str, str], str] = {}
    for key in sorted(keys - set(PLAIN)):
        for entry in holders(key, entries):
            other = reached.setdefault((entry.kind, entry.label, key.rpartition(".")[2]), key)
            if other != key:
                what = f"'{other}' and '{key}' set the same parameter of {entry.label}"
                problems.at(node, f"{path}.{key}", what, "keep one of them", key)


def _check_formulas(axes: Sequence[Axis], keys: set[str], path: str, problems: Problems) -> None:
    """Formulas may speak of cpus and of other axes."""
    for axis in axes:
        values = [(key, v) for point in axis.points for key, v in zip(axis.keys, point, strict=True)]
        known = keys | {"cpus"}
        if axis.range is not None:
            parts = (axis.range.start, axis.range.stop, axis.range.times, axis.range.step)
            values = [(axis.keys[0], v) for v in parts if v is not None]
            known = {"cpus"}
        for key, value in values:
            if not value.formula:
                continue
            for name, position in expressions.names(expressions.parse(value.raw)).items():
                if name not in known - {key}:
                    where = Node(None, value.file, value.line, value.column + position)
                    cure = did_you_mean(name, sorted(known - {key}))
                    problems.at(where, f"{path}.{key}", f"in `{value.raw}`: there is no '{name}'", cure)
