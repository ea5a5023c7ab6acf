"""How long operations took: the percentiles up to 99.9 %, on an axis that gives the slowest few their room."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from concexp import catalog
from concexp.analysis.stats.histogram import FEWEST_BEYOND
from concexp.analysis.stats.intervals import Interval
from concexp.report.captions import has_latency
from concexp.report.long_axes import chosen
from concexp.report.plots import _style
from concexp.report.styles import Style, shaded
from concexp.report.text.numbers import plural, scale_of, spread
from concexp.report.view import Point, View

MAX_COLUMNS = 3
MAX_PANELS = 6
MAX_LINES = 8
HEIGHT = 2.6
TICKS = {0.5: "50 %", 0.9: "90 %", 0.99: "99 %", 0.999: "99.9 %"}
SHARES = np.unique([*TICKS, *(1 - np.geomspace(0.5, 0.001, 50))])
REACH = 0.9  # the share that a curve must reach to be drawn
SHADES = (0.6, -0.5)  # of the first and the last of several curves of one series
# Latency counts from the intended start of an operation, service time from its real start.
KINDS = {"latency": "latency", "service_time": "service time"}
MAX_TITLE = 26  # letters above the narrowest panel


@dataclass(frozen=True)
class _Curve:
    """A cell's percentiles: `values` are those of all its operations at the first of `SHARES`, seconds."""

    point: Point
    kind: str
    values: list[Interval]

    @property
    def p99(self) -> Interval:
        """The cell's 99th percentile, seconds, also where cells.csv does not list it; UNKNOWN where it is withheld."""
        name = f"{self.kind}_p99_s"
        return self.point.sample.interval(name, catalog.load("metric", name)())


class Plot:
    """Percentiles of the time of operations; bands are 95 % intervals; a line ends where too few operations lie beyond."""

    signs = (("latency counts from the intended start of an operation, service time from its real start", has_latency),)
    section = "latency"
    order = 30

    def prepare(self, view: View) -> list[tuple[str, list[_Curve]]]:
        """The panels: there are some where the time of each operation was recorded."""
        return _panels(view)

    def draw(self, view: View, prepared: list[tuple[str, list[_Curve]]], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        shown = chosen(view, prepared, MAX_PANELS, lambda one: one[1][0].point.labels)
        narrow = len(shown) != 4 and all(len(title) <= MAX_TITLE for title, _ in shown)
        columns = min(MAX_COLUMNS if narrow else MAX_COLUMNS - 1, len(shown))
        rows = -(-len(shown) // columns)
        with _style.settings():
            figure = _style.figure(HEIGHT * rows + 0.4)
            places = _style.grid(figure, rows, columns, len(shown), sharey=True)
            ends = [v.mean for _, curves in shown for c in curves for v in (c.values[0], c.values[-1])]
            factor, unit = scale_of([float(np.median(ends))], "s")
            name = _name([curve for _, curves in shown for curve in curves])
            several = any(len({curve.point.workers for curve in curves}) > 1 for _, curves in shown)
            handles: dict[str, Any] = {}
            for axes, (title, curves) in zip(places, shown, strict=True):
                handles |= _panel(view, axes, curves, factor, several)
                axes.set_title(_style.short(title, 78 // columns))
            _vertical(places[0], [v / factor for v in ends])
            for number, axes in enumerate(places[: len(shown)]):
                if number % columns == 0:
                    axes.set_ylabel(f"{name}, {unit}")
            figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=min(4, len(handles)))
            _style.save(figure, path)
        return _alt(view, shown, len(prepared) - len(shown))


def _panels(view: View) -> list[tuple[str, list[_Curve]]]:
    """The curves of each comparison: of all its cells if they are few, else of the best of each variant."""
    recorded = _recorded(view)
    several_kinds = len({curve.kind for curve in recorded.values()}) > 1
    panels = []
    for comparison in view.comparisons:
        curves = [curve for point in comparison.points if (curve := recorded.get(point.cell))]
        if len(curves) > MAX_LINES:
            best = view.best_per_variant(curve.point for curve in curves)
            curves = [curve for curve in curves if curve.point in best][:MAX_LINES]
        if curves:
            kind = _name(curves) if several_kinds else ""
            panels.append((" · ".join(filter(None, [view.title(comparison.labels), kind])), curves))
    return panels


def _recorded(view: View) -> dict[str, _Curve]:
    """The curve of each cell whose trials recorded the time of each operation, from its trials without doubts."""
    curves = {point.cell: _curve(point) for point in view.points if point.has_numbers}
    return {cell: curve for cell, curve in curves.items() if curve is not None}


def _curve(point: Point) -> _Curve | None:
    """A cell's percentiles of the first kind of time that was recorded, as far as enough operations lie beyond."""
    kind, pool = next(((kind, pool) for kind in KINDS if (pool := point.sample.operations(kind))), ("", None))
    if pool is None or (kind == "latency" and point.sample.overloaded):
        return None
    known = [float(share) for share in SHARES if (1 - share) * len(pool) >= FEWEST_BEYOND - 1e-6]
    return _Curve(point, kind, [pool.interval(share) for share in known]) if known and known[-1] >= REACH else None


def _panel(view: View, axes: Any, curves: list[_Curve], factor: float, several: bool) -> dict[str, Any]:
    """Draws one panel; returns its lines by name. Those of one series are the darker, the more workers they have."""
    handles: dict[str, Any] = {}
    series: dict[str, list[_Curve]] = {}
    for curve in curves:
        series.setdefault(view.series_name(curve.point), []).append(curve)
    for name, members in series.items():
        style = view.style(name)
        steps = np.linspace(*SHADES, len(members)) if len(members) > 1 else [0.0]
        for curve, step in zip(sorted(members, key=lambda curve: curve.point.workers or 0), steps, strict=True):
            drawn = Style(shaded(style.colour, float(step)), style.marker, style.dashes)
            handles[_cell(view, curve.point, several)] = _line(axes, curve, factor, drawn, len(handles))
    axes.set_xscale("log")
    axes.set_xlim(2.0, 1050)
    axes.xaxis.set_major_locator(FixedLocator([1 / (1 - share) for share in TICKS]))
    labels = list(TICKS.values())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda _, position: labels[position or 0]))
    axes.xaxis.set_minor_locator(NullLocator())
    # Labels at an edge must not touch those of the next panel.
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.get_xticklabels()[-1].set_horizontalalignment("right")
    axes.set_xlabel("share of operations")
    return handles


def _line(axes: Any, curve: _Curve, factor: float, style: Style, place: int) -> Any:
    """Draws one cell's curve with its band and marks; marks of different curves are at different places."""
    values = [value.scaled(1 / factor) for value in curve.values]
    x = 1 / (1 - SHARES[: len(values)])
    marked = [*range(2 + 3 * (place % 4), len(values) - 4, 13), len(values) - 1]
    (handle,) = axes.plot(x, [v.mean for v in values], style.dashes, color=style.colour, linewidth=1.7, marker=style.marker,
                          markevery=marked, markersize=5.5, zorder=3,
                          markerfacecolor=style.colour if curve.point.is_sure else "white")  # fmt: skip
    if values[0].bounded:
        low, high = [v.lo if v.bounded else v.mean for v in values], [v.hi if v.bounded else v.mean for v in values]
        axes.fill_between(x, low, high, color=style.colour, alpha=0.16, linewidth=0)
    return handle


def _vertical(axes: Any, values: list[float]) -> None:
    if _style.is_wide(values, 6):
        axes.set_ylim(min(values) / 1.4, max(values) * 1.4)
        _style.log_axis(axes, "y")
    else:
        axes.set_ylim(0, max(values) * 1.08)
        axes.yaxis.set_major_formatter(_style.plain)


def _name(curves: list[_Curve]) -> str:
    kinds = {curve.kind for curve in curves}
    return KINDS[kinds.pop()] if len(kinds) == 1 else "time"


def _cell(view: View, point: Point, several: bool) -> str:
    """`threads ×8, lock †`, with the number of workers if `several` cells of a panel differ in it."""
    workers = f" ×{point.workers}" if several and point.workers is not None else ""
    primitive = view.primitive(point)
    name = _style.short(view.series_name(point))
    return f"{name}{workers}{f', {_style.short(primitive)}' if primitive else ''} {point.mark}".rstrip()


def _alt(view: View, panels: list[tuple[str, list[_Curve]]], left: int) -> str:
    """What the picture shows in words: for each panel the lowest and the highest 99th percentile."""
    kinds = list(dict.fromkeys(_name(curves) for _, curves in panels))
    several = any(len({curve.point.workers for curve in curves}) > 1 for _, curves in panels)
    sentences = [f"Percentiles of the {' and of the '.join(kinds)}, one line per cell."]
    for title, curves in panels:
        ordered = sorted((curve for curve in curves if curve.p99.has_value), key=lambda curve: curve.p99.mean)
        if not ordered:
            sentences.append(f"{title + ', too' if title else 'Too'} few operations for a 99th percentile.")
            continue
        texts = []
        for curve in ordered[:: max(1, len(ordered) - 1)]:
            value = curve.p99
            factor, unit = scale_of([value.mean], "s")
            texts.append(f"{_cell(view, curve.point, several)} {spread(value.scaled(1 / factor), f' {unit}')}")
        sentences.append(f"{title + ', the' if title else 'The'} 99th percentile: {' to '.join(texts)}.")
    if left > 0:
        sentences.append(f"{plural(left, 'more panel')} {'is' if left == 1 else 'are'} not drawn.")
    return " ".join(sentences)
