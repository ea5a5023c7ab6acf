"""How long operations took: p50 to p99.9, on an axis that gives the slowest few their room; loads side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from concexp import catalog
from concexp.analysis.stats.histogram import FEWEST_BEYOND
from concexp.analysis.stats.intervals import Interval
from concexp.report.captions import HOLLOW, has_latency
from concexp.report.grouping import groups
from concexp.report.long_axes import quantity
from concexp.report.plots import _style
from concexp.report.plots._labels import axis_name, cell_label, panels_left, with_unit
from concexp.report.plots._telling import telling
from concexp.report.points import Point
from concexp.report.styles import Style, shaded
from concexp.report.text.labels import one_line
from concexp.report.text.language import message, say, sentences
from concexp.report.text.numbers import scale_of, span, spread
from concexp.report.view import View

MAX_COLUMNS = 3
MAX_LOADS = 4  # side by side
MAX_PANELS = 9
MAX_LINES = 8
FEWEST_NUMBERS = 3  # of conditions that are lines of one panel
HEIGHT = 2.1
LEGEND = 0.2  # inches of a line of the legend
SHORT = 20  # letters of names of which four stand beside each other
MAX_NAMES = 24  # of the legend
LOAD = "load"
TICKS = {0.5: "p50", 0.9: "p90", 0.99: "p99", 0.999: "p99.9"}
SHARES = np.unique([*TICKS, *(1 - np.geomspace(0.5, 0.001, 50))])
REACH = 0.9  # the share that a curve must reach to be drawn
SHADES = (0.6, -0.5)  # of the first and the last of several curves of one series
# Latency counts from the intended start of an operation, service time from its real start.
KINDS = {"latency": message("latency"), "service_time": message("service time")}
LETTERS = 66  # of all titles side by side


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


@dataclass(frozen=True)
class _Panel:
    """A panel: what distinguishes it without its load and by its load, and its curves.

    `conditions` names the curves of a panel in which each has a number of its own, from the lowest on.
    """

    title: str
    load: str
    curves: list[_Curve]
    conditions: Sequence[str] = ()

    @property
    def points(self) -> list[Point]:
        """The cells of its curves."""
        return [curve.point for curve in self.curves]


class Plot:
    """Percentiles of the time of operations, marks at p50, p90, p99 and p99.9; bands are 95 % intervals."""

    note = "A line ends where fewer than ten operations lie beyond."
    signs = (
        HOLLOW,
        ("latency counts from the intended start of an operation, service time from its real start", has_latency),
    )
    section = "latency"
    order = 30
    title = ""

    def prepare(self, view: View) -> list[_Panel]:
        """The panels: there are some where the time of each operation was recorded."""
        return _panels(view)

    def draw(self, view: View, prepared: list[_Panel], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        shown = telling(view, prepared, MAX_PANELS, lambda one: one.curves[0].point.labels, lambda one: one.points)
        columns, places_of = _grid(shown)
        rows = 1 + max(places_of) // columns
        names = _legend(view, shown)
        per_line = min(2 if max(map(len, names)) > SHORT else 4, len(names))
        with _style.settings():
            figure = _style.figure(HEIGHT * rows + LEGEND * -(-len(names) // per_line) + 0.2, self.title)
            places = figure.subplots(rows, columns, squeeze=False, sharey=True).flatten()
            ends = [v.mean for panel in shown for c in panel.curves for v in (c.values[0], c.values[-1])]
            factor, unit = scale_of([float(np.median(ends))], "s")
            name = _name([curve for panel in shown for curve in panel.curves])
            handles: dict[str, Any] = {}
            for place, panel in zip(places_of, shown, strict=True):
                handles |= _panel(view, places[place], panel, factor)
                title = "\n".join(filter(None, [panel.title, panel.load]))
                places[place].set_title(_short_lines(title, LETTERS // columns))
            _vertical(places[places_of[0]], [v / factor for v in ends])
            for number, axes in enumerate(places):
                axes.set_visible(number in places_of)
                if number % columns == 0:
                    axes.set_ylabel(with_unit(name, unit))
            if len(names) > 1:
                lines = [handles[name] for name in names]
                shortened = [_style.short(name, 44) for name in names]
                figure.legend(lines, shortened, loc="outside lower center", ncols=per_line)
            _style.save(figure, path)
        return _alt(view, shown, len(prepared) - len(shown))


def _legend(view: View, panels: list[_Panel]) -> list[str]:
    """The names of the lines of all panels, without the signs of trust."""
    named = [(curve, name) for panel in panels for curve, name, _ in _looks(view, panel)]
    return list(dict.fromkeys(_unmarked(curve, name) for curve, name in named))[:MAX_NAMES]


def _unmarked(curve: _Curve, name: str) -> str:
    return name.removesuffix(curve.point.mark).rstrip()


def _short_lines(title: str, most: int) -> str:
    """The title with each line that is too long in two, or shortened where it takes more."""
    parts = [(line, _style.wrapped(line, most)) for line in title.split("\n")]
    return "\n".join("\n".join(own) if len(own) <= 2 else _style.short(line, most) for line, own in parts)


def _grid(panels: list[_Panel]) -> tuple[int, list[int]]:
    """(columns, place of each panel): a column for each load and a row for each condition where there are several of both."""
    loads = list(dict.fromkeys(panel.load for panel in panels))
    titles = list(dict.fromkeys(panel.title for panel in panels))
    if 1 < len(loads) <= MAX_LOADS and len(set(map(_place, panels))) == len(panels):
        return len(loads), [titles.index(one.title) * len(loads) + loads.index(one.load) for one in panels]
    columns = min(2 if len(panels) == 4 else MAX_COLUMNS, len(panels))
    return columns, list(range(len(panels)))


def _place(panel: _Panel) -> tuple[str, str]:
    return panel.title, panel.load


def _panels(view: View) -> list[_Panel]:
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
            labels = comparison.labels
            load = one_line(labels[LOAD]) if labels.get(LOAD) is not None and LOAD in view.varying_axes else ""
            of_load = view.title({key: labels[key] for key in labels if _is_load(key) and key != LOAD})
            rest = view.title({key: label for key, label in labels.items() if not _is_load(key)})
            kind = _name(curves) if several_kinds else ""
            panels.append(_Panel(rest, _load_text(load or of_load, kind), curves))
    return _together(view, panels)


def _load_text(load: str, kind: str) -> str:
    """`rate 100/s: latency`; or what there is of both."""
    return say("{word}: {text}", word=load, text=kind) if load and kind else load or kind


def _together(view: View, panels: list[_Panel]) -> list[_Panel]:
    """The panels, with single curves that differ in a number as lines of one panel: nothing compares within their own."""
    alone: dict[tuple[str, str], list[_Panel]] = {}
    for panel in panels:
        if len(panel.curves) == 1:
            alone.setdefault((str(panel.points[0].labels["workload"]), panel.load), []).append(panel)
    joined = []
    for panel in panels:
        own = alone.get((str(panel.points[0].labels["workload"]), panel.load), []) if len(panel.curves) == 1 else []
        along = _numbers(view, [one.points[0] for one in own])
        if not along:
            joined.append(panel)
        elif panel is own[0]:
            joined += _joined(view, own, along)
    return joined


def _numbers(view: View, points: list[Point]) -> str:
    """The axis of the work with the most numbers among these points; "" if none has three."""
    counts = {}
    for key in view.axes:
        labels = {str(p.labels[key]) for p in points if p.labels.get(key) is not None}
        if not view.is_choice(key) and not _is_load(key) and None not in map(quantity, labels):
            counts[key] = len(labels)
    return next((key for key in sorted(counts, key=lambda key: -counts[key]) if counts[key] >= FEWEST_NUMBERS), "")


def _joined(view: View, panels: list[_Panel], along: str) -> list[_Panel]:
    """A panel for each combination of the other axes of the work, with a line for each number."""
    curves = {panel.points[0].cell: panel.curves[0] for panel in panels}
    points = [panel.points[0] for panel in panels]
    others = [key for key in view.axes if key in view.varying_axes and key != along and not view.is_choice(key)]
    joined = []
    for labels, members in groups(points, others):
        words = [
            label
            for key, label in labels.items()
            if label is not None and quantity(label) is None and not _is_load(key)
        ]
        numbers = {key: label for key, label in labels.items() if label not in words and not _is_load(key)}
        title = " · ".join(filter(None, [*map(one_line, words), view.title(numbers)]))
        ordered = sorted(members, key=lambda point: (quantity(point.labels[along]) or ("", 0.0))[1])
        names = [f"{axis_name(view, along)} {one_line(point.labels[along])}" for point in ordered]
        joined.append(
            _Panel(title, panels[0].load, [curves[point.cell] for point in ordered][:MAX_LINES], names[:MAX_LINES])
        )
    return joined


def _is_load(key: str) -> bool:
    return key.partition(".")[0] == LOAD


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


def _panel(view: View, axes: Any, panel: _Panel, factor: float) -> dict[str, Any]:
    """Draws one panel; returns its lines by name."""
    handles: dict[str, Any] = {}
    for curve, name, style in _looks(view, panel):
        line = _line(axes, curve, factor, style, len(panel.curves) - len(handles) - 1)
        handles[_unmarked(curve, name)] = line
    axes.set_xscale("log")
    axes.set_xlim(1.7, 1250)
    axes.xaxis.set_major_locator(FixedLocator([1 / (1 - share) for share in TICKS]))
    labels = list(TICKS.values())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda _, position: labels[position or 0]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="x", labelsize=8)
    return handles


def _looks(view: View, panel: _Panel) -> Iterator[tuple[_Curve, str, Style]]:
    """The curves of a panel with their names and looks. Those of one series are the darker, the more workers they have."""
    if panel.conditions:
        shades = np.linspace(*SHADES, len(panel.curves))
        for curve, name, step in zip(panel.curves, panel.conditions, shades, strict=True):
            style = view.style(view.series_name(curve.point))
            colour = shaded(style.colour, float(step))
            yield curve, f"{name} {curve.point.mark}".rstrip(), Style(colour, style.marker, style.dashes)
        return
    series: dict[str, list[_Curve]] = {}
    for curve in panel.curves:
        series.setdefault(view.series_name(curve.point), []).append(curve)
    for name, members in series.items():
        style = view.style(name)
        steps = np.linspace(*SHADES, len(members)) if len(members) > 1 else [0.0]
        for curve, step in zip(sorted(members, key=lambda curve: curve.point.workers or 0), steps, strict=True):
            colour = shaded(style.colour, float(step))
            yield curve, _cell(view, panel.curves, curve.point), Style(colour, style.marker, style.dashes)


def _line(axes: Any, curve: _Curve, factor: float, style: Style, below: int) -> Any:
    """Draws one cell's curve with its band, and its marks at the percentiles that have a name; wider below other lines."""
    values = [value.scaled(1 / factor) for value in curve.values]
    x = 1 / (1 - SHARES[: len(values)])
    marked = [place for place, share in enumerate(SHARES[: len(values)]) if any(abs(share - t) < 1e-9 for t in TICKS)]
    wider = min(below, 2)
    (handle,) = axes.plot(x, [v.mean for v in values], style.dashes, color=style.colour, linewidth=1.2 + 0.7 * wider,
                          marker=style.marker, markevery=marked, markersize=4 + 1.2 * wider, zorder=3 - 0.01 * below,
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
    return say(KINDS[kinds.pop()]) if len(kinds) == 1 else say("time")


def _cell(view: View, curves: list[_Curve], point: Point) -> str:
    """`threads ×8, lock †`; without the number of workers where a panel has only one."""
    text = cell_label(view, point)
    several = len({curve.point.workers for curve in curves}) > 1
    return text if several else text.replace(f" ×{point.workers}", "")


def _alt(view: View, panels: list[_Panel], left: int) -> str:
    """What the picture shows in words: for each panel the lowest and the highest 99th percentile."""
    kinds = list(dict.fromkeys(_name(panel.curves) for panel in panels))
    texts = [say("Percentiles of the {kinds}, one line per cell.", kinds=say(" and of the ").join(kinds))]
    for panel in panels:
        title = " · ".join(filter(None, [panel.title, panel.load]))
        names = {curve.point.cell: name for curve, name, _ in _looks(view, panel)}
        ordered = sorted((curve for curve in panel.curves if curve.p99.has_value), key=lambda curve: curve.p99.mean)
        if not ordered:
            texts.append(
                say("{title}, too few operations for a 99th percentile.", title=title)
                if title
                else say("Too few operations for a 99th percentile.")
            )
            continue
        figures = []
        for curve in ordered[:: max(1, len(ordered) - 1)]:
            value = curve.p99
            factor, unit = scale_of([value.mean], "s")
            figures.append(f"{names[curve.point.cell]} {spread(value.scaled(1 / factor), f' {unit}')}")
        cells = span(figures[0], figures[-1])
        texts.append(
            say("{title}, the 99th percentile: {cells}.", title=title, cells=cells)
            if title
            else say("The 99th percentile: {cells}.", cells=cells)
        )
    return sentences([*texts, *panels_left(left)])
