"""Several contests -> what they say together: who is best in how many, by how much at the least and at the most.

Each function returns one sentence, or none; every rule is that of the finding of the same name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from concexp.analysis.stats.intervals import FEWEST, Interval
from concexp.report import comparisons, pairs
from concexp.report.answer import counts, winner
from concexp.report.answer import gains as scaling
from concexp.report.pairs import Pair
from concexp.report.phrases import NAMED, alike, amount, baseline, name, share, shortened
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, spread
from concexp.report.view import Contest, Point, View

GROUPS = 3  # winners that are named
TITLES = 3  # contests that are named where the sentence is about all of them


@dataclass(frozen=True)
class Race:
    """A contest with several who compete: models, or of one model primitives; `rivals` as `winner.ahead_of` tells them."""

    contest: Contest
    title: str
    best: Point | None
    rivals: Sequence[tuple[Point, Interval, bool]] = ()

    @property
    def clear(self) -> bool:
        """Whether the best is ahead of every other one."""
        return self.best is not None and all(resolved for _, _, resolved in self.rivals)

    @property
    def bounded(self) -> bool:
        """Whether anything has an interval."""
        return any(ratio.bounded for _, ratio, _ in self.rivals)

    @property
    def ahead(self) -> Interval:
        """The lead over the runner-up."""
        return min((ratio for _, ratio, _ in self.rivals), key=lambda ratio: ratio.mean)


def races(view: View, contests: Iterable[Contest]) -> list[Race]:
    """The contests in which something competes; without a best where it is doubtful who that is."""
    found = []
    for contest in contests:
        title = escaped(view.title(contest.labels))
        firm = [point for point in contest.points if point.firm]
        entrants = pairs.leaders(view, [p for p in contest.points if p.numbered])
        ours = pairs.leaders(view, firm)
        if len(entrants) < 2:  # one model: its primitives compete, unless there is one to which all are relative
            own = [points for points in pairs.compared(view, contest).values() if pairs.bare(view, points) is None]
            entrants = [point for points in own for point in points]
            ours = [point for point in entrants if point.firm]
        if len(entrants) < 2:
            continue
        best = view.best(ours)
        doubtful = [p for p in contest.points if p.status == "ok" and not p.trusted and p.value(view.primary).has_value]
        if best is None or view.best([best, *doubtful]) is not best:
            found.append(Race(contest, title, None))
        else:
            found.append(Race(contest, title, best, winner.ahead_of(view, contest, best, ours)))
    return found


def winners(view: View, found: Sequence[Race]) -> list[str]:
    """Who is best in how many comparisons, with the least and the largest lead; in how many nobody is."""
    if not found or view.metric.better is None:
        return []
    total = len(found)
    clear = sorted((race for race in found if race.clear and race.rivals), key=lambda race: _who(view, race))
    groups = [list(own) for _, own in groupby(clear, key=lambda race: _who(view, race))]
    groups.sort(key=lambda own: -len(own))
    parts = [_group(view, own, total, first=number == 0) for number, own in enumerate(groups[:GROUPS])]
    more = sum(len(own) for own in groups[GROUPS:])
    if more:
        parts.append(f"others in {more}")
    sentences = [f"{'; '.join(parts)}."] if parts else []
    tied = [race for race in found if race.best is not None and not race.clear and race.bounded]
    if tied:
        who = [f"{name(view, race.best)} in {race.title}" for race in tied[:GROUPS] if race.best is not None]
        rest = [f"{len(tied) - GROUPS} more"] if len(tied) > GROUPS else []
        figures = f"figures, of {enumerated([*who, *rest])}, are" if len(tied) > 1 else f"figure, of {who[0]}, is"
        sentences.append(
            f"Nobody is best in {_of(len(tied), total, every='any of the')}: the best {figures} not resolved from the next."
        )
    few = [race for race in found if race.best is not None and not race.clear and not race.bounded]
    if few:
        fewest = min(point.sample.count for race in few for point in race.contest.points if point.numbered)
        sentences.append(
            f"With {plural(fewest, 'trial')} per cell (an interval needs {FEWEST}) nothing is resolved in "
            f"{_of(len(few), total, every='any of the')}."
        )
    alone = [race for race in found if race.best is not None and not race.rivals]
    if alone:
        who = [f"{_who(view, race)} in {race.title}" for race in alone[:GROUPS]]
        rest = [f"{len(alone) - GROUPS} more"] if len(alone) > GROUPS else []
        sentences.append(f"Without a rival whose trials are all right and beyond doubt: {enumerated([*who, *rest])}.")
    nobody = [race.title for race in found if race.best is None]
    if nobody:
        sentences.append(
            f"No winner is named in {_of(len(nobody), total, every='any of the')} ({_titles(nobody)}): see [below](#side-by-side)."
        )
    return sentences


def _who(view: View, race: Race) -> str:
    """A winner without its number of workers: that is told where the contest is."""
    assert race.best is not None
    primitive = view.primitive(race.best)
    return code(view.line(race.best)) + (f" × {code(primitive)}" if primitive else "")


def _group(view: View, own: list[Race], total: int, first: bool) -> str:
    """`processes` is best in 5 of 6 comparisons, 1.02x (…) (regex) to 1.10x (…) (sort) ahead of the runner-up."""
    own = sorted(own, key=lambda race: race.ahead.mean)
    leads = [
        f"{spread(race.ahead, 'x')} ({', '.join(filter(None, [race.title, alike(race.ahead)]))})"
        for race in own[:: max(1, len(own) - 1)]
    ]
    where = f"is best in {_of(len(own), total)}" if first else f"in {len(own)}"
    return f"{_who(view, own[0])} {where}, {' to '.join(leads)}{' ahead of the runner-up' if first else ''}"


def gap(view: View, found: Sequence[Race]) -> list[str]:
    """Where it matters most whom one takes: the largest lead of a best one over the last."""
    lasts = []
    for race in found:
        resolved = [(rival, ratio) for rival, ratio, is_resolved in race.rivals if is_resolved]
        if len(race.rivals) > 1 and resolved:
            lasts.append((*max(resolved, key=lambda pair: pair[1].mean), race))
    if not lasts:
        return []
    last, ratio, race = max(lasts, key=lambda one: one[1].mean)
    assert race.best is not None
    return [
        f"The choice matters most in {race.title}: {name(view, race.best)} is {spread(ratio, 'x')} ahead of the last, "
        f"{name(view, last)}."
    ]


def gains(view: View, contests: Sequence[Contest]) -> list[str]:
    """How much each line gains by workers at the most, and what gains nothing, loses, or cannot be told, and where."""
    found: dict[str, dict[str, list[tuple[Point, Interval, Contest]]]] = {}
    count = 0
    based = [contest for contest in contests if pairs.has_baseline(view, contest.points)]
    for contest in based or contests:
        for line, points in view.lines(contest.points).items():
            best = scaling.furthest(view, contest, points)
            if best is not None and best[0].workers is not None:
                found.setdefault(best[2], {}).setdefault(line, []).append((best[0], best[1], contest))
                count += 1
    whom = baseline(view) if based else "the same with fewest workers"
    sentences = []
    if "gain" in found:
        most = sorted(
            (max(own, key=lambda one: one[1].mean) for own in found["gain"].values()), key=lambda one: -one[1].mean
        )
        parts = [_gain(view, *one, full=one is most[0]) for one in most[:NAMED]]
        rest = [f"and {len(most) - NAMED} more"] if len(most) > NAMED else []
        times = sum(map(len, found["gain"].values()))
        among = f" (a gain in {times} of {count} cases)" if times < count else ""
        sentences.append(f"Largest gains over {whom}: {'; '.join([*parts, *rest])}{among}.")
    heads = {
        "none": f"No gain over {whom}",
        "loss": f"Slower than {whom}, even at best",
        "unresolved": f"Not resolved from {whom}",
    }
    others = [f"{head}: {_where(view, found[word])}" for word, head in heads.items() if word in found]
    return [*sentences, *([f"{'. '.join(others)}."] if others else [])]


def _gain(view: View, point: Point, gain: Interval, contest: Contest, full: bool) -> str:
    """`processes` 1.99x (…) with 2 workers in cpu_sum, and of the first how much of the machine that is."""
    used = share(view, contest, point) if view.relative and full else ""
    return (
        f"{code(view.line(point))} {spread(gain, 'x')} with {plural(point.workers or 1, 'worker')} in "
        f"{escaped(view.title(contest.labels))}{f', {used}' if used else ''}"
    )


def _where(view: View, lines: dict[str, list[tuple[Point, Interval, Contest]]]) -> str:
    """`threads` and `asyncio` in cpu_sum; `process_pool` in hash_blocks: lines of the same contests together."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for line, own in lines.items():
        titles = tuple(escaped(view.title(contest.labels)) for _, _, contest in own)
        groups.setdefault(titles, []).append(code(line))
    parts = [f"{enumerated(shortened(names))} in {_titles(titles)}" for titles, names in groups.items()]
    return "; ".join(shortened(parts))


def peaks(view: View, contests: Sequence[Contest]) -> list[str]:
    """Which lines get slower by more workers, and from how many on."""
    found = [f"{peak} in {escaped(view.title(c.labels))}" for c in contests for peak in scaling.peaks(view, c)]
    return [f"{scaling.SLOWER}: {'; '.join(shortened(found))}."] if found else []


def prices(view: View, contests: Sequence[Contest]) -> list[str]:
    """What primitives leave of what there is without one: the least and the most, and how many differ at all."""
    found = []
    for contest in contests:
        floor = view.floor(contest.points)
        for points in pairs.compared(view, contest).values():
            reference = pairs.bare(view, points)
            for point in points if reference is not None else ():
                if reference is not None and point is not reference:
                    ratio = view.ratio(point, reference)
                    word = comparisons.of(view).word(Pair(point, reference, view.primary), ratio, floor)
                    found.append((ratio, point, contest, word))
    known = sorted((one for one in found if one[0].bounded), key=lambda one: one[0].mean)
    if not known:
        return []
    ends = known[:: max(1, len(known) - 1)]
    texts = [
        f"{spread(ratio, 'x')} ({_cell(view, point)}, {escaped(view.title(c.labels))})" for ratio, point, c, _ in ends
    ]
    same = sum(word not in ("higher", "lower") for *_, word in known)
    rest = f"; in {same} of {len(known)} cells no difference is resolved" if same else ""
    return [f"Beside no primitive, {view.primary} with one is {' to '.join(texts)}{rest}."]


def tallies(view: View, contests: Sequence[Contest]) -> list[str]:
    """What was counted: in how many cells something was lost, the worst of them, and in how many nothing was."""
    found = []
    for metric, cls in view.metrics.items():
        if not cls.verb:
            continue
        points = [point for contest in contests for point in contest.points if not math.isnan(point.value(metric).mean)]
        some = [point for point in points if point.value(metric).mean > 0]
        none = sum(point.value(metric).mean == 0 and (point.workers or 1) > 1 for point in points)
        if some:
            worst = max(some, key=lambda point: counts.size(view, point, metric, cls))
            title = escaped(view.title({k: worst.labels.get(k) for k in contests[0].labels}))
            rest = f"; exactly 0 in the {plural(none, 'other cell')} with several workers" if none else ""
            found.append(
                f"{cls.unit.capitalize()} were {cls.verb} in {plural(len(some), 'cell')}, most by {_cell(view, worst)} in {title}: "
                f"{counts.how_much(view, worst, metric, cls)}{rest}."
            )
        elif none:
            found.append(f"Exactly 0 {cls.unit} were {cls.verb} in all {plural(none, 'cell')} with several workers.")
    return found


def conditions(view: View, contests: Sequence[Contest]) -> list[str]:
    """What the conditions do to each workload: the lowest and the highest of the best figures."""
    groups: dict[str, list[tuple[Contest, Point]]] = {}
    for contest in contests:
        best = view.best(point for point in contest.points if point.firm)
        if best is not None:
            groups.setdefault(str(contest.labels["workload"]), []).append((contest, best))
    found = []
    for workload, own in groups.items():
        if len(own) > 1:
            own.sort(key=lambda pair: pair[1].value(view.primary).mean)
            ends = [f"{amount(view, c, point)} ({_conditions(view, c)})" for c, point in own[:: len(own) - 1]]
            whose = f" of {code(workload)}" if len(groups) > 1 else ""
            found.append(f"The best {view.primary}{whose} goes from {' to '.join(ends)} over {len(own)} conditions.")
    return found


def _conditions(view: View, contest: Contest) -> str:
    """A contest's title without its workload."""
    return escaped(view.title({key: label for key, label in contest.labels.items() if key != "workload"}))


def _cell(view: View, point: Point) -> str:
    return name(view, point) + point.mark


def _of(count: int, total: int, every: str = "all") -> str:
    """`5 of 6 comparisons`, `all 6 comparisons`."""
    if total == 1:
        return "the one comparison"
    return f"{count} of {total} comparisons" if count < total else f"{every} {total} comparisons"


def _titles(titles: Sequence[str]) -> str:
    more = [f"{len(titles) - TITLES} more"] if len(titles) > TITLES else []
    return enumerated([*titles[:TITLES], *more])
