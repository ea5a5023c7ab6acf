"""What an open loop can be asked, and which cell is fastest at the slow end: the 99th percentile, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from concexp import catalog
from concexp.analysis.stats.intervals import Interval
from concexp.report.family import Family, corrected
from concexp.report.open_loops import METRICS, is_open, tails_text
from concexp.report.open_loops import tail_metric as _metric
from concexp.report.open_loops import tails as _points
from concexp.report.pairs import Pair
from concexp.report.phrases import cell_text, cells_text, titles_text
from concexp.report.points import Comparison, Point
from concexp.report.text.language import clauses, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, rounded, scale_of, sentence_case, span, spread
from concexp.report.text.reasons import reason_text
from concexp.report.view import View, once_per_view
from concexp.trial.search import objective

HIGHEST_RATE = "sustainable_rate"
MOST_BESIDE = 2  # sentences beside a picture
MAX_TITLES = 8  # of comparisons that end alike
MAX_CELLS = 6  # that a sentence on overload names


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
        *in_closed_loops(view),
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
        view.by_block,
        view.run.level,
    )


def lowest(view: View, comparison: Comparison) -> str:
    """The lowest 99th percentile of a comparison, and how the others compare with it."""
    return _sentence(view, comparison, _family(view))


def in_closed_loops(view: View) -> list[str]:
    """The best 99th percentile of each workload under several conditions; the answer has that of open loops."""
    by_workload: dict[str, list[Comparison]] = {}
    for comparison in view.comparisons:
        if not is_open(view, comparison) and _points(view, comparison):
            by_workload.setdefault(str(comparison.labels["workload"]), []).append(comparison)
    return [_of_workload(view, members) for members in by_workload.values() if len(members) > 1]


def _of_workload(view: View, comparisons: list[Comparison]) -> str:
    """The best 99th percentile of a workload under each condition."""
    metric = _metric(view, comparisons[0])
    comparisons = [comparison for comparison in comparisons if _metric(view, comparison) == metric]
    several = len({str(comparison.labels["workload"]) for comparison in view.comparisons}) > 1
    title = view.called(metric)
    if any(len(_points(view, comparison)) > 1 for comparison in comparisons):
        title = say("best {metric}", metric=title)
    if several:
        title = say("{metric} of {workload}", metric=title, workload=code(str(comparisons[0].labels["workload"])))
    return say("{what}: {figures}.", what=sentence_case(title), figures=tails_text(view, comparisons))


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
