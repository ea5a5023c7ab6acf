"""What each primitive costs, or which is cheapest: the throughput that is left beside that of no primitive."""

from __future__ import annotations

from concexp.report.markdown import code
from concexp.report.numbers import enumerated, spread
from concexp.report.view import Contest, Point, View


def said(view: View, contest: Contest) -> list[str]:
    """One sentence per model that was measured with several primitives."""
    if view.metric.better is None:
        return []
    found = []
    for line, points in view.lines(contest.points).items():
        usable = [p for p in points if p.trusted and p.status in ("ok", "invalid") and p.value(view.primary).known]
        alike = _at_one_number_of_workers(usable)
        reference = _reference(view, alike)
        if reference is None:
            continue
        parts = [
            f"{spread(view.ratio(point, reference), 'x')} with {code(view.primitive(point))}{point.mark}"
            for point in sorted(alike, key=lambda p: -p.value(view.primary).mean)
            if point is not reference
        ]
        if parts:
            whom = f"{code(line)} × {code(view.primitive(reference))}{reference.mark}"
            found.append(f"Relative to {whom}, {view.primary} is {enumerated(parts)}.")
    return found


def _at_one_number_of_workers(points: list[Point]) -> list[Point]:
    """The points at that number of workers which most primitives were measured with; of several, the largest."""
    groups: dict[int, list[Point]] = {}
    for point in points:
        groups.setdefault(point.workers or 0, []).append(point)
    return max(groups.items(), key=lambda pair: (len(pair[1]), pair[0]))[1] if groups else []


def _reference(view: View, points: list[Point]) -> Point | None:
    """The point without a primitive; where all have one, the best."""
    bare = [p for p in points if view.plugin("sync", str(p.labels["sync"])).role == "none"]
    return bare[0] if bare else view.best(points)
