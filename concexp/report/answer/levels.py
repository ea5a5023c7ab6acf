"""How many are enough: of an axis of numbers, the lowest one within a tenth of the best, and what more of it brings."""

from __future__ import annotations

from collections.abc import Sequence

from concexp.report.answer.standings import Lead, Standing, contestant_text, leads_over, tells_workers
from concexp.report.contest import WORKERS, Contest, compared, contest_of, short
from concexp.report.phrases import NO_GAIN, ahead_text, is_speed, lead_text, with_workers
from concexp.report.points import Point
from concexp.report.text.language import clauses, counted, message, phrases, say
from concexp.report.text.markdown import code
from concexp.report.view import View


def text(view: View, members: Sequence[Standing]) -> str:
    """`chunk 16` is within 10 % of the best, 3.9 times as fast as `chunk 1` (3.7–4.1); more brings nothing."""
    first = members[0]
    contestants = _contestants(view, first)
    enough = _enough(first)
    margin = say("within {share} % of the best", share=f"{100 * NO_GAIN:g}")
    if enough is contestants[0] and not _worse(view, first, enough):
        key = _contest(view).axes[0]
        what = say("the number of workers") if key == WORKERS else code(short(key))
        return say(
            "{axis} makes no difference, {value} is {margin}",
            axis=what,
            value=_name(view, first, enough),
            margin=margin,
        )
    competes = WORKERS in _contest(view).axes
    workers = "" if tells_workers(view, members) else with_workers(view, [_enough(one) for one in members])
    text = counted(
        enough.parallelism if competes else 1,
        "{value} is {margin}",
        "{value} are {margin}",
        value=f"{_name(view, first, enough)}{workers}",
        margin=margin,
    )
    phrase, clause = more(view, first, enough)
    return clauses([phrases([text, *_gain(view, members), *phrase]), *clause])


def shape(view: View, one: Standing) -> tuple[str, ...]:
    """The same for comparisons that one sentence can be about."""
    lowest = _over_lowest(view, one)
    beyond = [text for texts in more(view, one, _enough(one)) for text in texts]
    return _name(view, one, _enough(one)), *beyond, str(lowest is not None and lowest.is_resolved)


def _gain(view: View, members: Sequence[Standing]) -> list[str]:
    """By how much it is better than the lowest number; empty where that is not resolved, or where it is the lowest."""
    leads = [lead for one in members if (lead := _over_lowest(view, one)) is not None and lead.is_resolved]
    if not leads:
        return []
    lowest = _name(view, members[0], leads[0].rival)
    if len(leads) == 1:
        return [ahead_text(view, leads[0].shown, lowest)]
    return [lead_text(view, [lead.ratio for lead in leads], lowest)]


def _over_lowest(view: View, one: Standing) -> Lead | None:
    """The lead over the lowest number; None for the lowest itself."""
    lowest = _contestants(view, one)[0]
    return None if _enough(one) is lowest else leads_over(view, one.comparison, _enough(one), [lowest])[0]


def more(view: View, one: Standing, chosen: Point) -> tuple[list[str], list[str]]:
    """What more than the chosen number brings: nothing, or it gets worse, from some number on; that it is the most, or neither.

    As (a phrase of the same clause, a clause of its own); at least one of them is empty.
    """
    larger = _larger(view, one, chosen)
    worse = _worse(view, one, chosen)
    if not larger:
        return [say("the most that was measured")] if len(compared(view)) == 1 else [], []
    if not worse:
        return [], [say("more brings nothing")]
    if len(worse) == len(larger):
        return [], [say("more is slower") if is_speed(view) else say("more is worse")]
    text = message("from {value} on it is slower") if is_speed(view) else message("from {value} on it is worse")
    return [], [say(text, value=_name(view, one, worse[0]))]


def _worse(view: View, one: Standing, chosen: Point) -> list[Point]:
    """The numbers beyond the chosen one from which on each is certainly worse."""
    last: list[Point] = []
    for lead in reversed(leads_over(view, one.comparison, chosen, _larger(view, one, chosen))):
        if not lead.is_resolved or lead.is_small:
            break
        last.insert(0, lead.rival)
    return last


def _larger(view: View, one: Standing, chosen: Point) -> list[Point]:
    contestants = _contestants(view, one)
    return contestants[contestants.index(chosen) + 1 :]


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
