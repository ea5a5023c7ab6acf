"""How evenly workers shared their operations: Jain's index with its interval."""

from __future__ import annotations

from concexp.report.phrases import cell_text
from concexp.report.points import Comparison, Point
from concexp.report.text.language import counted, say
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import DIGITS, brief, plural
from concexp.report.view import View

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
    cell = cell_text(view, least)
    if len(view.comparisons) > 1:
        cell = say("{text} ({note})", text=cell, note=escaped(view.title(comparison.labels)))
    even = sum(_is_even(point) for _, point in known)
    return [
        say(
            "Least even: {cell}, Jain's index {index} (1 is even).",
            cell=cell,
            index=brief(least.value(METRIC), digits=DIGITS),
        ),
        counted(
            len(uneven),
            "Of {cells} with several workers {count} is below {index}, {even} above.",
            "Of {cells} with several workers {count} are below {index}, {even} above.",
            cells=plural(len(known), "cell"),
            index=EVEN_INDEX,
            even=even,
        ),
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
