"""What each primitive costs, or which is cheapest: the throughput that is left beside that of no primitive."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from concexp.report.comparisons import Pair
from concexp.report.findings._words import alike
from concexp.report.markdown import code
from concexp.report.numbers import enumerated, spread
from concexp.report.view import Contest, Point, View
from concexp.spec.selections import NUMBERED


def said(view: View, contest: Contest) -> list[str]:
    """One sentence per model that was measured with several primitives."""
    found = []
    floor = view.floor(contest.points)
    for line, points in compared(view, contest).items():
        reference = _reference(view, points)
        if reference is None:
            continue
        parts = [
            _ratio(view, point, reference, floor)
            for point in sorted(points, key=lambda p: -p.value(view.primary).mean)
            if point is not reference
        ]
        if parts:
            whom = f"{code(line)} × {code(view.primitive(reference))}{reference.mark}"
            found.append(f"Relative to {whom}, {view.primary} is {enumerated(parts)}.")
    return found


def pairs(view: View, contest: Contest) -> Iterator[Pair]:
    """The primitives beside none; where all cells have one, beside each other: any of them might have been the best."""
    for points in compared(view, contest).values():
        reference = bare(view, points)
        sides = combinations(points, 2) if reference is None else ((point, reference) for point in points)
        yield from (Pair(above, below, view.primary) for above, below in sides)


def _ratio(view: View, point: Point, reference: Point, floor: float) -> str:
    """`0.42x (0.40–0.44) with lock`, and where that is no difference, that it is none."""
    found = view.ratio(point, reference)
    word = view.comparisons.word(Pair(point, reference, view.primary), found, floor)
    differs = word in ("higher", "lower") or not found.bounded
    told = f"{spread(found, 'x')} with {code(view.primitive(point))}{point.mark}"
    return told if differs else f"{told} ({alike(found) or 'not resolved'})"


def compared(view: View, contest: Contest) -> dict[str, list[Point]]:
    """The points to compare, by line: beyond doubt, and at one number of workers."""
    if view.metric.better is None:
        return {}
    found = {}
    for line, points in view.lines(contest.points).items():
        usable = [p for p in points if p.trusted and p.status in NUMBERED and p.value(view.primary).known]
        found[line] = _at_one_number_of_workers(usable)
    return found


def _at_one_number_of_workers(points: list[Point]) -> list[Point]:
    """The points at that number of workers which most primitives were measured with; of several, the largest."""
    groups: dict[int, list[Point]] = {}
    for point in points:
        groups.setdefault(point.workers or 0, []).append(point)
    return max(groups.items(), key=lambda pair: (len(pair[1]), pair[0]))[1] if groups else []


def _reference(view: View, points: list[Point]) -> Point | None:
    """The point without a primitive; where all have one, the best."""
    return bare(view, points) or view.best(points)


def bare(view: View, points: list[Point]) -> Point | None:
    return next((p for p in points if view.plugin("sync", str(p.labels["sync"])).role == "none"), None)
