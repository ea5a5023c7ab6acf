"""Which comparisons are open loops: operations arrive at a given rate, so that latencies are compared and throughputs are not.

The tail of a comparison is its 99th percentile: of the latency in an open loop, of the service time in a closed one.
"""

from __future__ import annotations

from collections.abc import Sequence

from concexp.report.points import Comparison, Point
from concexp.report.text.language import listed, say
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import brief, scale_of
from concexp.report.view import View

# The metrics and what they are called; the first that was recorded is used. Only an open loop has a latency.
METRICS = {"latency_p99_s": "latency", "service_time_p99_s": "service time"}
MAX_CONDITIONS = 4  # with a figure each in a sentence; of more, the lowest and the highest


def is_open(view: View, comparison: Comparison) -> bool:
    """Whether requests arrived at a given rate, so that throughputs cannot be compared; rates that were searched for can."""
    records = (view.records.get(point.cell) for point in comparison.points)
    rated = any("rate" in record["load"] for record in records if record)
    known = [metric for metric in METRICS if view.metrics.get(metric) and view.metrics[metric].open_loop]
    given = view.metric.unit == "1/s" and not view.metric.open_loop
    return given and (rated or any(p.value(m).has_value for m in known for p in comparison.points))


def closed_loops(view: View) -> list[Comparison]:
    """The comparisons that are no open loops."""
    return [comparison for comparison in view.comparisons if not is_open(view, comparison)]


def tail_metric(view: View, comparison: Comparison) -> str:
    """The metric of a comparison's tail; "" if none was recorded."""
    known = (metric for metric in METRICS if metric in view.metrics)
    return next((m for m in known if any(p.value(m).has_value for p in comparison.points)), "")


def tails(view: View, comparison: Comparison) -> list[Point]:
    """The best point of each variant that can win, the shortest tail first."""
    metric = tail_metric(view, comparison)
    if not metric:
        return []
    known = [point for point in comparison.points if point.can_win and point.value(metric).has_value]
    best = [min(points, key=lambda point: point.value(metric).mean) for points in view.variants(known)]
    return sorted(best, key=lambda point: point.value(metric).mean)


def tails_text(view: View, comparisons: Sequence[Comparison], alone: bool = False) -> str:
    """`4.95 ms at load 200/s, 14.5 ms at load 800/s`: the shortest tail under each condition; the titles without the workload.

    With `alone` the title of a single comparison is left out.
    """
    metric = tail_metric(view, comparisons[0])
    shown = list(comparisons)
    if len(shown) > MAX_CONDITIONS:
        shown.sort(key=lambda comparison: tails(view, comparison)[0].value(metric).mean)
        shown = [shown[0], shown[-1]]
    figures = listed([_at(view, one, metric, not (alone and len(shown) == 1)) for one in shown])
    if len(comparisons) == len(shown):
        return figures
    return say("{figures} ({count} conditions)", figures=figures, count=len(comparisons))


def _at(view: View, comparison: Comparison, metric: str, with_title: bool) -> str:
    value = tails(view, comparison)[0].value(metric)
    factor, unit = scale_of([value.mean], view.metrics[metric].unit)
    figure = brief(value.scaled(1 / factor), f" {unit}")
    title = view.title({key: label for key, label in comparison.labels.items() if key != "workload"})
    if not title or not with_title:
        return figure
    return say("{figure} at {condition}", figure=figure, condition=escaped(title))
