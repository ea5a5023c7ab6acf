"""How the trials of each model ended, where the experiment has them end badly; the picture `outcomes` has every cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from concexp.report.answer import correctness
from concexp.report.contest import short
from concexp.report.expected import is_expected
from concexp.report.phrases import BAD_ENDINGS, series_text, titles_text
from concexp.report.phrases import ended as ended_so
from concexp.report.points import Point
from concexp.report.text.labels import one_line
from concexp.report.text.language import clauses, message, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import enumerated, plural, rounded, scale_of, sentence_case, span
from concexp.report.view import View, once_per_view

NEVER = message("never")
UNDONE = "undone"  # the column that each trial has in which a fault happened


@once_per_view
def expected_to_end_badly(view: View) -> bool:
    """Whether no trial has a number and all that ended badly were expected to."""
    ended = [point for point in view.points if point.sample.count]
    statuses = {(point.cell, trial.status) for point in ended for trial in point.sample.trials} if ended else set()
    bad = {pair for pair in statuses if pair[1] in BAD_ENDINGS}
    return bool(bad) and not any(p.has_numbers for p in ended) and all(is_expected(view, *pair) for pair in bad)


def sentences(view: View) -> list[str]:
    """How long it takes until a bad ending is noticed, and which one never is, under which model; or how many cells ended how."""
    metric = _time_metric(view)
    if any(point.has_numbers for point in view.points):
        return _beside_others(view)
    ended = [point for point in view.points if point.sample.count]
    if not metric:
        counts = Counter(ending(view, point) for point in ended)
        parts = [say("{count} {how}", count=count, how=how) for how, count in counts.items()]
        if not expected_to_end_badly(view):
            return []
        cells = plural(len(ended), "cell")
        return [say("Of {cells} {endings}, as expected.", cells=cells, endings=enumerated(parts))]
    known = sorted((p for p in ended if p.value(metric).has_value), key=lambda p: p.value(metric).mean)
    never = [point for point in ended if is_never(view, point)]
    title, count = sentence_case(view.called(metric)), plural(len(ended), "cell")
    texts = []
    if known:
        figures = span(*(_figure(view, point, metric) for point in (known[0], known[-1])))
        if len(known) < len(ended):
            figures = say("{figures} in {count} of {cells}", figures=figures, count=len(known), cells=count)
        texts.append(say("{what}: {figures}.", what=title, figures=figures))
    if never:
        texts.append(
            say(
                "Never noticed within the timeout of {timeout}: {cells}.",
                timeout=_timeout(view),
                cells=_listed(view, ended, never),
            )
        )
    return [texts_of(texts)] if texts else []


def _beside_others(view: View) -> list[str]:
    """Which cells ended badly where others did not: `Timed out: **order opposite** …`."""
    expected = expected_beside_others(view)
    ran = [point for point in view.points if point.sample.count]
    texts = [
        say("{how}: {cells}.", how=sentence_case(ended_so(status)), cells=_listed(view, ran, own, work))
        for status in BAD_ENDINGS
        if (own := [point for point in expected if point.status == status])
    ]
    well = sum(point.status == "ok" for point in ran)
    if texts and well:
        texts.append(say("All trials of the other {cells} ended well.", cells=plural(well, "cell")))
    return [texts_of(texts)] if texts else []


@once_per_view
def expected_beside_others(view: View) -> list[Point]:
    """The cells that ended badly as expected, where claims ask how trials end and others have numbers."""
    if not correctness.is_the_question(view) or not any(point.has_numbers for point in view.points):
        return []
    bad = (point for point in view.points if point.sample.count and point.status in BAD_ENDINGS)
    return [point for point in bad if is_expected(view, point.cell, point.status)]


def _listed(
    view: View, ended: list[Point], never: list[Point], named: Callable[[View, Point], str] | None = None
) -> str:
    """`how hang` under every model; `os_exit` and `sigkill` under `mp_pool`. `named` gives a point's condition."""
    condition_of = named or _condition
    conditions = list(dict.fromkeys(condition_of(view, point) for point in ended))
    groups: dict[tuple[str, ...], list[str]] = {}
    for condition in conditions:
        models = tuple(series_text(view, point) for point in never if condition_of(view, point) == condition)
        everyone = len(models) == sum(condition_of(view, point) == condition for point in ended)
        if models:
            groups.setdefault(() if everyone and (named or len(models) > 1) else models, []).append(condition)
    parts = []
    for models, own in sorted(groups.items(), key=lambda pair: len(pair[0])):
        where = say("under {models}", models=enumerated(list(models))) if models else say("under every model")
        parts.append(say("**{titles}** {where}", titles=titles_text(own), where=where) if any(own) else where)
    return clauses(parts)


def never_noticed(view: View) -> bool:
    """Whether a bad ending, as expected, is never noticed in some cell."""
    return expected_to_end_badly(view) and any(is_never(view, point) for point in view.points)


def heading(view: View) -> str:
    """What the fields of the picture are: the time of a bad ending where one was taken, else how a cell ended."""
    metric = _time_metric(view)
    return sentence_case(view.called(metric)) if metric else say("How each cell ended")


def ending(view: View, point: Point) -> str:
    """`1.1 ms`, `1.1 ms in 3 of 10`, `never`, or how the trials ended where no time was taken."""
    metric = _time_metric(view)
    if metric and point.value(metric).has_value:
        share = view.share_of_trials(point, metric)
        figure = _figure(view, point, metric)
        return say("{figure} in {trials}", figure=figure, trials=share) if share else figure
    if is_never(view, point):
        return say(NEVER)
    statuses = {trial.status for trial in point.sample.trials}
    return say(" or ").join(ended_so(status) for status in sorted(statuses))


def is_never(view: View, point: Point) -> bool:
    """Whether the bad ending of a cell is never noticed, where the time of that was taken; one that never came is not."""
    metric = _time_metric(view)
    timed_out = {trial.status for trial in point.sample.trials} == {"timeout"}
    return bool(metric) and timed_out and not point.value(metric).has_value and _came(view, point)


def _came(view: View, point: Point) -> bool:
    """Whether what is to be noticed happened in each trial of a cell: a trial may be over before its workers have begun."""
    rows = view.run.rows(point.cell)
    return UNDONE in rows and bool(rows[UNDONE].notna().all())


def _time_metric(view: View) -> str:
    """The metric that times bad endings; "" if none was recorded."""
    return next((name for name, cls in view.metrics.items() if cls.ends_badly and cls.kind == "time"), "")


def _figure(view: View, point: Point, metric: str) -> str:
    value = point.value(metric)
    factor, unit = scale_of([value.mean], view.metrics[metric].unit)
    return f"{rounded(value.mean / factor, 2)} {unit}"


def _condition(view: View, point: Point) -> str:
    labels = {key: point.labels.get(key) for key in view.axes if not view.is_choice(key)}
    workers = point.workers if "workers" in view.varying_axes and point.workers is not None else None
    varying = [key for key in labels if key in view.varying_axes]
    if len(varying) == 1 and not workers and str(labels[varying[0]])[:1].isalpha():
        return one_line(labels[varying[0]])  # a word needs no name beside it
    return " · ".join(filter(None, [view.title(labels), say("{count} workers", count=workers) if workers else ""]))


def work(view: View, point: Point) -> str:
    """The work of a point by what varies in it: `lock_order · opposite`. Also what no cell with numbers has counts."""
    same = [p for p in view.points if p.sample.count and p.labels["workload"] == point.labels["workload"]]
    keys = [key for key in view.axes if key != "workload" and not view.is_choice(key)]
    varying = [key for key in keys if len({str(p.labels.get(key)) for p in same}) > 1]
    parts = [one_line(point.labels["workload"])]
    for key in varying:
        label = one_line(point.labels[key])
        parts.append(label if isinstance(point.labels[key], str) and label[:1].isalpha() else f"{short(key)} {label}")
    return " · ".join(parts)


def _timeout(view: View) -> str:
    return escaped(view.run.spec["measure"].get("timeout", say("the trial")))
