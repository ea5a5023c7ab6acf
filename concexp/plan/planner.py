"""Spec + facts -> Plan: every cell of the sweep, the impossible ones with their reason, and the order of the trials. Pure."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from concexp import catalog
from concexp.errors import EnvironmentRefused, InputError, Problem, did_you_mean
from concexp.experiment import Axis, Entry, Grid, Spec, Value, axes, expressions, units
from concexp.experiment.selections import matches
from concexp.experiment.spec import KINDS, second_roles
from concexp.experiment.statuses import CONTROL, MEASURED, PICTURED, SENTINEL
from concexp.plan import controls
from concexp.plan.cell import Background, Cell, PlannedTrial, Runtime, cell_id
from concexp.plan.claim_cases import Cells, check
from concexp.plan.support import SupportCheck, here

CELL_LIMIT = 100_000
TRIAL_LIMIT = 1_000_000


@dataclass(frozen=True)
class Plan:
    """All cells in the order of the YAML, and the trials of all whole blocks in the order in which they are to run.

    `cpus` are the usable CPUs; `controlled` are the cells that have a control, `sentinel` is the cell that watches the
    machine.
    """

    cells: tuple[Cell, ...]
    trials: tuple[PlannedTrial, ...]
    cpus: int
    controlled: tuple[Cell, ...] = ()
    sentinel: Cell | None = None
    unprobed: tuple[str, ...] = ()  # labels of interpreters that nobody has asked yet what they can run

    @property
    def runnable(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if not cell.reason)

    @property
    def unsupported(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.reason)

    def labels(self) -> dict[str, list[Any]]:
        """Each axis's labels, in order."""
        found: dict[str, dict[Any, None]] = {}
        for cell in self.cells:
            for key, label in cell.axes.items():
                found.setdefault(key, {})[label] = None
        return {key: [label for label in labels if label is not None] for key, labels in found.items()}


def make_plan(spec: Spec, cpus: int, only: str = "", judges: Mapping[str, SupportCheck] | None = None) -> Plan:
    """The plan of a spec on a machine with `cpus` usable CPUs; `only` is a condition that cells must meet.

    `judges` know, by label, what interpreters can run. That which runs this needs none; of others without one it is taken
    that they can run everything.
    """
    known = {label: here() for label, value in spec.interpreters.items() if value.raw == "current"} | dict(judges or {})
    grids = [[_points(axis, cpus) for axis in _axes(grid)] for grid in spec.grids]
    count = sum(_count(grid, points) for grid, points in zip(spec.grids, grids, strict=True))
    if count > CELL_LIMIT:
        cure = "leave out values, or split the question into several experiments"
        raise _refusal(spec, f"the sweep has {count:,} cells; the limit is {CELL_LIMIT:,}", cure)
    columns = list(dict.fromkeys(key for grid in spec.grids for axis in grid.axes for key in axis.keys))
    several = ["background"] if second_roles(spec.grids) else []
    order = ["workload", "model", "sync", "workers", *several, *(key for key in columns if key != "workers")]
    cells: dict[str, Cell] = {}
    for grid, points in zip(spec.grids, grids, strict=True):
        for cell in _cells(spec, grid, points, order, cpus):
            cells.setdefault(cell.id, cell)
    chosen = _only(list(cells.values()), only, cpus) if only and cells else list(cells.values())
    chosen = _judged(chosen, known)
    roles = [role for cell in chosen if not cell.reason for role, _ in _purposes(spec, cell)]
    trials = sum(1 if role == PICTURED else spec.measure.blocks for role in roles)
    if trials > TRIAL_LIMIT:
        cure = "fewer `measure.repetitions`, or fewer values"
        raise _refusal(spec, f"the plan has {trials:,} trials; the limit is {TRIAL_LIMIT:,}", cure)
    if not chosen:
        what = f"`--only {only}`" if only and cells else "`exclude`"
        raise _refusal(spec, f"{what} leaves no cell", "`concexp plan` lists the cells")
    # `only` may leave out what a claim is about: it has to make sense for the whole.
    check(spec.claims, Cells({cell.id: cell.axes for cell in cells.values()}, cpus))
    unasked = tuple(label for label in spec.interpreters if label not in known)
    return _scheduled(spec, Plan(tuple(chosen), (), cpus, unprobed=unasked))


def with_refusals(spec: Spec, plan: Plan, reasons: Mapping[str, str]) -> Plan:
    """The plan in which these cells, by their ids, cannot run either."""
    if not reasons:
        return plan
    cells = tuple(replace(cell, reason=cell.reason or reasons.get(cell.id, "")) for cell in plan.cells)
    return _scheduled(spec, replace(plan, cells=cells, controlled=(), sentinel=None))


def _scheduled(spec: Spec, plan: Plan) -> Plan:
    """The plan with its trials, its controls and its sentinel; EnvironmentRefused where no cell can run."""
    if not plan.runnable:
        reasons = "\n".join(f"  - {reason}" for reason in dict.fromkeys(cell.reason for cell in plan.cells))
        raise EnvironmentRefused(
            f"no cell of {spec.name} can run here:\n{reasons}", "choose other models or primitives"
        )
    plan = _watched(spec, plan)
    return replace(
        plan, trials=tuple(t for k in range(spec.measure.blocks) for t in block(spec, plan, k, plan.runnable))
    )


def _judged(cells: Sequence[Cell], judges: Mapping[str, SupportCheck]) -> list[Cell]:
    """The cells with the reasons why they cannot run, each from its own interpreter's judge."""
    reasons: dict[str, str] = {}
    for label, judge in judges.items():
        own = [cell for cell in cells if cell.runtime.python == label]
        if own:
            reasons |= {cell.id: reason for cell, reason in zip(own, judge.reasons(own), strict=True)}
    return [replace(cell, reason=reasons.get(cell.id, "")) for cell in cells]


def _refusal(spec: Spec, message: str, hint: str) -> InputError:
    return InputError([Problem(spec.path or spec.name, 0, 0, "sweep", message, hint)])


def _watched(spec: Spec, plan: Plan) -> Plan:
    """The plan with its controls and its sentinel, where there are blocks enough for them to tell anything."""
    if spec.measure.blocks < controls.FEWEST_BLOCKS:
        return plan
    wanted = spec.measure.control
    controlled = controls.controlled(plan.runnable, lambda c: matches(spec.baseline, c.axes)) if wanted else ()
    return replace(plan, controlled=controlled, sentinel=controls.sentinel(plan.runnable))


def block(spec: Spec, plan: Plan, number: int, cells: Iterable[Cell]) -> Iterator[PlannedTrial]:
    """Block k: repetition k of these cells, of what is observed or controlled of them, and of the sentinel.

    All of it is in an order that the seed decides.
    """
    chosen = {cell.id: cell for cell in cells}
    members = [(c, *purpose) for c in chosen.values() for purpose in _purposes(spec, c)]
    if number:
        members = [(cell, role, probe) for cell, role, probe in members if role != PICTURED]  # once is enough
    members += [(cell, CONTROL, "") for cell in plan.controlled if cell.id in chosen]
    members += [(plan.sentinel, SENTINEL, "")] if plan.sentinel is not None else []
    # A text as seed goes through SHA-512: the same order on every version and machine.
    random.Random(f"{spec.measure.seed}/{number}").shuffle(members)
    for position, (cell, role, probe) in enumerate(members):
        # A control is another trial of the same cell; what is observed does what the measured trial does.
        own = "/control" if role == CONTROL else ""
        identity = f"{cell.settings.seed}/{cell.id}{own}/{number}".encode()
        seed = int.from_bytes(hashlib.sha256(identity).digest()[:4], "big")
        suffix = f"-{probe or role}" if role != MEASURED else ""
        yield PlannedTrial(f"{cell.id}-{number:04d}{suffix}", cell, number, position, number, seed, role, probe)


def _purposes(spec: Spec, cell: Cell) -> list[tuple[str, str]]:
    """(role, probe) of the trials of a cell: the measured one, and those that probes need for themselves to see anything."""
    if cell.simulated:
        return [("measured", "")]
    found = {name: catalog.load("probe", name) for name in sorted(spec.probes)}
    seeing = {name: probe for name, probe in found.items() if probe.own_trials and probe.applies_to(cell.sync.plugin)}
    return [("measured", ""), *(("pictured" if probe.once else "observed", name) for name, probe in seeing.items())]


def _axes(grid: Grid) -> tuple[Axis, ...]:
    """The grid's axes; without `workers` among them, as many workers as there are CPUs."""
    if any("workers" in axis.keys for axis in grid.axes):
        return grid.axes
    return (Axis(("workers",), ((Value("cpus", None, True),),)), *grid.axes)


def _count(grid: Grid, points: Sequence[Sequence[Any]]) -> int:
    return math.prod([len(grid.workload), len(grid.model), len(grid.sync), *map(len, points)])


def _points(axis: Axis, cpus: int) -> Sequence[tuple[Value, ...]]:
    """The points of an axis; those of a range are computed here, where the number of CPUs is known."""
    if axis.range is None:
        return axis.points
    key, where = axis.keys[0], axis.range.start
    start, stop, factor, step = (
        _evaluated(part, key, {"cpus": cpus}) if part is not None else None
        for part in (where, axis.range.stop, axis.range.times, axis.range.step)
    )
    assert start is not None
    assert stop is not None
    values: list[float] = []
    value: float = start
    if (factor is not None and (factor <= 1 or start <= 0)) or (step is not None and step <= 0):
        raise InputError(
            [_problem(where, key, "this range never ends", "`times` over 1 from above 0, or `step` over 0")]
        )
    while value <= stop + abs(stop) * 1e-9:
        values.append(value)
        if len(values) > CELL_LIMIT:
            raise InputError([_problem(where, key, f"this range has more than {CELL_LIMIT:,} values")])
        # From the start each time: 0.1 + 0.1 + 0.1 is not 0.3.
        value = value * factor if factor is not None else start + len(values) * (step or 0)
    if not values:
        raise InputError([_problem(where, key, f"this range is empty: from {start:g} to {stop:g}")])
    return [(replace(where, raw=_tidy(value), formula=False),) for value in values]


def _problem(value: Value, key: str, message: str, hint: str = "") -> Problem:
    return Problem(value.file, value.line, value.column, f"sweep.{key}", message, hint)


def _evaluated(value: Value, key: str, known: Mapping[str, Any]) -> int | float:
    """The number that a formula gives, or that stands there."""
    if not value.formula:
        return _tidy(value.raw)
    try:
        found = expressions.evaluate(expressions.parse(value.raw), known)
    except expressions.ExpressionError as error:
        raise InputError([_problem(value, key, f"in `{value.raw}`: {error}")]) from error
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) < float("inf"):
        raise InputError([_problem(value, key, f"`{value.raw}` gives {units.for_message(found)}, which is no number")])
    return _tidy(found)


def _tidy(number: float) -> int | float:
    """12 digits: what is left of a computation must not show in labels and ids."""
    if isinstance(number, int):
        return number
    rounded = float(f"{number:.12g}")
    return int(rounded) if rounded.is_integer() else rounded


def _cells(
    spec: Spec, grid: Grid, points: Sequence[Sequence[tuple[Value, ...]]], order: Sequence[str], cpus: int
) -> Iterator[Cell]:
    keys = [axis.keys for axis in _axes(grid)]
    for workload, model, sync, chosen in itertools.product(
        grid.workload, grid.model, grid.sync, itertools.product(*points)
    ):
        values = {k: v for group, point in zip(keys, chosen, strict=True) for k, v in zip(group, point, strict=True)}
        cell = _cell(spec, grid, {"workload": workload, "model": model, "sync": sync}, values, order, cpus)
        if not any(_excluded(selection, cell, cpus) for selection in grid.exclude):
            yield cell


def _cell(
    spec: Spec, grid: Grid, entries: dict[str, Entry], values: Mapping[str, Value], order: Sequence[str], cpus: int
) -> Cell:
    computed = _computed(values, cpus)
    applies: dict[str, Any] = {}
    load = dict(grid.load) if grid.load is not None else dict(entries["workload"].plugin.load)
    settings: dict[str, Any] = {}
    runtime: dict[str, Any] = {}
    startup, workers = grid.startup, None
    second: dict[str, Any] = {"background.workers": 1, "background.model": "threads"}
    background = grid.background
    if background is not None:
        entries["background"] = background
    for key, value in values.items():
        raw = computed[key]
        label = value.label if value.label is not None else _label(raw)
        owner, _, name = key.rpartition(".")
        if key == "workers":
            if not entries["model"].plugin.needs_workers:
                continue
            workers = _converted(key, raw, value)
        elif key in second:
            second[key] = _converted(key, raw, value)
        elif key == "startup":
            startup = raw
        elif key == "load":
            load = _converted(key, raw, value)
        elif owner == "load":
            if name == "scaling" and not {"load.ops", "ops"} & (set(values) | set(load)):
                continue  # nothing is counted
            if name in ("ops", "duration"):
                load = {
                    k: v
                    for k, v in load.items()
                    if k not in ("ops", "duration", "scaling" if name == "duration" else "")
                }
            load[name] = _converted(key, raw, value)
        elif key in ("seed", "pin") or owner == "measure":
            settings[name] = _converted(key, raw, value)
        elif key == "python":
            runtime[key] = label
        elif key in ("gil", "jit", "switch_interval"):
            runtime[key] = _converted(key, raw, value)
            if isinstance(runtime[key], bool) and value.label is None:  # however it was written
                label = "on" if runtime[key] else "off"
        else:
            reached = axes.holders(key, list(entries.values()))
            if not reached:
                continue  # another entry's parameter: this cell has no such axis
            for entry in reached:
                try:
                    entries[entry.kind] = entry.with_parameter(name, raw)
                except ValueError as error:
                    raise InputError([_problem(value, key, str(error))]) from error
        applies[key] = label
    if "ops" in load:
        load.setdefault("scaling", "strong")
    if "rate" in load:
        load.setdefault("arrivals", "constant")
    role = None
    if background is not None and second["background.workers"]:
        role = Background(entries["background"], _model(second["background.model"]), second["background.workers"])
    elif background is not None:  # nobody does it: how is no question
        applies = {key: label for key, label in applies.items() if key != "background.model"}
    shown = {kind: entry.label for kind, entry in entries.items() if kind in KINDS or role is not None} | applies
    shown = {key: shown.get(key) for key in order}
    measure = spec.measure.model_copy(update=settings)
    cell = Cell(
        "", shown, entries["workload"], entries["model"], entries["sync"], workers, load, startup, measure, "", role,
        Runtime(**runtime, pin="" if measure.pin == "none" else measure.pin),
    )  # fmt: skip
    return replace(cell, id=cell_id(cell))


def _model(name: str) -> Entry:
    """A model with its defaults."""
    values = {p.name: p.default for p in catalog.parameters(catalog.load("model", name)).values()}
    return Entry("model", name, name, values)


def _computed(values: Mapping[str, Value], cpus: int) -> dict[str, Any]:
    """The raw values of a point, formulas computed; a formula may speak of another axis."""
    known: dict[str, Any] = {key: value.raw for key, value in values.items() if not value.formula}
    waiting = {key: value for key, value in values.items() if value.formula}
    while waiting:
        ready = {
            k: v for k, v in waiting.items() if set(expressions.names(expressions.parse(v.raw))) <= {*known, "cpus"}
        }
        if not ready:
            key, value = next(iter(waiting.items()))
            raise InputError(
                [_problem(value, key, f"`{value.raw}` depends on itself", "give one of the axes plain numbers")]
            )
        for key, value in ready.items():
            known[key] = _evaluated(value, key, {**known, "cpus": cpus})
            del waiting[key]
    return known


def _converted(key: str, raw: Any, value: Value) -> Any:
    try:
        return axes.READERS[key](raw)
    except ValueError as error:
        raise InputError(
            [_problem(value, key, str(error) + (f" (from `{value.raw}`)" if value.formula else ""))]
        ) from error


def _label(raw: Any) -> Any:
    """What a table shows of a value: maps and lists become text."""
    if isinstance(raw, dict):
        return ", ".join(f"{key} {_label(value)}" for key, value in raw.items())
    return json.dumps(raw, ensure_ascii=False) if isinstance(raw, list) else raw


def _excluded(selection: Mapping[str, Any] | Value, cell: Cell, cpus: int) -> bool:
    if not isinstance(selection, Value):
        return matches(selection, cell.axes)
    try:
        return bool(expressions.evaluate(expressions.parse(selection.raw), {**cell.axes, "cpus": cpus}, labels=True))
    except expressions.ExpressionError as error:
        place = (selection.file, selection.line, selection.column)
        raise InputError([Problem(*place, "exclude", f"in `{selection.raw}`: {error}")]) from error


def _only(cells: Sequence[Cell], text: str, cpus: int) -> list[Cell]:
    """The cells that meet a condition; `model=threads` is understood as `model == threads`."""
    condition = re.sub(r"(?<![<>=!])=(?!=)", "==", text)
    try:
        tree = expressions.parse(condition)
        known = {key for cell in cells for key in cell.axes} | {"cpus"}
        labels = {label for cell in cells for label in cell.axes.values() if isinstance(label, str)}
        for name in expressions.names(tree):
            if name not in known | labels:
                hint = did_you_mean(name, sorted(known | labels))
                raise InputError([Problem(f"--only {text}", 0, 0, "", f"there is no axis or label '{name}'", hint)])
        return [c for c in cells if expressions.evaluate(tree, {**c.axes, "cpus": cpus}, labels=True)]
    except expressions.ExpressionError as error:
        raise InputError([Problem(f"--only {text}", 0, 0, "", str(error), "--only 'model=threads'")]) from error


def unsupported_reasons(cells: Iterable[Cell]) -> dict[str, int]:
    """How many cells cannot run, by reason."""
    found: dict[str, int] = {}
    for cell in cells:
        if cell.reason:
            found[cell.reason] = found.get(cell.reason, 0) + 1
    return found
