"""What an open loop can be asked, and which cell is fastest at the slow end: the 99th percentile, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from concexp import catalog
from concexp.analysis.stats.intervals import Interval
from concexp.experiment.entries import BESIDE
from concexp.report.family import Family, corrected
from concexp.report.open_loops import METRICS, is_open
from concexp.report.pairs import Pair
from concexp.report.phrases import cell_text, cells_text, titles_text
from concexp.report.text.language import clauses, listed, message, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import brief, enumerated, plural, rounded, scale_of, sentence_case, span, spread
from concexp.report.text.reasons import reason_text
from concexp.report.view import Comparison, Point, View, once_per_view
from concexp.trial.search import objective

HIGHEST_RATE = "sustainable_rate"
MOST_BESIDE = 2  # sentences beside a picture
MAX_TITLES = 8  # of comparisons that end alike
MAX_CELLS = 6  # that a sentence on overload names
MAX_RATES = 4  # with a figure each in the answer; of more, the lowest and the highest
MAX_PARAMETERS = 1  # of a workload, beside its name


def summary(view: View) -> list[str]:
    """The first two of the sentences, for the place beside the picture."""
    return sentences(view)[:MOST_BESIDE]


def sentences(view: View) -> list[str]:
    """The effect of the conditions, and one sentence for all comparisons that end alike.

    A difference is named if it survives a correction for all pairs that a sentence could have been about.
    """
    comparisons = [comparison for comparison in view.comparisons if _points(view, comparison)]
    compared = [comparison for comparison in comparisons if len(_points(view, comparison)) > 1]
    family = _family(view)
    alike: dict[tuple[str, ...], list[Comparison]] = {}
    for comparison in compared:
        alike.setdefault(_outcome(view, comparison, family), []).append(comparison)
    return [
        *highest_rates(view),
        *_overloads_explained(view),
        *_in_closed_loops(view, comparisons),
        *(_of_several(view, members, family) for members in alike.values()),
        *_too_few(view),
    ]


def _outcome(view: View, comparison: Comparison, family: Family) -> tuple[str, ...]:
    """The same for comparisons that one sentence can be about: the metric, and what is lowest or cannot be told apart."""
    metric = _metric(view, comparison)
    best, *others = _points(view, comparison)
    tied = _tied(view, comparison, family)
    if len(tied) == len(others):
        return (metric, "tied", *sorted(cell_text(view, point) for point in (best, *others)))
    if tied:
        return (metric, comparison.points[0].cell)
    return (metric, "lowest", cell_text(view, best), *sorted(cell_text(view, point) for point in others))


def _of_several(view: View, members: Sequence[Comparison], family: Family) -> str:
    """What holds in several comparisons; of a single one its figures as well."""
    if len(members) == 1:
        return _sentence(view, members[0], family)
    metric, how, *names = _outcome(view, members[0], family)
    where = titles_text([view.title(one.labels) for one in members], MAX_TITLES)
    if how == "tied":
        return say(
            "**{titles}**: {names} cannot be told apart by {metric}.",
            titles=where,
            names=enumerated(names),
            metric=view.called(metric),
        )
    ratios = []
    for one in members:
        best, *others = _points(view, one)
        ratios += [view.ratio(other, best, metric).mean for other in others]
    return say(
        "**{titles}**: {best} has the lowest {metric}; that of {names} is {factor} times as long.",
        titles=where,
        best=names[0],
        metric=view.called(metric),
        names=enumerated(names[1:]),
        factor=span(*(rounded(end(ratios)) for end in (min, max))),
    )


def _tied(view: View, comparison: Comparison, family: Family) -> list[Point]:
    """The cells that cannot be told apart from the one with the lowest 99th percentile."""
    metric = _metric(view, comparison)
    best, *others = _points(view, comparison)
    ratios = [(other, view.ratio(other, best, metric)) for other in others]
    return [other for other, ratio in ratios if family.verdict(Pair(other, best, metric), ratio, 1.0) != "higher"]


@once_per_view
def _family(view: View) -> Family:
    """All pairs that a sentence on the 99th percentile could be about."""
    return corrected(
        (
            Pair(one, other, _metric(view, comparison))
            for comparison in view.comparisons
            for one, other in combinations(_points(view, comparison), 2)
        ),
        view.run.level,
    )


def in_answer(view: View) -> list[str]:
    """What the answer says of open loops, whose throughput is given: rates, overloads and latency. Empty without open loops."""
    comparisons = [
        comparison for comparison in view.comparisons if is_open(view, comparison) and _points(view, comparison)
    ]
    found = [*highest_rates(view), *overloads(view)]
    if len(comparisons) == 1 and len(view.comparisons) == 1 and len(_points(view, comparisons[0])) > 1:
        return [*found, _sentence(view, comparisons[0], _family(view))]
    if not comparisons:
        return found
    by_workload: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        by_workload.setdefault(str(comparison.labels["workload"]), []).append(comparison)
    closed = [one for one in view.comparisons if one not in comparisons and _points(view, one)]
    return found + [
        _of_workload(view, members, [one for one in closed if str(one.labels["workload"]) == workload])
        for workload, members in by_workload.items()
    ]


def _in_closed_loops(view: View, comparisons: list[Comparison]) -> list[str]:
    """The best 99th percentile of each workload under several conditions; the answer has that of open loops."""
    by_workload: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        if not is_open(view, comparison):
            by_workload.setdefault(str(comparison.labels["workload"]), []).append(comparison)
    return [_of_workload(view, members, []) for members in by_workload.values() if len(members) > 1]


def _of_workload(view: View, opened: list[Comparison], closed: list[Comparison]) -> str:
    """The best 99th percentile at each rate, and what the closed loop of the same workload reports."""
    metric = _metric(view, opened[0])
    opened = [comparison for comparison in opened if _metric(view, comparison) == metric]
    several = len({str(comparison.labels["workload"]) for comparison in view.comparisons}) > 1
    workload = str(opened[0].labels["workload"])
    title = view.called(metric)
    if any(len(_points(view, comparison)) > 1 for comparison in opened):
        title = say("best {metric}", metric=title)
    if several:
        title = say("{metric} of {workload}", metric=title, workload=_with_parameters(view, workload))
    shown = opened
    if len(opened) > MAX_RATES:
        ordered = sorted(opened, key=lambda comparison: _points(view, comparison)[0].value(metric).mean)
        shown = [ordered[0], ordered[-1]]
    figures = listed([_at(view, comparison, metric) for comparison in shown])
    if len(opened) > len(shown):
        figures = say("{figures} ({count} conditions)", figures=figures, count=len(opened))
    text = say("{what}: {figures}.", what=sentence_case(title), figures=figures)
    if not closed:
        return text
    own = _metric(view, closed[0])
    closed = [comparison for comparison in closed if _metric(view, comparison) == own]
    figures = listed([_at(view, comparison, own) for comparison in closed[:MAX_RATES]])
    if len(closed) > MAX_RATES:
        more = plural(len(closed) - MAX_RATES, "more condition")
        figures = say("{names} and {last}", names=figures, last=more)
    of_closed = message("A closed loop reports a {metric} of {figures}.")
    if _hide(view, opened, closed):
        of_closed = message("A closed loop reports a {metric} of only {figures}.")
    return texts_of([text, say(of_closed, metric=view.called(own), figures=figures)])


def hidden_by_closed_loops(view: View) -> bool:
    """Whether an open loop shows a far longer 99th percentile than the closed loop of the same workload."""
    known = [comparison for comparison in view.comparisons if _points(view, comparison)]
    workloads = {str(comparison.labels["workload"]) for comparison in known}
    opened, closed = ([one for one in known if is_open(view, one) is wanted] for wanted in (True, False))
    return any(
        _hide(view, *([one for one in loops if str(one.labels["workload"]) == workload] for loops in (opened, closed)))
        for workload in workloads
    )


def _hide(view: View, opened: list[Comparison], closed: list[Comparison]) -> bool:
    """Whether the best 99th percentile of each closed loop is certainly below half of that of each open loop."""
    tails, short = ([_best_value(view, one) for one in loops] for loops in (opened, closed))
    bounded = bool(tails and short) and all(value.bounded for value in [*tails, *short])
    return bounded and min(value.lo for value in tails) > 2 * max(value.hi for value in short)


def _best_value(view: View, comparison: Comparison) -> Interval:
    return _points(view, comparison)[0].value(_metric(view, comparison))


def _at(view: View, comparison: Comparison, metric: str) -> str:
    """`290 ms at load 200/s`; the title without the workload."""
    value = _points(view, comparison)[0].value(metric)
    factor, unit = scale_of([value.mean], view.metrics[metric].unit)
    title = view.title({key: label for key, label in comparison.labels.items() if key != "workload"})
    figure = brief(value.scaled(1 / factor), f" {unit}")
    return say("{figure} at {condition}", figure=figure, condition=escaped(title)) if title else figure


def _with_parameters(view: View, label: str) -> str:
    """`echo` (stall 300ms): a workload with the parameters that others of the same kind do not have, or have otherwise."""
    listed = view.run.spec.get("workload")
    own: dict[str, dict[str, Any]] = {}
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict):
            name = next(key for key in entry if key not in BESIDE)
            if isinstance(entry[name], dict):
                own[str(entry.get("as", name))] = {"kind": name, **entry[name]}
    mine = own.pop(label, {})
    others = [one for one in own.values() if one["kind"] == mine.get("kind")]
    texts = [
        f"{key} {value}"
        for key, value in mine.items()
        if others and any(one.get(key) != value for one in others) and isinstance(value, str | int | float)
    ]
    if not texts:
        return code(label)
    return say("{text} ({note})", text=code(label), note=escaped(", ".join(texts[:MAX_PARAMETERS])))


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
        cell = cell_text(view, point)
        if len(view.comparisons) > 1:
            cell = say("{cells} in {titles}", cells=cell, titles=escaped(view.title(comparison.labels)))
        limit = objective(str(view.records[point.cell]["load"].get("until", "overloaded")))
        text = f"{cell} {_rate(point.value(HIGHEST_RATE))}"
        if limit:
            share, most = f"{100 * limit[0]:g}", _seconds(limit[1])
            text = say(
                "{rate} with {share} % of the operations within {duration}", rate=text, share=share, duration=most
            )
        texts.append(text)
    if not texts:
        return []
    return [say("**Highest rate** of arrivals that is served: {cells}.", cells=_few_cells(texts))]


def _few_cells(texts: Sequence[str]) -> str:
    """The first of these, and how many more cells there are."""
    text = clauses(texts[:MAX_CELLS])
    if len(texts) <= MAX_CELLS:
        return text
    return say("{names} and {last}", names=text, last=plural(len(texts) - MAX_CELLS, "more cell"))


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
            asked = view.records[point.cell]["load"]["rate"]
            cell = cell_text(view, point) + ("" if point.enough_clean_trials else " ‡")
            if others:
                cell = say("{cells} in {titles}", cells=cell, titles=escaped(others))
            served = _rate(_at_most(point.sample.interval("throughput", catalog.load("metric", "throughput")()), asked))
            texts.append(say("{cell} serves {rate} of {asked}/s", cell=cell, rate=served, asked=rounded(asked)))
    return [say("**Overloaded**: {cells}.", cells=_few_cells(texts))] if texts else []


def _overloads_explained(view: View) -> list[str]:
    """What an overload means for the figures. The answer has the rates that are served; that of too few trials is no promise."""
    over = [point for comparison in view.comparisons for point in comparison.points if point.sample.overloaded]
    if not over:
        return []
    doubtful = [point for point in over if not point.enough_clean_trials]
    no_latency = say(
        "No latency for {cells}: it grows as long as such a load lasts.", cells=plural(len(over), "overloaded cell")
    )
    if not doubtful:
        served = say("The rate that is served can be sustained.")
    elif len(doubtful) == len(over):
        served = say(
            "The rate that is served rests on too few trials beyond doubt (‡) to say that it can be sustained."
        )
    else:
        served = say(
            "The rate that is served can be sustained; of {cells} (‡) that is not known.",
            cells=plural(len(doubtful), "cell"),
        )
    return [texts_of([no_latency, served])]


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
    cells = plural(len({p.cell for p, _ in few}), "cell")
    return [say("No p99 for {cells}: {reason}.", cells=cells, reason=reason_text(point.sample.withheld(name)))]


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
    """The lowest 99th percentile, and by how much the others exceed it or that they cannot be told apart."""
    metric = _metric(view, comparison)
    best, *others = _points(view, comparison)
    ratios = [(other, view.ratio(other, best, metric)) for other in others]
    tied = _tied(view, comparison, family)
    text = say(
        "lowest {metric} {figure}, {cell}",
        metric=view.called(metric),
        figure=_amount(view, best, metric),
        cell=cell_text(view, best),
    )
    if len(view.comparisons) > 1:
        text = say("**{title}**: {text}", title=escaped(view.title(comparison.labels)), text=text)
    text = sentence_case(text)
    if not any(ratio.bounded for _, ratio in ratios):
        return say("{text}; without an interval there is no verdict.", text=text)
    if tied:
        return say("{text}; cannot be told apart from {cells}.", text=text, cells=cells_text(view, tied))
    ratios.sort(key=lambda pair: pair[1].mean)
    ends = ratios[:: max(1, len(ratios) - 1)]
    parts = [
        say("{cell} {factor} of it", cell=cell_text(view, other), factor=spread(ratio, "x")) for other, ratio in ends
    ]
    return say("{text}; {others}.", text=text, others=enumerated(parts))


def _amount(view: View, point: Point, metric: str) -> str:
    value = point.value(metric)
    factor, unit = scale_of([value.mean], view.metrics[metric].unit)
    return spread(value.scaled(1 / factor), f" {unit}")
