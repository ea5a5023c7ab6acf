"""Grids -> their cells: the product of all axes, without what `exclude` and `--only` drop. Pure."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concexp.errors import InputError, Problem
from concexp.experiment import Axis, Entry, Grid, Spec, Value, expressions, units
from concexp.experiment.axis_table import (
    AXES,
    CellDraft,
    holders_by_key,
    in_order,
    known_axis,
    may_be_forked,
    parameter_axis,
)
from concexp.experiment.blocks import FORK, SEARCH_WITHIN
from concexp.experiment.selections import label_cure, matches, second_roles
from concexp.experiment.spec import KINDS
from concexp.plan.cell import Background, Cell, Runtime, identified
from concexp.plan.points import computed, constant, is_of_axes, points_of, problem_at

Points = Sequence[tuple[Value, ...]]
AS_IT_COMES = Runtime()  # of most cells
SECOND_ROLE = ("background", "background.model")  # labels of the background
# A single `=`, but for those in quotes, which are part of a label.
SINGLE_EQUALS = re.compile(r"""(?P<quoted>"[^"]*"|'[^']*')|(?<![<>=!])=(?!=)""")


@dataclass(frozen=True)
class Expansion:
    """A spec on a machine with `cpus` usable CPUs; `points` are those of each axis of each grid."""

    spec: Spec
    cpus: int
    points: tuple[tuple[Points, ...], ...]

    @property
    def count(self) -> int:
        """The number of cells before anything is excluded; none of them is made for that."""
        pairs = zip(self.spec.grids, self.points, strict=True)
        return sum(
            math.prod([len(grid.workload), len(grid.model), len(grid.sync), *map(len, points)])
            for grid, points in pairs
        )

    def cells(self) -> list[Cell]:
        """The union of all grids' cells, in the order of the YAML."""
        order = _label_order(self.spec)
        cells: dict[str, Cell] = {}
        for grid, points in zip(self.spec.grids, self.points, strict=True):
            for cell in _of_grid(SweptGrid(self.spec, grid, points, order, self.cpus)):
                cells.setdefault(cell.id, cell)
        return list(cells.values())


def expand(spec: Spec, cpus: int) -> Expansion:
    """The axes of all grids with their values; cells are made on demand."""
    return Expansion(spec, cpus, tuple(tuple(points_of(axis, cpus) for axis in axes_of(g)) for g in spec.grids))


def axes_of(grid: Grid) -> tuple[Axis, ...]:
    """The grid's axes; `workers` is the number of CPUs where it is not among them."""
    if any("workers" in axis.keys for axis in grid.axes):
        return grid.axes
    return (Axis(("workers",), ((Value("cpus", None, True),),)), *grid.axes)


def _label_order(spec: Spec) -> list[str]:
    """All axes, in the order of a table's columns."""
    swept = dict.fromkeys(key for grid in spec.grids for axis in grid.axes for key in axis.keys)
    background = ["background"] if second_roles(spec.grids) else []
    return [*KINDS, "workers", *background, *(key for key in swept if key != "workers")]


class SweptKey:
    """One key of a grid's axes; what is read of a value, and its label, is worked out once for all cells."""

    def __init__(self, key: str, values: Iterable[Value], cpus: int) -> None:
        self.key = key
        self.axis = known_axis(key) or parameter_axis(key)
        # By the ids of values, which live as long as the spec.
        formulas = [value for value in values if value.formula and not is_of_axes(value)]
        self.constants = {id(value): constant(value, key, cpus) for value in formulas}
        self.settings: dict[int, tuple[Any, Any]] = {}

    def setting(self, value: Value, raws: Mapping[str, Any]) -> tuple[Any, Any]:
        """A value in SI units, and its label; `raws` are the values of its point as written, for formulas of other axes."""
        found = self.settings.get(id(value))
        if found is not None:
            return found
        is_the_same = not value.formula or id(value) in self.constants
        raw = self.constants.get(id(value), value.raw) if is_the_same else raws[self.key]
        found = self.axis.read(raw), value.label if value.label is not None else self.axis.label(raw)
        if is_the_same:
            self.settings[id(value)] = found
        return found


class SweptGrid:
    """A grid on a machine with `cpus` usable CPUs; `points` are those of each of its axes, `order` is that of its labels."""

    def __init__(self, spec: Spec, grid: Grid, points: Sequence[Points], order: Sequence[str], cpus: int) -> None:
        self.spec, self.grid, self.points, self.cpus = spec, grid, points, cpus
        places = [
            (key, [point[place] for point in its_points])
            for axis, its_points in zip(axes_of(grid), points, strict=True)
            for place, key in enumerate(axis.keys)
        ]
        self.keys = [SweptKey(key, values, cpus) for key, values in places]
        self.names = frozenset(key for key, _ in places)
        self.has_formulas_of_axes = any(value.formula and is_of_axes(value) for _, values in places for value in values)
        self.labels: dict[str, Any] = dict.fromkeys(order)


@dataclass(frozen=True)
class Combination:
    """A workload, a model and a primitive of a grid, the background if it has one, and what all their cells have in common."""

    entries: Mapping[str, Entry]
    load: dict[str, Any]
    whole_load: Mapping[str, Any]
    holders: Mapping[str, Sequence[str]]
    labels: Mapping[str, Any]

    @classmethod
    def of(cls, swept: SweptGrid, entries: Mapping[str, Entry]) -> Combination:
        """That of these entries, by kind."""
        grid = swept.grid
        load = dict(grid.load) if grid.load is not None else dict(entries["workload"].plugin.load)
        if grid.background is not None:
            entries = {**entries, "background": grid.background}
        labels = swept.labels | {kind: entry.label for kind, entry in entries.items() if kind in swept.labels}
        return cls(entries, load, whole(load), holders_by_key(swept.names, entries), labels)


def _of_grid(swept: SweptGrid) -> Iterator[Cell]:
    """The cells of a grid, but for those that it excludes."""
    grid, cpus = swept.grid, swept.cpus
    for workload, model, sync in itertools.product(grid.workload, grid.model, grid.sync):
        combination = Combination.of(swept, {"workload": workload, "model": model, "sync": sync})
        for point in itertools.product(*swept.points):
            cell = make_cell(swept, combination, tuple(itertools.chain.from_iterable(point)))
            if not grid.exclude or not any(_is_excluded(selection, cell, cpus) for selection in grid.exclude):
                yield cell


def make_cell(swept: SweptGrid, combination: Combination, values: Sequence[Value]) -> Cell:
    """The cell of a point: `values` has one for each key of the grid's axes."""
    entries = dict(combination.entries)
    draft = CellDraft(entries, swept.names, combination.load, swept.grid.startup, holders=combination.holders)
    raws: Mapping[str, Any] = {}
    if swept.has_formulas_of_axes:
        raws = computed(dict(zip((one.key for one in swept.keys), values, strict=True)), swept.cpus)
    labels = dict(combination.labels)
    for swept_key, value in zip(swept.keys, values, strict=True):
        if swept_key.axis.applies(draft):
            try:
                read, labels[swept_key.key] = swept_key.setting(value, raws)
                swept_key.axis.put(draft, read)
            except ValueError as error:
                raise InputError([_unreadable(value, swept_key.key, error)]) from error
    load = combination.whole_load if draft.load is combination.load else whole(draft.load)
    return _finished(draft, swept.spec, labels, load)


def _unreadable(value: Value, key: str, error: ValueError) -> Problem:
    source = f" (from `{value.raw}`)" if value.formula and key in AXES else ""
    return problem_at(value, key, f"{error}{source}")


def whole(load: Mapping[str, Any]) -> dict[str, Any]:
    """A load with defaults for what no axis and no key of the YAML set."""
    load = dict(load)
    if "ops" in load:
        load.setdefault("scaling", "strong")
    if "rate" in load:
        load.setdefault("arrivals", "constant")
    if "until" in load:
        load.setdefault("within", SEARCH_WITHIN)
    return load


def _finished(draft: CellDraft, spec: Spec, labels: dict[str, Any], load: Mapping[str, Any]) -> Cell:
    """The cell of a draft, with defaults for what no axis and no key of the YAML set; `labels` are those of all axes."""
    background = _background(draft)
    if background is None:  # without workers it carries nothing
        for key in SECOND_ROLE:
            if key in labels:
                labels[key] = None
    measure = spec.measure.model_copy(update=draft.measure) if draft.measure else spec.measure
    settings = draft.runtime if measure.pin == "none" else {**draft.runtime, "pin": measure.pin}
    if measure.isolation == FORK and may_be_forked(draft):
        settings = {**settings, "isolation": FORK}
    label = labels.get("python") or "current"
    runtime = Runtime(label, in_order(settings)) if settings or label != "current" else AS_IT_COMES
    cell = Cell(
        "",
        labels,
        draft.entries["workload"],
        draft.entries["model"],
        draft.entries["sync"],
        draft.workers,
        load,
        draft.startup,
        measure,
        background=background,
        runtime=runtime,
    )
    return identified(cell)


def _background(draft: CellDraft) -> Background | None:
    """The second role; None where the grid has none, or where it has no workers."""
    if "background" not in draft.entries or not draft.background_workers:
        return None
    model = Entry.default("model", draft.background_model)
    return Background(draft.entries["background"], model, draft.background_workers)


def _is_excluded(selection: Mapping[str, Any] | Value, cell: Cell, cpus: int) -> bool:
    if not isinstance(selection, Value):
        return matches(selection, cell.axes)
    try:
        return bool(expressions.evaluate(expressions.parse(selection.raw), {**cell.axes, "cpus": cpus}, labels=True))
    except expressions.ExpressionError as error:
        place = (selection.file, selection.line, selection.column)
        raise InputError([Problem(*place, "exclude", f"in `{selection.raw}`: {error}")]) from error


def only(cells: Sequence[Cell], text: str, cpus: int) -> list[Cell]:
    """The cells that meet the condition of --only; `model=threads` is read as `model == threads`."""
    condition = SINGLE_EQUALS.sub(lambda match: match["quoted"] or "==", text)
    try:
        tree = expressions.parse(condition)
        _check_names(tree, cells, text)
        return [c for c in cells if expressions.evaluate(tree, {**c.axes, "cpus": cpus}, labels=True)]
    except expressions.ExpressionError as error:
        raise InputError([Problem(f"--only {text}", 0, 0, "", str(error), "--only 'model=threads'")]) from error


def _check_names(tree: expressions.Tree, cells: Sequence[Cell], text: str) -> None:
    """InputError at the first name that is neither an axis nor a label."""
    axes = {key for cell in cells for key in cell.axes} | {"cpus"}
    values = [label for cell in cells for label in cell.axes.values()]
    labels = {label for label in values if isinstance(label, str)}
    labels.update(units.FLAG_WORDS if any(isinstance(label, bool) for label in values) else ())
    for name in expressions.names(tree):
        if name not in axes | labels:
            signs = [label for label in labels if label in text and name in label and not label.isidentifier()]
            hint = f'put it in quotes: "{signs[0]}"' if signs else label_cure(name, sorted(axes | labels))
            raise InputError([Problem(f"--only {text}", 0, 0, "", f"there is no axis or label '{name}'", hint)])
