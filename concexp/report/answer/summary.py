"""Several comparisons together: peaks, prices of primitives, counts and the effect of conditions.

Each function returns few sentences, by the rules of the module that writes about a single comparison.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from concexp.analysis.stats.intervals import Interval
from concexp.report import pairs
from concexp.report.answer import counts, gains
from concexp.report.family import family_of
from concexp.report.pairs import Pair
from concexp.report.phrases import MAX_NAMES, cell_text, contenders, first_few, primary_text, titles_text
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, rounded, sentence_case
from concexp.report.view import Comparison, Point, View

HALF = 0.5  # of the whole effect: a first step that makes so much of it is worth its figure
Best = tuple[Comparison, Point]


def peaks(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """Which series get slower with more workers, and from how many workers on."""
    found = [(peak, escaped(view.title(c.labels))) for c in comparisons for peak in gains.peaks(view, c)]
    parts = [f"{peak} in {title}" if title else peak for peak, title in found]
    return [f"{gains.PAST_PEAK}: {'; '.join(first_few(parts, MAX_NAMES))}."] if parts else []


def prices(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """The primary metric without a primitive relative to each primitive, and in how many cells nothing differs."""
    known = [price for price in _prices(view, comparisons) if price[0].bounded]
    if not known:
        return []
    by_primitive: dict[str, list[float]] = {}
    for ratio, point, _, _ in known:
        by_primitive.setdefault(view.primitive(point), []).append(ratio.mean)
    ordered = sorted(by_primitive.items(), key=lambda pair: sum(map(math.log, pair[1])) / len(pair[1]))
    parts = [f"{_range(ratios)} that with {code(name)}" for name, ratios in ordered]
    same = sum(verdict not in ("higher", "lower") for *_, verdict in known)
    rest = f"; in {same} of {plural(len(known), 'cell')} they cannot be told apart" if same else ""
    wrong = " (some outcomes are wrong)" if any("†" in reference.mark for *_, reference, _ in known) else ""
    title = sentence_case(escaped(view.called(view.primary)))
    return [f"{title} without a primitive{wrong} is {enumerated(first_few(parts, MAX_NAMES))}{rest}."]


def _range(values: Sequence[float]) -> str:
    """`6.5x to 14x`."""
    return " to ".join(dict.fromkeys(f"{rounded(value, 2)}x" for value in (min(values), max(values))))


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


def tallies(view: View, comparisons: Sequence[Comparison]) -> list[tuple[str, bool]]:
    """For each counted metric: which cells lost something and how much, and in how many nothing was lost; whether some did."""
    sentences = []
    for metric, cls in view.metrics.items():
        if cls.verb:
            sentences += _tally(view, comparisons, metric, cls)
    return sentences


def _tally(view: View, comparisons: Sequence[Comparison], metric: str, cls: Any) -> list[tuple[str, bool]]:
    known = [(c, p) for c in comparisons for p in c.points if not math.isnan(p.value(metric).mean)]
    some = [(comparison, point) for comparison, point in known if point.value(metric).mean > 0]
    none = [point for _, point in known if counts.lost_nothing(point, metric, cls)]
    rest = counts.nothing_lost(view, none, metric, cls, bool(some)) if none else ""
    if not some:
        return [(rest, False)] if rest else []
    groups: dict[str, list[Best]] = {}
    for comparison, point in some:
        groups.setdefault(cell_text(view, point), []).append((comparison, point))
    parts = [_loss(view, name, members, known, metric, cls) for name, members in groups.items()]
    listed = "; ".join(first_few(parts, MAX_NAMES, lead="and "))
    return [(f"{listed}.{f' {rest}' if rest else ''}", True)]


def _loss(view: View, name: str, members: list[Best], known: list[Best], metric: str, cls: Any) -> str:
    """`threads` × `none` 36 % in counter_call, in 5 of 5 trials (†)."""
    everywhere = sum(cell_text(view, point) == name for _, point in known) == len(members)
    titles = [view.title(comparison.labels) for comparison, _ in members]
    where = "" if everywhere or not any(titles) else f" in {titles_text(titles)}"
    points = [point for _, point in members]
    return f"{name} {counts.how_much(view, points, metric, cls, where)}"


def conditions(view: View, comparisons: Sequence[Comparison]) -> list[tuple[str, bool]]:
    """The effect of the conditions on each workload, from the best figure to the worst; and whether something competes there.

    Between them stands the first step towards the worst condition, if it makes most of the effect.
    """
    by_workload: dict[str, list[Best]] = {}
    for comparison in comparisons:
        best = view.best(point for point in comparison.points if point.can_win)
        if best is not None:
            by_workload.setdefault(str(comparison.labels["workload"]), []).append((comparison, best))
    found = []
    for workload, bests in by_workload.items():
        if len(bests) > 1:
            bests.sort(key=lambda pair: -view.sign * pair[1].value(view.primary).mean)
            of = f" of {code(workload)}" if len(by_workload) > 1 else ""
            shown = [bests[0], *_first_step(view, bests), bests[-1]]
            figures = ", ".join(_at(view, *pair) for pair in shown)
            competes = any(len(view.best_per_variant(comparison.points)) > 1 for comparison, _ in bests)
            best_of = "Best " if competes else ""
            title = sentence_case(f"{best_of}{escaped(view.called(view.primary))}")
            over = f" ({len(bests)} conditions)" if len(bests) > len(shown) else ""
            found.append((f"{title}{of}: {figures}{over}.", competes))
    return found


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
    labels = {key: label for key, label in comparison.labels.items() if key != "workload"}
    title = view.title(labels) or view.title(comparison.labels)
    return f"{primary_text(view, comparison, point, among, is_brief=True)} at {escaped(title)}"
