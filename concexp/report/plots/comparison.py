"""What competes side by side: each model, or each value of another axis, at its best number of workers, sorted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from concexp.report.captions import HOLLOW
from concexp.report.contest import WORKERS, compared, contest_of, judged, title_of
from concexp.report.open_loops import is_open
from concexp.report.plots import _style
from concexp.report.plots._labels import (
    better_text,
    cell_label,
    comparisons_left,
    quantity_label,
    value_text,
    workers_part,
)
from concexp.report.plots._telling import telling
from concexp.report.text.language import clauses, say, sentences
from concexp.report.text.numbers import level_text, scale_of, spread
from concexp.report.view import Comparison, Point, View

STACKED = 4  # rows of a panel up to which panels stand below each other, on one scale
MAX_PANELS = 8
MAX_ROWS = 16
ROW = 0.23  # inches
AROUND = 0.3  # inches of a panel's title and edges
AXIS = 0.45  # inches of ticks and the name of the axis


class Plot:
    """What competes, each at its best number of workers (×), sorted; bars are 95 % intervals."""

    signs = (HOLLOW,)
    section = "comparison"
    order = 20
    title = ""

    def prepare(self, view: View) -> list[tuple[Comparison, list[Point]]]:
        """The comparisons in which something competes, with their entries."""
        view = judged(view)
        entries = [(comparison, _entries(view, comparison)) for comparison in _comparisons(view)]
        return [(comparison, points) for comparison, points in entries if len(points) > 1]

    def draw(self, view: View, prepared: list[tuple[Comparison, list[Point]]], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        view = judged(view)
        few = telling(view, prepared, MAX_PANELS, lambda one: one[0].labels, lambda one: one[1])
        shown = [(comparison, points[:MAX_ROWS]) for comparison, points in few]
        # What has one unit is drawn on one scale: panels are compared with each other as well.
        is_shared = view.metric.unit != "1/s" or len({comparison.unit for comparison, _ in shown}) == 1
        is_stacked = is_shared and max(len(points) for _, points in shown) <= STACKED
        columns = 1 if is_stacked or len(shown) == 1 else 2
        tallest = [max(len(points) for _, points in shown[i : i + columns]) for i in range(0, len(shown), columns)]
        between = AROUND if is_stacked else AROUND + AXIS
        with _style.settings():
            figure = _style.figure(sum(between + ROW * count for count in tallest) + AXIS * is_stacked, self.title)
            ratios = [0.25 + ROW * count for count in tallest]
            places = _style.grid(figure, len(tallest), columns, len(shown), height_ratios=ratios, sharex=is_stacked)
            every = [point for _, points in shown for point in points]
            for axes, (comparison, points) in zip(places, shown, strict=True):
                _panel(view, comparison, points, axes, every if is_shared else points)
                axes.set_title(_style.short(title_of(view, comparison), 66 // columns))
            for axes in places[:-1] if is_stacked else ():
                axes.set_xlabel("")
            _style.save(figure, path)
        return _alt(view, shown, len(prepared) - len(shown))


def _comparisons(view: View) -> list[Comparison]:
    """All but open loops, whose throughput is given."""
    return [comparison for comparison in compared(view) if not is_open(view, comparison)]


def _entries(view: View, comparison: Comparison) -> list[Point]:
    """The best point of each contestant, or of each series and primitive; one with a right outcome wherever there is one."""
    if contest := contest_of(view):
        found = contest.best_of_each(view, comparison.points)
        return sorted(found, key=lambda p: -view.sign * p.value(view.primary).mean)
    variants = view.variants(comparison.points)
    best = [view.best(p for p in points if p.status == "ok") or view.best(points) for points in variants]
    return sorted((p for p in best if p is not None), key=lambda p: -view.sign * p.value(view.primary).mean)


def _panel(view: View, comparison: Comparison, points: list[Point], axes: Any, among: Sequence[Point]) -> None:
    """Draws one panel, with the horizontal axis that suits all points `among` which it is."""
    values = [point.value(view.primary) for point in among]
    factor, prefix = scale_of([value.mean for value in values], view.metric.unit)
    ends = [end / factor for value in values for end in (value.mean, value.lo, value.hi) if end == end]
    if _style.is_wide(ends):
        axes.set_xlim(min(ends) / 1.4, max(ends) * (max(ends) / min(ends)) ** 0.35)  # with room for the figures
        _style.log_axis(axes, "x")
    else:
        axes.set_xlim(min(0.0, *ends), max(*ends, 1e-12) * 1.3)
        axes.xaxis.set_major_formatter(_style.plain)
        axes.xaxis.get_major_locator().set_params(nbins=4)  # in a narrow panel labels of four digits would touch
    for place, point in enumerate(points):
        _dot(view, point, len(points) - 1 - place, factor, axes)
    axes.set_yticks(range(len(points) - 1, -1, -1), [_cell(view, point) for point in points])
    axes.set_ylim(-0.6, len(points) - 0.4)
    axes.grid(axis="y", visible=False)
    quantity = quantity_label(view, view.primary, prefix, comparison.unit)
    axes.set_xlabel(better_text(quantity, view.metric.better), loc="right")


def _cell(view: View, point: Point) -> str:
    """`threads ×2, lock †`, `limit 8 ×2`."""
    contest = contest_of(view)
    if contest is None:
        return cell_label(view, point)
    count = "" if WORKERS in contest.axes else workers_part(view, point)
    return " ".join(filter(None, [_style.short(contest.label(view, point)), count, point.mark]))


def _dot(view: View, point: Point, place: int, factor: float, axes: Any) -> None:
    """Draws one row: the mark, its interval, and the figure in a unit that suits it."""
    style = view.style(view.series_name(point))
    value = point.value(view.primary).scaled(1 / factor)
    right = value.mean
    if value.bounded:
        right = value.hi
        axes.errorbar(value.mean, place, xerr=[[value.mean - value.lo], [value.hi - value.mean]], fmt="none",
                      ecolor=style.colour, elinewidth=1.8, capsize=3.5)  # fmt: skip
    axes.plot(value.mean, place, marker=style.marker, markersize=5.5, markeredgecolor=style.colour, markeredgewidth=1.3,
              markerfacecolor=style.colour if point.is_sure else "white")  # fmt: skip
    axes.annotate(_figure(view, point), (right, place), (7, 0), textcoords="offset points", va="center", fontsize=8)


def _figure(view: View, point: Point) -> str:
    """`508 k/s`."""
    value, unit = point.value(view.primary), view.metric.unit
    factor, prefix = scale_of([value.mean], unit)
    return value_text(spread(value.scaled(1 / factor)).partition(" (")[0], prefix, unit)


def _alt(view: View, shown: list[tuple[Comparison, list[Point]]], left: int) -> str:
    """What the picture shows in words: the order, with the figures."""
    texts = [
        say(
            "{metric} of what competes, each at its best number of workers, sorted, with {level} intervals; † § ‡ "
            "may not win.",
            metric=view.called(view.primary),
            level=level_text(view.run.level),
        )
    ]
    for comparison, points in shown:
        title = title_of(view, comparison)
        cells = clauses([f"{_cell(view, point)} {_figure(view, point)}" for point in points])
        if title:
            texts.append(say("{title}, from first to last: {cells}.", title=title, cells=cells))
        else:
            texts.append(say("From first to last: {cells}.", cells=cells))
    return sentences([*texts, *comparisons_left(left)])
