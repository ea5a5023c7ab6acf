"""Phrases that several sentences share: which cell, how much, relative to what."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from concexp.analysis.stats.intervals import Interval, of_the_best
from concexp.analysis.stats.significance import MARGIN, equivalence, resolved
from concexp.report.contest import has_primitive
from concexp.report.family import family_of
from concexp.report.points import Comparison, Point
from concexp.report.text.language import clauses, listed, message, say, translated
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import DIGITS, brief, enumerated, plural, rate_unit, rounded, scale_of, span, spread
from concexp.report.view import View, once_per_view

MAX_TITLES = 4  # comparisons named in one sentence
MAX_NAMES = 6  # listed in a sentence; the table has all
TIMES = 2.0  # from here on a factor reads better than a percentage
ALL_CPUS = 0.95  # share of the usable CPUs from which on the machine is said to have given all of them


def cell_text(view: View, point: Point) -> str:
    """A cell by what distinguishes it within its comparison: `processes` × `lock` with 2 workers."""
    text = series_text(view, point)
    if point.workers is None or _same_workers(view):
        return text
    return say("{cell} with {workers}", cell=text, workers=plural(point.workers, "worker"))


def percent_change(factor: Interval) -> str:
    """A factor as a change in percent: 1.12 (1.098–1.14) is `12 % (10–14)`."""
    mean, lo, hi = (100 * (end - 1) for end in (factor.mean, factor.lo, factor.hi))
    return spread(Interval(mean, lo, hi, factor.n), " %", digits=2)


def cell_on_page(view: View, point: Point) -> str:
    """A cell by what distinguishes it on the whole page: the labels that vary."""
    return escaped(view.title(point.labels)) or code(point.model)


def series_text(view: View, point: Point) -> str:
    """A cell without its number of workers: `processes` × `lock`."""
    return with_primitives(view, code(view.series_name(point)), [view.primitive(point)], [point])


def with_primitives(view: View, name: str, primitives: Sequence[str], points: Iterable[Point]) -> str:
    """`processes` × `lock`, `processes` × (`lock`, `rlock`), `processes` without synchronisation.

    The name alone where nothing of the points' work can be synchronised in another way.
    """
    points = list(points)
    if not any(primitives) or not any(_synchronised(view).get(str(p.labels["workload"])) for p in points):
        return name
    if not any(has_primitive(view, point) for point in points):
        return say("{cell} without synchronisation", cell=name)
    names = first_few([code(primitive) for primitive in primitives], MAX_NAMES)
    return f"{name} × {names[0]}" if len(names) == 1 else f"{name} × ({listed(names)})"


@once_per_view
def _synchronised(view: View) -> dict[str, bool]:
    """Whether the points of a workload have several primitives, or one other than none."""
    found: dict[str, bool] = {}
    for point in view.points:
        workload = str(point.labels["workload"])
        found[workload] = found.get(workload, False) or has_primitive(view, point)
    return found


def condition_text(view: View, comparison: Comparison) -> str:
    """The labels of a comparison that distinguish it from others of its workload."""
    return escaped(condition_title(view, comparison))


def condition_title(view: View, comparison: Comparison) -> str:
    """The same in plain text."""
    labels = {key: label for key, label in comparison.labels.items() if key != "workload"}
    return view.title(labels) or view.title(comparison.labels)


def _same_workers(view: View) -> bool:
    """Whether all cells have the same number of workers, which then need not be mentioned."""
    return len({point.workers for point in view.points if point.has_numbers}) < 2


def cells_text(view: View, points: Iterable[Point]) -> str:
    """Several cells: series with the same primitives and numbers of workers are named together."""
    series: dict[str, list[Point]] = {}
    for point in points:
        series.setdefault(view.series_name(point), []).append(point)
    groups: dict[tuple[tuple[str, ...], tuple[int, ...]], list[str]] = {}
    for name, members in series.items():
        by_workers: dict[tuple[int, ...], list[str]] = {}
        for primitive in dict.fromkeys(view.primitive(point) for point in members):
            counts = sorted(p.workers for p in members if p.workers is not None and view.primitive(p) == primitive)
            by_workers.setdefault(tuple(counts), []).append(primitive)
        for workers, primitives in by_workers.items():
            groups.setdefault((tuple(primitives), workers), []).append(name)
    return clauses(
        [
            _group(view, names, primitives, workers, [p for name in names for p in series[name]])
            for (primitives, workers), names in groups.items()
        ]
    )


def _group(
    view: View, names: list[str], primitives: tuple[str, ...], workers: tuple[int, ...], members: list[Point]
) -> str:
    """Series that share primitives and numbers of workers: `a` and `b` × (`lock`, `rlock`) with 2 and 4 workers."""
    own = [point for point in members if view.primitive(point) in primitives]
    text = with_primitives(view, enumerated(first_few([code(name) for name in names], MAX_NAMES)), primitives, own)
    if not workers or _same_workers(view):
        return text
    if len(workers) == 1:
        return say("{cell} with {workers}", cell=text, workers=plural(workers[0], "worker"))
    return say("{cells} with {counts} workers", cells=text, counts=enumerated([str(count) for count in workers]))


def follows(view: View, key: str) -> str:
    """The parameter that determines this one wherever it varies, so that it need not be named; "" if none does."""
    parameters = [one for one in view.axes if "." in one and one in view.varying_axes]
    if key not in parameters or not view.is_redundant(key, parameters):
        return ""
    return next(one for one in parameters if one != key and view.determines(one, key))


def first_few(names: Sequence[str], most: int, rest_counts: bool = True, lead: str = "") -> list[str]:
    """The first of these and how many more there are: `a`, `b`, `3 more`.

    `most` counts the entries of the list, or only the names before `3 more` if `rest_counts` is False.
    """
    if len(names) <= most:
        return list(names)
    shown = most - 1 if rest_counts else most
    return [*names[:shown], say("and {count} more" if lead else "{count} more", count=len(names) - shown)]


def titles_text(titles: Sequence[str], most: int = MAX_TITLES) -> str:
    """Titles in a list: `inside 0us, 10us and 25us`."""
    titles = said_once(titles)
    shown = titles if len(titles) <= most else [*titles[: most - 1], say("{count} more", count=len(titles) - most + 1)]
    return enumerated([escaped(title) for title in shown])


def named_together(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """(name, title) of each series -> (`a` and `b`, the titles that both have): names with the same titles stand together."""
    titles: dict[str, list[str]] = {}
    for name, title in pairs:
        titles.setdefault(name, []).append(title)
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, of in titles.items():
        alike.setdefault(tuple(of), []).append(code(name))
    return [(enumerated(first_few(names, MAX_NAMES)), list(of)) for of, names in alike.items()]


def said_once(titles: Sequence[str]) -> list[str]:
    """Titles whose axis, where all have the same one, stands in the first of them only."""
    heads = {title.partition(" ")[0] for title in titles}
    if len(titles) > 1 and len(heads) == 1 and all(" " in title and " · " not in title for title in titles):
        return [titles[0], *(title.partition(" ")[2] for title in titles[1:])]
    return list(titles)


def contenders(view: View, best: Point, points: Iterable[Point]) -> int:
    """The number of points, with the best, that might each have been the best: those that its ratio to does not tell apart."""
    ratios = [view.ratio(best, point) for point in points if point is not best and point.value(view.primary).has_value]
    return 1 + sum(not ratio.bounded or ratio.lo <= 1 <= ratio.hi for ratio in ratios)


def primary_text(view: View, comparison: Comparison, point: Point, among: int = 1, is_brief: bool = False) -> str:
    """A point's primary metric: `2.38 M sums/s (2.33–2.42)`; as the best of `among` contenders, the interval allows for that."""
    value = of_the_best(point.value(view.primary), among, view.run.level)
    factor, prefix = scale_of([value.mean], view.metric.unit)
    unit = prefix
    if view.metric.unit == "1/s":
        unit = rate_unit(prefix, comparison.unit)
    suffix = unit if prefix == "x" or not unit else f" {unit}"
    value = value.scaled(1 / factor)
    return brief(value, suffix, DIGITS) if is_brief else spread(value, suffix)


def baseline_text(view: View) -> str:
    """The baseline by its labels: `serial`, `threads, workers 1`, one worker."""
    labels = view.run.spec.get("baseline") or {}
    if labels == {"workers": 1}:
        return say("one worker")
    parts = [str(label) if key in ("workload", "model", "sync") else f"{key} {label}" for key, label in labels.items()]
    return code(", ".join(parts))


def share_used(view: View, point: Point) -> str:
    """How much of what the machine offered a gain used: `both CPUs (100 %)`, `76 % of both CPUs`, `efficiency 97 %`.

    The share of the effective CPUs where the workers together want them all; otherwise the efficiency, gain / workers. Empty
    where neither means anything: for one worker, or over a baseline with several.
    """
    below = view.baseline(point)
    if point.workers is None or point.workers < 2 or below is None or below.parallelism > 1:
        return ""
    gain, effective = point.value(view.relative).mean, point.sample.effective_cpus
    if math.isnan(effective) or point.workers * point.demand < effective:
        share = 100 * gain / point.workers
        return say("efficiency {share} %", share=f"{share:.0f}") if share < 100.5 else ""
    offered = say("the {count} CPUs that the machine gave", count=rounded(effective))
    if effective > ALL_CPUS * view.cpus:
        known = {1: message("the CPU"), 2: message("both CPUs")}
        offered = say(known[view.cpus]) if view.cpus in known else say("all {count} CPUs", count=view.cpus)
    share = 100 * min(gain * point.demand / effective, 1.0)
    if round(share) == 100:
        return say("{cpus} (100 %)", cpus=offered)
    return say("{share} % of {cpus}", share=f"{share:.0f}", cpus=offered)


def unresolved_text(view: View, ratio: Interval, floor: float) -> str:
    """Why a ratio is not resolved although its interval excludes 1: noise floor or multiple comparisons.

    Empty where the interval contains 1.
    """
    if not ratio.bounded or ratio.lo <= 1 <= ratio.hi:
        return ""
    if not resolved(ratio, floor):
        return say("within the noise floor of {floor} %", floor=rounded(100 * (floor - 1), 2))
    if (count := family_of(view).count) > 1:
        return say("within what chance produces in {count} comparisons", count=count)
    return say("within what chance produces")


def equal_text(ratio: Interval) -> str:
    """That a ratio is certainly too close to 1 to matter; empty where that is not certain.

    Not to be said of a difference that is named.
    """
    return within(MARGIN) if equivalence(ratio) == "equivalent" else ""


def within(margin: float) -> str:
    """`within 5 %`."""
    return say("within {share} %", share=f"{100 * margin:g}")


def ahead_text(view: View, ratio: Interval, rival: str) -> str:
    """By how much something is better: `10 % faster than X (8.1–12 %)`, `2.43 times as fast as X (2.39–2.47)`."""
    text = percent_change(ratio) if ratio.mean < TIMES else spread(ratio)
    mean, _, ends = text.partition(" (")
    ends = ends.removesuffix(")")
    lead = say(_comparative(view)[ratio.mean >= TIMES], lead=mean, rival=rival, metric=_measure(view))
    if not ends:
        return lead
    return say("{text} ({note})", text=lead, note=f"{ends} %" if ratio.mean < TIMES else ends)


def lead_text(view: View, ratios: Iterable[Interval], rival: str) -> str:
    """The smallest and the largest of several leads: `4.0 % to 10 % faster than X`, `1.5 to 2.0 times as fast as X`."""
    means = sorted(ratio.mean for ratio in ratios)
    if means[-1] >= TIMES:
        low, high = (rounded(mean, 2) for mean in (means[0], means[-1]))
    else:
        low, high = (f"{rounded(100 * (mean - 1), 2)} %" for mean in (means[0], means[-1]))
    return say(_comparative(view)[means[-1] >= TIMES], lead=span(low, high), rival=rival, metric=_measure(view))


def _comparative(view: View) -> tuple[str, str]:
    """The messages on a lead in percent and in factors: `faster` of times and rates, `better in p99 lag` of anything else."""
    if is_speed(view):
        return message("{lead} faster than {rival}"), message("{lead} times as fast as {rival}")
    return message("{lead} better in {metric} than {rival}"), message("{lead} times as good in {metric} as {rival}")


def _measure(view: View) -> str:
    """What the primary metric is called in a sentence that says what is better in it, without `returned`; "" of speeds."""
    return escaped(view.metrics[view.primary].part_name or view.called(view.primary)) if not is_speed(view) else ""


def is_speed(view: View) -> bool:
    """Whether more of the primary metric is called faster, and less of it slower: of times and rates."""
    return bool(view.metric.unit == "s" or view.metric.unit.endswith("/s"))


def with_workers(view: View, points: Iterable[Point]) -> str:
    """` with 4 workers` where all of these points have the same number of workers, and others have another one."""
    counts = {point.workers for point in points if point.workers is not None}
    if len(counts) != 1 or _same_workers(view):
        return ""
    return say(" with {workers}", workers=plural(counts.pop(), "worker"))


BAD_ENDINGS = {"failed": message("failed"), "crashed": message("crashed"), "timeout": message("timed out")}
# Statuses as the records have them.
STATUSES = (
    message("ok"),
    message("invalid"),
    message("failed"),
    message("crashed"),
    message("timeout"),
    message("unsupported"),
    message("missing"),
)


# What the axes of every sweep are called; parameters have the names that the YAML gives them.
AXES = {
    "workload": message("workload"),
    "model": message("model"),
    "sync": message("sync"),
    "workers": message("workers"),
    "load": message("load"),
}


def endings_text(statuses: Mapping[str, int]) -> str:
    """How trials ended: `2 failed, 1 timed out`."""
    return listed([say("{count} {how}", count=count, how=translated(status)) for status, count in statuses.items()])


def axis_text(key: str) -> str:
    """An axis for the head of a table: `workers`, `payload`."""
    return say(AXES[key]) if key in AXES else escaped(key)


def ended(status: str) -> str:
    """A status in words: `timed out`."""
    return say(BAD_ENDINGS[status]) if status in BAD_ENDINGS else translated(status)


# A gain certainly below this, either way, and not resolved from none, is called none: 5 % would take a quieter machine than most.
NO_GAIN = 0.1
