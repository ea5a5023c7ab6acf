"""Where the workers' time went: the bars to draw, and the main reason for each series' loss in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from concexp.analysis.stats.time_breakdown import RESIDUAL, USEFUL, Breakdown
from concexp.analysis.time_breakdown import ONE, TimeBreakdown, parallel
from concexp.report.phrases import first_few, titles_text
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import DIGITS, brief, enumerated, plural, rounded
from concexp.report.view import Panel, Point, View, once_per_view

# What each part is called as a reason; waits that were not recorded are hidden in two of them.
REASONS = {
    "startup": "start-up",
    "imbalance": "idling while other workers were at work",
    "waiting": "waiting for a lock or other primitive",
    "coordinator": "the coordinator, which needs a CPU to hand out the work",
    "turns": "waiting for the GIL{waiting} or other serial work",
    "overhead": "more CPU time per operation than one worker needs",
    "oversubscription": "waiting for a CPU, with more workers than CPUs",
    "missing": "CPUs that the machine withheld",
    RESIDUAL: "{waiting}unexplained waits",
}
HIDDEN = {"turns": ", a lock", RESIDUAL: "waiting for a lock or "}
ONE_THREAD = "waiting for the one thread of all workers"
MIN_LOSS = 0.05  # a smaller loss needs no reason
MIN_LOSS_IN_ANSWER = 0.25
MAX_REASONS = 3  # in the answer, and series named for each
MAX_SERIES = 12  # with a sentence; the picture has more


@dataclass(frozen=True)
class Bar:
    """One cell with several workers, and the breakdown of their time."""

    title: str  # of its panel
    point: Point
    split: Breakdown
    clean: bool  # the cell and its baseline can win, also by their trials as they were measured


@once_per_view
def bars(view: View) -> list[tuple[Panel, list[Bar]]]:
    """The cells with a breakdown, by panel; panels without any are left out."""
    breakdown = TimeBreakdown(view.run)
    panels = []
    for panel in view.panels:
        of_panel = []
        for point in (point for points in view.series(panel.points).values() for point in points):
            split, below = breakdown.of_cell(point.cell), view.baseline(point)
            if split is not None and below is not None:
                clean = all(one.can_win and one.sample.enough_clean_trials() for one in (point, below))
                of_panel.append(Bar(view.title(panel.labels), point, split, clean))
        if of_panel:
            panels.append((panel, of_panel))
    return panels


def _by_series(view: View) -> list[list[Bar]]:
    """The bars of each series, panel by panel."""
    return [
        [bar for bar in of_panel if view.series_name(bar.point) == name]
        for _, of_panel in bars(view)
        for name in view.series(bar.point for bar in of_panel)
    ]


def _most_workers(series: list[Bar]) -> Bar | None:
    """The bar with most workers among those that are clean."""
    return max((bar for bar in series if bar.clean), key=lambda bar: bar.point.parallelism, default=None)


def sentences(view: View) -> list[str]:
    """The main reason for each series' loss, with most workers and free of doubts; and what was not measured."""
    doubtful: list[Bar] = []
    alike: dict[tuple[object, ...], list[Bar]] = {}
    for series in _by_series(view):
        last = _most_workers(series)
        if last is not None:
            alike.setdefault(_loss_of(view, last), []).append(last)
        else:
            doubtful += series
    texts = [_reason(view, bars[0]) if len(bars) == 1 else _reason_of_several(view, bars) for bars in alike.values()]
    if len(texts) > MAX_SERIES:
        texts[MAX_SERIES:] = [f"{len(texts) - MAX_SERIES} more lines are in the picture only."]
    if doubtful:
        names = _series_names(view, doubtful)
        texts.append(
            f"No reason is given where cells or their baselines are doubtful, wrong or failed († § ‡): {names}."
        )
    return texts + _unmeasured(view, [bar for _, of_panel in bars(view) for bar in of_panel])


def main_reasons(view: View) -> list[str]:
    """One sentence for the answer: the most frequent main reasons for large losses, with series and largest share."""
    by_reason: dict[str, list[tuple[Bar, str]]] = {}
    for series in _by_series(view):
        last = _most_workers(series)
        if last is None or 1 - last.split.useful.mean < MIN_LOSS_IN_ANSWER:
            continue
        names = last.split.leading()
        if len(names) == 1 and not (names == [RESIDUAL] and blind(last)):
            by_reason.setdefault(_called(view, last, names[0]), []).append((last, names[0]))
    parts = []
    ordered = sorted(by_reason.items(), key=lambda pair: -len(pair[1]))
    for reason, losses in ordered[:MAX_REASONS]:
        listed = "; ".join(first_few(_together(view, [bar for bar, _ in losses]), MAX_REASONS))
        most, name = max(losses, key=lambda one: one[0].split.share(one[1]).mean)
        parts.append(f"{reason} ({listed}: at most {percent(most.split, name)})")
    if more := sum(len(losses) for _, losses in ordered[MAX_REASONS:]):
        parts.append(f"other reasons in {plural(more, 'more case')}")
    return [f"With most workers, their time is lost mainly to {'; '.join(parts)}."] if parts else []


def _together(view: View, lost: Sequence[Bar]) -> list[str]:
    """`threads` and `processes` in sort and regex: the series of these bars, those of the same panels together."""
    titles: dict[str, list[str]] = {}
    for bar in lost:
        titles.setdefault(view.series_name(bar.point), []).append(bar.title)
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, of in titles.items():
        alike.setdefault(tuple(of), []).append(code(name))
    return [enumerated(names) + (f" in {titles_text(of)}" if any(of) else "") for of, names in alike.items()]


def _named(view: View, bar: Bar) -> str:
    """`threads`, with its panel where there are several."""
    several = len(bars(view)) > 1
    return code(view.series_name(bar.point)) + (f" ({escaped(bar.title)})" if several and bar.title else "")


def _series_names(view: View, shown: Sequence[Bar]) -> str:
    """The series that these bars belong to."""
    names = list(dict.fromkeys(_named(view, bar) for bar in shown))
    return enumerated(first_few(names, MAX_SERIES))


def _names_alone(view: View, shown: Sequence[Bar]) -> str:
    """The series of these bars, without their panels."""
    return enumerated(first_few(list(dict.fromkeys(code(view.series_name(bar.point)) for bar in shown)), MAX_SERIES))


def _reason(view: View, bar: Bar) -> str:
    """`threads` with 4 workers: 25 % useful; lost mainly to waiting for the GIL … (71 %)."""
    point = bar.point
    head = f"{_named(view, bar)} with {plural(point.parallelism, 'worker')}"
    head += f": {percent(bar.split, USEFUL)} useful"
    if 1 - bar.split.useful.mean < MIN_LOSS:
        return f"{head}."
    names = bar.split.leading()
    if not names:
        return f"{head}; {plural(len(bar.split.trials), 'trial')} cannot show the reason for the loss."
    if names == [RESIDUAL] and blind(bar):
        return f"{head}; the reason for the loss was not recorded."
    parts = [f"{_called(view, bar, n)} ({percent(bar.split, n).replace(' (', ', ').rstrip(')')})" for n in names]
    apart = ", which cannot be told apart" if len(parts) > 1 else ""
    return f"{head}; lost mainly to {enumerated(parts, 'or')}{apart}."


def _loss_of(view: View, bar: Bar) -> tuple[object, ...]:
    """The same for bars of a series that lost their time in the same way, and for no others."""
    names = [] if 1 - bar.split.useful.mean < MIN_LOSS else bar.split.leading()
    if not names or (names == [RESIDUAL] and blind(bar)):
        return bar.point.cell, bar.title
    return view.series_name(bar.point), bar.point.parallelism, *(_called(view, bar, name) for name in names)


def _reason_of_several(view: View, bars: Sequence[Bar]) -> str:
    """The same of several panels, with the outermost ends of their intervals: `19 to 27 % useful`."""
    first = bars[0]
    head = f"{code(view.series_name(first.point))} with {plural(first.point.parallelism, 'worker')}"
    head += f" ({titles_text([bar.title for bar in bars])})" if any(bar.title for bar in bars) else ""
    names = first.split.leading()
    parts = [f"{_called(view, first, name)} ({_between(bars, name)})" for name in names]
    return f"{head}: {_between(bars, USEFUL)} useful; lost mainly to {enumerated(parts, 'or')}."


def _between(bars: Sequence[Bar], name: str) -> str:
    shares = [bar.split.share(name).scaled(100) for bar in bars]
    low = min(share.lo if share.bounded else share.mean for share in shares)
    high = max(share.hi if share.bounded else share.mean for share in shares)
    return f"{rounded(low, 2)} to {rounded(min(high, 100.0), 2)} %"


def percent(split: Breakdown, name: str) -> str:
    """A share in percent: `71 %`, or `55 % (49–61)` where that is wide. Measured shares of more than all are called all."""
    share = split.share(name).scaled(100)
    return "100 %" if share.mean > 100 else brief(share, " %", DIGITS)


def _called(view: View, bar: Bar, name: str) -> str:
    if name == "turns" and parallel(view.records[bar.point.cell]) == ONE:
        return ONE_THREAD
    return REASONS[name].format(waiting=HIDDEN.get(name, "") if waits_hidden(view, bar) else "")


def waits_hidden(view: View, bar: Bar) -> bool:
    """Whether the cell has a primitive whose waits were not recorded."""
    interface = view.plugin("sync", str(bar.point.labels["sync"])).interface
    return "waiting" in bar.split.unmeasured and interface != "none"


def blind(bar: Bar) -> bool:
    """Whether it is not known what its workers did while they did nothing useful: their CPU time was not recorded."""
    return "overhead" in bar.split.unmeasured


def _unmeasured(view: View, shown: Sequence[Bar]) -> list[str]:
    """What remains in the residual or other parts because it was not measured, and why."""
    texts = []
    hidden = [bar for bar in shown if waits_hidden(view, bar)]
    if hidden:
        texts.append(
            "Waits for locks were not observed (add `wait_share` to `metrics`) and are part of other reasons: "
            f"{_names_alone(view, hidden)}."
        )
    pools = [bar for bar in shown if "imbalance" in bar.split.unmeasured and _can_be_idle(view, bar.point)]
    if pools:
        texts.append(
            f"Idle workers of a pool cannot be observed; their time is part of other reasons: {_names_alone(view, pools)}."
        )
    unseen = [bar for bar in shown if blind(bar)]
    if unseen:
        texts.append(
            f"CPU time of single workers was not recorded, so most of the loss is unexplained: {_names_alone(view, unseen)}."
        )
    return texts


def _can_be_idle(view: View, point: Point) -> bool:
    """Whether one worker can be idle while others work.

    Workers that share a thread take turns, and simulated ones do nothing.
    """
    return parallel(view.records[point.cell]) != ONE and not view.plugin("model", point.model).simulated
