"""`load:` and axes of the load -> the load of a grid, if its parts fit together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from concexp.experiment.blocks import Load
from concexp.experiment.problems import Problems, shaped
from concexp.experiment.scope import Scope
from concexp.experiment.spec import Grid
from concexp.experiment.swept import Axis
from concexp.trial.search import too_short_a_step


@dataclass(frozen=True)
class _Given:
    """What is known about the load of a grid.

    written        whether `load:` is there
    parts          the parts that `load:` or an axis sets: ops, duration, scaling, rate, arrivals, until, within
    axes           the keys of all axes of the grid
    counted        whether operations are counted anywhere
    workers_vary   whether the number of workers varies
    """

    written: bool
    parts: frozenset[str]
    axes: frozenset[str]
    counted: bool
    workers_vary: bool


@dataclass(frozen=True)
class _Rule:
    """One mistake: when it is made, what to say, and where: at `load:` if that is there, unless `at_sweep`."""

    broken: Callable[[_Given], bool]
    message: str
    cure: str
    at_sweep: bool = False
    key: str | None = None


# The first rule that is broken is reported: those below assume those above.
RULES = (
    _Rule(
        lambda given: "load" in given.axes and any(axis.startswith("load.") for axis in given.axes),
        "both `load` and a part of it are axes",
        "keep one of them",
        at_sweep=True,
    ),
    _Rule(
        lambda given: {"rate", "ops"} <= given.parts,
        "`rate` and `ops` are both said",
        "an open loop lasts a time: load: {rate: 100/s, duration: 5s}",
    ),
    _Rule(
        lambda given: "rate" in given.parts and "duration" not in given.parts,
        "an open loop needs a `duration`",
        "load: {rate: 100/s, duration: 5s}",
    ),
    _Rule(
        lambda given: "arrivals" in given.parts and "rate" not in given.parts,
        "`arrivals` is for an open loop",
        "add a `rate`, such as rate: 100/s",
    ),
    _Rule(
        lambda given: "until" in given.parts and "rate" not in given.parts,
        "`until` searches for a rate, and none is said from which",
        "add a `rate` that can surely be served, such as rate: 100/s",
        key="until",
    ),
    _Rule(
        lambda given: "until" in given.parts and "load.rate" in given.axes,
        "`until` searches for the rate, and `load.rate` is an axis",
        "keep one of them",
        at_sweep=True,
    ),
    _Rule(
        lambda given: "within" in given.parts and "until" not in given.parts,
        "`within` is for a search",
        "add until: overloaded",
        key="within",
    ),
    _Rule(
        lambda given: {"ops", "duration"} <= given.parts,
        "both `ops` and `duration` are said",
        "count operations, or measure for a time",
    ),
    _Rule(
        lambda given: given.written and not {"ops", "duration"} & given.parts and "load" not in given.axes,
        "neither `ops` nor `duration` is said",
        "load: {duration: 1s}, for example",
    ),
    _Rule(
        lambda given: {"duration", "scaling"} <= given.parts,
        "`scaling` is for counted operations",
        "leave it out",
        key="scaling",
    ),
    _Rule(
        lambda given: given.counted and "scaling" not in given.parts and given.workers_vary,
        "`workers` varies and operations are counted: say which scaling is meant",
        "scaling: strong (ops in total) or scaling: weak (ops for each worker)",
    ),
)


def read(scope: Scope, axes: Sequence[Axis], problems: Problems) -> dict[str, Any] | None:
    """The load of a grid in SI units; None where each workload has its own, or where there is a problem."""
    node, _ = scope.get("load")
    load = shaped(Load, node, "load", problems) if node is not None else Load()
    if load is None:
        return None
    parts = load.model_dump(exclude_none=True)
    given = _given(node is not None, parts, axes)
    rule = next((rule for rule in RULES if rule.broken(given)), None)
    if rule is not None and (node is None or rule.at_sweep):
        problems.at(scope.node, scope.path, rule.message, rule.cure, rule.key)
    elif rule is not None and node is not None:
        problems.at(node, "load", rule.message, rule.cure, rule.key)
    elif node is not None and {"rate", "duration", "until"} <= set(parts):
        why = too_short_a_step(parts["rate"], parts["duration"], parts["until"])
        if why:
            problems.at(node, "load", why, "raise `rate` or `duration`", "until")
    return parts if node is not None else None


def _given(written: bool, parts: dict[str, Any], axes: Sequence[Axis]) -> _Given:
    keys = frozenset(key for axis in axes for key in axis.keys)
    names = frozenset(parts) | {key.partition(".")[2] for key in keys if key.startswith("load.")}
    counted = "ops" in names or any("ops" in load and "scaling" not in load for load in _whole_loads(axes))
    workers_vary = any("workers" in axis.keys and axis.varies for axis in axes)
    return _Given(written, names, keys, counted, workers_vary)


def _whole_loads(axes: Sequence[Axis]) -> list[dict[str, Any]]:
    """The values of an axis `load`, as written."""
    points = [point for axis in axes if axis.keys == ("load",) for point in axis.points]
    return [value.raw for (value,) in points if isinstance(value.raw, dict)]


def is_open_loop(grids: Sequence[Grid]) -> bool:
    """Whether operations arrive at a rate in any grid."""
    for grid in grids:
        loads = [grid.load or {}, *_whole_loads(grid.axes)]
        if any("rate" in load for load in loads) or any("load.rate" in axis.keys for axis in grid.axes):
            return True
    return False
