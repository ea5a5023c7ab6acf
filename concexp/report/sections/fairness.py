"""How evenly workers shared their operations: Jain's index with its interval."""

from __future__ import annotations

from concexp.report.phrases import cell_text
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import plural, spread
from concexp.report.view import Comparison, Point, View

METRIC = "fairness"
EVEN_INDEX = 0.99  # from here on shares are practically equal
MAX_COMPARISONS = 12


def sentences(view: View) -> list[str]:
    """One sentence per comparison in which some cell shared unevenly, and one on the even cells."""
    if METRIC not in view.metrics:
        return []
    comparisons = [comparison for comparison in view.comparisons if _points(comparison)]
    uneven = [comparison for comparison in comparisons if _uneven(comparison)]
    sentences = [_sentence(view, comparison) for comparison in uneven[:MAX_COMPARISONS]]
    more = len(uneven) - MAX_COMPARISONS
    rest = [f"{plural(more, 'more comparison')} in the tables below."] if more > 0 else []
    even = [point for comparison in comparisons for point in _points(comparison) if _is_even(point)]
    count = sum(len(_points(comparison)) for comparison in comparisons)
    if even:
        which = f"all {count}" if len(even) == count > 1 else f"{len(even)} of {count}"
        rest.append(f"Even shares (Jain's index above {EVEN_INDEX}) in {which} cells with several workers.")
    return [*sentences, *rest]


def _points(comparison: Comparison) -> list[Point]:
    """The cells with several workers, the least even first."""
    several = [p for p in comparison.points if p.parallelism > 1 and p.value(METRIC).has_value]
    known = [point for point in several if point.sample.enough_clean_trials(METRIC)]
    return sorted(known, key=lambda point: point.value(METRIC).mean)


def _is_even(point: Point) -> bool:
    value = point.value(METRIC)
    return value.lo > EVEN_INDEX if value.bounded else value.n > 2 and value.mean > EVEN_INDEX


def _uneven(comparison: Comparison) -> list[Point]:
    """The cells that are certainly not even."""
    return [
        point for point in _points(comparison) if point.value(METRIC).bounded and point.value(METRIC).hi < EVEN_INDEX
    ]


def _sentence(view: View, comparison: Comparison) -> str:
    uneven = _uneven(comparison)
    least = uneven[0]
    title = f"**{escaped(view.title(comparison.labels))}**: " if len(view.comparisons) > 1 else ""
    figure = f"{spread(least.value(METRIC))} (1 is even)"
    others = ""
    if len(uneven) > 1:
        others = f"; {plural(len(uneven) - 1, 'other cell')} below {EVEN_INDEX}"
    return f"{title}least even: {cell_text(view, least)}, Jain's index {figure}{others}."
