"""Several comparisons -> what they say together: who is best in how many, by how much at the least and at the most.

Each function returns one sentence, or none; every rule is that of the finding of the same name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from concexp.analysis.stats.intervals import FEWEST, Interval
from concexp.report import pairs
from concexp.report.answer import counts, winner
from concexp.report.answer import gains as scaling
from concexp.report.family import family_of
from concexp.report.pairs import Pair
from concexp.report.phrases import MAX_NAMES, baseline_text, cell_text, equal_text, primary_text, share_used, shortened
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, spread
from concexp.report.view import Comparison, Point, View

MAX_WINNERS = 3  # winners that are named
MAX_TITLES = 3  # comparisons that are named where the sentence is about all of them


@dataclass(frozen=True)
class Ranking:
    """A comparison with several who compete: models, or of one model primitives; `rivals` as `winner.ahead_of` tells them."""

    comparison: Comparison
    title: str
    best: Point | None
    leads: Sequence[tuple[Point, Interval, bool]] = ()

    @property
    def clear(self) -> bool:
        """Whether the best is ahead of every other one."""
        return self.best is not None and all(resolved for _, _, resolved in self.leads)

    @property
    def bounded(self) -> bool:
        """Whether anything has an interval."""
        return any(ratio.bounded for _, ratio, _ in self.leads)

    @property
    def smallest_lead(self) -> Interval:
        """The lead over the runner-up."""
        return min((ratio for _, ratio, _ in self.leads), key=lambda ratio: ratio.mean)


def rankings(view: View, comparisons: Iterable[Comparison]) -> list[Ranking]:
    """The comparisons in which something competes; without a best where it is doubtful who that is."""
    found = []
    for comparison in comparisons:
        title = escaped(view.title(comparison.labels))
        firm = [point for point in comparison.points if point.can_win]
        entrants = pairs.best_per_series(view, [p for p in comparison.points if p.has_numbers])
        ours = pairs.best_per_series(view, firm)
        if len(entrants) < 2:  # one model: its primitives compete, unless there is one to which all are relative
            own = [
                points
                for points in pairs.comparable(view, comparison).values()
                if pairs.without_primitive(view, points) is None
            ]
            entrants = [point for points in own for point in points]
            ours = [point for point in entrants if point.can_win]
        if len(entrants) < 2:
            continue
        best = view.best(ours)
        doubtful = [
            p
            for p in comparison.points
            if p.status == "ok" and not p.enough_clean_trials and p.value(view.primary).has_value
        ]
        if best is None or view.best([best, *doubtful]) is not best:
            found.append(Ranking(comparison, title, None))
        else:
            found.append(Ranking(comparison, title, best, winner.leads_over(view, comparison, best, ours)))
    return found


def winners(view: View, found: Sequence[Ranking]) -> list[str]:
    """Who is best in how many comparisons, with the least and the largest lead; in how many nobody is."""
    if not found or view.metric.better is None:
        return []
    total = len(found)
    clear = sorted((race for race in found if race.clear and race.leads), key=lambda race: _who(view, race))
    groups = [list(own) for _, own in groupby(clear, key=lambda race: _who(view, race))]
    groups.sort(key=lambda own: -len(own))
    parts = [_group(view, own, total, first=number == 0) for number, own in enumerate(groups[:MAX_WINNERS])]
    more = sum(len(own) for own in groups[MAX_WINNERS:])
    if more:
        parts.append(f"others in {more}")
    sentences = [f"{'; '.join(parts)}."] if parts else []
    tied = [race for race in found if race.best is not None and not race.clear and race.bounded]
    if tied:
        who = [f"{cell_text(view, race.best)} in {race.title}" for race in tied[:MAX_WINNERS] if race.best is not None]
        rest = [f"{len(tied) - MAX_WINNERS} more"] if len(tied) > MAX_WINNERS else []
        figures = f"figures, of {enumerated([*who, *rest])}, are" if len(tied) > 1 else f"figure, of {who[0]}, is"
        sentences.append(
            f"Nobody is best in {_of(len(tied), total, every='any of the')}: the best {figures} not resolved from the next."
        )
    few = [race for race in found if race.best is not None and not race.clear and not race.bounded]
    if few:
        fewest = min(point.sample.count for race in few for point in race.comparison.points if point.has_numbers)
        sentences.append(
            f"With {plural(fewest, 'trial')} per cell (an interval needs {FEWEST}) nothing is resolved in "
            f"{_of(len(few), total, every='any of the')}."
        )
    alone = [race for race in found if race.best is not None and not race.leads]
    if alone:
        who = [f"{_who(view, race)} in {race.title}" for race in alone[:MAX_WINNERS]]
        rest = [f"{len(alone) - MAX_WINNERS} more"] if len(alone) > MAX_WINNERS else []
        sentences.append(f"Without a rival whose trials are all right and beyond doubt: {enumerated([*who, *rest])}.")
    nobody = [race.title for race in found if race.best is None]
    if nobody:
        sentences.append(
            f"No winner is named in {_of(len(nobody), total, every='any of the')} ({_titles(nobody)}): see [below](#side-by-side)."
        )
    return sentences


def _who(view: View, race: Ranking) -> str:
    """A winner without its number of workers: that is told where the comparison is."""
    assert race.best is not None
    primitive = view.primitive(race.best)
    return code(view.series_name(race.best)) + (f" × {code(primitive)}" if primitive else "")


def _group(view: View, own: list[Ranking], total: int, first: bool) -> str:
    """`processes` is best in 5 of 6 comparisons, 1.02x (…) (regex) to 1.10x (…) (sort) ahead of the runner-up."""
    own = sorted(own, key=lambda race: race.smallest_lead.mean)
    leads = [
        f"{spread(race.smallest_lead, 'x')} ({', '.join(filter(None, [race.title, equal_text(race.smallest_lead)]))})"
        for race in own[:: max(1, len(own) - 1)]
    ]
    where = f"is best in {_of(len(own), total)}" if first else f"in {len(own)}"
    return f"{_who(view, own[0])} {where}, {' to '.join(leads)}{' ahead of the runner-up' if first else ''}"


def gap(view: View, found: Sequence[Ranking]) -> list[str]:
    """Where it matters most whom one takes: the largest lead of a best one over the last."""
    lasts = []
    for race in found:
        resolved = [(rival, ratio) for rival, ratio, is_resolved in race.leads if is_resolved]
        if len(race.leads) > 1 and resolved:
            lasts.append((*max(resolved, key=lambda pair: pair[1].mean), race))
    if not lasts:
        return []
    last, ratio, race = max(lasts, key=lambda one: one[1].mean)
    assert race.best is not None
    return [
        f"The choice matters most in {race.title}: {cell_text(view, race.best)} is {spread(ratio, 'x')} ahead of the last, "
        f"{cell_text(view, last)}."
    ]


def gains(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """How much each line gains by workers at the most, and what gains nothing, loses, or cannot be told, and where."""
    found: dict[str, dict[str, list[tuple[Point, Interval, Comparison]]]] = {}
    count = 0
    based = [comparison for comparison in comparisons if pairs.has_baseline(view, comparison.points)]
    for comparison in based or comparisons:
        for line, points in view.series(comparison.points).items():
            best = scaling.furthest(view, comparison, points)
            if best is not None and best[0].workers is not None:
                found.setdefault(best[2], {}).setdefault(line, []).append((best[0], best[1], comparison))
                count += 1
    whom = baseline_text(view) if based else "the same with fewest workers"
    sentences = []
    if "gain" in found:
        most = sorted(
            (max(own, key=lambda one: one[1].mean) for own in found["gain"].values()), key=lambda one: -one[1].mean
        )
        parts = [_gain(view, *one, full=one is most[0]) for one in most[:MAX_NAMES]]
        rest = [f"and {len(most) - MAX_NAMES} more"] if len(most) > MAX_NAMES else []
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


def _gain(view: View, point: Point, gain: Interval, comparison: Comparison, full: bool) -> str:
    """`processes` 1.99x (…) with 2 workers in cpu_sum, and of the first how much of the machine that is."""
    used = share_used(view, comparison, point) if view.relative and full else ""
    return (
        f"{code(view.series_name(point))} {spread(gain, 'x')} with {plural(point.workers or 1, 'worker')} in "
        f"{escaped(view.title(comparison.labels))}{f', {used}' if used else ''}"
    )


def _where(view: View, lines: dict[str, list[tuple[Point, Interval, Comparison]]]) -> str:
    """`threads` and `asyncio` in cpu_sum; `process_pool` in hash_blocks: lines of the same comparisons together."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for line, own in lines.items():
        titles = tuple(escaped(view.title(comparison.labels)) for _, _, comparison in own)
        groups.setdefault(titles, []).append(code(line))
    parts = [f"{enumerated(shortened(names))} in {_titles(titles)}" for titles, names in groups.items()]
    return "; ".join(shortened(parts))


def peaks(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """Which lines get slower by more workers, and from how many on."""
    found = [f"{peak} in {escaped(view.title(c.labels))}" for c in comparisons for peak in scaling.peaks(view, c)]
    return [f"{scaling.PAST_PEAK}: {'; '.join(shortened(found))}."] if found else []


def prices(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """What primitives leave of what there is without one: the least and the most, and how many differ at all."""
    found = []
    for comparison in comparisons:
        floor = view.floor(comparison.points)
        for points in pairs.comparable(view, comparison).values():
            reference = pairs.without_primitive(view, points)
            for point in points if reference is not None else ():
                if reference is not None and point is not reference:
                    ratio = view.ratio(point, reference)
                    word = family_of(view).verdict(Pair(point, reference, view.primary), ratio, floor)
                    found.append((ratio, point, comparison, word))
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


def tallies(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """What was counted: in how many cells something was lost, the worst of them, and in how many nothing was."""
    found = []
    for metric, cls in view.metrics.items():
        if not cls.verb:
            continue
        points = [
            point
            for comparison in comparisons
            for point in comparison.points
            if not math.isnan(point.value(metric).mean)
        ]
        some = [point for point in points if point.value(metric).mean > 0]
        none = sum(point.value(metric).mean == 0 and (point.workers or 1) > 1 for point in points)
        if some:
            worst = max(some, key=lambda point: counts.loss_share(view, point, metric, cls))
            title = escaped(view.title({k: worst.labels.get(k) for k in comparisons[0].labels}))
            rest = f"; exactly 0 in the {plural(none, 'other cell')} with several workers" if none else ""
            found.append(
                f"{cls.unit.capitalize()} were {cls.verb} in {plural(len(some), 'cell')}, most by {_cell(view, worst)} in {title}: "
                f"{counts.how_much(view, worst, metric, cls)}{rest}."
            )
        elif none:
            found.append(f"Exactly 0 {cls.unit} were {cls.verb} in all {plural(none, 'cell')} with several workers.")
    return found


def conditions(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """What the conditions do to each workload: the lowest and the highest of the best figures."""
    groups: dict[str, list[tuple[Comparison, Point]]] = {}
    for comparison in comparisons:
        best = view.best(point for point in comparison.points if point.can_win)
        if best is not None:
            groups.setdefault(str(comparison.labels["workload"]), []).append((comparison, best))
    found = []
    for workload, own in groups.items():
        if len(own) > 1:
            own.sort(key=lambda pair: pair[1].value(view.primary).mean)
            ends = [f"{primary_text(view, c, point)} ({_conditions(view, c)})" for c, point in own[:: len(own) - 1]]
            whose = f" of {code(workload)}" if len(groups) > 1 else ""
            found.append(f"The best {view.primary}{whose} goes from {' to '.join(ends)} over {len(own)} conditions.")
    return found


def _conditions(view: View, comparison: Comparison) -> str:
    """A comparison's title without its workload."""
    return escaped(view.title({key: label for key, label in comparison.labels.items() if key != "workload"}))


def _cell(view: View, point: Point) -> str:
    return cell_text(view, point) + point.mark


def _of(count: int, total: int, every: str = "all") -> str:
    """`5 of 6 comparisons`, `all 6 comparisons`."""
    if total == 1:
        return "the one comparison"
    return f"{count} of {total} comparisons" if count < total else f"{every} {total} comparisons"


def _titles(titles: Sequence[str]) -> str:
    more = [f"{len(titles) - MAX_TITLES} more"] if len(titles) > MAX_TITLES else []
    return enumerated([*titles[:MAX_TITLES], *more])
