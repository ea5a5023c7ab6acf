"""What to keep away from: the labels under which forbidden outcomes came, and those under which they never did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from concexp.report.contest import WORKERS, WORKLOAD, Contest, contest_of
from concexp.report.phrases import MAX_NAMES, first_few
from concexp.report.points import Point
from concexp.report.sections import outcomes
from concexp.report.sections.outcomes import Seen
from concexp.report.text.language import message, phrases, say
from concexp.report.text.markdown import code
from concexp.report.text.numbers import enumerated, plural, rounded, span
from concexp.report.view import View, once_per_view

MAX_AXES = 2  # that together tell what came to forbidden outcomes from what did not: `threads` × `none`


@dataclass(frozen=True)
class Divide:
    """The cells whose code declares outcomes: those that came to a forbidden one, and those that never did.

    axes  the fewest axes by whose labels the one can be told from the other; empty where none can, or where all are of one kind
    """

    bad: Sequence[tuple[Point, Sequence[Seen]]]
    good: Sequence[tuple[Point, Sequence[Seen]]]
    axes: Sequence[str]


def advice(view: View) -> list[str]:
    """What not to use where forbidden outcomes must not come, how often they came, and with what they never did."""
    divide = _divide(view)
    if not divide.bad:
        return []
    shares = outcomes.forbidden_shares(view)
    percent = [100 * shares[point.cell] for point, _ in divide.bad]
    forbidden = list(dict.fromkeys(one.name for _, seen in divide.bad for one in seen if outcomes.is_forbidden(one)))
    text = message("do not use {cells} where {outcomes} must never come: they came in {share}")
    if len(forbidden) == 1:
        text = message("do not use {cells} where {outcomes} must never come: it came in {share}")
    parts = [
        say(
            text,
            cells=_names(view, divide, divide.bad),
            outcomes=enumerated(first_few(forbidden, MAX_NAMES), "or"),
            share=span(*(f"{rounded(share)} %" for share in (min(percent), max(percent)))),
        )
    ]
    if divide.good:
        tries = plural(sum(seen[0].of for _, seen in divide.good), "outcome")
        parts.append(say("never in {tries} with {cells}", tries=tries, cells=_names(view, divide, divide.good)))
    return [phrases(parts)]


def is_like_bad(view: View, point: Point) -> bool:
    """Whether a cell has the labels under which forbidden outcomes came, here or under another condition."""
    divide = _divide(view)
    return bool(divide.axes) and _labels(point, divide.axes) in {_labels(one, divide.axes) for one, _ in divide.bad}


@once_per_view
def _divide(view: View) -> Divide:
    known = [(point, seen) for point, seen in outcomes.by_cell(view) if outcomes.grades(view, point)]
    bad = [(point, seen) for point, seen in known if any(map(outcomes.is_forbidden, seen))]
    good = [(point, seen) for point, seen in known if not any(map(outcomes.is_forbidden, seen))]
    chosen = contest_of(view)
    varying = [key for key in view.axes if key in view.varying_axes]
    varying = [key for key in varying if not view.is_redundant(key, varying)]
    competing = chosen.axes if chosen else ()
    # What one chooses comes first, and then its conditions; the work itself is the last that one could do without.
    varying.sort(key=lambda key: (key not in competing, key in (WORKLOAD, WORKERS), not view.is_choice(key)))
    for count in range(1, MAX_AXES + 1) if bad and good else ():
        for axes in combinations(varying, count):
            if not {_labels(point, axes) for point, _ in bad} & {_labels(point, axes) for point, _ in good}:
                return Divide(bad, good, axes)
    return Divide(bad, good, ())


def _labels(point: Point, axes: Iterable[str]) -> tuple[str, ...]:
    return tuple(repr(point.labels.get(key)) for key in axes)


def _names(view: View, divide: Divide, members: Sequence[tuple[Point, Sequence[Seen]]]) -> str:
    """`safe False`; `threads` × `none` or `threads` × `queue`."""
    names = [_name(view, point, divide.axes) for point, _ in members]
    return enumerated(first_few(list(dict.fromkeys(names)), MAX_NAMES), "or")


def _name(view: View, point: Point, axes: Sequence[str]) -> str:
    if not axes:
        return code(view.title(point.labels) or point.model)
    return " × ".join(code(Contest((key,), (), None).label(view, point)) for key in axes)
