"""Two axes of the sweep against each other, a field per cell: where each model or primitive is at its best, and its worst."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.patches import Rectangle

from concexp.report.captions import has_marks, lacks_numbers
from concexp.report.family import corrected
from concexp.report.grouping import groups
from concexp.report.long_axes import quantity
from concexp.report.pairs import Pair
from concexp.report.plots import _matrix, _style
from concexp.report.plots._labels import axis_name, panels_left, quantity_label, titled, value_text
from concexp.report.plots._telling import telling
from concexp.report.points import Point
from concexp.report.rivals import winner
from concexp.report.text.labels import one_line
from concexp.report.text.language import listed, say, sentences
from concexp.report.text.numbers import rounded, scale_of
from concexp.report.view import View

MAX_COLUMNS = 3
MAX_PANELS = 6
MAX_VALUES = 16  # of an axis: more fields than that are a texture
ROW = 0.3  # inches
MAX_NUMBERS = 15  # side by side in the whole width: more would touch each other


@dataclass(frozen=True)
class _Map:
    """What a heat map has on its axes, and its panels as (title, points)."""

    x: str
    y: str
    panels: list[tuple[str, list[Point]]]


@dataclass(frozen=True)
class _Fields:
    """The fields of a panel: the labels on both axes, how values become colours, and whether values are written."""

    xs: list[Any]
    ys: list[Any]
    colours: Colormap
    norm: Normalize
    written: bool


class Plot:
    """A field per cell, the darker the higher; framed: the best of a column, where it is certainly better than the others."""

    signs = (("hatched: no number, and why", lacks_numbers), ("† § ‡ cannot win", has_marks))
    section = "comparison"
    order = 8
    title = ""

    def prepare(self, view: View) -> _Map | None:
        """The map, if a number was swept against another number or against several primitives."""
        return _map(view)

    def draw(self, view: View, prepared: _Map, path: Path) -> str:
        """Draws the picture; returns its alt text."""
        shown = _shown(view, prepared)
        kind = _kind(view, prepared)
        xs, ys = _values(view, prepared.x, shown), _values(view, prepared.y, shown)
        fitting = next((n for n in (MAX_COLUMNS, 2) if len(xs) * n <= MAX_NUMBERS), 1)
        columns = min(fitting, len(shown))
        rows = -(-len(shown) // columns)
        with _style.settings():
            figure = _style.figure(rows * (0.7 + ROW * max(2, len(ys))) + 0.25, self.title)
            places = _style.grid(figure, rows, columns, len(shown), sharey=True)
            colours = _colours()
            units = {points[0].unit for _, points in shown}
            every = [point for _, points in shown for point in points]
            common = _norm(view, kind, every) if _comparable(view, kind, units) else None
            for axes, (title, points) in zip(places, shown, strict=True):
                norm = common or _norm(view, kind, points)
                fields = _Fields(xs, ys, colours, norm, written=len(xs) * columns <= MAX_NUMBERS)
                _panel(view, prepared, kind, axes, points, fields)
                axes.set_title(_style.short(title, 66 // columns))
            if common is not None:
                _bar(view, kind, figure, list(places[: len(shown)]), colours, common, shown[0][1][0].unit)
            _style.save(figure, path)
        return _alt(view, prepared, kind, len(prepared.panels) - len(shown))


def _shown(view: View, heat_map: _Map) -> list[tuple[str, list[Point]]]:
    """The panels that are drawn."""
    axes = heat_map.x, heat_map.y

    def labels_of(panel: tuple[str, list[Point]]) -> dict[str, Any]:
        return {key: label for key, label in panel[1][0].labels.items() if key not in axes}

    return telling(view, heat_map.panels, MAX_PANELS, labels_of, lambda one: one[1])


def _map(view: View) -> _Map | None:
    """The two axes that suit a map, with the panels; None if no two axes do."""
    numbers = {key: _labels(view, key) for key in view.axes if key in view.varying_axes and not _of_model(view, key)}
    numbers = {key: labels for key, labels in numbers.items() if None not in map(quantity, labels)}
    free = [key for key in numbers if not view.is_redundant(key, list(numbers))]
    # Parameters of the work go to the right; choices (workers, a primitive) go up.
    across = sorted((k for k in free if len(numbers[k]) >= 3), key=lambda k: (view.is_choice(k), -len(numbers[k])))
    for x in across:
        primitives = ["sync"] if "sync" in view.varying_axes and len(_labels(view, "sync")) >= 3 else []
        for y in (*(k for k in ("workers", *free) if k in free and k != x), *primitives):
            panels = _panels(view, x, y)
            # Workers against two values of something are two lines of the scaling picture: no map is needed.
            few = x == "workers" and len(_labels(view, y)) < 3
            if panels and not few and max(len(numbers[x]), len(_labels(view, y))) <= MAX_VALUES:
                return _Map(x, y, panels)
    return None


def _of_model(view: View, key: str) -> bool:
    return view.of_kind(key, "model") or key == "python"


def _labels(view: View, key: str) -> list[Any]:
    return list(dict.fromkeys(p.labels[key] for p in view.points if p.labels.get(key) is not None))


def _panels(view: View, x: str, y: str) -> list[tuple[str, list[Point]]]:
    """The cells of each panel that has numbers for at least three labels of x and two of y."""
    panel_axes = [
        key for key in view.axes if key not in (x, y) and not view.determines(x, key) and not view.determines(y, key)
    ]
    points = [p for p in view.points if p.labels.get(x) is not None and p.labels.get(y) is not None]
    panels = []
    for labels, members in groups(points, panel_axes):
        known = [p for p in members if p.value(view.primary).has_value]
        if len({str(p.labels[x]) for p in known}) >= 3 and len({str(p.labels[y]) for p in known}) >= 2:
            panels.append((_title(view, labels, members), members))
    return panels


def _title(view: View, labels: dict[str, Any], points: list[Point]) -> str:
    """What distinguishes a panel from the others, its model first.

    `labels` lack the axes that x or y determines: where `serial` has no workers, any number of workers means the other model.
    """
    models = {point.model for point in points} if "model" in view.varying_axes else set()
    model = one_line(models.pop()) if len(models) == 1 else ""
    rest = view.title({key: label for key, label in labels.items() if key != "model"})
    return " · ".join(filter(None, [model, rest]))


def _kind(view: View, heat_map: _Map) -> str:
    """The metric to draw: the gain if most cells have a baseline other than themselves, else the primary metric."""
    points = [p for _, members in heat_map.panels for p in members if p.has_numbers]
    gains = [p for p in points if view.relative and p.value(view.relative).has_value and view.baseline(p) is not p]
    return view.relative if 2 * len(gains) > len(points) else view.primary


def _comparable(view: View, kind: str, units: set[str]) -> bool:
    return len(units) == 1 or view.metrics[kind].unit != "1/s"


def _values(view: View, key: str, panels: list[tuple[str, list[Point]]]) -> list[Any]:
    """The labels of an axis that the panels contain, in the order of the experiment."""
    shown = {str(p.labels[key]) for _, points in panels for p in points}
    return [label for label in _labels(view, key) if str(label) in shown]


def _colours() -> Colormap:
    """Light to dark in steps that are even in grey too; not so light that a field looks empty."""
    return LinearSegmentedColormap.from_list("house", mpl.colormaps["YlGnBu"](np.linspace(0.06, 0.95, 256)))


def _norm(view: View, kind: str, points: list[Point]) -> Normalize:
    values = [p.value(kind).mean for p in points if p.value(kind).has_value]
    low, high = min(values), max(values)
    if _style.is_wide(values, 8):
        return LogNorm(low, high)
    return Normalize(min(0.0, low) if view.metrics[kind].unit == "1/s" else low, high if high > low else low + 1)


def _panel(view: View, heat_map: _Map, kind: str, axes: Any, points: list[Point], fields: _Fields) -> None:
    xs, ys = fields.xs, fields.ys
    by_place = {(str(p.labels[heat_map.x]), str(p.labels[heat_map.y])): p for p in points}
    shown = {
        (row, column): _field(view, kind, by_place.get((str(x), str(y))), fields)
        for column, x in enumerate(xs)
        for row, y in enumerate(ys)
    }
    _matrix.fill(axes, list(map(str, ys)), list(map(str, xs)), shown, upward=heat_map.y != "sync")
    for point in _best(view, heat_map, points):  # last, so that no neighbour covers the frame
        column, row = xs.index(point.labels[heat_map.x]), ys.index(point.labels[heat_map.y])
        for colour, width in (("white", 4.2), (_style.INK, 1.7)):  # seen on the light and on the dark
            axes.add_artist(
                Rectangle((column - 0.46, row - 0.42), 0.92, 0.84, fill=False, edgecolor=colour, linewidth=width)
            )
    axes.set_xlabel(axis_name(view, heat_map.x))
    if axes.get_subplotspec().is_first_col():
        axes.set_ylabel("" if heat_map.y == "sync" else axis_name(view, heat_map.y))


def _field(view: View, kind: str, point: Point | None, fields: _Fields) -> _matrix.Field:
    value = point.value(kind).mean if point is not None else math.nan
    if point is None or math.isnan(value):
        status = "missing" if point is None else point.status
        return _matrix.Field(_matrix.status_text(status))
    text = ""
    if fields.written:
        share = view.share_of_trials(point, kind)
        text = f"{_short(value, view.metrics[kind].unit)}{point.mark}"
        if share:
            text = f"{text}\n{say('in {trials}', trials=share)}"
    return _matrix.Field(text, fields.colours(fields.norm(value)))


def _short(value: float, unit: str) -> str:
    """`508 k/s`, `1.86x`, `3.1 ms`: each value in a unit that suits it, since none suits all."""
    factor, prefix = scale_of([value], unit)
    return value_text(rounded(value / factor, 3 if unit in ("x", "1/s") else 2), prefix, unit)


def _best(view: View, heat_map: _Map, points: list[Point]) -> list[Point]:
    """The best point of each column, where it is certainly better than the others; empty if a column offers no choice."""
    if not view.is_choice(heat_map.y) or view.metric.better is None:
        return []
    columns: dict[str, list[Point]] = {str(label): [] for label in _labels(view, heat_map.x)}
    for point in points:
        if point.can_win:
            columns[str(point.labels[heat_map.x])].append(point)
    pairs = {}
    for label, column in columns.items():
        best = winner(view, (point for point in points if str(point.labels[heat_map.x]) == label))
        if best is not None and len(column) > 1:
            pairs[best.cell] = [Pair(best, other, view.primary) for other in column if other is not best]
    # Any cell of a column might have been its best: all pairs are corrected for.
    family = corrected(
        (Pair(a, b, view.primary) for column in columns.values() for a, b in combinations(column, 2)),
        view.by_block,
        view.run.level,
    )
    wanted = "higher" if view.sign > 0 else "lower"

    def is_certain(pair: Pair) -> bool:
        ratio = view.ratio(pair.above, pair.below)
        return family.verdict(pair, ratio, view.floor([pair.above]).beside(ratio)) == wanted

    return [own[0].above for own in pairs.values() if all(is_certain(pair) for pair in own)]


def _bar(
    view: View, kind: str, figure: Any, places: list[Any], colours: Colormap, norm: Normalize, operation: str
) -> None:
    """The colour scale, beside all panels."""
    unit = view.metrics[kind].unit
    factor, prefix = scale_of([float(norm.vmax or 0)], unit)
    bar = figure.colorbar(mpl.cm.ScalarMappable(norm, colours), ax=places, shrink=0.9, aspect=28, pad=0.015)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2)
    bar.ax.yaxis.set_major_formatter(lambda value, _: _style.plain(float(f"{value / factor:.3g}")))
    bar.ax.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    high = max(1.4, figure.get_figheight() - 0.9)  # a low one may stand out a little, rather than break words
    bar.set_label(_style.upright(quantity_label(view, kind, prefix, operation), high))


def _alt(view: View, heat_map: _Map, kind: str, left: int) -> str:
    """What the picture shows in words: for each panel the lowest and the highest field, and the best of each column."""
    parts = [
        say(
            "{metric} by {x} and {y}, one panel per model."
            if "model" in view.varying_axes
            else "{metric} by {x} and {y}, one panel per condition.",
            metric=view.called(kind),
            x=heat_map.x,
            y=heat_map.y,
        )
    ]
    for title, points in _shown(view, heat_map):
        known = sorted((p for p in points if p.value(kind).has_value), key=lambda p: p.value(kind).mean)
        low, high = (f"{_where(heat_map, p)} {_short(p.value(kind).mean, view.metrics[kind].unit)}{p.mark}"
                     for p in (known[0], known[-1]))  # fmt: skip
        text = titled(title, say("from {low} to {high}", low=low, high=high))
        best = [
            say("{value} at {other}", value=p.labels[heat_map.y], other=p.labels[heat_map.x])
            for p in _best(view, heat_map, points)
        ]
        parts.append(say("{text}; best {cells}.", text=text, cells=listed(best)) if best else text + say("."))
    return sentences([*parts, *panels_left(left)])


def _where(heat_map: _Map, point: Point) -> str:
    x, y = heat_map.x, heat_map.y
    return f"{y} {point.labels[y]}, {x} {point.labels[x]}:"
