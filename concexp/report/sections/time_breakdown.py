"""Where the workers' time went: the bars to draw, and the main reason for each series' loss in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from concexp.analysis.stats.time_breakdown import RESIDUAL, USEFUL, Breakdown
from concexp.analysis.time_breakdown import ONE, TimeBreakdown, parallel
from concexp.report.phrases import first_few
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, spread
from concexp.report.view import Panel, Point, View, once_per_view

# What each part is called as a reason; waits that were not recorded are hidden in two of them.
REASONS = {
    "startup": "start-up",
    "imbalance": "imbalance, workers being idle while others were at work",
    "waiting": "waiting at primitives",
    "coordinator": "the coordinator, which hands out the work and wants a CPU for that",
    "turns": "turns at the GIL{waiting} or other serial time",
    "overhead": "more CPU time per operation than one worker needs",
    "oversubscription": "the run queue, there being more workers than CPUs",
    "missing": "CPUs that the machine withheld",
    RESIDUAL: "standing still{waiting} for a reason that was not looked at (the residual)",
}
HIDDEN = {"turns": ", at primitives", RESIDUAL: " at primitives or"}
ONE_THREAD = "turns in the one thread of all workers"
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
    texts: list[str] = []
    doubtful: list[Bar] = []
    for series in _by_series(view):
        last = _most_workers(series)
        if last is not None:
            texts.append(_reason(view, last))
        else:
            doubtful += series
    if len(texts) > MAX_SERIES:
        texts[MAX_SERIES:] = [f"{len(texts) - MAX_SERIES} more models at other work are not told of here."]
    if doubtful:
        names = _series_names(view, doubtful)
        texts.append(f"No reason is named where the cells or their baselines are not beyond doubt († § ‡): {names}.")
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
        series_of = [
            code(view.series_name(bar.point)) + (f" in {escaped(bar.title)}" if bar.title else "") for bar, _ in losses
        ]
        listed = enumerated(first_few(series_of, MAX_REASONS))
        most, name = max(losses, key=lambda one: one[0].split.share(one[1]).mean)
        parts.append(f"{reason} ({listed}; at most {percent(most.split, name)})")
    if more := sum(len(losses) for _, losses in ordered[MAX_REASONS:]):
        parts.append(f"other reasons in {plural(more, 'more case')}")
    return [f"With most workers their time is lost mainly to {'; '.join(parts)}."] if parts else []


def _named(view: View, bar: Bar) -> str:
    """`threads`, with its panel where there are several."""
    several = len(bars(view)) > 1
    return code(view.series_name(bar.point)) + (f" ({escaped(bar.title)})" if several and bar.title else "")


def _series_names(view: View, shown: Sequence[Bar]) -> str:
    """The series that these bars belong to."""
    names = list(dict.fromkeys(_named(view, bar) for bar in shown))
    return enumerated(first_few(names, MAX_SERIES))


def _reason(view: View, bar: Bar) -> str:
    """`threads` with 4 workers: 25 % (24–26) of the workers' time was useful; lost mainly to turns at the GIL … (71 %, 70–72)."""
    point = bar.point
    head = f"{_named(view, bar)} with {plural(point.parallelism, 'worker')}"
    head += f": {percent(bar.split, USEFUL)} of the workers' time was useful"
    if 1 - bar.split.useful.mean < MIN_LOSS:
        return f"{head}."
    names = bar.split.leading()
    if not names:
        return f"{head}; with {plural(len(bar.split.trials), 'trial')} no reason for the loss is resolved."
    if names == [RESIDUAL] and blind(bar):
        return f"{head}; what the rest was lost to was not recorded."
    parts = [f"{_called(view, bar, n)} ({percent(bar.split, n).replace(' (', ', ').rstrip(')')})" for n in names]
    apart = ", which cannot be told apart" if len(parts) > 1 else ""
    return f"{head}; lost mainly to {enumerated(parts, 'or')}{apart}."


def percent(split: Breakdown, name: str) -> str:
    """A share in percent: `71 % (70–72)`."""
    return spread(split.share(name).scaled(100), " %")


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
            "Waits at primitives were not observed (`wait_share` among the `metrics` has them observed) and stay in other "
            f"parts: {_series_names(view, hidden)}."
        )
    pools = [bar for bar in shown if "imbalance" in bar.split.unmeasured and _can_be_idle(view, bar.point)]
    if pools:
        texts.append(
            "Imbalance was not measured, since nobody tells which worker was idle, and stays in other parts: "
            f"{_series_names(view, pools)}."
        )
    unseen = [bar for bar in shown if blind(bar)]
    if unseen:
        texts.append(
            f"The workers' own CPU time was not recorded, so that most of the loss is residual: {_series_names(view, unseen)}."
        )
    return texts


def _can_be_idle(view: View, point: Point) -> bool:
    """Whether one worker can be idle while others work.

    Workers that share a thread take turns, and simulated ones do nothing.
    """
    return parallel(view.records[point.cell]) != ONE and not view.plugin("model", point.model).simulated
