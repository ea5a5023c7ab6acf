"""What speed costs: throughput against latency or memory, and the cells that no other one beats in both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.significance import MARGIN
from concexp.report.captions import HOLLOW
from concexp.report.plots import _style
from concexp.report.plots._labels import better_text, cell_label, comparisons_left, quantity_label
from concexp.report.plots._telling import telling
from concexp.report.points import Comparison, Point
from concexp.report.text.language import clauses, counted, listed, say, sentences
from concexp.report.text.numbers import scale_of, spread
from concexp.report.view import View

COLUMNS = 2
MAX_PANELS = 6
HEIGHT = 2.6
MIN_CELLS = 3  # of a panel
# Drawn against the primary metric: the first of these that was recorded.
COSTS = ("latency_p99_s", "service_time_p99_s", "peak_rss_bytes")
BEATEN_ALPHA = 0.35  # of cells that another one beats in both


@dataclass(frozen=True)
class _Trade:
    """A comparison's cells that have both numbers, and the frontier among them, the cheapest first."""

    comparison: Comparison
    points: list[Point]
    frontier: list[Point]


class Plot:
    """A mark per cell; joined: no other cell is better in both; pale: another one is; bars are 95 % intervals."""

    note = "Where bars overlap, cells may be equal."
    signs = (HOLLOW,)
    section = "comparison"
    order = 50
    title = ""

    def prepare(self, view: View) -> list[_Trade]:
        """The comparisons with enough cells that have both numbers, and with a trade: what costs more brings more."""
        return [trade for trade in _trades(view) if len(trade.points) >= MIN_CELLS and _is_worth(view, trade)]

    def draw(self, view: View, prepared: list[_Trade], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        cost = _cost(view)
        shown = telling(view, prepared, MAX_PANELS, lambda trade: trade.comparison.labels, lambda trade: trade.points)
        columns = min(COLUMNS, len(shown))
        rows = -(-len(shown) // columns)
        with _style.settings():
            figure = _style.figure(HEIGHT * rows + 0.4, self.title)
            places = _style.grid(figure, rows, columns, len(shown))
            handles: dict[str, Any] = {}
            for axes, trade in zip(places, shown, strict=True):
                handles |= _panel(view, axes, trade, cost)
                axes.set_title(_style.short(view.title(trade.comparison.labels), 66 // columns))
            if len(handles) > 1:
                figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=min(5, len(handles)))
            _style.save(figure, path)
        return _alt(view, shown, cost, len(prepared) - len(shown))


def _cost(view: View) -> str:
    """The metric to draw against the primary one; "" if none was recorded."""
    known = (name for name in COSTS if name in view.metrics and name != view.primary)
    return next((name for name in known if any(p.value(name).has_value for p in view.points)), "")


def _trades(view: View) -> list[_Trade]:
    cost = _cost(view)
    if not cost or view.metric.better is None:
        return []
    trades = []
    for comparison in view.comparisons:
        points = [
            p
            for p in comparison.points
            if p.has_numbers and p.value(cost).has_value and p.value(view.primary).has_value
        ]
        frontier = [p for p in points if p.can_win and not any(_beats(view, q, p, cost) for q in points if q.can_win)]
        frontier.sort(key=lambda p: p.value(cost).mean)
        trades.append(_Trade(comparison, points, frontier))
    return trades


def _is_worth(view: View, trade: _Trade) -> bool:
    """Whether the ends of the frontier differ in the primary metric by more than does not matter."""
    values = [abs(point.value(view.primary).mean) for point in trade.frontier]
    return len(values) > 1 and max(values) > (1 + MARGIN) * min(values)


def _beats(view: View, one: Point, other: Point, cost: str) -> bool:
    """Whether `one` is at least as good as `other` in both metrics and better in one."""
    gain = view.sign * (one.value(view.primary).mean - other.value(view.primary).mean)
    saved = other.value(cost).mean - one.value(cost).mean
    return gain >= 0 and saved >= 0 and gain + saved > 0


def _panel(view: View, axes: Any, trade: _Trade, cost: str) -> dict[str, Any]:
    """Draws one panel; returns its legend marks by series."""
    down, x_unit = scale_of([p.value(cost).mean for p in trade.points], view.metrics[cost].unit)
    across, y_unit = scale_of([p.value(view.primary).mean for p in trade.points], view.metric.unit)
    handles: dict[str, Any] = {}
    for point in trade.points:
        style = view.style(view.series_name(point))
        x, y = point.value(cost).scaled(1 / down), point.value(view.primary).scaled(1 / across)
        alpha = 1.0 if point in trade.frontier else BEATEN_ALPHA
        for value, other, which in ((x, y, "xerr"), (y, x, "yerr")):
            if value.bounded:
                error = {which: [[value.mean - value.lo], [value.hi - value.mean]]}
                at = (value.mean, other.mean) if which == "xerr" else (other.mean, value.mean)
                axes.errorbar(*at, **error, fmt="none", ecolor=style.colour, elinewidth=1, alpha=alpha)
        (mark,) = axes.plot(x.mean, y.mean, marker=style.marker, markersize=6.5, markeredgecolor=style.colour,
                            markerfacecolor=style.colour if point.is_sure else "white", linestyle="none", alpha=alpha,
                            zorder=3)  # fmt: skip
        handles.setdefault(_style.short(view.series_name(point)), mark)
    steps = [(p.value(cost).mean / down, p.value(view.primary).mean / across) for p in trade.frontier]
    axes.plot(*zip(*steps, strict=True), color=_style.GREY, linewidth=1, linestyle=(0, (4, 2)), zorder=2)
    _scaled(axes, "x", [p.value(cost).scaled(1 / down) for p in trade.points])
    _scaled(axes, "y", [p.value(view.primary).scaled(1 / across) for p in trade.points])
    _label(view, axes, trade, steps)
    axes.set_xlabel(better_text(quantity_label(view, cost, x_unit), "lower"))
    quantity = quantity_label(view, view.primary, y_unit, trade.comparison.unit)
    axes.set_ylabel("\n(".join(better_text(quantity, view.metric.better).rsplit(" (", 1)))
    return {name: _solid(mark) for name, mark in handles.items()}


def _label(view: View, axes: Any, trade: _Trade, steps: list[tuple[float, float]]) -> None:
    """Labels the cells of the frontier, beside each mark or below it, where there is room; the alt text has all."""
    inside = axes.transData + axes.transAxes.inverted()
    taken: list[tuple[float, float]] = []
    for point, step in zip(trade.frontier, steps, strict=True):
        x, y = (float(part) for part in inside.transform(step))
        side, right = ("right", -6) if x > 0.6 else ("left", 6)
        for up in (5, -11):
            if all(abs(x - other) > 0.3 or abs(y + up / 100 - height) > 0.07 for other, height in taken):
                taken.append((x, y + up / 100))
                axes.annotate(cell_label(view, point), step, (right, up), textcoords="offset points", fontsize=8, ha=side,
                              zorder=4)  # fmt: skip
                break


def _solid(mark: Any) -> Any:
    """The mark as the legend shows it: opaque, though it stands for pale marks too."""
    from matplotlib.lines import Line2D

    colour = mark.get_markeredgecolor()
    return Line2D([], [], marker=mark.get_marker(), markersize=6.5, color=colour, linestyle="none")


def _scaled(axes: Any, which: str, values: list[Interval]) -> None:
    """An axis from zero where the values allow it, logarithmic where they span a lot."""
    ends = [end for v in values for end in ((v.mean, v.lo, v.hi) if v.bounded else (v.mean,))]
    limits = axes.set_xlim if which == "x" else axes.set_ylim
    axis = axes.xaxis if which == "x" else axes.yaxis
    if _style.is_wide(ends, 8):
        limits(min(ends) / 1.5, max(ends) * 2)
        _style.log_axis(axes, which)
    else:
        limits(min(0.0, *ends), max(*ends, 1e-12) * 1.15)
        axis.set_major_formatter(_style.plain)


def _alt(view: View, trades: list[_Trade], cost: str, left: int) -> str:
    """What the picture shows in words: the cells on the frontier, from the cheapest to the best."""
    lines = [
        say("{metric} against {other}, one mark per cell.", metric=view.called(view.primary), other=view.called(cost))
    ]
    for trade in trades:
        title = view.title(trade.comparison.labels)
        texts = []
        for point in trade.frontier:
            value = point.value(cost)
            factor, unit = scale_of([value.mean], view.metrics[cost].unit)
            unit = f"{unit}B" if view.metrics[cost].unit == "bytes" else unit
            figure = spread(value.scaled(1 / factor), f" {unit}")
            texts.append(say("{cell} with {figure}", cell=cell_label(view, point), figure=figure))
        pale = len(trade.points) - len(trade.frontier)
        frontier = say("no cell is beyond doubt")
        if texts:
            frontier = say("no other cell beats {cells}", cells=listed(texts))
        beaten = counted(pale, "{count} cell is beaten in both", "{count} cells are beaten in both")
        text = clauses([frontier, *([beaten] if pale else [])]) + say(".")
        lines.append(say("{word}: {text}", word=title, text=text) if title else text)
    return sentences([*lines, *comparisons_left(left)])
