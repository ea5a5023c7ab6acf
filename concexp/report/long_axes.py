"""Axes of numbers. One with many values is a curve, and a picture with a panel per value shows a few of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from concexp.experiment import units
from concexp.report.view import View, once_per_view

LONGEST = 8  # values of an axis that panels can show
KINDS: tuple[tuple[str, Callable[[Any], float]], ...] = (
    ("", units.number),
    ("s", units.duration),
    ("bytes", units.size),
    ("1/s", units.rate),
    ("%", lambda value: 100 * units.fraction(value)),
)
T = TypeVar("T")


@dataclass(frozen=True)
class LongAxis:
    """An axis of numbers: its key, the unit of its values, and the value of each label, from the lowest on."""

    key: str
    unit: str
    values: Mapping[str, float]

    @property
    def few(self) -> list[str]:
        """The labels of the lowest, the middle and the highest value."""
        labels = list(self.values)
        return [labels[0], labels[len(labels) // 2], labels[-1]]


def quantity(label: Any) -> tuple[str, float] | None:
    """A label as (unit, value); None if it is not a number with or without a unit."""
    for unit, read in KINDS:
        try:
            return unit, float(read(label))
        except (ValueError, OverflowError):
            continue
    return None


def numeric_axis(view: View, key: str) -> LongAxis | None:
    """An axis all of whose labels are numbers of one unit; None for any other, and for versions of interpreters."""
    if key not in view.varying_axes or key == "python":
        return None
    labels = dict.fromkeys(p.labels[key] for p in view.points if p.has_numbers and p.labels.get(key) is not None)
    known = {str(label): quantity(label) for label in labels}
    units_of = {one[0] for one in known.values() if one is not None and one[1] != 0}  # 0 needs no unit
    if None in known.values() or len(units_of) != 1:
        return None
    values = sorted(((label, one[1]) for label, one in known.items() if one), key=lambda pair: pair[1])
    return LongAxis(key, units_of.pop(), dict(values))


@once_per_view
def long_axes(view: View) -> list[LongAxis]:
    """The axes of the work with more than LONGEST numbers, the longest first: not the number of workers, nor a model's own."""
    numeric = [axis for key in view.axes if not view.is_choice(key) and (axis := numeric_axis(view, key))]
    found = [axis for axis in numeric if len(axis.values) > LONGEST]
    found = [axis for axis in found if not view.is_redundant(axis.key, [one.key for one in found])]
    return sorted(found, key=lambda axis: -len(axis.values))


def chosen(view: View, panels: Sequence[T], labels_of: Callable[[T], Mapping[str, Any]]) -> list[T]:
    """The panels that may be drawn: of each long axis only those at its ends and in its middle."""
    axes = long_axes(view)
    kept = [
        panel
        for panel in panels
        if all(str(label) in axis.few for axis in axes if (label := labels_of(panel).get(axis.key)) is not None)
    ]
    return kept or list(panels)
