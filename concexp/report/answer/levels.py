"""How many are enough: of an axis of numbers, the lowest one within a tenth of the best, and what more of it brings."""

from __future__ import annotations

from collections.abc import Sequence

from concexp.report.answer.standings import Lead, Standing, contestant_text, leads_over
from concexp.report.contest import Contest, compared, contest_of, short
from concexp.report.phrases import NO_GAIN, ahead_text, lead_text, opposite, with_workers
from concexp.report.text.markdown import code
from concexp.report.view import Point, View


def text(view: View, members: Sequence[Standing]) -> str:
    """`chunk 16` is within 10 % of the best, 3.9 times as fast as `chunk 1` (3.7–4.1); more brings nothing."""
    first = members[0]
    contestants = _contestants(view, first)
    enough = _enough(first)
    margin = f"within {100 * NO_GAIN:g} % of the best"
    if enough is contestants[0] and not _worse(view, first):
        key = _contest(view).axes[0]
        return f"{code(short(key))} makes no difference, {_name(view, first, enough)} is {margin}"
    workers = with_workers(view, [_enough(one) for one in members]) if "workers" not in _contest(view).axes else ""
    return f"{_name(view, first, enough)}{workers} is {margin}{_gain(view, members)}{_more(view, first)}"


def shape(view: View, one: Standing) -> tuple[str, ...]:
    """The same for comparisons that one sentence can be about."""
    lowest = _over_lowest(view, one)
    return _name(view, one, _enough(one)), _more(view, one), str(lowest is not None and lowest.is_resolved)


def _gain(view: View, members: Sequence[Standing]) -> str:
    """By how much it is better than the lowest number; empty where that is not resolved, or where it is the lowest."""
    leads = [lead for one in members if (lead := _over_lowest(view, one)) is not None and lead.is_resolved]
    if not leads:
        return ""
    lowest = _name(view, members[0], leads[0].rival)
    if len(leads) == 1:
        return f", {ahead_text(view, leads[0].ratio, lowest)}"
    return f", {lead_text(view, [lead.ratio for lead in leads])} {lowest}"


def _over_lowest(view: View, one: Standing) -> Lead | None:
    """The lead over the lowest number; None for the lowest itself."""
    lowest = _contestants(view, one)[0]
    return None if _enough(one) is lowest else leads_over(view, one.comparison, _enough(one), [lowest])[0]


def _more(view: View, one: Standing) -> str:
    """What more of it brings: nothing, or it gets worse, from some number on."""
    contestants = _contestants(view, one)
    larger = contestants[contestants.index(_enough(one)) + 1 :]
    if not larger:
        return ", the most that was measured" if len(compared(view)) == 1 else ""
    worse = _worse(view, one)
    if not worse:
        return "; more brings nothing"
    if len(worse) == len(larger):
        return f"; more is {opposite(view)}"
    return f"; from {_name(view, one, worse[0])} on it is {opposite(view)}"


def _worse(view: View, one: Standing) -> list[Point]:
    """The numbers beyond it from which on each is certainly worse."""
    contestants = _contestants(view, one)
    larger = contestants[contestants.index(_enough(one)) + 1 :]
    leads = leads_over(view, one.comparison, _enough(one), larger)
    last: list[Point] = []
    for lead in reversed(leads):
        if not lead.is_resolved or lead.is_small:
            break
        last.insert(0, lead.rival)
    return last


def _contestants(view: View, one: Standing) -> list[Point]:
    return _contest(view).contestants(view, one.comparison)


def _contest(view: View) -> Contest:
    contest = contest_of(view)
    assert contest is not None
    return contest


def _enough(one: Standing) -> Point:
    assert one.plateau is not None
    return one.plateau


def _name(view: View, one: Standing, point: Point) -> str:
    return contestant_text(view, one.kind, point)
