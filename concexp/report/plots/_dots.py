"""Rows of a mark, its interval and its figure: the primary metric of several cells on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from concexp.report.plots import _style
from concexp.report.plots._labels import better_text, quantity_label, value_text
from concexp.report.points import Point
from concexp.report.text.numbers import scale_of, spread
from concexp.report.view import View

ROW = 0.23  # inches
AXIS = 0.45  # inches of ticks and the name of the axis


def panel(view: View, axes: Any, rows: Sequence[tuple[str, Point]], among: Sequence[Point], operation: str) -> None:
    """Draws rows (name, point) from the top down, on the horizontal axis that suits all points `among` which they are."""
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
    for place, (_, point) in enumerate(rows):
        _dot(view, point, len(rows) - 1 - place, factor, axes)
    axes.set_yticks(range(len(rows) - 1, -1, -1), [name for name, _ in rows])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(axis="y", visible=False)
    quantity = quantity_label(view, view.primary, prefix, operation)
    axes.set_xlabel(better_text(quantity, view.metric.better), loc="right")


def figure_of(view: View, point: Point) -> str:
    """`508 k/s`: the primary metric of a point, in the unit that suits it."""
    value, unit = point.value(view.primary), view.metric.unit
    factor, prefix = scale_of([value.mean], unit)
    return value_text(spread(value.scaled(1 / factor)).partition(" (")[0], prefix, unit)


def _dot(view: View, point: Point, place: int, factor: float, axes: Any) -> None:
    """Draws one row: the mark, its interval, and the figure."""
    style = view.style(view.series_name(point))
    value = point.value(view.primary).scaled(1 / factor)
    right = value.mean
    if value.bounded:
        right = value.hi
        axes.errorbar(value.mean, place, xerr=[[value.mean - value.lo], [value.hi - value.mean]], fmt="none",
                      ecolor=style.colour, elinewidth=1.8, capsize=3.5)  # fmt: skip
    axes.plot(value.mean, place, marker=style.marker, markersize=5.5, markeredgecolor=style.colour, markeredgewidth=1.3,
              markerfacecolor=style.colour if point.is_sure else "white")  # fmt: skip
    axes.annotate(figure_of(view, point), (right, place), (7, 0), textcoords="offset points", va="center", fontsize=8)
