"""Which panels are drawn where not all fit: those that carry the answer of the picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from concexp.report.long_axes import chosen
from concexp.report.points import Point
from concexp.report.view import View

T = TypeVar("T")


def telling(
    view: View,
    panels: Sequence[T],
    most: int,
    labels_of: Callable[[T], Mapping[str, Any]],
    points_of: Callable[[T], Sequence[Point]],
) -> list[T]:
    """The panels to draw, no more than `most`, in their order: those in which the most depends on the choice.

    Of each long axis only those at its ends and in its middle.
    """
    few = chosen(view, panels, labels_of)
    return heaviest(few, most, lambda panel: _contrast(view, points_of(panel)))


def heaviest(panels: Sequence[T], most: int, weight: Callable[[T], Any]) -> list[T]:
    """The panels with the highest weight, no more than `most`, in their order; of equal ones the first."""
    ordered = sorted(range(len(panels)), key=lambda number: weight(panels[number]), reverse=True)
    return [panels[number] for number in sorted(ordered[:most])]


def _contrast(view: View, points: Sequence[Point]) -> float:
    """The logarithm of the factor between the best and the worst of the points that can win; 0 where intervals overlap."""
    known = [p for p in points if p.can_win and p.value(view.primary).mean > 0]
    if len(known) < 2:
        return 0.0
    low, high = (chosen_of(known, key=lambda p: p.value(view.primary).mean) for chosen_of in (min, max))
    one, other = low.value(view.primary), high.value(view.primary)
    if one.bounded and other.bounded and one.hi >= other.lo:
        return 0.0
    return math.log(other.mean / one.mean)
