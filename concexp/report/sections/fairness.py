"""How evenly workers shared their operations: Jain's index with its interval."""

from __future__ import annotations

from concexp.report.phrases import cell_text
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import DIGITS, brief, plural
from concexp.report.view import Comparison, Point, View

METRIC = "fairness"
EVEN_INDEX = 0.99  # from here on shares are practically equal


def sentences(view: View) -> list[str]:
    """How many cells share evenly, and which shares least evenly: nothing where all do."""
    if METRIC not in view.metrics:
        return []
    known = [(comparison, point) for comparison in view.comparisons for point in _points(comparison)]
    uneven = sorted((pair for pair in known if _is_uneven(pair[1])), key=lambda pair: pair[1].value(METRIC).mean)
    if not uneven:
        return []
    comparison, least = uneven[0]
    where = f" ({escaped(view.title(comparison.labels))})" if len(view.comparisons) > 1 else ""
    even = sum(_is_even(point) for _, point in known)
    return [
        f"Least even: {cell_text(view, least)}{where}, Jain's index {brief(least.value(METRIC), digits=DIGITS)} (1 is even).",
        f"Of {plural(len(known), 'cell')} with several workers {len(uneven)} {'is' if len(uneven) == 1 else 'are'} below "
        f"{EVEN_INDEX}, {even} above.",
    ]


def _points(comparison: Comparison) -> list[Point]:
    """The cells with several workers, the least even first."""
    several = [p for p in comparison.points if p.parallelism > 1 and p.value(METRIC).has_value]
    known = [point for point in several if point.sample.enough_clean_trials(METRIC)]
    return sorted(known, key=lambda point: point.value(METRIC).mean)


def _is_even(point: Point) -> bool:
    value = point.value(METRIC)
    return value.lo > EVEN_INDEX if value.bounded else value.n > 2 and value.mean > EVEN_INDEX


def _is_uneven(point: Point) -> bool:
    """Whether a cell is certainly not even."""
    value = point.value(METRIC)
    return value.bounded and value.hi < EVEN_INDEX
