"""How long operations took: the percentiles up to 99.9 %, on an axis that gives the slowest few their room."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from concexp.analysis.stats.histogram import quantile
from concexp.analysis.stats.intervals import FEWEST, Interval, mean_interval
from concexp.experiment.statuses import MEASURED
from concexp.report.plots import _style
from concexp.report.text.numbers import plural, scale_of, spread
from concexp.report.view import Point, Style, View, shaded
from concexp.run.storage.columns import values_of

COLUMNS = 3
PANELS = 6
LINES = 8
HEIGHT = 2.6
TICKS = {0.5: "50 %", 0.9: "90 %", 0.99: "99 %", 0.999: "99.9 %"}
SHARES = np.unique([*TICKS, *(1 - np.geomspace(0.5, 0.001, 50))])
SHADES = (0.6, -0.5)  # of the first and the last of several lines of one model
TOLD = 0.99  # the percentile that is told in words
BEYOND = 5  # so few operations of a trial beyond a percentile make it one of chance
LEAST = 20  # operations of a trial, below which it has no percentile worth a line
# What is measured from the intended start is latency; from the real one, of a caller that waits for its answer: service time.
KINDS = {"latency": "latency", "service_time": "service time"}
TITLE = 26  # letters of a title above the narrowest panel


@dataclass(frozen=True)
class _Curve:
    """A cell's percentiles: `values` per trial and share, seconds; `firm` and `last` are how many shares trials can tell."""

    point: Point
    kind: str
    values: np.ndarray
    firm: int
    last: int

    @property
    def told(self) -> Interval:
        """The percentile that is told: the one of the tables, or, where they have none, the mean over the curves."""
        known = self.point.value(f"{self.kind}_p99_s")
        return known if known.has_value else mean_interval(self.values[:, SHARES == TOLD], log=True)


class Plot:
    """How long the slowest of so many operations took; bands are 95 % intervals over trials; dotted: few operations lie beyond."""

    note = (
        "Latency counts from the moment at which an operation was meant to begin, service time from its real beginning."
    )
    section = "latency"
    order = 30

    def applies(self, view: View) -> bool:
        """Worth drawing where the time of each operation was recorded."""
        return bool(_panels(view))

    def draw(self, view: View, path: Path) -> str:
        """Draw the picture; returns its alt text."""
        panels = _panels(view)
        shown = panels[:PANELS]
        narrow = len(shown) != 4 and all(len(title) <= TITLE for title, _ in shown)
        columns = min(COLUMNS if narrow else COLUMNS - 1, len(shown))
        rows = -(-len(shown) // columns)
        with _style.settings():
            figure = _style.figure(HEIGHT * rows + 0.4)
            places = _style.grid(figure, rows, columns, len(shown), sharey=True)
            ends = [v for _, curves in shown for c in curves for v in c.values[:, [0, c.last - 1]].flatten()]
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
        return _alt(view, shown, len(panels) - len(shown))


def _panels(view: View) -> list[tuple[str, list[_Curve]]]:
    """The curves of each comparison: all its cells if they are few, else the best of each model and primitive."""
    recorded = _recorded(view)
    found = []
    for comparison in view.comparisons:
        own = [curve for point in comparison.points if (curve := recorded.get(point.cell))]
        if len(own) > LINES:
            groups: dict[tuple[str, str], list[Point]] = {}
            for curve in own:
                groups.setdefault((view.series_name(curve.point), view.primitive(curve.point)), []).append(curve.point)
            kept = {best.cell for points in groups.values() if (best := view.best(points))}
            own = [curve for curve in own if curve.point.cell in kept][:LINES]
        if own:
            kind = _name(own) if len({curve.kind for curve in recorded.values()}) > 1 else ""
            found.append((" · ".join(filter(None, [view.title(comparison.labels), kind])), own))
    return found


def _recorded(view: View) -> dict[str, _Curve]:
    """The curve of each cell whose trials recorded the time of each operation; doubtful trials are left out of it."""
    histograms: dict[str, dict[str, list[Counter[int]]]] = {}
    points = {point.cell: point for point in view.points if point.has_numbers}
    timed = {cell: {trial.block for trial in point.sample.timing_trials} for cell, point in points.items()}
    for record in view.run.records:
        point = points.get(record.get("cell", ""))
        if point is None or record.role != MEASURED or not record.get("answer"):
            continue
        if record["block"] not in timed[point.cell]:
            continue
        passes = record.passes
        for kind in [kind for kind in KINDS if passes and values_of(passes, kind)[0]]:
            total: Counter[int] = Counter()
            for histogram in values_of(passes, kind):
                total.update(dict(map(tuple, histogram or ())))
            if total.total() >= LEAST:
                histograms.setdefault(point.cell, {}).setdefault(kind, []).append(total)
    found = {}
    for cell, kinds in histograms.items():
        kind = next(kind for kind in KINDS if kind in kinds)
        trials = [sorted(total.items()) for total in kinds[kind]]
        fewest = min(sum(count for _, count in trial) for trial in trials)
        values = np.array([[quantile(trial, float(share)) for share in SHARES] for trial in trials])
        firm, last = (int(sum(fewest * (1 - SHARES) >= least)) for least in (BEYOND, 1 - 1e-9))
        found[cell] = _Curve(points[cell], kind, values, max(1, firm), max(1, last))
    return found


def _panel(view: View, axes: Any, curves: list[_Curve], factor: float, several: bool) -> dict[str, Any]:
    """Draw one panel; returns its lines by name. Those of one model are the darker, the more workers there are."""
    handles: dict[str, Any] = {}
    lines: dict[str, list[_Curve]] = {}
    for curve in curves:
        lines.setdefault(view.series_name(curve.point), []).append(curve)
    for line, own in lines.items():
        style = view.style(line)
        steps = np.linspace(*SHADES, len(own)) if len(own) > 1 else [0.0]
        for curve, step in zip(sorted(own, key=lambda curve: curve.point.workers or 0), steps, strict=True):
            drawn = Style(shaded(style.colour, float(step)), style.marker, style.dashes)
            handles[_who(view, curve.point, several)] = _line(axes, curve, factor, drawn, len(handles))
    axes.set_xscale("log")
    axes.set_xlim(2.0, 1050)
    axes.xaxis.set_major_locator(FixedLocator([1 / (1 - share) for share in TICKS]))
    labels = list(TICKS.values())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda _, position: labels[position or 0]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.get_xticklabels()[0].set_horizontalalignment("left")  # what stands at an edge must not meet the next panel's
    axes.get_xticklabels()[-1].set_horizontalalignment("right")
    axes.set_xlabel("share of operations")
    return handles


def _line(axes: Any, curve: _Curve, factor: float, style: Style, place: int) -> Any:
    """One cell's curve, its band, and marks: where its trials can tell no more, and before, apart from the others'."""
    x = 1 / (1 - SHARES)
    found = [mean_interval([float(v) for v in column], log=True).scaled(1 / factor) for column in curve.values.T]
    mean = [value.mean for value in found]
    firm, last = curve.firm, curve.last
    marked = [*range(2 + 3 * (place % 4), firm - 4, 13), firm - 1]
    (handle,) = axes.plot(x[:firm], mean[:firm], style.dashes, color=style.colour, linewidth=1.7, marker=style.marker,
                          markevery=marked, markersize=5.5, zorder=3,
                          markerfacecolor=style.colour if curve.point.can_win else "white")  # fmt: skip
    axes.plot(x[firm - 1 : last], mean[firm - 1 : last], ":", color=style.colour, linewidth=1.5, zorder=3)
    if found[0].bounded and len(curve.values) >= FEWEST:
        low, high = [v.lo if v.bounded else v.mean for v in found], [v.hi if v.bounded else v.mean for v in found]
        axes.fill_between(x[:last], low[:last], high[:last], color=style.colour, alpha=0.16, linewidth=0)
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


def _who(view: View, point: Point, several: bool) -> str:
    """`threads ×8, lock †`: the number of workers where cells differ in it."""
    workers = f" ×{point.workers}" if several and point.workers is not None else ""
    primitive = view.primitive(point)
    return " ".join(
        filter(
            None,
            [
                f"{_style.short(view.series_name(point))}{workers}{f', {_style.short(primitive)}' if primitive else ''}",
                point.mark,
            ],
        )
    )


def _alt(view: View, panels: list[tuple[str, list[_Curve]]], left: int) -> str:
    """What a reader would see, in words: per panel the lowest and the highest 99th percentile."""
    kinds = list(dict.fromkeys(_name(curves) for _, curves in panels))
    several = any(len({curve.point.workers for curve in curves}) > 1 for _, curves in panels)
    found = [f"Percentiles of the {' and of the '.join(kinds)}, one line per cell."]
    for title, curves in panels:
        ordered = sorted(curves, key=lambda curve: curve.told.mean)
        texts = []
        for curve in ordered[:: max(1, len(ordered) - 1)]:
            value = curve.told
            factor, unit = scale_of([value.mean], "s")
            texts.append(f"{_who(view, curve.point, several)} {spread(value.scaled(1 / factor), f' {unit}')}")
        found.append(f"{title + ', the' if title else 'The'} 99th percentile: {' to '.join(texts)}.")
    if left > 0:
        found.append(f"{plural(left, 'more panel')} {'is' if left == 1 else 'are'} not drawn.")
    return " ".join(found)
