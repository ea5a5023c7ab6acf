"""Where the workers' time went -> the bars to draw, and the main reason for the loss of each model in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from concexp.analysis.stats.time_breakdown import RESIDUAL, USEFUL, Breakdown
from concexp.analysis.time_breakdown import ONE, TimeBreakdown, parallel
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, spread
from concexp.report.view import Panel, Point, View

# What each part is called where it is the reason; `waiting` may be hidden in two of them.
REASONS = {
    "startup": "start-up",
    "imbalance": "imbalance, workers being idle while others were at work",
    "waiting": "waiting at primitives",
    "turns": "turns at the GIL{waiting} or other serial time",
    "overhead": "more CPU time per operation than one worker needs",
    "oversubscription": "the run queue, there being more threads than CPUs",
    "missing": "CPUs that the machine withheld",
    RESIDUAL: "standing still{waiting} for a reason that was not looked at (the residual)",
}
HIDDEN = {"turns": ", at primitives", RESIDUAL: " at primitives or"}
ONE_THREAD = "turns in the one thread of all workers"
MIN_LOSS = 0.05  # who loses less needs no reason
MIN_LOSS_IN_ANSWER = 0.25  # and who loses less, none in the answer
MAX_REASONS = 3  # reasons, and models of each, that are named in the answer
MAX_SERIES = 12  # so many models are told of; the picture has more


@dataclass(frozen=True)
class Bar:
    """One cell with several workers, and where their time went."""

    title: str  # of its panel
    point: Point
    split: Breakdown
    clean: bool  # it and what it is compared with are beyond doubt


@lru_cache(maxsize=1)  # one page at a time: its picture and its sentences ask for the same
def bars(view: View) -> list[tuple[Panel, list[Bar]]]:
    """The cells that have a split, by panel; panels without any are left out."""
    losses = TimeBreakdown(view.run)
    found = []
    for panel in view.panels:
        own = []
        for point in (point for line in view.series(panel.points).values() for point in line):
            split, below = losses.of_cell(point.cell), view.baseline(point)
            if split is not None and below is not None:
                own.append(Bar(view.title(panel.labels), point, split, point.can_win and below.can_win))
        if own:
            found.append((panel, own))
    return found


def sentences(view: View) -> list[str]:
    """The main reason for the loss of each model, at its largest number of workers beyond doubt; what was not measured."""
    found: list[str] = []
    silent: list[Bar] = []
    for _, own in bars(view):
        for line in view.series(bar.point for bar in own):
            ours = [bar for bar in own if view.series_name(bar.point) == line]
            firm = [bar for bar in ours if bar.clean]
            if firm:
                found.append(_reason(view, max(firm, key=lambda bar: bar.point.workers or 0)))
            else:
                silent += ours
    if len(found) > MAX_SERIES:
        found[MAX_SERIES:] = [f"{len(found) - MAX_SERIES} more models at other work are not told of here."]
    if silent:
        whom = _series_names(view, silent)
        found.append(f"No reason is named where the cells or their baselines are not beyond doubt († § ‡): {whom}.")
    return found + _unmeasured(view, [bar for _, own in bars(view) for bar in own])


def main_reasons(view: View) -> list[str]:
    """One sentence for the answer: where much was lost, to what, the most frequent reason first, with whom and how much."""
    found: dict[str, list[tuple[Bar, str]]] = {}
    for _, own in bars(view):
        for line in view.series(bar.point for bar in own):
            firm = [bar for bar in own if view.series_name(bar.point) == line and bar.clean]
            last = max(firm, key=lambda bar: bar.point.workers or 0, default=None)
            names = (
                last.split.leading() if last is not None and 1 - last.split.useful.mean >= MIN_LOSS_IN_ANSWER else []
            )
            if last is not None and len(names) == 1:
                found.setdefault(_called(view, last, names[0]), []).append((last, names[0]))
    parts = []
    for reason, some in sorted(found.items(), key=lambda pair: -len(pair[1]))[:MAX_REASONS]:
        whom = [
            code(view.series_name(bar.point)) + (f" in {escaped(bar.title)}" if bar.title else "") for bar, _ in some
        ]
        listed = enumerated(
            whom if len(whom) <= MAX_REASONS else [*whom[: MAX_REASONS - 1], f"{len(whom) - MAX_REASONS + 1} more"]
        )
        most, name = max(some, key=lambda one: one[0].split.share(one[1]).mean)
        parts.append(f"{reason} ({listed}; at most {percent(most.split, name)})")
    return [f"With most workers their time is lost mainly to {'; '.join(parts)}."] if parts else []


def _named(view: View, bar: Bar) -> str:
    """`threads`, and of which panel where there are several."""
    several = len(bars(view)) > 1
    return code(view.series_name(bar.point)) + (f" ({escaped(bar.title)})" if several and bar.title else "")


def _series_names(view: View, some: Sequence[Bar]) -> str:
    """The lines that these bars belong to."""
    names = list(dict.fromkeys(_named(view, bar) for bar in some))
    return enumerated(
        names if len(names) <= MAX_SERIES else [*names[: MAX_SERIES - 1], f"{len(names) - MAX_SERIES + 1} more"]
    )


def _reason(view: View, bar: Bar) -> str:
    """`threads` with 4 workers: 25 % (24–26) of the workers' time was useful; lost mainly to turns at the GIL … (71 %, 70–72)."""
    point = bar.point
    head = f"{_named(view, bar)} with {plural(point.workers or 1, 'worker')}"
    head += f": {percent(bar.split, USEFUL)} of the workers' time was useful"
    if 1 - bar.split.useful.mean < MIN_LOSS:
        return f"{head}."
    names = bar.split.leading()
    if not names:
        return f"{head}; with {plural(len(bar.split.trials), 'trial')} no reason for the loss is resolved."
    parts = [f"{_called(view, bar, n)} ({percent(bar.split, n).replace(' (', ', ').rstrip(')')})" for n in names]
    apart = ", which cannot be told apart" if len(parts) > 1 else ""
    over = bar.split.residual.hi < -MIN_LOSS
    beyond = f" (all parts come to more than was lost: the residual is {percent(bar.split, RESIDUAL)})" if over else ""
    return f"{head}; lost mainly to {enumerated(parts, 'or')}{apart}{beyond}."


def percent(split: Breakdown, name: str) -> str:
    """A share in percent: `71 % (70–72)`."""
    return spread(split.share(name).scaled(100), " %")


def _called(view: View, bar: Bar, name: str) -> str:
    if name == "turns" and parallel(view.records[bar.point.cell]) == ONE:
        return ONE_THREAD
    return REASONS[name].format(waiting=HIDDEN.get(name, "") if waits_hidden(view, bar) else "")


def waits_hidden(view: View, bar: Bar) -> bool:
    """Whether the cell has a primitive at which nobody looked how long it was waited for."""
    role = view.plugin("sync", str(bar.point.labels["sync"])).role
    return "waiting" in bar.split.unmeasured and role != "none"


def _unmeasured(view: View, shown: Sequence[Bar]) -> list[str]:
    """What could not be told from the residual, and why."""
    found = []
    hidden = [bar for bar in shown if waits_hidden(view, bar)]
    if hidden:
        found.append(
            "Waits at primitives were not observed (`wait_share` among the `metrics` has them observed) and stay in other "
            f"parts: {_series_names(view, hidden)}."
        )
    pools = [bar for bar in shown if "imbalance" in bar.split.unmeasured and _told_apart(view, bar.point)]
    if pools:
        found.append(
            "Imbalance was not measured, since nobody tells which worker was idle, and stays in other parts: "
            f"{_series_names(view, pools)}."
        )
    blind = [bar for bar in shown if "overhead" in bar.split.unmeasured]
    if blind:
        found.append(f"CPU time was not recorded, so that most of the loss is residual: {_series_names(view, blind)}.")
    return found


def _told_apart(view: View, point: Point) -> bool:
    """Whether a worker can be idle while others are at work: workers of a thread take turns, made-up ones do nothing."""
    return parallel(view.records[point.cell]) != ONE and not view.plugin("model", point.model).simulated
