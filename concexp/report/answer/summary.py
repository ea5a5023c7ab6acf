"""Several comparisons together: peaks, prices of primitives, counts, the effect of conditions, and what else claims are about.

Each function returns few sentences, by the rules of the module that writes about a single comparison.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from concexp.analysis.stats.intervals import Interval
from concexp.experiment import expressions
from concexp.experiment.claims import of_data
from concexp.report import pairs
from concexp.report.answer import changes, counts, gains
from concexp.report.answer.findings import Finding, of_kind, size_of
from concexp.report.contest import WORKLOAD, Contest, contest_of
from concexp.report.family import family_of
from concexp.report.open_loops import MAX_CONDITIONS, METRICS, closed_loops, is_open
from concexp.report.pairs import Pair
from concexp.report.phrases import (
    MAX_NAMES,
    MAX_TITLES,
    cell_text,
    condition_text,
    condition_title,
    contenders,
    first_few,
    primary_text,
    titles_text,
)
from concexp.report.points import Comparison, Point
from concexp.report.sections import latency
from concexp.report.text.language import clauses, listed, message, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import brief, enumerated, plural, rounded, scale_of, sentence_case, span
from concexp.report.view import View, once_per_view

MAX_FEW = 2  # conditions of a workload that are named, or left out by name, in a sentence on several workloads
HALF = 0.5  # of the whole effect: a first step that makes so much of it is worth its figure
Best = tuple[Comparison, Point]


def peaks(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """Which series get slower with more workers, and from how many workers on."""
    found = [(peak, escaped(view.title(c.labels))) for c in comparisons for peak in gains.peaks(view, c)]
    parts = [say("{cells} in {titles}", cells=peak, titles=title) if title else peak for peak, title in found]
    return [say(gains.PAST_PEAK, series=clauses(first_few(parts, MAX_NAMES)))] if parts else []


def prices(view: View, comparisons: Sequence[Comparison]) -> list[Finding]:
    """The primary metric without a primitive relative to each primitive, and in how many cells nothing differs."""
    known = [price for price in _prices(view, comparisons) if price[0].bounded]
    if not known:
        return []
    by_primitive: dict[str, list[float]] = {}
    for ratio, point, _, _ in known:
        by_primitive.setdefault(view.primitive(point), []).append(ratio.mean)
    ordered = sorted(by_primitive.items(), key=lambda pair: sum(map(math.log, pair[1])) / len(pair[1]))
    parts = [
        say("{factor} that with {primitive}", factor=_range(ratios), primitive=code(name)) for name, ratios in ordered
    ]
    what = message("{metric} without synchronisation is {factors}")
    if any("†" in reference.mark for *_, reference, _ in known):
        what = message("{metric} without synchronisation (some outcomes are wrong) is {factors}")
    title, factors = sentence_case(escaped(view.called(view.primary))), enumerated(first_few(parts, MAX_NAMES))
    texts = [say(what, metric=title, factors=factors)]
    if same := sum(verdict not in ("higher", "lower") for *_, verdict in known):
        cells = plural(len(known), "cell")
        texts.append(say("in {count} of {cells} they cannot be told apart", count=same, cells=cells))
    text = clauses(texts) + say(".")
    differ = [ratio.mean for ratio, *_, verdict in known if verdict in ("higher", "lower")]
    return [Finding("primitives", text, size_of(*differ))]


def _range(values: Sequence[float]) -> str:
    """`6.5x to 14x`."""
    return span(*(f"{rounded(value, 2)}x" for value in (min(values), max(values))))


def _prices(view: View, comparisons: Sequence[Comparison]) -> Iterator[tuple[Interval, Point, Point, str]]:
    """The ratio of the point without a primitive to each with one, (ratio, point, reference), and the verdict on it."""
    for comparison in comparisons:
        floor = view.floor(comparison.points)
        for points in pairs.comparable(view, comparison).values():
            reference = pairs.without_primitive(view, points)
            if reference is None:
                continue
            for point in points:
                if point is not reference:
                    ratio = view.ratio(reference, point)
                    verdict = family_of(view).verdict(Pair(reference, point, view.primary), ratio, floor.beside(ratio))
                    yield ratio, point, reference, verdict


def tallies(view: View, comparisons: Sequence[Comparison]) -> list[Finding]:
    """For each counted metric: which cells lost something and how much, and in how many nothing was lost."""
    sentences = []
    for metric, cls in view.metrics.items():
        if cls.verb:
            sentences += _tally(view, comparisons, metric, cls)
    return sentences


def _tally(view: View, comparisons: Sequence[Comparison], metric: str, cls: Any) -> list[Finding]:
    known = [(c, p) for c in comparisons for p in c.points if not math.isnan(p.value(metric).mean)]
    some = [(comparison, point) for comparison, point in known if point.value(metric).mean > 0]
    none = [point for _, point in known if counts.lost_nothing(point, metric, cls)]
    rest = counts.nothing_lost(view, none, metric, cls, bool(some)) if none else ""
    if not some:
        return of_kind("nothing lost", [rest] if rest else [])
    groups: dict[str, list[Best]] = {}
    for comparison, point in some:
        groups.setdefault(cell_text(view, point), []).append((comparison, point))
    parts = [_loss(view, name, members, known, metric, cls) for name, members in groups.items()]
    lost = clauses(first_few(parts, MAX_NAMES, lead="and ")) + say(".")
    return [Finding("losses", texts_of([lost, rest] if rest else [lost]))]


def _loss(view: View, name: str, members: list[Best], known: list[Best], metric: str, cls: Any) -> str:
    """`threads` × `none` 36 % in counter_call, in 5 of 5 trials (†)."""
    everywhere = sum(cell_text(view, point) == name for _, point in known) == len(members)
    titles = _places(view, name, members, known)
    where = "" if everywhere or not any(titles) else titles_text(titles)
    points = [point for _, point in members]
    return say("{cell} {how}", cell=name, how=counts.how_much(view, points, metric, cls, where))


def _places(view: View, name: str, members: list[Best], known: list[Best]) -> list[str]:
    """The conditions under which a cell lost something; if there are many, by workload: `counter (only python 3.9)`."""
    titles = [view.title(comparison.labels) for comparison, _ in members]
    if len(titles) <= MAX_TITLES:
        return titles
    by_workload: dict[str, list[Comparison]] = {}
    for comparison, _ in members:
        by_workload.setdefault(str(comparison.labels["workload"]), []).append(comparison)
    every: dict[str, list[Comparison]] = {}
    for comparison, point in known:
        if cell_text(view, point) == name:
            every.setdefault(str(comparison.labels["workload"]), []).append(comparison)
    return [
        _where(view, workload, own, every[workload])
        for workload, own in sorted(by_workload.items(), key=lambda pair: -len(pair[1]))
    ]


def _where(view: View, workload: str, own: list[Comparison], every: list[Comparison]) -> str:
    """`counter (all but python pypy3.11)`, `counter (only python 3.9)`: the conditions of a workload, the few by name."""
    others = [one for one in every if one not in own]
    if not others:
        return workload
    if len(others) <= MAX_FEW < len(own):
        return say("{workload} (all but {titles})", workload=workload, titles=_listed(view, others))
    if len(own) <= MAX_FEW:
        return say("{workload} (only {titles})", workload=workload, titles=_listed(view, own))
    return say("{workload} ({some} of {count} conditions)", workload=workload, some=len(own), count=len(every))


def _listed(view: View, comparisons: Sequence[Comparison]) -> str:
    return titles_text([condition_title(view, one) for one in comparisons])


@dataclass(frozen=True)
class Effect:
    """What the conditions of one workload do to its primary metric.

    bests     each condition with its best cell that can win, in the experiment's order
    competes  whether anything competes under some condition
    size      of the difference between the conditions, as that of a `Finding`
    """

    workload: str
    bests: list[Best]
    competes: bool
    size: float


@once_per_view
def effects(view: View) -> list[Effect]:
    """What the conditions do to each workload that has a best cell under some of them; requests at a given rate are left out."""
    by_workload: dict[str, list[Best]] = {}
    contest = _contest_under_conditions(view)
    for comparison in closed_loops(view) if contest is None else _without_choices(view, contest):
        able = [point for point in comparison.points if point.can_win]
        best = able[0] if len(able) == 1 else view.best(able)
        if best is not None and best.value(view.primary).has_value:
            by_workload.setdefault(str(best.labels["workload"]), []).append((comparison, best))
    return [
        Effect(
            workload,
            bests,
            contest is not None or any(len(view.best_per_variant(comparison.points)) > 1 for comparison, _ in bests),
            _contrast([[point.value(view.primary)] for _, point in bests]),
        )
        for workload, bests in by_workload.items()
    ]


def _contest_under_conditions(view: View) -> Contest | None:
    """The contest, if it has several conditions: then what competes is none of them, and the best of all says nothing of it."""
    contest = contest_of(view)
    return contest if contest is not None and len(contest.comparisons) > 1 else None


def _without_choices(view: View, contest: Contest) -> list[Comparison]:
    """The comparisons of a contest, without open loops; none where its conditions are models or numbers of workers."""
    keys = {key for key in contest.comparisons[0].labels if key in view.varying_axes}
    if WORKLOAD in contest.axes or all(view.is_choice(key) for key in keys):
        return []
    return [comparison for comparison in contest.comparisons if not is_open(view, comparison)]


def conditions(view: View) -> list[Finding]:
    """The effect of the conditions on each workload: all of them, or from the best figure, or the undisturbed one, to the worst.

    Between them stands the first step towards the worst condition, if it makes most of the effect.
    """
    known = effects(view)
    found = []
    for effect in known:
        bests = effect.bests
        if len(bests) < 2:
            continue
        ordered = _alone_first(sorted(bests, key=lambda pair: -view.sign * pair[1].value(view.primary).mean))
        shown = bests if len(bests) <= MAX_CONDITIONS else [ordered[0], *_first_step(view, ordered), ordered[-1]]
        figures = [_at(view, *pair) for pair in shown]
        title = escaped(view.called(view.primary))
        if effect.competes:
            title = say("best {metric}", metric=title)
        if len(known) > 1:
            title = say("{metric} of {workload}", metric=title, workload=code(effect.workload))
        title = sentence_case(title)
        text = say("{what}: {figures}.", what=title, figures=listed(figures))
        if len(bests) > len(shown):
            over = say("{figures} ({count} conditions)", figures=listed(figures), count=len(bests))
            text = say("{what}: {figures}.", what=title, figures=over)
            if effect.size and not effect.competes:
                text = changes.text(view, title, shown, len(bests))
        found.append(Finding("conditions" if effect.competes else "effect", text, effect.size))
    return found


def claimed(view: View, comparisons: Sequence[Comparison]) -> list[Finding]:
    """The other metrics that claims are about, under each condition, where they differ between conditions."""
    found = []
    for metric in claimed_metrics(view):
        if metric in METRICS:
            found += of_kind("claimed", latency.in_closed_loops(view))
            continue
        by_workload: dict[str, list[Comparison]] = {}
        for comparison in comparisons:
            if _values(view, comparison, metric):
                by_workload.setdefault(str(comparison.labels["workload"]), []).append(comparison)
        for workload, own in by_workload.items():
            size = _contrast([_values(view, comparison, metric) for comparison in own])
            if size:
                ends = own
                if len(own) > MAX_CONDITIONS:
                    ordered = sorted(own, key=lambda one: min(v.mean for v in _values(view, one, metric)))
                    ends = [ordered[0], ordered[-1]]
                figures = listed([_range_at(view, comparison, metric) for comparison in ends])
                if len(own) > len(ends):
                    figures = say("{figures} ({count} conditions)", figures=figures, count=len(own))
                title = escaped(view.called(metric))
                if "workload" in view.varying_axes:
                    title = say("{metric} of {workload}", metric=title, workload=code(workload))
                text = say("{what}: {figures}.", what=sentence_case(title), figures=figures)
                found.append(Finding("claimed", text, size))
    return found


def claimed_metrics(view: View) -> list[str]:
    """The metrics in claims that no other sentence of the answer is about, in the order of the claims."""
    trees = (
        part for one in of_data(view.run.spec.get("claims")) for tree in one.trees for part in expressions.walk(tree)
    )
    named = dict.fromkeys(str(part.value) for part in trees if part.kind in ("name", "at"))
    known = [(name, view.metrics[name]) for name in named if name in view.metrics and name != view.primary]
    return [
        name
        for name, cls in known
        if cls.level == "iteration" and not (cls.verb or cls.ends_badly or cls.follows_speed)
    ]


def _values(view: View, comparison: Comparison, metric: str) -> list[Interval]:
    """A metric of the best point of each variant that can win."""
    points = view.best_per_variant(point for point in comparison.points if point.can_win)
    return [point.value(metric) for point in points if point.value(metric).has_value]


def _contrast(groups: Sequence[Sequence[Interval]]) -> float:
    """The size of the difference between the lowest and the highest of these groups of values; 0 where their intervals overlap."""
    known = [group for group in groups if all(value.bounded and value.mean > 0 for value in group)]
    if len(known) < len(groups) or len(known) < 2:
        return 0.0
    low = min(known, key=lambda group: max(value.mean for value in group))
    high = max(known, key=lambda group: min(value.mean for value in group))
    below, above = max(low, key=lambda value: value.hi), min(high, key=lambda value: value.lo)
    return size_of(above.mean / below.mean) if below.hi < above.lo else 0.0


def _range_at(view: View, comparison: Comparison, metric: str) -> str:
    """`1.25 to 1.26 at policy backoff`: a metric of the best cells under a condition."""
    values = sorted(_values(view, comparison, metric), key=lambda value: value.mean)
    factor, unit = scale_of([values[-1].mean], view.metrics[metric].unit)
    suffix = f" {unit}" if unit else ""
    ends = [rounded(value.mean / factor) for value in (values[0], values[-1])]
    figure = brief(values[0].scaled(1 / factor), suffix) if len(values) == 1 else span(ends[0], ends[1], suffix)
    return say("{figure} at {condition}", figure=figure, condition=condition_text(view, comparison))


def _alone_first(ordered: list[Best]) -> list[Best]:
    """From the best to the worst, but begun with what nothing computes beside: some background can keep CPUs awake, and gain."""
    alone = [pair for pair in ordered[:-1] if pair[0].labels.get(changes.BACKGROUND_WORKERS) == 0]
    return alone + [pair for pair in ordered if pair not in alone]


def _first_step(view: View, bests: Sequence[Best]) -> list[Best]:
    """The condition next to the best one on the way to the worst, if it makes most of the difference."""
    (first, start), (last, end) = bests[0], bests[-1]
    for axis, labels in view.run.header["axes"].items():
        here, there = first.labels.get(axis), last.labels.get(axis)
        if axis == "workload" or here == there or here not in labels or there not in labels:
            continue
        place, to = labels.index(here), labels.index(there)
        wanted = {**last.labels, axis: labels[place + (1 if to > place else -1)]}
        step = next(((c, p) for c, p in bests[1:-1] if c.labels == wanted), None)
        if step is not None:
            means = [point.value(view.primary).mean for point in (start, end, step[1])]
            if min(means) <= 0:  # a count may be 0, which is no factor away from anything
                return []
            whole, part = (math.log(mean / means[0]) for mean in means[1:])
            return [step] if whole and part / whole >= HALF else []
    return []


def _at(view: View, comparison: Comparison, point: Point) -> str:
    """`12.9 k round trips/s at background.workers 0`."""
    among = contenders(view, point, [p for p in comparison.points if p.can_win])
    figure = primary_text(view, comparison, point, among, is_brief=True)
    return say("{figure} at {condition}", figure=figure, condition=condition_text(view, comparison))
