"""What each primitive costs, or which is cheapest: the throughput that is left beside that of no primitive."""

from __future__ import annotations

from concexp.report.family import family_of
from concexp.report.pairs import Pair, comparable, without_primitive
from concexp.report.phrases import equal_text
from concexp.report.text.markdown import code
from concexp.report.text.numbers import enumerated, spread
from concexp.report.view import Comparison, Point, View


def sentences_for(view: View, comparison: Comparison) -> list[str]:
    """One sentence per model that was measured with several primitives."""
    found = []
    floor = view.floor(comparison.points)
    for line, points in comparable(view, comparison).items():
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


def _ratio(view: View, point: Point, reference: Point, floor: float) -> str:
    """`0.42x (0.40–0.44) with lock`, and where that is no difference, that it is none."""
    found = view.ratio(point, reference)
    word = family_of(view).verdict(Pair(point, reference, view.primary), found, floor)
    differs = word in ("higher", "lower") or not found.bounded
    told = f"{spread(found, 'x')} with {code(view.primitive(point))}{point.mark}"
    return told if differs else f"{told} ({equal_text(found) or 'not resolved'})"


def _reference(view: View, points: list[Point]) -> Point | None:
    """The point without a primitive; where all have one, the best."""
    return without_primitive(view, points) or view.best(points)
