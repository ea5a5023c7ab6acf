"""How the trials of each model ended, where the experiment has them end badly; the picture `outcomes` has every cell."""

from __future__ import annotations

from collections import Counter

from concexp.report.expected import is_expected
from concexp.report.phrases import BAD_ENDINGS, titles_text
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, rounded, scale_of, sentence_case
from concexp.report.view import Point, View, once_per_view

NEVER = "never"


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
        return []
    ended = [point for point in view.points if point.sample.count]
    if not metric:
        counts = Counter(ending(view, point) for point in ended)
        parts = [f"{count} {how}" for how, count in counts.items()]
        return (
            [f"Of {plural(len(ended), 'cell')} {enumerated(parts)}, as expected."]
            if expected_to_end_badly(view)
            else []
        )
    known = sorted((p for p in ended if p.value(metric).has_value), key=lambda p: p.value(metric).mean)
    never = [point for point in ended if ending(view, point) == NEVER]
    title, count = sentence_case(view.called(metric)), plural(len(ended), "cell")
    texts = []
    if known:
        fastest, slowest = (_figure(view, point, metric) for point in (known[0], known[-1]))
        span = fastest if fastest == slowest else f"{fastest} to {slowest}"
        which = "" if len(known) == len(ended) else f" in {len(known)} of {count}"
        texts.append(f"{title}: {span}{which}.")
    if never:
        texts.append(f"Never noticed within the timeout of {_timeout(view)}: {_listed(view, ended, never)}.")
    return [" ".join(texts)] if texts else []


def _listed(view: View, ended: list[Point], never: list[Point]) -> str:
    """`how hang` under every model; `os_exit` and `sigkill` under `mp_pool`."""
    conditions = list(dict.fromkeys(_condition(view, point) for point in ended))
    groups: dict[tuple[str, ...], list[str]] = {}
    for condition in conditions:
        models = tuple(_choice(view, point) for point in never if _condition(view, point) == condition)
        everyone = len(models) == sum(_condition(view, point) == condition for point in ended)
        if models:
            groups.setdefault(() if everyone and len(models) > 1 else models, []).append(condition)
    parts = []
    for models, own in sorted(groups.items(), key=lambda pair: len(pair[0])):
        where = f"under {enumerated(list(models))}" if models else "under every model"
        parts.append(f"**{titles_text(own)}** {where}" if any(own) else where)
    return "; ".join(parts)


def never_noticed(view: View) -> bool:
    """Whether a bad ending, as expected, is never noticed in some cell."""
    return expected_to_end_badly(view) and any(ending(view, point) == NEVER for point in view.points)


def heading(view: View) -> str:
    """What the fields of the picture are: the time of a bad ending where one was taken, else how a cell ended."""
    metric = _time_metric(view)
    return sentence_case(view.called(metric)) if metric else "How each cell ended"


def ending(view: View, point: Point) -> str:
    """`1.1 ms`, `1.1 ms in 3 of 10`, `never`, or how the trials ended where no time was taken."""
    metric = _time_metric(view)
    if metric and point.value(metric).has_value:
        share = view.share_of_trials(point, metric)
        return _figure(view, point, metric) + (f" in {share}" if share else "")
    statuses = {trial.status for trial in point.sample.trials}
    if metric and statuses == {"timeout"}:
        return NEVER
    return " or ".join(BAD_ENDINGS.get(status, status) for status in sorted(statuses))


def _time_metric(view: View) -> str:
    """The metric that times bad endings; "" if none was recorded."""
    return next((name for name, cls in view.metrics.items() if cls.ends_badly and cls.kind == "time"), "")


def _figure(view: View, point: Point, metric: str) -> str:
    value = point.value(metric)
    factor, unit = scale_of([value.mean], view.metrics[metric].unit)
    return f"{rounded(value.mean / factor, 2)} {unit}"


def _choice(view: View, point: Point) -> str:
    primitive = view.primitive(point)
    return code(view.series_name(point)) + (f" × {code(primitive)}" if primitive else "")


def _condition(view: View, point: Point) -> str:
    labels = {key: point.labels.get(key) for key in view.axes if not view.is_choice(key)}
    workers = point.workers if "workers" in view.varying_axes and point.workers is not None else None
    return " · ".join(filter(None, [view.title(labels), f"{workers} workers" if workers else ""]))


def _timeout(view: View) -> str:
    return escaped(view.run.spec["measure"].get("timeout", "the trial"))
