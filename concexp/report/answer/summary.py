"""Several comparisons together: gains, peaks, prices of primitives, counts and conditions.

Each function returns one sentence at most, by the rules of the module that writes about a single comparison.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from concexp.analysis.stats.intervals import Interval
from concexp.report import pairs
from concexp.report.answer import counts, gains
from concexp.report.answer.rankings import titles_text
from concexp.report.family import family_of
from concexp.report.pairs import Pair
from concexp.report.phrases import MAX_NAMES, baseline_text, cell_text, contenders, first_few, primary_text, share_used
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, spread
from concexp.report.view import Comparison, Point, View

Gain = tuple[Point, Interval, Comparison]


def largest_gains(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """The largest gain of each series, and which series gain nothing, lose or are not resolved, and where."""
    based = [comparison for comparison in comparisons if pairs.has_baseline(view, comparison.points)]
    by_verdict = _gains_by_verdict(view, based or comparisons)
    reference = baseline_text(view) if based else "the same with fewest workers"
    heads = {
        "none": f"No gain over {reference}",
        "loss": f"Slower than {reference}, even at best",
        "unresolved": f"Not resolved from {reference}",
    }
    others = [f"{head}: {_where(view, by_verdict[word])}" for word, head in heads.items() if word in by_verdict]
    return [*_largest_gains_sentence(view, by_verdict, reference), *([f"{'. '.join(others)}."] if others else [])]


def _gains_by_verdict(view: View, comparisons: Sequence[Comparison]) -> dict[str, dict[str, list[Gain]]]:
    """The furthest gain of each series in each comparison, by verdict and series."""
    by_verdict: dict[str, dict[str, list[Gain]]] = {}
    for comparison in comparisons:
        for name, points in view.series(comparison.points).items():
            furthest = gains.furthest(view, comparison, points)
            if furthest is not None and furthest[0].workers is not None:
                best, gain, verdict = furthest
                by_verdict.setdefault(verdict, {}).setdefault(name, []).append((best, gain, comparison))
    return by_verdict


def _largest_gains_sentence(view: View, by_verdict: dict[str, dict[str, list[Gain]]], reference: str) -> list[str]:
    if "gain" not in by_verdict:
        return []
    largest = [max(series, key=lambda one: one[1].mean) for series in by_verdict["gain"].values()]
    largest.sort(key=lambda one: -one[1].mean)
    parts = [_gain(view, *one, full=one is largest[0]) for one in largest]
    count = sum(len(series) for verdict in by_verdict.values() for series in verdict.values())
    times = sum(map(len, by_verdict["gain"].values()))
    among = f" (a gain in {times} of {count} cases)" if times < count else ""
    listed = "; ".join(first_few(parts, MAX_NAMES, rest_counts=False, lead="and "))
    return [f"Largest gains over {reference}: {listed}{among}."]


def _gain(view: View, point: Point, gain: Interval, comparison: Comparison, full: bool) -> str:
    """`processes` 1.99x (…) with 2 workers in cpu_sum; with `full`, also how much of the machine that is."""
    used = share_used(view, comparison, point) if view.relative and full else ""
    return (
        f"{code(view.series_name(point))} {spread(gain, 'x')} with {plural(point.parallelism, 'worker')} in "
        f"{escaped(view.title(comparison.labels))}{f', {used}' if used else ''}"
    )


def _where(view: View, series: dict[str, list[Gain]]) -> str:
    """`threads` and `asyncio` in cpu_sum; `process_pool` in hash_blocks: series of the same comparisons together."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, gains_of in series.items():
        titles = tuple(escaped(view.title(comparison.labels)) for _, _, comparison in gains_of)
        groups.setdefault(titles, []).append(code(name))
    parts = [f"{enumerated(first_few(names, MAX_NAMES))} in {titles_text(titles)}" for titles, names in groups.items()]
    return "; ".join(first_few(parts, MAX_NAMES))


def peaks(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """Which series get slower with more workers, and from how many workers on."""
    parts = [f"{peak} in {escaped(view.title(c.labels))}" for c in comparisons for peak in gains.peaks(view, c)]
    return [f"{gains.PAST_PEAK}: {'; '.join(first_few(parts, MAX_NAMES))}."] if parts else []


def prices(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """The primary metric with a primitive relative to none: the least, the most, and in how many cells nothing differs."""
    known = sorted((price for price in _prices(view, comparisons) if price[0].bounded), key=lambda price: price[0].mean)
    if not known:
        return []
    texts = [
        f"{spread(ratio, 'x')} ({_cell(view, point)}, {escaped(view.title(comparison.labels))})"
        for ratio, point, comparison, _ in known[:: max(1, len(known) - 1)]
    ]
    same = sum(verdict not in ("higher", "lower") for *_, verdict in known)
    rest = f"; in {same} of {len(known)} cells no difference is resolved" if same else ""
    return [f"Beside no primitive, {view.primary} with one is {' to '.join(texts)}{rest}."]


def _prices(view: View, comparisons: Sequence[Comparison]) -> Iterator[tuple[Interval, Point, Comparison, str]]:
    """The ratio of each point with a primitive to the one without, and the verdict on it."""
    for comparison in comparisons:
        floor = view.floor(comparison.points)
        for points in pairs.comparable(view, comparison).values():
            reference = pairs.without_primitive(view, points)
            if reference is None:
                continue
            for point in points:
                if point is not reference:
                    ratio = view.ratio(point, reference)
                    verdict = family_of(view).verdict(Pair(point, reference, view.primary), ratio, floor.beside(ratio))
                    yield ratio, point, comparison, verdict


def tallies(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """For each counted metric: in how many cells something was lost, which lost most, and in how many exactly nothing."""
    sentences = []
    for metric, cls in view.metrics.items():
        if cls.verb:
            sentences += _tally(view, comparisons, metric, cls)
    return sentences


def _tally(view: View, comparisons: Sequence[Comparison], metric: str, cls: Any) -> list[str]:
    points = [
        point for comparison in comparisons for point in comparison.points if not math.isnan(point.value(metric).mean)
    ]
    some = [point for point in points if point.value(metric).mean > 0]
    lost_nothing = [point for point in points if counts.lost_nothing(point, metric, cls)]
    none = len(lost_nothing)
    sure = counts.how_sure(view, lost_nothing, metric, cls) if none else ""
    if some:
        worst = max(some, key=lambda point: counts.loss_share(view, point, metric, cls))
        title = escaped(view.title({key: worst.labels.get(key) for key in comparisons[0].labels}))
        rest = f"; exactly 0 in the {plural(none, 'other cell')} with several workers, {sure}" if none else ""
        return [
            f"{cls.unit.capitalize()} were {cls.verb} in {plural(len(some), 'cell')}, most by {_cell(view, worst)} in {title}: "
            f"{counts.how_much(view, worst, metric, cls)}{rest}."
        ]
    if none:
        return [f"Exactly 0 {cls.unit} were {cls.verb} in all {plural(none, 'cell')} with several workers, {sure}."]
    return []


def conditions(view: View, comparisons: Sequence[Comparison]) -> list[str]:
    """The effect of the conditions on each workload: the lowest and the highest of the best figures."""
    by_workload: dict[str, list[tuple[Comparison, Point]]] = {}
    for comparison in comparisons:
        best = view.best(point for point in comparison.points if point.can_win)
        if best is not None:
            by_workload.setdefault(str(comparison.labels["workload"]), []).append((comparison, best))
    sentences = []
    for workload, bests in by_workload.items():
        if len(bests) > 1:
            bests.sort(key=lambda pair: pair[1].value(view.primary).mean)
            ends = [
                f"{primary_text(view, comparison, point, _contenders(view, comparison, point))} ({_conditions(view, comparison)})"
                for comparison, point in bests[:: len(bests) - 1]
            ]
            of = f" of {code(workload)}" if len(by_workload) > 1 else ""
            over = f"over {len(bests)} conditions"
            chosen = any(_contenders(view, *ends) > 1 for ends in bests[:: len(bests) - 1])
            allowing = ", the intervals allowing for the choice of the best" if chosen else ""
            sentences.append(f"The best {view.primary}{of} goes from {' to '.join(ends)} {over}{allowing}.")
    return sentences


def _contenders(view: View, comparison: Comparison, best: Point) -> int:
    return contenders(view, best, [point for point in comparison.points if point.can_win])


def _conditions(view: View, comparison: Comparison) -> str:
    """A comparison's title without its workload."""
    return escaped(view.title({key: label for key, label in comparison.labels.items() if key != "workload"}))


def _cell(view: View, point: Point) -> str:
    return cell_text(view, point) + point.mark
