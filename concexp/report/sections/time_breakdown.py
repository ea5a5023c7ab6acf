"""Where the workers' time went: the bars to draw, and the main reason for each series' loss in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from concexp.analysis.stats.time_breakdown import RESIDUAL, USEFUL, Breakdown
from concexp.analysis.time_breakdown import ONE, TimeBreakdown, parallel
from concexp.report.contest import has_primitive
from concexp.report.phrases import first_few, named_together, titles_text
from concexp.report.points import Panel, Point
from concexp.report.text.language import clauses, message, say
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import DIGITS, brief, enumerated, plural, rounded, span
from concexp.report.view import View, once_per_view

# What each part is called as a reason; waits that were not recorded are hidden in two of them.
REASONS = {
    "startup": message("start-up"),
    "imbalance": message("idling while other workers were at work"),
    "waiting": message("waiting for a lock or other primitive"),
    "coordinator": message("the coordinator, which needs a CPU to hand out the work"),
    "turns": message("waiting for the GIL or other serial work"),
    "overhead": message("more CPU time per operation than one worker needs"),
    "oversubscription": message("waiting for a CPU, with more workers than CPUs"),
    "missing": message("CPUs that the machine withheld"),
    RESIDUAL: message("unexplained waits"),
}
# The same where waits for a primitive were not recorded.
HIDDEN = {
    "turns": message("waiting for the GIL, a lock or other serial work"),
    RESIDUAL: message("waiting for a lock or unexplained waits"),
}
BLOCKED = message("calls that block the event loop")
ONE_THREAD = message("waiting for the one thread that all workers share")
EXPECTED = ("oversubscription",)  # a reason that is no finding
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
                clean = all(one.is_sure and one.sample.enough_clean_trials() for one in (point, below))
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


def details(view: View) -> list[str]:
    """The same as `sentences`, without the series that lost nothing and those that `main_reasons` names already."""
    named = _by_main_reason(view)
    all_named = len(named) <= MAX_REASONS and all(len(bars) <= MAX_REASONS for bars in named.values())
    return sentences(view, lambda bar: bar.split.useful.mean <= 1 - MIN_LOSS and not (all_named and _main_reason(bar)))


def sentences(view: View, wanted: Callable[[Bar], bool] = lambda bar: True) -> list[str]:
    """The main reason for each series' loss, with most workers and free of doubts; and what was not measured."""
    alike: dict[tuple[object, ...], list[Bar]] = {}
    for series in _by_series(view):
        last = _most_workers(series)
        if last is not None and wanted(last):
            alike.setdefault(_loss_of(view, last), []).append(last)
    texts = [_reason(view, bars[0]) if len(bars) == 1 else _reason_of_several(view, bars) for bars in alike.values()]
    if len(texts) > MAX_SERIES:
        texts[MAX_SERIES:] = [say("{count} more lines are in the picture only.", count=len(texts) - MAX_SERIES)]
    return texts + _unmeasured(view, [bar for _, of_panel in bars(view) for bar in of_panel])


def in_answer(view: View) -> list[str]:
    """The same as `main_reasons`, without what every reader expects: that more workers than CPUs wait for a CPU."""
    return main_reasons(view, EXPECTED)


def main_reasons(view: View, expected: Collection[str] = ()) -> list[str]:
    """One sentence: the most frequent main reasons for large losses, with series and largest share."""
    parts = []
    found = [pair for pair in _by_main_reason(view).items() if _main_reason(pair[1][0]) not in expected]
    ordered = sorted(found, key=lambda pair: -len(pair[1]))
    for reason, losses in ordered[:MAX_REASONS]:
        cells = enumerated(first_few(_together(view, losses), MAX_REASONS))
        share = f"{rounded(min(100.0, 100 * max(bar.split.share(_main_reason(bar)).mean for bar in losses)), 2)} %"
        what = message("{cells} {share}, {reason}") if len(losses) == 1 else message("{cells} up to {share}, {reason}")
        parts.append(say(what, cells=cells, share=share, reason=reason))
    if more := sum(len(losses) for _, losses in ordered[MAX_REASONS:]):
        parts.append(say("other reasons in {cases}", cases=plural(more, "more case")))
    if not parts:
        return []
    return [say("Time lost with the most workers: {losses}.", losses=clauses(parts))]


def _by_main_reason(view: View) -> dict[str, list[Bar]]:
    """The series with a large loss that has one main reason, by that reason in words; each by its bar with most workers."""
    by_reason: dict[str, list[Bar]] = {}
    for series in _by_series(view):
        last = _most_workers(series)
        if last is not None and (name := _main_reason(last)):
            by_reason.setdefault(_called(view, last, name), []).append(last)
    return by_reason


def _main_reason(bar: Bar) -> str:
    """The one main reason for a large loss; "" if the loss is small, has several reasons, or one that was not recorded."""
    names = bar.split.leading() if 1 - bar.split.useful.mean >= MIN_LOSS_IN_ANSWER else []
    return names[0] if len(names) == 1 and not (names == [RESIDUAL] and blind(bar)) else ""


def _together(view: View, lost: Sequence[Bar]) -> list[str]:
    """`threads` and `processes` in sort and regex: the series of these bars, those of the same panels together."""
    found = named_together((view.series_name(bar.point), bar.title) for bar in lost)
    return [_in_titles(names, of) if any(of) else names for names, of in found]


def _in_titles(names: str, titles: Sequence[str]) -> str:
    """`threads` in sort and regex; with the name of an axis `threads` (inside 0us and 10us)."""
    if all(" " in title for title in titles):
        return say("{text} ({note})", text=names, note=titles_text(titles))
    return say("{cells} in {titles}", cells=names, titles=titles_text(titles))


def _named(view: View, bar: Bar) -> str:
    """`threads`, with its panel where there are several."""
    several = len(bars(view)) > 1
    name = code(view.series_name(bar.point))
    return say("{text} ({note})", text=name, note=escaped(bar.title)) if several and bar.title else name


def _names_alone(view: View, shown: Sequence[Bar]) -> str:
    """The series of these bars, without their panels."""
    return enumerated(first_few(list(dict.fromkeys(code(view.series_name(bar.point)) for bar in shown)), MAX_SERIES))


def _reason(view: View, bar: Bar) -> str:
    """`threads` with 4 workers: 25 % useful; lost mainly to waiting for the GIL … (71 %)."""
    head = _useful(_named(view, bar), bar.point.parallelism, percent(bar.split, USEFUL))
    if 1 - bar.split.useful.mean < MIN_LOSS:
        return head + say(".")
    names = bar.split.leading()
    if not names:
        return say(
            "{head}; {trials} cannot show the reason for the loss.",
            head=head,
            trials=plural(len(bar.split.trials), "trial"),
        )
    if names == [RESIDUAL] and blind(bar):
        return say("{head}; the reason for the loss was not recorded.", head=head)
    parts = [
        say("{text} ({note})", text=_called(view, bar, n), note=percent(bar.split, n).replace(" (", ", ").rstrip(")"))
        for n in names
    ]
    if len(parts) > 1:
        return say(
            "{head}; lost mainly to {reasons}, which cannot be told apart.", head=head, reasons=enumerated(parts, "or")
        )
    return say("{head}; lost mainly to {reasons}.", head=head, reasons=enumerated(parts, "or"))


def _useful(cells: str, workers: int, share: str) -> str:
    """`threads` with 4 workers: 25 % useful."""
    return say("{cells} with {workers}: {share} useful", cells=cells, workers=plural(workers, "worker"), share=share)


def _loss_of(view: View, bar: Bar) -> tuple[object, ...]:
    """The same for bars that lost their time in the same way with as many workers, and for no others."""
    if 1 - bar.split.useful.mean < MIN_LOSS:
        return bar.point.parallelism, "nothing"
    names = bar.split.leading()
    if not names:
        return bar.point.cell, bar.title
    if names == [RESIDUAL] and blind(bar):
        return bar.point.parallelism, "unknown"
    return bar.point.parallelism, *(_called(view, bar, name) for name in names)


def _reason_of_several(view: View, bars: Sequence[Bar]) -> str:
    """The same of several bars, with the outermost ends of their intervals: `19 to 27 % useful`."""
    first = bars[0]
    head = _useful(clauses(_together(view, bars)), first.point.parallelism, _between(bars, USEFUL))
    if 1 - first.split.useful.mean < MIN_LOSS:
        return head + say(".")
    names = first.split.leading()
    if names == [RESIDUAL] and blind(first):
        return say("{head}; the reason for the loss was not recorded.", head=head)
    parts = [say("{text} ({note})", text=_called(view, first, name), note=_between(bars, name)) for name in names]
    return say("{head}; lost mainly to {reasons}.", head=head, reasons=enumerated(parts, "or"))


def _between(bars: Sequence[Bar], name: str) -> str:
    shares = [bar.split.share(name).scaled(100) for bar in bars]
    low = min(share.lo if share.bounded else share.mean for share in shares)
    high = max(share.hi if share.bounded else share.mean for share in shares)
    return f"{span(*(rounded(min(end, 100.0), 2) for end in (low, high)))} %"


def percent(split: Breakdown, name: str) -> str:
    """A share in percent: `71 %`, or `55 % (49–61)` where that is wide. Measured shares of more than all are called all."""
    share = split.share(name).scaled(100)
    return "100 %" if share.mean > 100 else brief(share, " %", DIGITS)


def _called(view: View, bar: Bar, name: str) -> str:
    if bar.point.blocked and name in ("turns", RESIDUAL):
        return say(BLOCKED)
    if name == "turns" and parallel(view.records[bar.point.cell]) == ONE:
        return say(ONE_THREAD)
    return say((HIDDEN if name in HIDDEN and waits_hidden(view, bar) else REASONS)[name])


def waits_hidden(view: View, bar: Bar) -> bool:
    """Whether the cell has a primitive whose waits were not recorded."""
    return "waiting" in bar.split.unmeasured and has_primitive(view, bar.point)


def blind(bar: Bar) -> bool:
    """Whether it is not known what its workers did while they did nothing useful: their CPU time was not recorded."""
    return "overhead" in bar.split.unmeasured


def _unmeasured(view: View, shown: Sequence[Bar]) -> list[str]:
    """What remains in the residual or other parts because it was not measured, and why."""
    texts = []
    hidden = [bar for bar in shown if waits_hidden(view, bar)]
    if hidden:
        texts.append(
            say(
                "Waits for locks were not observed (add `wait_share` to `metrics`) and are part of other reasons: {cells}.",
                cells=_names_alone(view, hidden),
            )
        )
    pools = [bar for bar in shown if "imbalance" in bar.split.unmeasured and _can_be_idle(view, bar.point)]
    if pools:
        texts.append(
            say(
                "Idle workers of a pool cannot be observed; their time is part of other reasons: {cells}.",
                cells=_names_alone(view, pools),
            )
        )
    return texts


def _can_be_idle(view: View, point: Point) -> bool:
    """Whether one worker can be idle while others work.

    Workers that share a thread take turns, and simulated ones do nothing.
    """
    return parallel(view.records[point.cell]) != ONE and not view.plugin("model", point.model).simulated
