"""Which pairs of points the answer's sentences could be about: all of them are corrected for together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from concexp.analysis.stats.intervals import Interval
from concexp.experiment.statuses import NUMBERED
from concexp.report.view import Comparison, Point, View

if TYPE_CHECKING:
    from concexp.report.view import Point

Key = tuple[frozenset[str], str]


@dataclass(frozen=True)
class Pair:
    """Two points whose metric is compared."""

    above: Point
    below: Point
    metric: str

    @property
    def key(self) -> Key:
        """The same whichever of the two is named first: so is the p-value."""
        return frozenset((self.above.cell, self.below.cell)), self.metric


def primitive_pairs(view: View, comparison: Comparison) -> Iterator[Pair]:
    """The primitives beside none; where all cells have one, beside each other: any of them might have been the best."""
    for points in comparable(view, comparison).values():
        reference = without_primitive(view, points)
        sides = combinations(points, 2) if reference is None else ((point, reference) for point in points)
        yield from (Pair(above, below, view.primary) for above, below in sides)


def comparable(view: View, comparison: Comparison) -> dict[str, list[Point]]:
    """The points to compare, by line: beyond doubt, and at one number of workers."""
    if view.metric.better is None:
        return {}
    found = {}
    for line, points in view.series(comparison.points).items():
        usable = [
            p for p in points if p.enough_clean_trials and p.status in NUMBERED and p.value(view.primary).has_value
        ]
        found[line] = _at_one_number_of_workers(usable)
    return found


def _at_one_number_of_workers(points: list[Point]) -> list[Point]:
    """The points at that number of workers which most primitives were measured with; of several, the largest."""
    groups: dict[int, list[Point]] = {}
    for point in points:
        groups.setdefault(point.workers or 0, []).append(point)
    return max(groups.items(), key=lambda pair: (len(pair[1]), pair[0]))[1] if groups else []


def without_primitive(view: View, points: list[Point]) -> Point | None:
    return next((p for p in points if view.plugin("sync", str(p.labels["sync"])).role == "none"), None)


def gain_pairs(view: View, comparison: Comparison) -> Iterator[Pair]:
    """Every gain: the largest of a line is what is told of."""
    return (pair for points in view.series(comparison.points).values() for pair, _ in gains_in(view, points))


def has_baseline(view: View, points: Iterable[Point]) -> bool:
    """Whether gains are relative to a baseline; else to the same with fewest workers."""
    return bool(view.relative) and any(point.value(view.relative).has_value for point in points)


def gains_in(view: View, points: list[Point]) -> list[tuple[Pair, Interval]]:
    """The firm points of a line that have several workers beside what their gain is relative to, with the gain."""
    several = [point for point in points if point.can_win and (point.workers or 1) > 1]
    gains: list[tuple[Pair, Interval]] = []
    if has_baseline(view, points):
        for point in several:
            below = view.baseline(point)
            if below is not None and below.can_win and below is not point:
                pair = Pair(point, below, view.metrics[view.relative].compares)
                gains.append((pair, point.value(view.relative)))
    else:
        for point in several:
            alone = [p for p in points if p.can_win and p.workers and view.primitive(p) == view.primitive(point)]
            least = min(alone, key=lambda p: p.workers or 0)
            if least.workers != point.workers and view.metric.better is not None:
                ratio = view.ratio(point, least)
                gain = ratio if view.metric.better == "higher" else ratio.inverted()
                gains.append((Pair(point, least, view.primary), gain))
    return [(pair, gain) for pair, gain in gains if gain.has_value]


def winner_pairs(view: View, comparison: Comparison) -> Iterator[Pair]:
    """The best of each line beside each other: any of them might have been the best of all."""
    firm = [point for point in comparison.points if point.can_win]
    return (Pair(one, other, view.primary) for one, other in combinations(best_per_series(view, firm), 2))


def best_per_series(view: View, points: Iterable[Point]) -> list[Point]:
    """The best of each line: these compete."""
    return [best for own in view.series(points).values() if (best := view.best(own))]
