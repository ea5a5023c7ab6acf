"""The first sentences of the answer: what is best where, or that nothing is, with comparisons that end alike in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from concexp.analysis.stats.intervals import FEWEST, UNKNOWN, Interval, of_the_best
from concexp.analysis.stats.significance import MARGIN
from concexp.report import pairs
from concexp.report.answer import gains, levels
from concexp.report.answer.findings import PARTLY_DECIDED, UNDECIDED, Finding, size_of
from concexp.report.answer.standings import (
    VALUES,
    WORKERS,
    Lead,
    Standing,
    contestant_text,
    enough,
    more_gain_nothing,
    tells_workers,
    what_competes,
)
from concexp.report.contest import contest_of, short
from concexp.report.phrases import (
    MAX_NAMES,
    NO_GAIN,
    ahead_text,
    baseline_text,
    contenders,
    first_few,
    lead_text,
    primary_text,
    titles_text,
    with_workers,
    within,
)
from concexp.report.points import Comparison, Point
from concexp.report.text.language import clauses, counted, message, phrases, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import code
from concexp.report.text.numbers import brief, enumerated, plural, rounded, sentence_case, span
from concexp.report.view import View

MAX_GROUPS = 3  # sentences about comparisons that end alike; the others are counted
FEW_TITLES = 2  # comparisons that are named even if they are all there are

Texts = Callable[[View, list[Standing]], str]


def findings(view: View, found: Sequence[Standing], total: int, kind: str) -> list[Finding]:
    """A sentence per group of comparisons that end alike; doubts have a sentence of their own."""
    found = [one for one in found if one.state != "doubtful"]
    groups: dict[tuple[str, ...], list[Standing]] = {}
    for one in found:
        groups.setdefault(_key(view, one, detailed=len(found) <= MAX_GROUPS), []).append(one)
    kept = sorted(groups.values(), key=len, reverse=True)[:MAX_GROUPS]
    texts = [
        Finding(kind, _sentence(view, members, total), _size(view, members))
        for members in groups.values()
        if members in kept
    ]
    more = len(found) - sum(map(len, kept))
    if more:
        last = min(texts, key=lambda one: one.size)
        others = say("{comparisons}: see the tables.", comparisons=plural(more, "more comparison"))
        rest = Finding(kind, texts_of([last.text, others]), last.size)
        texts[texts.index(last)] = rest
    return texts


def _sentence(view: View, members: list[Standing], total: int) -> str:
    """`cpu_sum: processes is best, …`."""
    where = _where(members, total)
    text = TEXTS[members[0].state](view, members) + say(".")
    return say("{word}: {text}", word=where, text=text) if where else sentence_case(text)


def _size(view: View, members: list[Standing]) -> float:
    """The size of the largest difference that a sentence on these comparisons reports; UNDECIDED where it reports none."""
    first = members[0]
    if first.state in ("clear", "tie", "workers") and first.kind != VALUES:
        gained = [_gain_of(view, one, _enough(view, one)) for one in members]
        leads = [one.smallest_lead.ratio for one in members if one.state == "clear"]
        return size_of(*(ratio.mean for ratio in [*gained, *leads] if ratio.bounded and ratio.lo > 1))
    if first.state in ("clear", "tie", "numbers"):
        return size_of(*(lead.ratio.mean for one in members for lead in one.leads if lead.is_resolved))
    if first.state == "open" and any(one.behind for one in members):
        return PARTLY_DECIDED
    return UNDECIDED


def _key(view: View, one: Standing, detailed: bool) -> tuple[str, ...]:
    """The same for comparisons that one sentence can be about."""
    if one.state == "workers":
        return one.state, str(_enough(view, one).workers), _most(one), str(_is_sure(view, one))
    if one.best is None or one.state == "few":
        return (one.state,)
    if one.state == "numbers":
        return one.state, *levels.shape(view, one)
    names = [_name(view, one, one.best)]
    if one.state in ("tie", "open"):
        names = sorted([*names, *(_name(view, one, lead.rival) for lead in one.near)])
        names += [_name(view, one, lead.rival) for lead in one.behind] if one.state == "open" else []
    return (one.state, *names, *(_rest(view, [one]) if detailed else ()))


def _where(members: list[Standing], total: int) -> str:
    """`cpu_sum`; `In all 3 comparisons`; `In 4 of 50 comparisons (size 1B, 2B, 3B and 1 more)`."""
    titles = [one.title for one in members]
    if total == 1 or not any(titles):
        return ""
    if len(members) == total > FEW_TITLES:
        return say("In all {count} comparisons", count=total)
    names = titles_text(titles)
    if len(members) <= MAX_NAMES:
        return f"**{names}**"
    return say("In {count} of {all} comparisons ({titles})", count=len(members), all=total, titles=names)


def _clear(view: View, members: list[Standing]) -> str:
    """`processes` is best, 2.0x `serial` with 2 workers, 10 % faster than `process_pool` (8.1–12 %); no gain: `threads`.

    The lead over the baseline is the gain, which is given once.
    """
    first = members[0]
    leads = [one.smallest_lead for one in members]
    ahead = _ahead(view, first, leads[0])
    if len(members) > 1:
        rivals = {_name(view, one, lead.rival) for one, lead in zip(members, leads, strict=True)}
        rival = rivals.pop() if len(rivals) == 1 else say("the next")
        ahead = lead_text(view, [lead.ratio for lead in leads], rival)
    name = _name(view, first, _best(first))
    if first.kind == VALUES and all(len(one.leads) == 1 for one in members):
        return say("{cell} is {lead}", cell=f"{name}{_with_workers(view, members)}", lead=ahead)
    phrase, clause = levels.more(view, first, _best(first)) if _are_numbers(view, first) else ([], [])
    workers, gain = _gain(view, members)
    known = first.kind != VALUES and all(view.baseline(_best(one)) is one.smallest_lead.rival for one in members)
    if not (gain and known):
        gain = [*gain, ahead]
    return clauses(
        [phrases([say("{cell} is best", cell=name) + workers, *gain, *phrase]), *clause, *_others(view, members)]
    )


def _ahead(view: View, one: Standing, lead: Lead) -> str:
    return ahead_text(view, lead.shown, _name(view, one, lead.rival))


def _tie(view: View, members: list[Standing]) -> str:
    """A tie: `a` and `b` within 5 %; or, where one is certainly ahead, `b` is as good as `a` (within 5 %)."""
    first = members[0]
    names = [_name(view, first, lead.rival) for lead in first.near]
    best = _name(view, first, _best(first))
    margin = within(MARGIN)
    workers, gain = _gain(view, members)
    if any(lead.is_resolved for one in members for lead in one.near):
        text = counted(
            len(names),
            "{cells} is as good as {best} ({note})",
            "{cells} are as good as {best} ({note})",
            cells=enumerated(names),
            best=best,
            note=phrases([margin + workers, *gain]),
        )
        return clauses([text, *_others(view, members)])
    if len(first.near) == len(first.leads) and len(names) > 1:
        return phrases([say("a tie, all {count} {margin}", count=len(names) + 1, margin=margin) + workers, *gain])
    tie = say("a tie: {cells} {margin}", cells=enumerated([best, *names]), margin=margin) + workers
    return clauses([phrases([tie, *gain]), *_others(view, members)])


def _open(view: View, members: list[Standing]) -> str:
    """`a` cannot be told apart from `b` and `c`."""
    first = members[0]
    names = first_few([_name(view, first, lead.rival) for lead in first.near], MAX_NAMES)
    best = _name(view, first, _best(first))
    behind = []
    if len(members) == len(first.behind) == 1 and len(first.near) > 1:
        last = first.behind[0]
        return say(
            "{worst} is behind: {cell} is {lead}; the other {count} cannot be told apart",
            worst=_name(view, first, last.rival),
            cell=best,
            lead=_ahead(view, first, last),
            count=len(first.near) + 1,
        )
    if first.behind and len(members) == 1:
        last = max(first.behind, key=lambda lead: lead.ratio.mean)
        behind = [say("{cell} is {lead}", cell=best, lead=_ahead(view, first, last))]
    if len(first.near) > 2:
        text = say("no winner: the best {count} cannot be told apart", count=len(first.near) + 1)
        if not first.behind and first.kind == VALUES:
            text = say(
                "no winner: all {count} values of {axes} cannot be told apart",
                count=len(names) + 1,
                axes=code(_axes(view)),
            )
        elif not first.behind:
            text = say("no winner: all {count} cannot be told apart", count=len(names) + 1)
    else:
        text = say("no winner: {cell} cannot be told apart from {others}", cell=best, others=enumerated(names))
        if first.kind == VALUES and len(members) == 1:
            equal = [_best(first), *(lead.rival for lead in first.near)]
            figures = [primary_text(view, first.comparison, point, is_brief=True) for point in equal]
            text = clauses(
                [text, say("{metric} {figures}", metric=view.called(view.primary), figures=enumerated(figures))]
            )
    return clauses([text, *behind, *_others(view, members)])


def _workers(view: View, members: list[Standing]) -> str:
    """`2 workers` reach 2.0x one worker; more gain nothing (less than 10 %)."""
    first = members[0]
    count, most = _enough(view, first).parallelism, max(point.parallelism for point in first.comparison.points)
    fewest = min(point.parallelism for point in first.comparison.points)
    is_sure = all(_is_sure(view, one) for one in members)
    limit = f"{100 * NO_GAIN:g}"
    if count == fewest:
        text = message("more than {workers} gains less than {limit} %")
        if not is_sure:
            text = message("more than {workers} was not seen to gain {limit} %")
        return say(text, workers=plural(count, "worker"), limit=limit)
    gained = phrases(_gain(view, members)[1])
    reach = say("{workers} are best", workers=plural(count, "worker"))
    if gained:
        reach = say("{workers} reach {gain}", workers=plural(count, "worker"), gain=gained)
    if count == most:
        return phrases([reach, say("the most that was measured")])
    rest = message("more gain less than {limit} %") if is_sure else message("more were not seen to gain {limit} %")
    return clauses([reach, say(rest, limit=limit)])


def _few(view: View, members: list[Standing]) -> str:
    fewest = min(point.sample.count for one in members for point in one.comparison.points if point.has_numbers)
    return say(
        "no verdict with {trials} per cell (an interval needs {needed})", trials=plural(fewest, "trial"), needed=FEWEST
    )


def _alone(view: View, members: list[Standing]) -> str:
    found = dict.fromkeys(_name(view, one, _best(one)) for one in members)
    names = enumerated(first_few(list(found), MAX_NAMES))
    if members[0].kind == VALUES:
        return say(
            "cannot tell {question}: only {cells} can win, the others are overloaded, doubtful, wrong or failed",
            question=what_competes(view, VALUES),
            cells=names,
        )
    text = message("only {cells} can win, the other cells are wrong, failed or doubtful")
    if _blocked(members):
        text = message("only {cells} can win, the other cells are wrong, failed, doubtful or block their event loop")
    return say(text, cells=names)


def _none(view: View, members: list[Standing]) -> str:
    if _blocked(members):
        return say("no winner: calls block the event loop, or some trial failed or was wrong")
    return say("no winner: in every cell some trial failed or was wrong")


def _blocked(members: list[Standing]) -> bool:
    return any(one.comparison.is_blocked for one in members)


# By the state of a standing.
TEXTS: dict[str, Texts] = {
    "clear": _clear, "tie": _tie, "open": _open, "workers": _workers, "few": _few, "alone": _alone, "no winner": _none,
    "numbers": levels.text,
}  # fmt: skip


def _gain(view: View, members: list[Standing]) -> tuple[str, list[str]]:
    """(` with 4 workers` of a contestant, `2.0x `serial` with 2 workers`): the gain, or the smallest and the largest gain.

    Without a gain where a best cell has none to give.
    """
    if members[0].kind == VALUES:
        return _over_baseline(view, members)
    points = [_enough(view, one) for one in members]
    values = [_gain_of(view, one, point) for one, point in zip(members, points, strict=True)]
    if any(not value.bounded or value.lo <= 1 for value in values):
        return "", []
    reference = _reference(view, members[0].comparison)
    gain = brief(values[0], "x") if len(values) == 1 else _factors(values)
    text = say("{gain} {baseline}", gain=gain, baseline=reference)
    counts = {point.workers for point in points if point.workers is not None}
    if len(counts) == 1 and members[0].kind != WORKERS:
        text = say("{cell} with {workers}", cell=text, workers=plural(counts.pop(), "worker"))
    return "", [text]


def _factors(values: Sequence[Interval]) -> str:
    """`1.5x to 2.0x`: the smallest and the largest factor."""
    means = [value.mean for value in values]
    return span(*(f"{rounded(mean, 2)}x" for mean in (min(means), max(means))))


def _over_baseline(view: View, members: list[Standing]) -> tuple[str, list[str]]:
    """`1.4x `mode plain``: of a contestant over another one that is the baseline and not the next; with its workers."""
    workers = _with_workers(view, members)
    found = [
        (lead.ratio, lead.rival)
        for one in members
        for lead in one.leads
        if view.baseline(_best(one)) is lead.rival and lead.is_resolved and lead is not one.smallest_lead
    ]
    if len(found) != len(members):
        return workers, []
    name = _name(view, members[0], found[0][1])
    ratios = [ratio for ratio, _ in found]
    gain = brief(ratios[0], "x") if len(ratios) == 1 else _factors(ratios)
    return workers, [say("{gain} {baseline}", gain=gain, baseline=name)]


def _with_workers(view: View, members: list[Standing]) -> str:
    """` with 4 workers` of what is best; nothing where the answer says so elsewhere."""
    if tells_workers(view, members):
        return ""
    return with_workers(view, map(_best, members))


def _reference(view: View, comparison: Comparison) -> str:
    """What gains are relative to: the baseline, or else the fewest workers of each series."""
    if pairs.has_baseline(view, comparison.points):
        return baseline_text(view)
    fewest = min(point.parallelism for point in comparison.points)
    if fewest == 1:
        return say("one worker")
    return say("the rate of {workers}", workers=plural(fewest, "worker"))


def _gain_of(view: View, one: Standing, point: Point) -> Interval:
    """The gain of a point over the baseline; the interval allows for its choice as the best."""
    points = [p for p in one.comparison.points if view.series_name(p) == view.series_name(point)]
    own = [gain for pair, gain in pairs.gains_in(view, points) if pair.above is point]
    if not own:
        return UNKNOWN
    return of_the_best(own[0], contenders(view, point, [p for p in points if p.can_win]), view.run.level)


def _enough(view: View, one: Standing) -> Point:
    """The best cell, with no more workers than it needs."""
    best = _best(one)
    same = [p for p in one.comparison.points if view.series_name(p) == view.series_name(best)]
    return enough(view, [p for p in same if view.primitive(p) == view.primitive(best)]) or best


def _is_sure(view: View, one: Standing) -> bool:
    return more_gain_nothing(view, _enough(view, one), one.comparison.points)


def _others(view: View, members: list[Standing]) -> list[str]:
    """What gains nothing over the baseline or loses, in all of these comparisons."""
    none, loss = _rest(view, members)
    without = [say("no gain: {series}", series=none)] if none else []
    slower = [say("slower than {baseline}: {series}", baseline=baseline_text(view), series=loss)] if loss else []
    return [*without, *slower]


def _rest(view: View, members: list[Standing]) -> tuple[str, str]:
    """The series without any gain over the baseline and those that lose, as lists of names."""
    found: list[str] = []
    if members[0].kind == VALUES:
        return "", ""
    for verdict in (gains.NO_GAIN_SHOWN, "loss"):
        sets = [gains.series_with(view, one.comparison, verdict) for one in members]
        common = [name for name in sets[0] if all(name in others for others in sets)] if view.relative else []
        found.append(enumerated(first_few([code(name) for name in common], MAX_NAMES)) if common else "")
    return found[0], found[1]


def _name(view: View, one: Standing, point: Point) -> str:
    return contestant_text(view, one.kind, point)


def _are_numbers(view: View, one: Standing) -> bool:
    contest = contest_of(view)
    return one.kind == VALUES and contest is not None and contest.numbers is not None


def _axes(view: View) -> str:
    """The short names of the axes that compete."""
    contest = contest_of(view)
    return ", ".join(short(key) for key in contest.axes) if contest else ""


def _best(one: Standing) -> Point:
    assert one.best is not None
    return one.best


def _most(one: Standing) -> str:
    return str(max(point.parallelism for point in one.comparison.points))
