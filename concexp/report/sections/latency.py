"""Who answers soonest at the slow end: the 99th percentile of latency, or of service time, in sentences with intervals."""

from __future__ import annotations

from itertools import combinations

from concexp.report.family import Family, corrected
from concexp.report.pairs import Pair
from concexp.report.phrases import cell_text, cells_text
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import enumerated, plural, scale_of, spread
from concexp.report.view import Comparison, Point, View

# The metric that is told, the first that was recorded, and what it is called: only an open loop knows a latency.
METRICS = {"latency_p99_s": "latency", "service_time_p99_s": "service time"}
MAX_COMPARISONS = 12


def sentences(view: View) -> list[str]:
    """What the conditions do, and one sentence per comparison that has several models or primitives.

    A difference is named where it holds after a correction for all pairs that could have been told of.
    """
    comparisons = [comparison for comparison in view.comparisons if _points(view, comparison)]
    raced = [comparison for comparison in comparisons if len(_points(view, comparison)) > 1]
    more = (
        [f"{plural(len(raced) - MAX_COMPARISONS, 'more comparison')} in the tables below."]
        if len(raced) > MAX_COMPARISONS
        else []
    )
    family = corrected(
        Pair(one, other, _metric(view, comparison))
        for comparison in raced
        for one, other in combinations(_points(view, comparison), 2)
    )
    return [
        *_conditions(view, comparisons),
        *(_sentence(view, comparison, family) for comparison in raced[:MAX_COMPARISONS]),
        *more,
    ]


def first(view: View) -> list[str]:
    """What the answer says of open loops, whose throughput is given: their latency; nothing where there is none."""
    comparisons = [
        comparison for comparison in view.comparisons if is_open(view, comparison) and _points(view, comparison)
    ]
    if len(comparisons) > 1:
        return _conditions(view, comparisons)
    if comparisons and len(view.comparisons) == 1 and (raced := sentences(view)):
        return raced[:1]
    return [_lowest(view, comparison) for comparison in comparisons]


def _lowest(view: View, comparison: Comparison) -> str:
    """The lowest there is, and where it is one of several comparisons, of which."""
    point, metric = _points(view, comparison)[0], _metric(view, comparison)
    where = f" in {escaped(view.title(comparison.labels))}" if len(view.comparisons) > 1 else ""
    return f"The 99th percentile of the {METRICS[metric]} of {cell_text(view, point)}{where} is {_amount(view, point, metric)}."


def is_open(view: View, comparison: Comparison) -> bool:
    """Whether requests came at a given rate: then it is no comparison of throughputs."""
    known = (metric for metric in METRICS if view.metrics.get(metric) and view.metrics[metric].open_loop)
    return view.metric.unit == "1/s" and any(
        point.value(metric).has_value for metric in known for point in comparison.points
    )


def _metric(view: View, comparison: Comparison) -> str:
    """The metric of a comparison; "" if none was recorded."""
    known = (metric for metric in METRICS if metric in view.metrics)
    return next((m for m in known if any(p.value(m).has_value for p in comparison.points)), "")


def _points(view: View, comparison: Comparison) -> list[Point]:
    """The best of each model and primitive, the lowest 99th percentile first; only what is beyond doubt."""
    metric = _metric(view, comparison)
    best: dict[tuple[str, str], Point] = {}
    for point in comparison.points:
        if metric and point.can_win and point.value(metric).has_value:
            who = view.series_name(point), view.primitive(point)
            if who not in best or point.value(metric).mean < best[who].value(metric).mean:
                best[who] = point
    return sorted(best.values(), key=lambda point: point.value(metric).mean)


def _sentence(view: View, comparison: Comparison, family: Family) -> str:
    """Who has the lowest, by how much, and from whom it is not resolved."""
    metric = _metric(view, comparison)
    best, *others = _points(view, comparison)
    ratios = [(other, view.ratio(other, best, metric)) for other in others]
    tied = [other for other, ratio in ratios if family.verdict(Pair(other, best, metric), ratio, 1.0) != "higher"]
    title = f"**{escaped(view.title(comparison.labels))}**: " if len(view.comparisons) > 1 else ""
    the = "the" if title else "The"
    figure = f"{_amount(view, best, metric)}, of {cell_text(view, best)}"
    text = f"{title}{the} lowest 99th percentile of the {METRICS[metric]} is {figure}"
    if not any(ratio.bounded for _, ratio in ratios):
        return f"{text}; without an interval nothing is resolved."
    if tied:
        return f"{text}, not resolved from {cells_text(view, tied)}."
    ratios.sort(key=lambda pair: pair[1].mean)
    ends = ratios[:: max(1, len(ratios) - 1)]
    parts = [f"{cell_text(view, other)} has {spread(ratio, 'x')} of it" for other, ratio in ends]
    return f"{text}; {enumerated(parts)}."


def _amount(view: View, point: Point, metric: str) -> str:
    value = point.value(metric)
    factor, unit = scale_of([value.mean], view.metrics[metric].unit)
    return spread(value.scaled(1 / factor), f" {unit}")


def _conditions(view: View, comparisons: list[Comparison]) -> list[str]:
    """The lowest and the highest 99th percentile of the best, of each workload and kind, where conditions vary."""
    groups: dict[tuple[str, str], list[tuple[Comparison, Point]]] = {}
    for comparison in comparisons:
        key = str(comparison.labels["workload"]), _metric(view, comparison)
        groups.setdefault(key, []).append((comparison, _points(view, comparison)[0]))
    found = []
    for (_, metric), own in groups.items():
        if len(own) > 1:
            own.sort(key=lambda pair: pair[1].value(metric).mean)
            ends = [f"{_amount(view, p, metric)} ({escaped(view.title(c.labels))})" for c, p in own[:: len(own) - 1]]
            found.append(f"The lowest 99th percentile of the {METRICS[metric]} goes from {' to '.join(ends)}.")
    return found
