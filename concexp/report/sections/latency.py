"""What an open loop can be asked, and which cell is fastest at the slow end: the 99th percentile, with intervals."""

from __future__ import annotations

from itertools import combinations

from concexp import catalog
from concexp.analysis.stats.intervals import Interval
from concexp.report.family import Family, corrected
from concexp.report.pairs import Pair
from concexp.report.phrases import cell_text, cells_text
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import enumerated, plural, rounded, scale_of, spread
from concexp.report.view import Comparison, Point, View
from concexp.trial.search import objective

# The metrics and what they are called; the first that was recorded is used. Only an open loop has a latency.
METRICS = {"latency_p99_s": "latency", "service_time_p99_s": "service time"}
HIGHEST_RATE = "sustainable_rate"
MAX_COMPARISONS = 12
MAX_CELLS = 6  # that a sentence on overload names


def sentences(view: View) -> list[str]:
    """The effect of the conditions, and one sentence per comparison with several variants.

    A difference is named if it survives a correction for all pairs that a sentence could have been about.
    """
    comparisons = [comparison for comparison in view.comparisons if _points(view, comparison)]
    compared = [comparison for comparison in comparisons if len(_points(view, comparison)) > 1]
    more = (
        [f"{plural(len(compared) - MAX_COMPARISONS, 'more comparison')} in the tables below."]
        if len(compared) > MAX_COMPARISONS
        else []
    )
    pairs = (
        Pair(one, other, _metric(view, comparison))
        for comparison in compared
        for one, other in combinations(_points(view, comparison), 2)
    )
    family = corrected(pairs, view.run.level)
    return [
        *highest_rates(view),
        *_overloads_explained(view),
        *_conditions(view, comparisons),
        *_too_few(view),
        *(_sentence(view, comparison, family) for comparison in compared[:MAX_COMPARISONS]),
        *more,
    ]


def in_answer(view: View) -> list[str]:
    """What the answer says of open loops, whose throughput is given: overloads and latency. Empty without open loops."""
    comparisons = [
        comparison for comparison in view.comparisons if is_open(view, comparison) and _points(view, comparison)
    ]
    told = [*highest_rates(view), *overloads(view)]
    if len(comparisons) > 1:
        return [*told, *_conditions(view, comparisons)]
    if comparisons and len(view.comparisons) == 1 and len(compared := sentences(view)) > len(told):
        return [*told, compared[len(told)]]
    return [*told, *(_lowest(view, comparison) for comparison in comparisons)]


def highest_rates(view: View) -> list[str]:
    """The highest rate that each cell with a search for it can serve, the highest first, and what ended the search."""
    found = [
        (comparison, point)
        for comparison in view.comparisons
        for point in comparison.points
        if point.value(HIGHEST_RATE).has_value
    ]
    found.sort(key=lambda pair: -pair[1].value(HIGHEST_RATE).mean)
    texts = []
    for comparison, point in found:
        where = f" in {escaped(view.title(comparison.labels))}" if len(view.comparisons) > 1 else ""
        limit = objective(str(view.records[point.cell]["load"].get("until", "overloaded")))
        at_most = f" with {100 * limit[0]:g} % of the operations within {_seconds(limit[1])}" if limit else ""
        texts.append(f"{cell_text(view, point)}{where} {_rate(point.value(HIGHEST_RATE))}{at_most}")
    if not texts:
        return []
    more = f" and {plural(len(texts) - MAX_CELLS, 'more cell')}" if len(texts) > MAX_CELLS else ""
    return [f"**The highest rate** of arrivals that is served: {'; '.join(texts[:MAX_CELLS])}{more}."]


def _seconds(seconds: float) -> str:
    """`50 ms`."""
    factor, unit = scale_of([seconds], "s")
    return f"{seconds / factor:g} {unit}"


def overloads(view: View) -> list[str]:
    """The open loops in which more operations arrived than were served, with the rate that was served instead."""
    texts = []
    for comparison in view.comparisons:
        for point in (point for point in comparison.points if point.sample.overloaded):
            others = view.title({key: label for key, label in comparison.labels.items() if key != "load.rate"})
            where = f" in {escaped(others)}" if others else ""
            asked = view.records[point.cell]["load"]["rate"]
            doubt = "" if point.enough_clean_trials else " ‡"
            served = _rate(_at_most(point.sample.interval("throughput", catalog.load("metric", "throughput")()), asked))
            texts.append(f"{cell_text(view, point)}{doubt}{where} serves {served} of {rounded(asked)}/s")
    if not texts:
        return []
    more = f" and {plural(len(texts) - MAX_CELLS, 'more cell')}" if len(texts) > MAX_CELLS else ""
    return [f"**Overloaded**, more arrives than can be served: {'; '.join(texts[:MAX_CELLS])}{more}."]


def _overloads_explained(view: View) -> list[str]:
    """What an overload means for the figures. The answer has the rates that are served; that of too few trials is no promise."""
    over = [point for comparison in view.comparisons for point in comparison.points if point.sample.overloaded]
    if not over:
        return []
    doubtful = [point for point in over if not point.enough_clean_trials]
    no_latency = (
        f"No latency is given for {plural(len(over), 'overloaded cell')}: it grows as long as such a load lasts."
    )
    if not doubtful:
        return [f"{no_latency} The rate that is served can be sustained."]
    unless = f" can be sustained; of {plural(len(doubtful), 'cell')} (‡) that is not known"
    if len(doubtful) == len(over):
        unless = " rests on too few trials beyond doubt (‡) to say that it can be sustained"
    return [f"{no_latency} The rate that is served{unless}."]


def _at_most(served: Interval, asked: float) -> Interval:
    """A rate with its interval, no higher than what arrived: more cannot have been served."""
    mean, lo, hi = (min(value, asked) if value == value else value for value in (served.mean, served.lo, served.hi))
    return Interval(mean, lo, hi, served.n)


def _rate(served: Interval) -> str:
    """`192/s (190–194)`."""
    mean, gap, ends = spread(served).partition(" (")
    return f"{mean}/s{gap}{ends}"


def _too_few(view: View) -> list[str]:
    """Why cells have no 99th percentile although their operations were timed."""
    few = [
        (point, name)
        for point in view.points
        for name in METRICS
        if name in view.metrics
        and point.sample.operations(METRICS[name].replace(" ", "_"))
        and not point.sample.overloaded
        and point.sample.withheld(name)
    ]
    if not few:
        return []
    point, name = few[0]
    return [f"No 99th percentile for {plural(len({p.cell for p, _ in few}), 'cell')}: {point.sample.withheld(name)}."]


def _lowest(view: View, comparison: Comparison) -> str:
    """The lowest 99th percentile of a comparison, with its title if there are several comparisons."""
    point, metric = _points(view, comparison)[0], _metric(view, comparison)
    where = f" in {escaped(view.title(comparison.labels))}" if len(view.comparisons) > 1 else ""
    return f"The 99th percentile of the {METRICS[metric]} of {cell_text(view, point)}{where} is {_amount(view, point, metric)}."


def is_open(view: View, comparison: Comparison) -> bool:
    """Whether requests arrived at a given rate, so that throughputs cannot be compared; rates that were searched for can."""
    records = (view.records.get(point.cell) for point in comparison.points)
    rated = any("rate" in record["load"] for record in records if record)
    known = [metric for metric in METRICS if view.metrics.get(metric) and view.metrics[metric].open_loop]
    given = view.metric.unit == "1/s" and not view.metric.open_loop
    return given and (rated or any(p.value(m).has_value for m in known for p in comparison.points))


def _metric(view: View, comparison: Comparison) -> str:
    """The metric of a comparison; "" if none was recorded."""
    known = (metric for metric in METRICS if metric in view.metrics)
    return next((m for m in known if any(p.value(m).has_value for p in comparison.points)), "")


def _points(view: View, comparison: Comparison) -> list[Point]:
    """The best point of each variant that can win, the lowest 99th percentile first."""
    metric = _metric(view, comparison)
    if not metric:
        return []
    known = [point for point in comparison.points if point.can_win and point.value(metric).has_value]
    best = [min(points, key=lambda point: point.value(metric).mean) for points in view.variants(known)]
    return sorted(best, key=lambda point: point.value(metric).mean)


def _sentence(view: View, comparison: Comparison, family: Family) -> str:
    """The lowest 99th percentile, by how much it is the lowest, and from which cells it is not resolved."""
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
    """The lowest and the highest of the best 99th percentiles of each workload and metric, where conditions vary."""
    groups: dict[tuple[str, str], list[tuple[Comparison, Point]]] = {}
    for comparison in comparisons:
        key = str(comparison.labels["workload"]), _metric(view, comparison)
        groups.setdefault(key, []).append((comparison, _points(view, comparison)[0]))
    texts = []
    for (_, metric), best in groups.items():
        if len(best) > 1:
            best.sort(key=lambda pair: pair[1].value(metric).mean)
            ends = [f"{_amount(view, p, metric)} ({escaped(view.title(c.labels))})" for c, p in best[:: len(best) - 1]]
            texts.append(f"The lowest 99th percentile of the {METRICS[metric]} goes from {' to '.join(ends)}.")
    return texts
