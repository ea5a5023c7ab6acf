"""How the primary metric of one workload falls, or rises, from the best of many conditions to the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from concexp.analysis.stats.intervals import of_the_best
from concexp.report.phrases import condition_text, contenders, primary_text
from concexp.report.points import Comparison, Point
from concexp.report.text.language import message, say
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import NARROW, in_full, many, plural, spread
from concexp.report.view import View

BACKGROUND, BACKGROUND_WORKERS = "background", "background.workers"
MOST = 1e6  # a larger rate has a prefix
FALLS = message("{what} falls from {first} to {last} (the worst of {count} conditions).")
FALLS_SOON = message("{what} falls from {first} to {step} and to {last} (the worst of {count} conditions).")
RISES = message("{what} rises from {first} to {last} (the worst of {count} conditions).")
RISES_SOON = message("{what} rises from {first} to {step} and to {last} (the worst of {count} conditions).")
Best = tuple[Comparison, Point]


def text(view: View, what: str, shown: Sequence[Best], count: int) -> str:
    """`Throughput falls from 12,900 messages/s alone to 176 beside 1 background worker (regex) and to 38 beside 4, …`."""
    known: Mapping[str, Any] = {}
    figures = []
    for place, (comparison, point) in enumerate(shown):
        figure = _figure(view, comparison, point, with_unit=place == 0, in_short=_is_short(view, shown))
        figures.append(say("{figure} {condition}", figure=figure, condition=_under(view, comparison, known)))
        known = comparison.labels if place else {}
    if len(shown) > 2:
        soon = FALLS_SOON if view.sign > 0 else RISES_SOON
        return say(soon, what=what, first=figures[0], step=figures[1], last=figures[-1], count=count)
    return say(FALLS if view.sign > 0 else RISES, what=what, first=figures[0], last=figures[-1], count=count)


def _is_short(view: View, shown: Sequence[Best]) -> bool:
    """Whether the figures can stand without prefixes, so that the first one has the unit of all."""
    rates = view.metric.unit == "1/s" and all(point.value(view.primary).mean < MOST for _, point in shown)
    return rates and len({comparison.unit for comparison, _ in shown}) == 1


def _figure(view: View, comparison: Comparison, point: Point, with_unit: bool, in_short: bool) -> str:
    """`12,900 messages/s`, `38 (31–47)`: two digits where the interval is wide."""
    among = contenders(view, point, [p for p in comparison.points if p.can_win])
    if not in_short:
        return primary_text(view, comparison, point, among, is_brief=True)
    value = of_the_best(point.value(view.primary), among, view.run.level)
    unit = f" {many(comparison.unit)}/s" if with_unit else ""
    if not value.bounded or (value.hi - value.lo) / 2 > NARROW * value.mean:
        return spread(value, unit, digits=2)
    return f"{in_full(value.mean)}{unit}"


def _under(view: View, comparison: Comparison, known: Mapping[str, Any]) -> str:
    """`at size 1KiB`; `alone`, `beside 4 background workers (regex)`: without the labels that were given before."""
    labels = {
        key: label
        for key, label in comparison.labels.items()
        if key != "workload" and label is not None and label != known.get(key)
    }
    if BACKGROUND_WORKERS not in labels:
        title = escaped(view.title(labels))
        return say("at {condition}", condition=title or condition_text(view, comparison))
    count = int(labels.pop(BACKGROUND_WORKERS))
    beside = labels.pop(BACKGROUND, None) if BACKGROUND in view.varying_axes else None
    if not count:
        text = say("alone")
    elif BACKGROUND_WORKERS in known:
        text = say("beside {count}", count=count)
    else:
        text = say("beside {workers}", workers=plural(count, "background worker"))
    if count and beside is not None:
        text = say("{text} ({note})", text=text, note=escaped(str(beside)))
    rest = escaped(view.title(labels))
    return say("{text} at {condition}", text=text, condition=rest) if rest else text
