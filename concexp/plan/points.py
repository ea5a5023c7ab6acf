"""Axes -> their values on this machine: ranges unrolled, formulas computed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from concexp.errors import InputError, Problem
from concexp.experiment import Axis, Range, Value, expressions, units

CELL_LIMIT = 100_000
DIGITS = 12  # significant ones: the traces of a computation must not show in labels and ids


def points_of(axis: Axis, cpus: int) -> Sequence[tuple[Value, ...]]:
    """The points of an axis; those of a range are computed here, since its formulas may name the number of CPUs."""
    if axis.range is None:
        return axis.points
    start = axis.range.start
    place = start.file, start.line, start.column
    return [(Value(number, start.label, False, *place),) for number in _numbers(axis.range, axis.keys[0], cpus)]


def _numbers(bounds: Range, key: str, cpus: int) -> list[int | float]:
    """The numbers of a range; InputError if it is empty or never ends."""
    start, stop, factor, step = (
        _number(part, key, {"cpus": cpus}) if part is not None else None
        for part in (bounds.start, bounds.stop, bounds.times, bounds.step)
    )
    assert start is not None
    assert stop is not None
    if (factor is not None and (factor <= 1 or start <= 0)) or (step is not None and step <= 0):
        cure = "`times` over 1 from above 0, or `step` over 0"
        raise InputError([problem_at(bounds.start, key, "this range never ends", cure)])
    numbers: list[int | float] = []
    number: float = start
    while number <= stop + abs(stop) * 1e-9:
        numbers.append(_rounded(number))
        if len(numbers) > CELL_LIMIT:
            raise InputError([problem_at(bounds.start, key, f"this range has more than {CELL_LIMIT:,} values")])
        # Steps count from the start each time: 0.1 + 0.1 + 0.1 is not 0.3.
        number = number * factor if factor is not None else start + len(numbers) * (step or 0)
    if not numbers:
        raise InputError([problem_at(bounds.start, key, f"this range is empty: from {start:g} to {stop:g}")])
    return numbers


def is_of_axes(value: Value) -> bool:
    """Whether a formula names other axes, so that its number is another one at each point."""
    return not set(expressions.names(expressions.parse(value.raw))) <= {"cpus"}


def constant(value: Value, key: str, cpus: int) -> int | float:
    """The number of a formula that names no other axis; InputError if it gives none."""
    return _number(value, key, {"cpus": cpus})


def computed(values: Mapping[str, Value], cpus: int) -> dict[str, Any]:
    """The raw values of a point by axis, its formulas computed; a formula may name other axes."""
    known: dict[str, Any] = {key: value.raw for key, value in values.items() if not value.formula}
    if len(known) == len(values):
        return known
    waiting = {key: value for key, value in values.items() if value.formula}
    while waiting:
        ready = dict(_computable(waiting, {*known, "cpus"}))
        if not ready:
            key, value = next(iter(waiting.items()))
            what = f"`{value.raw}` depends on itself"
            raise InputError([problem_at(value, key, what, "give one of the axes plain numbers")])
        for key, value in ready.items():
            known[key] = _number(value, key, {**known, "cpus": cpus})
            del waiting[key]
    return known


def _computable(formulas: Mapping[str, Value], known: set[str]) -> Iterator[tuple[str, Value]]:
    """The formulas whose names are all known."""
    for key, value in formulas.items():
        if set(expressions.names(expressions.parse(value.raw))) <= known:
            yield key, value


def _number(value: Value, key: str, known: Mapping[str, Any]) -> int | float:
    """A plain number, or what a formula gives."""
    if not value.formula:
        return _rounded(value.raw)
    try:
        result = expressions.evaluate(expressions.parse(value.raw), known)
    except expressions.ExpressionError as error:
        raise InputError([problem_at(value, key, f"in `{value.raw}`: {error}")]) from error
    if isinstance(result, bool) or not isinstance(result, int | float) or not abs(result) < float("inf"):
        what = f"`{value.raw}` gives {units.for_message(result)}, which is not a number"
        raise InputError([problem_at(value, key, what)])
    return _rounded(result)


def _rounded(number: float) -> int | float:
    """To significant digits; whole numbers become int."""
    if isinstance(number, int):
        return number
    rounded = float(f"{number:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def problem_at(value: Value, key: str, message: str, hint: str = "") -> Problem:
    """A problem at a value of `sweep:`."""
    return Problem(value.file, value.line, value.column, f"sweep.{key}", message, hint)
