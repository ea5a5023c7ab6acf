"""How evenly workers shared their operations: Jain's index in sentences with its interval."""

from __future__ import annotations

from concexp.report.phrases import name
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import plural, spread
from concexp.report.view import Contest, Point, View

METRIC = "fairness"
EVEN = 0.99  # from here on all did as good as the same
CONTESTS = 12


def told(view: View) -> list[str]:
    """One sentence per contest whose workers shared unevenly, and one on all the others."""
    if METRIC not in view.metrics:
        return []
    contests = [contest for contest in view.contests if _points(contest)]
    uneven = [contest for contest in contests if _uneven(contest)]
    sentences = [_sentence(view, contest) for contest in uneven[:CONTESTS]]
    more = len(uneven) - CONTESTS
    rest = [f"{plural(more, 'more comparison')} in the tables below."] if more > 0 else []
    even = [point for contest in contests for point in _points(contest) if _is_even(point)]
    count = sum(len(_points(contest)) for contest in contests)
    if even:
        which = f"all {count}" if len(even) == count > 1 else f"{len(even)} of {count}"
        rest.append(f"Jain's index is surely above {EVEN}, as good as even, in {which} cells with several workers.")
    return [*sentences, *rest]


def _points(contest: Contest) -> list[Point]:
    """Those with several workers, the least even first."""
    known = [p for p in contest.points if (p.workers or 1) > 1 and p.trusted and p.value(METRIC).has_value]
    return sorted(known, key=lambda point: point.value(METRIC).mean)


def _is_even(point: Point) -> bool:
    value = point.value(METRIC)
    return value.lo > EVEN if value.bounded else value.n > 2 and value.mean > EVEN


def _uneven(contest: Contest) -> list[Point]:
    """Those that are surely not even."""
    return [point for point in _points(contest) if point.value(METRIC).bounded and point.value(METRIC).hi < EVEN]


def _sentence(view: View, contest: Contest) -> str:
    own = _uneven(contest)
    title = f"**{escaped(view.title(contest.labels))}**: " if len(view.contests) > 1 else ""
    figure = f"{spread(own[0].value(METRIC))} of an even 1"
    others = (
        f"; {plural(len(own) - 1, 'other cell')} {'is' if len(own) == 2 else 'are'} below {EVEN}, too"
        if len(own) > 1
        else ""
    )
    return f"{title}{name(view, own[0])} shared least evenly, with a Jain's index of {figure}{others}."
