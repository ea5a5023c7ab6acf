"""`sweep:` -> its axes: each key is known or names a parameter, and each value fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from concexp.errors import did_you_mean
from concexp.experiment import environment, expressions, requirements, slips, units, user_code, version_names
from concexp.experiment import keys as yaml_keys
from concexp.experiment.axis_table import AXES, holders, known_axis
from concexp.experiment.keys import RANGE, REQUIREMENTS, VALUE, ZIP, of_sweep
from concexp.experiment.problems import Problems, items, parsed, text, unknown_keys, written
from concexp.experiment.spec import KINDS, Entry
from concexp.experiment.swept import Axis, Range, Value
from concexp.experiment.yaml_nodes import Node

FORMULA_LIMIT = 4000  # characters: the search below takes time that grows with their square
# An operator beside a name, or a single name.
FORMULA = re.compile(r"[A-Za-z].*[-+*/(]|[-+*/(].*[A-Za-z]|^[A-Za-z_][\w.]*$", re.DOTALL)
EMPTY = "the list is empty", "name at least one value, or leave the axis out"


def read(node: Node, path: str, entries: Sequence[Entry], home: Path, problems: Problems) -> list[Axis]:
    """The axes of one grid; `entries` are all its workloads, models and primitives, `home` is the YAML's folder."""
    reader = _AxesReader(entries, home, problems)
    axes = list(reader.axes(node, path))
    keys = _unique_keys(axes, node, path, problems)
    reader.check_conflicts(keys, node, path)
    _check_formulas(axes, keys, path, problems)
    return axes


@dataclass(frozen=True)
class _AxesReader:
    """Reads the axes of one grid, which may sweep the parameters of these entries."""

    entries: Sequence[Entry]
    home: Path
    problems: Problems

    def axes(self, node: Node, path: str) -> Iterator[Axis]:
        """The axes that could be read, those of `zip` too."""
        for key, value in node.value.items():
            here = f"{path}.{key}"
            if key == ZIP.name:
                yield from self._zipped(value, here)
            elif self._exists(key, node, here):
                axis = self._axis(key, value, here)
                if axis is not None:
                    yield axis

    def _exists(self, key: str, node: Node, path: str) -> bool:
        """Whether the axis exists in this grid; else a problem."""
        known = known_axis(key)
        if key.startswith(environment.AXIS):
            return self._can_be_variable(key, node, path)
        if known is not None and known.of_background and not any(e.kind == "background" for e in self.entries):
            self.problems.at(node, path, "there is no second role", "add, for example, `background: cpu_sum`", key)
            return False
        if known is not None or ("." in key and holders(key, self.entries)):
            return True
        keys = [f"{entry.label}.{name}" for entry in self.entries for name in entry.accepts()]
        owner, _, parameter = key.rpartition(".")
        if owner in KINDS or owner in {entry.label for entry in self.entries}:
            parameters = [k.rpartition(".")[2] for k in keys if owner in KINDS or k.startswith(f"{owner}.")]
            cure = did_you_mean(parameter, parameters) or f"{owner} has no parameters"
            self.problems.at(node, path, f"nothing here has the parameter '{key}'", cure, key)
        else:
            cure = yaml_keys.cure(key, "sweep", [*of_sweep(), *keys], written(node.value[key]))
            self.problems.at(node, path, f"there is no axis '{key}'", cure, key)
        return False

    def _can_be_variable(self, key: str, node: Node, path: str) -> bool:
        """Whether `env.NAME` can be an axis; else a problem."""
        why = environment.refusal(key.removeprefix(environment.AXIS))
        if not why and holders(key, self.entries):
            why = f"'{key}' is a variable of the environment, and a parameter", "give the entry `env` another label"
        if why:
            self.problems.at(node, path, *why, key)
        return not why

    def _axis(self, key: str, node: Node, path: str) -> Axis | None:
        if isinstance(node.value, dict) and {"from", "to"} & set(node.value):
            return self._range(key, node, path)
        values = []
        for number, item in enumerate(items(node)):
            value = self._value(key, item, f"{path}[{number}]" if isinstance(node.value, list) else path)
            if value is not None:
                values.append(value)
        if isinstance(node.value, list) and not node.value:
            self.problems.at(node, path, *EMPTY)
        if key != "python":  # the labels of interpreters are compared over all grids together
            self._check_labels(values, node, path)
        return Axis((key,), tuple((value,) for value in values)) if values else None

    def _check_labels(self, values: Sequence[Value], node: Node, path: str) -> None:
        """One label for two values would mix their cells."""
        labels: dict[str, Any] = {}
        for value in values:
            if value.label is not None and labels.setdefault(value.label, value.raw) != value.raw:
                cure = "give one of them another with `as:`"
                self.problems.at(node, path, f"the label '{value.label}' is there twice", cure)

    def _value(self, key: str, node: Node, path: str) -> Value | None:
        """One value, plain or as {is: value, as: label}; None and a problem if it does not fit."""
        label, wanted = None, None
        inner = node
        if isinstance(node.value, dict) and "is" in node.value:
            installs = key in AXES and AXES[key].of_interpreter
            unknown_keys(node, path, [*VALUE, *([REQUIREMENTS.name] if installs else [])], self.problems)
            inner = node.value["is"]
            wanted = node.value.get(REQUIREMENTS.name) if installs else None
            if "as" in node.value:
                label = text(node.value["as"], f"{path}.as", self.problems)
                if key in AXES and not AXES[key].custom_labels:
                    what = f"a number of {key} has no other label"
                    self.problems.at(node, f"{path}.as", what, "leave `as` out", "as")
        elif key == version_names.AXIS and isinstance(node.value, dict):
            inner, label = self._folder(node, path)
            if label is None:
                return None
        words = ("python", version_names.AXIS)
        if key in words and isinstance(inner.value, int | float) and text(inner, path, self.problems) is None:
            return None
        if any(entry.is_user_code for entry in holders(key, self.entries)):
            known = len(self.problems)
            user_code.check_argument(inner, path, self.problems)
            if len(self.problems) > known:
                return None
        raw = inner.plain()
        formula = False
        try:
            self._check_value(key, raw)
        except ValueError as error:
            # Where a number may stand, other text may be a formula; `_check_formulas` looks at its names.
            formula = self._is_formula(key, raw)
            cure = slips.of_numbers(raw) if isinstance(raw, str) else ""
            if not formula or cure:
                self.problems.at(inner, path, str(error), cure)
                return None
            if parsed(str(raw), inner, path, self.problems) is None:
                return None
        if key == "python" and "/" in raw and label is None:
            cure = f"{{is: {raw}, as: mine}}: the label stands in tables and ids, which are the same on every machine"
            self.problems.at(inner, path, "a path needs a label", cure)
            return None
        value = Value(raw, label, formula, inner.file, inner.line, inner.column + (1 if inner.quoted else 0))
        return value if wanted is None else self._with_requirements(value, wanted, path)

    def _with_requirements(self, value: Value, node: Node, path: str) -> Value | None:
        """An interpreter with what is to be installed for it."""
        if value.label is None:
            cure = f"{{is: {value.raw}, requirements: …, as: mine}}: the label stands in tables and ids"
            self.problems.at(node, path, "an interpreter with requirements needs a label", cure)
            return None
        # What --set gives stands in no file: its paths, too, start from the experiment's folder.
        home = Path(node.file).parent if node.line else self.home
        here = f"{path}.{REQUIREMENTS.name}"
        try:
            return replace(value, requirements=requirements.find(node.plain(), home))
        except requirements.Unusable as error:
            one = node if error.number is None else node.value[error.number]
            self.problems.at(
                one, here if error.number is None else f"{here}[{error.number}]", error.message, error.hint
            )
            return None

    def _folder(self, node: Node, path: str) -> tuple[Node, str | None]:
        """A folder as a version of the code, {path: …, as: label}: what names it, and its label; None and a problem without."""
        unknown_keys(node, path, [version_names.PATH, "as"], self.problems)
        inner = Node(
            {k: v for k, v in node.value.items() if k != "as"}, node.file, node.line, node.column, keys=node.keys
        )
        if "as" in node.value:
            return inner, text(node.value["as"], f"{path}.as", self.problems)
        cure = "{path: ../old, as: old}: the label stands in tables and ids, which are the same on every machine"
        self.problems.at(node, path, "a folder needs a label", cure)
        return inner, None

    def _check_value(self, key: str, raw: Any) -> None:
        """ValueError if a value does not fit the axis, or one of the parameters that the key reaches."""
        readers: list[Callable[[Any], Any]]
        if known := known_axis(key):
            readers = [known.read]
        else:
            name = key.rpartition(".")[2]
            readers = [lambda value, entry=entry: entry.convert(name, value) for entry in holders(key, self.entries)]  # type: ignore[misc]
        for reader in readers:
            reader(raw)

    def _is_formula(self, key: str, raw: Any) -> bool:
        if key.startswith(environment.AXIS):  # any other text is a value
            return isinstance(raw, str) and environment.FORMULA.fullmatch(raw) is not None
        short = isinstance(raw, str) and len(raw) <= FORMULA_LIMIT
        return short and self._is_numeric(key) and FORMULA.search(raw) is not None

    def _is_numeric(self, key: str) -> bool:
        """Whether numbers stand on this axis: a duration or a word cannot be computed."""
        if known := known_axis(key):
            return known.numeric
        try:
            self._check_value(key, 1)
        except ValueError:
            return False
        return True

    def _range(self, key: str, node: Node, path: str) -> Axis | None:
        """{from, to, times} or {from, to, step}; its numbers may be formulas."""
        if not self._is_numeric(key):
            what = f"a range has numbers, and '{key}' takes none"
            self.problems.at(node, path, what, "write its values as a list")
            return None
        unknown_keys(node, path, list(RANGE), self.problems)
        parts: dict[str, Value] = {}
        for name, item in node.value.items():
            part = self._bound(item, f"{path}.{name}")
            if part is None:
                return None
            parts[name] = part
        if "from" not in parts or "to" not in parts or ("times" in parts) == ("step" in parts):
            cure = "{from: 1, to: 8, times: 2} gives 1, 2, 4, 8; {from: 1, to: 8, step: 1} gives each"
            self.problems.at(node, path, "a range has `from`, `to` and either `times` or `step`", cure)
            return None
        for name, low, what in (("times", 1, "a factor of more than 1"), ("step", 0, "a step of more than 0")):
            if name in parts and not parts[name].formula and parts[name].raw <= low:
                self.problems.at(node.value[name], f"{path}.{name}", f"a range grows by {what}")
                return None
        return Axis((key,), (), Range(parts["from"], parts["to"], parts.get("times"), parts.get("step")))

    def _bound(self, item: Node, path: str) -> Value | None:
        """A number of a range, or the formula of one."""
        raw = item.plain()
        formula = isinstance(raw, str)
        if formula and parsed(raw, item, path, self.problems) is None:
            return None
        if not formula and (isinstance(raw, bool) or not isinstance(raw, int | float)):
            self.problems.at(item, path, f"expected a number, not {units.for_message(raw)}")
            return None
        return Value(raw, None, formula, item.file, item.line, item.column)

    def _zipped(self, node: Node, path: str) -> Iterator[Axis]:
        """Axes that move together: a list of maps, each of equally long lists."""
        for number, group in enumerate(items(node)):
            here = f"{path}[{number}]"
            if isinstance(group.value, dict) and group.value:
                yield from self._zipped_group(group, here)
            else:
                cure = "zip: [{load.ops: [10, 20], seed: [1, 2]}]"
                self.problems.at(group, here, "expected a map of axes that move together", cure)

    def _zipped_group(self, group: Node, path: str) -> Iterator[Axis]:
        columns, lengths = [], set()
        for key, column in group.value.items():
            here = f"{path}.{key}"
            if not self._exists(key, group, here):
                continue
            if not isinstance(column.value, list):
                self.problems.at(column, here, f"expected a list, not {units.for_message(column.plain())}")
                continue
            if not column.value:
                self.problems.at(column, here, *EMPTY)
            lengths.add(len(column.value))
            values = [self._value(key, item, f"{here}[{i}]") for i, item in enumerate(column.value)]
            columns.append([value for value in values if value is not None])
        if len(lengths) > 1:
            different = ", ".join(str(length) for length in sorted(lengths))
            self.problems.at(group, path, f"axes that move together need equally many values, not {different}")
        elif len(columns) == len(group.value) and {len(column) for column in columns} == lengths:
            yield Axis(tuple(group.value), tuple(zip(*columns, strict=True)))

    def check_conflicts(self, keys: set[str], node: Node, path: str) -> None:
        """Two axes that set the same thing would contradict each other."""
        for key in AXES:
            other = AXES[key].same_as
            if other and {key, other} <= keys:
                what = f"'{other}' and '{key}' are the same"
                self.problems.at(node, f"{path}.{other}", what, "keep one of them", other)
        set_by: dict[tuple[str, str, str], str] = {}
        for key in sorted(keys - set(AXES)):
            for entry in holders(key, self.entries):
                other = set_by.setdefault((entry.kind, entry.label, key.rpartition(".")[2]), key)
                if other != key:
                    what = f"'{other}' and '{key}' set the same parameter of {entry.label}"
                    self.problems.at(node, f"{path}.{key}", what, "keep one of them", key)


def _unique_keys(axes: Sequence[Axis], node: Node, path: str, problems: Problems) -> set[str]:
    """The keys of all axes; a problem for each that is there twice."""
    seen: set[str] = set()
    for key in (key for axis in axes for key in axis.keys):
        if key in seen:
            problems.at(node, f"{path}.{key}", f"the axis '{key}' is there twice", "keep one of them", key)
        seen.add(key)
    return seen


def _check_formulas(axes: Sequence[Axis], keys: set[str], path: str, problems: Problems) -> None:
    """Formulas may name cpus and other axes; in a range, cpus only."""
    for axis in axes:
        values = [(key, v) for point in axis.points for key, v in zip(axis.keys, point, strict=True)]
        known = keys | {"cpus"}
        if axis.range is not None:
            parts = (axis.range.start, axis.range.stop, axis.range.times, axis.range.step)
            values = [(axis.keys[0], part) for part in parts if part is not None]
            known = {"cpus"}
        for key, value in values:
            if value.formula:
                _check_names(value, known - {key}, f"{path}.{key}", problems)


def _check_names(formula: Value, known: set[str], path: str, problems: Problems) -> None:
    for name, position in expressions.names(expressions.parse(formula.raw)).items():
        if name not in known:
            where = Node(None, formula.file, formula.line, formula.column + position)
            problems.at(where, path, f"in `{formula.raw}`: there is no '{name}'", did_you_mean(name, sorted(known)))
