"""The gain (or the primary metric) against the number of workers, with intervals and the machine's limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from concexp.analysis.demand import COMPUTES
from concexp.report.captions import HOLLOW, has_laws
from concexp.report.pairs import THROUGHPUT
from concexp.report.plots import _style
from concexp.report.plots._alike import on_one_another, told_as_one
from concexp.report.plots._ends import Ends
from concexp.report.plots._labels import panels_left, quantity_label, titled, value_text
from concexp.report.plots._telling import telling
from concexp.report.points import Panel, Point
from concexp.report.sections import scaling_laws
from concexp.report.styles import Style, condition_style
from concexp.report.text.language import listed, message, say, sentences
from concexp.report.text.numbers import are_numbers, rounded, scale_of, spread
from concexp.report.view import View

FEW = 4  # panels that have two columns and labels at their lines; more have three, and a legend
MAX_PANELS = 9
MAX_LINES = 8  # conditions that are lines of one panel
HEIGHT = 2.5
WIDE_LINES = 1.5  # points by which a line that lies below another is wider


@dataclass(frozen=True)
class _Line:
    """A line of a panel: its name, how it looks, and its points by rising numbers of workers."""

    name: str
    style: Style
    points: list[Point]

    @property
    def is_level(self) -> bool:
        """Whether the number of workers does not apply to it."""
        return self.points[-1].workers is None


@dataclass(frozen=True)
class _Chart:
    """A panel of the picture: its title and its lines."""

    title: str
    lines: list[_Line]

    @property
    def points(self) -> list[Point]:
        """All points of the lines."""
        return [point for line in self.lines for point in line.points]


class Plot:
    """Marks are means, bars 95 % intervals; a line that lies on another is thinner."""

    signs = (HOLLOW, ("thin curves: fitted laws", has_laws))
    section = "scaling"
    order = 10
    title = ""

    def prepare(self, view: View) -> list[Panel]:
        """The panels with a series that was measured with several numbers of workers."""
        return _panels(view)

    def draw(self, view: View, prepared: list[Panel], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        shown = telling(view, prepared, MAX_PANELS, lambda panel: panel.labels, lambda panel: panel.points)
        kind = _kind(view, shown)
        charts = _charts(view, shown, kind)
        columns = min(2 if len(charts) <= FEW else 3, len(charts))
        rows = -(-len(charts) // columns)
        is_shared = view.metrics[kind].unit != "1/s" or len({panel.points[0].unit for panel in shown}) == 1
        with _style.settings():
            figure = _style.figure(HEIGHT * rows + (0.5 if columns == 3 else 0.4 * (rows == 1)), self.title)
            places = _style.grid(figure, rows, columns, len(charts), sharey=is_shared)
            every = [point for chart in charts for point in chart.points]
            found = [
                _panel(view, chart, kind, axes, every if is_shared else chart.points)
                for axes, chart in zip(places, charts, strict=True)
            ]
            for axes, chart, ends in zip(places, charts, found, strict=True):
                axes.set_title(_style.short(chart.title, 66 // columns))
                if columns < 3:  # once all panels have their common scale
                    ends.label(axes, 30 if columns == 1 else 17)
            if columns == 3:
                legend = {name: handle for ends in reversed(found) for name, handle in ends.legend.items()}
                figure.legend(legend.values(), legend.keys(), loc="outside lower center", ncols=min(5, len(legend)))
            _style.save(figure, path)
        return _alt(view, charts, kind, len(prepared) - len(shown))


def _panels(view: View) -> list[Panel]:
    return [
        panel
        for panel in view.panels
        if any(len({p.workers for p in points if _has(view, p)}) > 1 for points in view.series(panel.points).values())
    ]


def _has(view: View, point: Point) -> bool:
    return point.workers is not None and point.value(view.primary).has_value


def _kind(view: View, panels: list[Panel]) -> str:
    """The metric to draw: the gain over the baseline where every panel has one and it is that of the primary metric."""
    is_gain = view.relative and view.metrics[view.relative].compares == view.primary
    has_gain = is_gain and all(any(p.value(view.relative).has_value for p in panel.points) for panel in panels)
    return view.relative if has_gain else view.primary


def _charts(view: View, panels: list[Panel], kind: str) -> list[_Chart]:
    """A panel for each condition; of a single series one panel in which conditions are lines, where they can be compared."""
    charts = []
    for panel in panels:
        lines = [
            _Line(name, view.style(name), shown)
            for name, points in view.series(panel.points).items()
            if (shown := [point for point in points if point.value(kind).has_value])
        ]
        charts.append(_Chart(view.title(panel.labels), lines))
    names = {line.name for chart in charts for line in chart.lines}
    comparable = view.metrics[kind].unit != "1/s" or len({panel.points[0].unit for panel in panels}) == 1
    if len(names) > 1 or not comparable or not 1 < len(charts) <= MAX_LINES:
        return charts
    lines = [
        _Line(chart.title, condition_style(number), chart.lines[0].points)
        for number, chart in enumerate(charts)
        if chart.lines
    ]
    return [_Chart("", lines)]


def _panel(view: View, chart: _Chart, kind: str, axes: Any, among: Sequence[Point]) -> Ends:
    """Draws one panel, with the vertical axis that suits all points `among` which it is; returns the ends of its lines."""
    workers = sorted({p.workers for p in chart.points if p.workers is not None}) or [1]
    values = [v for point in among for v in _ends_of(point, kind)]
    unit = view.metrics[kind].unit
    factor, prefix = scale_of(values, unit)
    cpu_bound = all(line.points[0].demand >= COMPUTES for line in chart.lines)
    counts = [point.workers for point in among if point.workers is not None] or [1]
    wide = _style.spans(counts)
    _style.worker_axis(axes, workers, view.cpus if cpu_bound else None, wide)
    several = [line for line in chart.lines if not line.is_level]
    drawn = [{point.workers: point.value(kind) for point in line.points} for line in several]
    widths = {group[k]: len(group) - 1 - k for group in on_one_another(drawn) for k in range(len(group))}
    handles = {}
    for number, line in enumerate(several):
        handles[line.name] = _line(view, axes, line, kind, factor, widths[number])
    ends = Ends()
    for group in told_as_one(drawn):
        last = several[group[0]].points[-1]
        value = last.value(kind).scaled(1 / factor)
        members = [several[k] for k in group]
        figure = value_text(spread(value).partition(" (")[0], prefix, unit)
        ends.add(last.parallelism, value.mean, [(line.name, line.style.colour, handles[line.name]) for line in members],
                 figure)  # fmt: skip
    for line in chart.lines:
        if line.is_level:
            value = line.points[0].value(kind).scaled(1 / factor)
            handle = _level(axes, value, line.style.colour)
            ends.add(axes.get_xlim()[1], value.mean, [(line.name, line.style.colour, handle)], "")
    # What is proportional to the number of workers is a straight line only where both axes are of one kind.
    _style.value_axis(axes, [v / factor for v in values], 4 if wide else _style.WIDE)
    if kind == view.relative:
        _limits(view, axes, workers, cpu_bound, ends)
    if axes.get_subplotspec().is_first_col() or not axes.get_shared_y_axes().get_siblings(axes)[1:]:
        axes.set_ylabel(_style.upright(quantity_label(view, kind, prefix, chart.points[0].unit), HEIGHT - 0.3))
    return ends


def _ends_of(point: Point, kind: str) -> list[float]:
    value = point.value(kind)
    return [v for v in (value.mean, value.lo, value.hi) if are_numbers(v)]


def curve(view: View, points: list[Point], kind: str) -> tuple[list[float], Any] | None:
    """The fitted law of a series as (numbers of workers, values), over the range of the fit; None without a law.

    A gain over the baseline is a throughput in another unit: the unit in which the curve fits the points best.
    """
    series = next((one for one in scaling_laws.measured_series(view) if one.points[0] in points), None)
    if series is None or series.scaling.fit is None or series.scaling.refusal:
        return None
    if THROUGHPUT not in (kind, view.metrics[kind].compares):
        return None
    ratios = [point.value(kind).mean / point.value(THROUGHPUT).mean for point in series.within]
    ratios = [ratio for ratio in ratios if are_numbers(ratio)]
    if not ratios:
        return None
    unit = float(np.exp(np.mean(np.log(ratios))))
    counts = np.geomspace(min(series.scaling.fit.workers), max(series.scaling.fit.workers), 100)
    return counts.tolist(), series.scaling.fit.at(counts) * unit


def _line(view: View, axes: Any, line: _Line, kind: str, factor: float, below: int) -> Any:
    """Draws one line, wider by the number of those that lie on it, and its law; returns the legend's handle.

    Its marks are joined where no law joins them.
    """
    style, points, joined = line.style, line.points, 0
    if (law := curve(view, points, kind)) is not None:
        axes.plot(law[0], law[1] / factor, style.dashes, color=style.colour, linewidth=0.9, zorder=3)
        joined = max(0, sum(p.parallelism <= law[0][-1] * (1 + 1e-9) for p in points) - 1)
    x = [point.parallelism for point in points]
    values = [point.value(kind).scaled(1 / factor) for point in points]
    mean = [value.mean for value in values]
    look = {
        "color": style.colour,
        "marker": style.marker,
        "markersize": 5 + WIDE_LINES * below,
        "zorder": 3 - 0.01 * below,
    }
    width = 1.4 + WIDE_LINES * below
    axes.plot(x[joined:], mean[joined:], style.dashes, color=style.colour, linewidth=width, zorder=3 - 0.01 * below)
    (handle,) = axes.plot(x, mean, "-" if below else style.dashes, linewidth=0 if joined else width, **look)
    if any(value.bounded for value in values):
        errors = [
            [v.mean - v.lo if v.bounded else 0.0 for v in values],
            [v.hi - v.mean if v.bounded else 0.0 for v in values],
        ]
        axes.errorbar(x, mean, errors, fmt="none", ecolor=style.colour, elinewidth=1.1, capsize=2.2, zorder=3)
    for place, value, point in zip(x, mean, points, strict=True):
        if not point.is_sure:
            axes.plot(place, value, linestyle="none", **{**look, "zorder": 4}, markerfacecolor="white")
    return handle


def _level(axes: Any, value: Any, colour: str) -> Any:
    """Draws a series to which the number of workers does not apply, as a level to compare with."""
    if value.bounded:
        axes.axhspan(value.lo, value.hi, color=colour, alpha=0.12, linewidth=0, zorder=1)
    return axes.axhline(value.mean, color=colour, linestyle=(0, (1, 1.2)), linewidth=1.5, zorder=2)


def _limits(view: View, axes: Any, workers: list[int], cpu_bound: bool, ends: Ends) -> None:
    """Draws perfect scaling and the effective CPUs."""
    low, high = axes.get_ylim()
    effective = view.run.effective_cpus
    if cpu_bound and effective is not None:
        high = max(high, effective * 1.08)
        level = axes.axhline(effective, color=_style.INK, linewidth=1, linestyle="-.", zorder=1)
        ends.add(axes.get_xlim()[1], effective, [(say("effective CPUs"), _style.INK, level)], rounded(effective))
    one = _workers_of_baseline(view)
    # The ideal may leave the picture: it must not squeeze what was measured.
    high = max(high, min(max(workers) / one, 1.5 * high) * 1.04)
    axes.set_ylim(low, high)
    x = np.geomspace(1, max(workers), 200) if max(workers) > 1 else np.array([1.0])
    line = axes.plot(x, x / one, color=_style.GREY, linewidth=1, linestyle=(0, (5, 3)), zorder=1)[0]
    last = x[x / one <= high][-1]
    ends.add(last, last / one, [(say("ideal"), _style.GREY, line)], "", leaves=last != x[-1])


def _workers_of_baseline(view: View) -> int:
    """How many workers have a speed-up of 1: those that the baseline names, or else one."""
    named = (view.run.spec.get("baseline") or {}).get("workers")
    return named if isinstance(named, int) and named > 0 else 1


def _alt(view: View, charts: list[_Chart], kind: str, left: int) -> str:
    """What the picture shows in words: the axes, the highest point of each panel or line, and the lines told as one."""
    of_conditions = not charts[0].title and len({line.name for line in charts[0].lines}) > 1
    is_models = all(line.name in view.series(line.points) for line in charts[0].lines)
    lead = message("{metric} against the number of workers, one line per model.")
    if of_conditions and not is_models:
        lead = message("{metric} against the number of workers, one line per condition.")
    texts = [say(lead, metric=view.called(kind))]
    for chart in charts:
        groups = [(chart.title, chart.lines)] if is_models else [(line.name, [line]) for line in chart.lines]
        for title, lines in groups:
            points = [p for line in lines for p in line.points if p.workers is not None and p.status == "ok"]
            if points:
                best = max(points, key=lambda p: p.value(kind).mean)
                factor, prefix = scale_of([best.value(kind).mean], view.metrics[kind].unit)
                unit = prefix if prefix == "x" else f" {prefix}".rstrip()
                text = say(
                    "the highest is {series} at {count} with {figure}.",
                    series=view.series_name(best),
                    count=best.workers,
                    figure=f"{spread(best.value(kind).scaled(1 / factor), unit)}{best.mark}",
                )
                texts.append(titled(title, text))
        several = [line for line in chart.lines if not line.is_level]
        for group in told_as_one([{p.workers: p.value(kind) for p in line.points} for line in several]):
            if len(group) > 1:
                names = listed([several[k].name for k in group])
                texts.append(say("The same within their intervals: {names}.", names=names))
    return sentences([*texts, *panels_left(left)])
