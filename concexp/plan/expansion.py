"""Grids -> their cells: the product of all axes, without what `exclude` and `--only` drop. Pure."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concexp.errors import InputError, Problem
from concexp.experiment import Axis, Entry, Grid, Spec, Value, expressions, units
from concexp.experiment.axis_table import (
    AXES,
    CellDraft,
    KnownAxis,
    in_order,
    known_axis,
    may_be_forked,
    parameter_axis,
)
from concexp.experiment.blocks import FORK, SEARCH_WITHIN
from concexp.experiment.selections import label_cure, matches, second_roles
from concexp.experiment.spec import KINDS
from concexp.plan.cell import Background, Cell, Runtime, identified
from concexp.plan.points import computed, points_of, problem_at

Points = Sequence[tuple[Value, ...]]
AS_IT_COMES = Runtime()  # of most cells
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
            for cell in self._of_grid(grid, points, order):
                cells.setdefault(cell.id, cell)
        return list(cells.values())

    def _of_grid(self, grid: Grid, points: Sequence[Points], order: Sequence[str]) -> Iterator[Cell]:
        keys = [key for axis in axes_of(grid) for key in axis.keys]
        axes = {key: known_axis(key) or parameter_axis(key) for key in keys}
        swept = frozenset(keys)
        for workload, model, sync, point in itertools.product(
            grid.workload, grid.model, grid.sync, itertools.product(*points)
        ):
            values = dict(zip(keys, itertools.chain.from_iterable(point), strict=True))
            entries = {"workload": workload, "model": model, "sync": sync}
            cell = make_cell(self.spec, grid, entries, values, axes, swept, order, self.cpus)
            if not any(_is_excluded(selection, cell, self.cpus) for selection in grid.exclude):
                yield cell


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


def make_cell(
    spec: Spec,
    grid: Grid,
    entries: dict[str, Entry],
    values: Mapping[str, Value],
    axes: Mapping[str, KnownAxis],
    swept: frozenset[str],
    order: Sequence[str],
    cpus: int,
) -> Cell:
    """The cell of one point; `values` and `axes` are by the axis's key, `swept` are these keys, `order` is that of its labels."""
    load = dict(grid.load) if grid.load is not None else dict(entries["workload"].plugin.load)
    if grid.background is not None:
        entries = {**entries, "background": grid.background}
    draft = CellDraft(entries, swept, load, grid.startup)
    labels: dict[str, Any] = {}
    raws = computed(values, cpus)
    for key, value in values.items():
        axis = axes[key]
        if axis.applies(draft):
            _put(draft, axis, key, raws[key], value)
            labels[key] = value.label if value.label is not None else axis.label(raws[key])
    return _finished(draft, spec, labels, order)


def _put(draft: CellDraft, axis: KnownAxis, key: str, raw: Any, value: Value) -> None:
    try:
        axis.put(draft, axis.read(raw))
    except ValueError as error:
        source = f" (from `{value.raw}`)" if value.formula and key in AXES else ""
        raise InputError([problem_at(value, key, f"{error}{source}")]) from error


def _finished(draft: CellDraft, spec: Spec, labels: Mapping[str, Any], order: Sequence[str]) -> Cell:
    """The cell of a draft, with defaults for what no axis and no key of the YAML set."""
    load = draft.load
    if "ops" in load:
        load.setdefault("scaling", "strong")
    if "rate" in load:
        load.setdefault("arrivals", "constant")
    if "until" in load:
        load.setdefault("within", SEARCH_WITHIN)
    background = _background(draft)
    kinds = KINDS if background is None else draft.entries
    shown = {kind: draft.entries[kind].label for kind in kinds} | dict(labels)
    if background is None:
        shown.pop("background.model", None)  # without workers it carries nothing
    measure = spec.measure.model_copy(update=draft.measure) if draft.measure else spec.measure
    settings = draft.runtime if measure.pin == "none" else {**draft.runtime, "pin": measure.pin}
    if measure.isolation == FORK and may_be_forked(draft):
        settings = {**settings, "isolation": FORK}
    label = labels.get("python", "current")
    runtime = Runtime(label, in_order(settings)) if settings or label != "current" else AS_IT_COMES
    cell = Cell(
        "",
        {key: shown.get(key) for key in order},
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
