"""How the trials of each model ended, where the experiment has them end badly: a small table in the answer."""

from __future__ import annotations

from dataclasses import dataclass

from concexp.report.expected import is_expected
from concexp.report.phrases import BAD_ENDINGS, said_once, titles_text
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import plural, rounded, scale_of, sentence_case
from concexp.report.view import Point, View, once_per_view

MAX_ROWS = 12
MAX_COLUMNS = 8
NEVER = "never"


@dataclass(frozen=True)
class Endings:
    """A row per model and primitive, a column per condition."""

    heads: list[str]
    rows: list[list[str]]


@once_per_view
def expected_to_end_badly(view: View) -> bool:
    """Whether no trial has a number and all that ended badly were expected to."""
    ended = [point for point in view.points if point.sample.count]
    statuses = {(point.cell, trial.status) for point in ended for trial in point.sample.trials} if ended else set()
    bad = {pair for pair in statuses if pair[1] in BAD_ENDINGS}
    return bool(bad) and not any(p.has_numbers for p in ended) and all(is_expected(view, *pair) for pair in bad)


def table(view: View) -> Endings | None:
    """The table; None unless all trials were expected to end badly, or if it would be too large."""
    if not expected_to_end_badly(view):
        return None
    points = [point for point in view.points if point.sample.count]
    columns = list(dict.fromkeys(_condition(view, point) for point in points))
    rows: dict[str, dict[str, str]] = {}
    for point in points:
        rows.setdefault(_choice(view, point), {})[_condition(view, point)] = ending(view, point)
    if len(rows) > MAX_ROWS or len(columns) > MAX_COLUMNS:
        return None
    heads = ["model", *(escaped(column) or "outcome" for column in said_once(columns))]
    return Endings(heads, [[name, *(cells.get(column, "") for column in columns)] for name, cells in rows.items()])


def sentences(view: View) -> list[str]:
    """How long it takes until a bad ending is noticed, and in how many cells it never is."""
    metric = _time_metric(view)
    if not metric or any(point.has_numbers for point in view.points):
        return []
    known = sorted((p for p in view.points if p.value(metric).has_value), key=lambda p: p.value(metric).mean)
    never = [point for point in view.points if ending(view, point) == NEVER]
    parts = []
    if known:
        ends = list(dict.fromkeys([_figure(view, known[0], metric), _figure(view, known[-1], metric)]))
        parts.append(f"{' to '.join(ends)} in {plural(len(known), 'cell')}")
    if never:
        models = list(dict.fromkeys(_choice(view, point) for point in never))
        everyone = len(models) == len({_choice(view, point) for point in view.points if point.sample.count})
        which = "" if everyone else f" ({titles_text([name.strip('`') for name in models])})"
        parts.append(f"{NEVER} in {len(never)}{which}, that is, not within the timeout of {_timeout(view)}")
    return [f"{sentence_case(view.called(metric))}: {'; '.join(parts)}."] if parts else []


def never_noticed(view: View) -> bool:
    """Whether the table has a cell whose bad ending is never noticed."""
    return expected_to_end_badly(view) and any(ending(view, point) == NEVER for point in view.points)


def heading(view: View) -> str:
    """What the fields of the table are: the time of a bad ending where one was taken, else how a cell ended."""
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
