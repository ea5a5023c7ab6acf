"""What speed costs: throughput against latency or memory, and the cells that no other one beats in both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concexp.analysis.stats.intervals import Interval
from concexp.report.captions import HOLLOW
from concexp.report.long_axes import chosen
from concexp.report.plots import _style
from concexp.report.text.numbers import plural, scale_of, spread
from concexp.report.view import Comparison, Point, View

COLUMNS = 2
MAX_PANELS = 6
HEIGHT = 3.0
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

    def prepare(self, view: View) -> list[_Trade]:
        """The comparisons with enough cells that have both numbers."""
        return [trade for trade in _trades(view) if len(trade.points) >= MIN_CELLS]

    def draw(self, view: View, prepared: list[_Trade], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        cost = _cost(view)
        shown = chosen(view, prepared, MAX_PANELS, lambda trade: trade.comparison.labels)
        columns = min(COLUMNS, len(shown))
        rows = -(-len(shown) // columns)
        with _style.settings():
            figure = _style.figure(HEIGHT * rows + 0.4)
            places = _style.grid(figure, rows, columns, len(shown))
            handles: dict[str, Any] = {}
            for axes, trade in zip(places, shown, strict=True):
                handles |= _panel(view, axes, trade, cost)
                axes.set_title(_style.short(view.title(trade.comparison.labels), 78 // columns))
            figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=min(6, len(handles)))
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
    axes.set_xlabel(f"{_named(cost, view.metrics[cost].unit, x_unit, '')} (less is better)", fontsize=8.5)
    better = "more" if view.metric.better == "higher" else "less"
    name = _named(view.primary, view.metric.unit, y_unit, trade.comparison.unit)
    axes.set_ylabel(f"{name}\n({better} is better)", fontsize=8.5)
    return {name: _solid(mark) for name, mark in handles.items()}


def _label(view: View, axes: Any, trade: _Trade, steps: list[tuple[float, float]]) -> None:
    """Labels the cells of the frontier, to the right of each mark or below it, where there is room; the alt text has all."""
    inside = axes.transData + axes.transAxes.inverted()
    taken: list[tuple[float, float]] = []
    for point, step in zip(trade.frontier, steps, strict=True):
        x, y = (float(part) for part in inside.transform(step))
        for right, up in ((5, 5), (5, -11)):
            place = x, y + up / 100
            if all(abs(place[0] - other[0]) > 0.12 or abs(place[1] - other[1]) > 0.06 for other in taken):
                taken.append(place)
                axes.annotate(
                    _where(view, point), step, (right, up), textcoords="offset points", fontsize=7.5, zorder=4
                )
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


def _named(metric: str, unit: str, prefix: str, operation: str) -> str:
    if unit == "1/s":
        return f"{metric}, {_style.rate_unit(prefix, operation)}"
    if unit == "bytes":
        return f"{metric}, {prefix}B"
    return f"{metric}, {prefix or unit}".rstrip(", ")


def _where(view: View, point: Point) -> str:
    """A cell among those of its series: `×4, lock`."""
    primitive = view.primitive(point)
    return ", ".join(filter(None, [f"×{point.workers}" if point.workers is not None else "", _style.short(primitive)]))


def _alt(view: View, trades: list[_Trade], cost: str, left: int) -> str:
    """What the picture shows in words: the cells on the frontier, from the cheapest to the best."""
    sentences = [f"{view.primary} against {cost}, one mark per cell."]
    for trade in trades:
        title = view.title(trade.comparison.labels)
        texts = []
        for point in trade.frontier:
            value = point.value(cost)
            factor, unit = scale_of([value.mean], view.metrics[cost].unit)
            unit = f"{unit}B" if view.metrics[cost].unit == "bytes" else unit
            cell = " ".join(filter(None, [view.series_name(point), _where(view, point)]))
            texts.append(f"{cell} with {spread(value.scaled(1 / factor), f' {unit}')}")
        pale = len(trade.points) - len(trade.frontier)
        rest = f"; {plural(pale, 'cell')} {'is' if pale == 1 else 'are'} beaten in both" if pale else ""
        frontier = f"no other cell beats {', '.join(texts)}" if texts else "no cell is beyond doubt"
        sentences.append(f"{title + ': ' if title else ''}{frontier}{rest}.")
    if left > 0:
        sentences.append(f"{plural(left, 'more comparison')} {'is' if left == 1 else 'are'} not drawn.")
    return " ".join(sentences)
