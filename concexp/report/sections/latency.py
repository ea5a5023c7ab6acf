"""Who answers soonest at the slow end: the 99th percentile of latency, or of service time, in sentences with intervals."""

from __future__ import annotations

from itertools import combinations

from concexp.report.comparisons import Comparisons, corrected
from concexp.report.pairs import Pair
from concexp.report.phrases import name, names
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import enumerated, plural, scale_of, spread
from concexp.report.view import Contest, Point, View

# The metric that is told, the first that was recorded, and what it is called: only an open loop knows a latency.
METRICS = {"latency_p99_s": "latency", "service_time_p99_s": "service time"}
CONTESTS = 12


def told(view: View) -> list[str]:
    """What the conditions do, and one sentence per contest that has several models or primitives.

    A difference is named where it holds after a correction for all pairs that could have been told of.
    """
    contests = [contest for contest in view.contests if _points(view, contest)]
    raced = [contest for contest in contests if len(_points(view, contest)) > 1]
    more = [f"{plural(len(raced) - CONTESTS, 'more comparison')} in the tables below."] if len(raced) > CONTESTS else []
    family = corrected(
        Pair(one, other, _metric(view, contest))
        for contest in raced
        for one, other in combinations(_points(view, contest), 2)
    )
    return [*_conditions(view, contests), *(_sentence(view, contest, family) for contest in raced[:CONTESTS]), *more]


def first(view: View) -> list[str]:
    """What the answer says of open loops, whose throughput is given: their latency; nothing where there is none."""
    contests = [contest for contest in view.contests if is_open(view, contest) and _points(view, contest)]
    if len(contests) > 1:
        return _conditions(view, contests)
    if contests and len(view.contests) == 1 and (raced := told(view)):
        return raced[:1]
    return [_lowest(view, contest) for contest in contests]


def _lowest(view: View, contest: Contest) -> str:
    """The lowest there is, and where it is one of several contests, of which."""
    point, metric = _points(view, contest)[0], _metric(view, contest)
    where = f" in {escaped(view.title(contest.labels))}" if len(view.contests) > 1 else ""
    return (
        f"The 99th percentile of the {METRICS[metric]} of {name(view, point)}{where} is {_amount(view, point, metric)}."
    )


def is_open(view: View, contest: Contest) -> bool:
    """Whether requests came at a given rate: then it is no contest of throughputs."""
    known = (metric for metric in METRICS if view.metrics.get(metric) and view.metrics[metric].open_loop)
    return view.metric.unit == "1/s" and any(
        point.value(metric).has_value for metric in known for point in contest.points
    )


def _metric(view: View, contest: Contest) -> str:
    """The metric of a contest; "" if none was recorded."""
    known = (metric for metric in METRICS if metric in view.metrics)
    return next((m for m in known if any(p.value(m).has_value for p in contest.points)), "")


def _points(view: View, contest: Contest) -> list[Point]:
    """The best of each model and primitive, the lowest 99th percentile first; only what is beyond doubt."""
    metric = _metric(view, contest)
    best: dict[tuple[str, str], Point] = {}
    for point in contest.points:
        if metric and point.firm and point.value(metric).has_value:
            who = view.line(point), view.primitive(point)
            if who not in best or point.value(metric).mean < best[who].value(metric).mean:
                best[who] = point
    return sorted(best.values(), key=lambda point: point.value(metric).mean)


def _sentence(view: View, contest: Contest, family: Comparisons) -> str:
    """Who has the lowest, by how much, and from whom it is not resolved."""
    metric = _metric(view, contest)
    best, *others = _points(view, contest)
    ratios = [(other, view.ratio(other, best, metric)) for other in others]
    tied = [other for other, ratio in ratios if family.word(Pair(other, best, metric), ratio, 1.0) != "higher"]
    title = f"**{escaped(view.title(contest.labels))}**: " if len(view.contests) > 1 else ""
    the = "the" if title else "The"
    text = f"{title}{the} lowest 99th percentile of the {METRICS[metric]} is {_amount(view, best, metric)}, of {name(view, best)}"
    if not any(ratio.bounded for _, ratio in ratios):
        return f"{text}; without an interval nothing is resolved."
    if tied:
        return f"{text}, not resolved from {names(view, tied)}."
    ratios.sort(key=lambda pair: pair[1].mean)
    ends = ratios[:: max(1, len(ratios) - 1)]
    parts = [f"{name(view, other)} has {spread(ratio, 'x')} of it" for other, ratio in ends]
    return f"{text}; {enumerated(parts)}."


def _amount(view: View, point: Point, metric: str) -> str:
    value = point.value(metric)
    factor, unit = scale_of([value.mean], view.metrics[metric].unit)
    return spread(value.scaled(1 / factor), f" {unit}")


def _conditions(view: View, contests: list[Contest]) -> list[str]:
    """The lowest and the highest 99th percentile of the best, of each workload and kind, where conditions vary."""
    groups: dict[tuple[str, str], list[tuple[Contest, Point]]] = {}
    for contest in contests:
        key = str(contest.labels["workload"]), _metric(view, contest)
        groups.setdefault(key, []).append((contest, _points(view, contest)[0]))
    found = []
    for (_, metric), own in groups.items():
        if len(own) > 1:
            own.sort(key=lambda pair: pair[1].value(metric).mean)
            ends = [f"{_amount(view, p, metric)} ({escaped(view.title(c.labels))})" for c, p in own[:: len(own) - 1]]
            found.append(f"The lowest 99th percentile of the {METRICS[metric]} goes from {' to '.join(ends)}.")
    return found
