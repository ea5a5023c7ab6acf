"""The primary metric over an axis of numbers: one line per model, instead of a panel per number."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concexp.report.captions import HOLLOW
from concexp.report.contest import WORKERS, contest_of, judged
from concexp.report.grouping import groups
from concexp.report.long_axes import LongAxis, long_axes
from concexp.report.plots import _style
from concexp.report.plots._labels import axis_name, panels_left, quantity_label, with_unit
from concexp.report.plots._telling import telling
from concexp.report.points import Point
from concexp.report.text.language import clauses, say, sentences
from concexp.report.text.numbers import are_numbers, plural, scale_of, spread
from concexp.report.view import View

COLUMNS = 2
MAX_PANELS = 6
MAX_LINES = 10
HEIGHT = 3.2
FEWEST = 3  # points of a line
FLAT = 3  # a panel that reaches less than a third of another's height has a scale of its own
MARKED = 16  # points of a line that still have large marks


@dataclass(frozen=True)
class _Panel:
    """What all points of a panel share, and its lines by name: the points in the order of the axis."""

    labels: dict[str, Any]
    lines: dict[str, list[Point]]

    @property
    def points(self) -> list[Point]:
        """All points of the lines."""
        return [point for line in self.lines.values() for point in line]


@dataclass(frozen=True)
class _Curves:
    """The axis and the panels of the picture."""

    axis: LongAxis
    panels: list[_Panel]

    def value(self, point: Point) -> float:
        """The place of a point on the axis."""
        return self.axis.values[str(point.labels[self.axis.key])]


class Plot:
    """Each model (and primitive) over an axis of numbers, at its best number of workers; bands are 95 % intervals."""

    signs = (HOLLOW,)
    section = "comparison"
    order = 5
    title = ""

    def prepare(self, view: View) -> _Curves | None:
        """The curves, if numbers compete, or an axis has too many for panels."""
        view = judged(view)
        axis = _axis(view)
        panels = _panels(view, axis) if axis else []
        return _Curves(axis, panels) if axis and panels else None

    def draw(self, view: View, prepared: _Curves, path: Path) -> str:
        """Draws the picture; returns its alt text."""
        view = judged(view)
        shown = telling(view, prepared.panels, MAX_PANELS, lambda panel: panel.labels, lambda panel: panel.points)
        columns = min(COLUMNS, len(shown))
        rows = -(-len(shown) // columns)
        with _style.settings():
            figure = _style.figure(HEIGHT * rows + 0.4, self.title)
            places = _style.grid(figure, rows, columns, len(shown))
            handles: dict[str, Any] = {}
            every = [point for panel in shown for point in panel.points]
            for axes, panel in zip(places, shown, strict=True):
                handles |= _panel(view, prepared, panel, axes, every if _on_one_scale(view, shown) else panel.points)
                axes.set_title(_style.short(view.title(panel.labels), 60 // columns))
            if len(handles) > 1:
                figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=min(5, len(handles)))
            _style.save(figure, path)
        return _alt(view, prepared, shown)


def _axis(view: View) -> LongAxis | None:
    """The axis of the curves; numbers of workers have a picture of their own."""
    contest = contest_of(view)
    if contest and contest.numbers and contest.numbers.key != WORKERS:
        return contest.numbers
    return next(iter(long_axes(view)), None)


def _panels(view: View, axis: LongAxis) -> list[_Panel]:
    """A panel for each combination of the other axes of the work, and of those for each of which there is an answer."""
    contest = contest_of(view)
    each = contest.comparisons[0].labels if contest and contest.numbers == axis else {}
    keys = [
        key
        for key in view.axes
        if key != axis.key and (key in each or not view.is_choice(key)) and not view.determines(axis.key, key)
    ]
    points = [point for point in view.points if point.labels.get(axis.key) is not None]
    panels = [_Panel(labels, _lines(view, axis, members)) for labels, members in groups(points, keys)]
    return [panel for panel in panels if panel.lines]


def _lines(view: View, axis: LongAxis, points: list[Point]) -> dict[str, list[Point]]:
    """The best point of each variant at each number, by the variant's name; variants with too few points are left out."""
    lines: dict[str, list[Point]] = {}
    for label in axis.values:
        at = [p for p in points if str(p.labels[axis.key]) == label and p.value(view.primary).has_value]
        for variant in view.variants(at):
            best = view.best(p for p in variant if p.status == "ok") or view.best(variant) or variant[0]
            lines.setdefault(_name(view, best, axis), []).append(best)
    return {name: line for name, line in lines.items() if len(line) >= FEWEST}


def _name(view: View, point: Point, axis: LongAxis) -> str:
    """`threads`, `threads, lock`."""
    return ", ".join(filter(None, [view.series_name(point, axis.key), view.primitive(point, axis.key)]))


def _on_one_scale(view: View, panels: list[_Panel]) -> bool:
    """Whether panels can be compared, since they have one unit and none would be flat on the scale of another."""
    tops = [max(point.value(view.primary).mean for point in panel.points) for panel in panels]
    return len({panel.points[0].unit for panel in panels}) == 1 and not _style.is_wide(tops, FLAT)


def _panel(view: View, curves: _Curves, panel: _Panel, axes: Any, among: list[Point]) -> dict[str, Any]:
    """Draws one panel, with the vertical axis that suits all points `among` which it is; returns its lines by name."""
    values = [point.value(view.primary) for point in among]
    factor, prefix = scale_of([value.mean for value in values], view.metric.unit)
    along, x_unit = _x_scale(curves.axis)
    handles = {}
    for place, (name, line) in enumerate(list(panel.lines.items())[:MAX_LINES]):
        x = [curves.value(point) / along for point in line]
        handles[_style.short(name)] = _line(view, line, x, factor, place, axes)
    ends = [end / factor for value in values for end in (value.mean, value.lo, value.hi) if are_numbers(end)]
    _style.value_axis(axes, ends, _style.WIDE)
    if _style.is_wide([value / along for value in curves.axis.values.values()]):
        _style.log_axis(axes, "x")
    else:
        axes.xaxis.set_major_formatter(_style.plain)
    name = axis_name(view, curves.axis.key)
    axes.set_xlabel(with_unit(name, x_unit) if x_unit else name)
    axes.set_ylabel(_style.upright(quantity_label(view, view.primary, prefix, panel.points[0].unit), HEIGHT - 0.3))
    return handles


def _x_scale(axis: LongAxis) -> tuple[float, str]:
    """(divisor, unit) of the horizontal axis."""
    factor, name = scale_of(axis.values.values(), axis.unit)
    if axis.unit in ("", "%"):
        return 1.0, axis.unit
    return factor, {"bytes": f"{name}B", "1/s": f"{name} 1/s".strip()}.get(axis.unit, name)


def _line(view: View, line: list[Point], x: list[float], factor: float, place: int, axes: Any) -> Any:
    """Draws one line with its band, and hollow marks where a point cannot win; returns it for the legend."""
    values = [point.value(view.primary).scaled(1 / factor) for point in line]
    style = view.style(view.series_name(line[0]))
    dashes = ("-", "--", "-.", ":")[place % 4] if view.primitive(line[0]) else style.dashes
    size = 5.5 if len(line) <= MARKED else 2.5
    (drawn,) = axes.plot(x, [value.mean for value in values], dashes, color=style.colour, marker=style.marker, markersize=size,
                         linewidth=1.4, zorder=3)  # fmt: skip
    low, high = zip(*((v.lo, v.hi) if v.bounded else (v.mean, v.mean) for v in values), strict=True)
    axes.fill_between(x, low, high, color=style.colour, alpha=0.15, linewidth=0)
    hollow = [(at, value.mean) for at, value, point in zip(x, values, line, strict=True) if not point.is_sure]
    if hollow:
        axes.plot(*zip(*hollow, strict=True), linestyle="none", marker=style.marker, markersize=size, markerfacecolor="white",
                  markeredgecolor=style.colour, zorder=4)  # fmt: skip
    return drawn


def _alt(view: View, curves: _Curves, shown: list[_Panel]) -> str:
    """What the picture shows in words: where each line begins and ends."""
    key = curves.axis.key
    count = plural(len(curves.axis.values), "value")
    lines = [
        say(
            "{metric} over {values} of {axis}, one line per model at its best number of workers.",
            metric=view.called(view.primary),
            values=count,
            axis=_style.short(key, 40),
        )
    ]
    for panel in shown:
        title = view.title(panel.labels)
        texts = []
        for name, line in list(panel.lines.items())[:MAX_LINES]:
            ends = []
            for point in (line[0], line[-1]):
                factor, unit = scale_of([point.value(view.primary).mean], view.metric.unit)
                value = point.value(view.primary).scaled(1 / factor)
                ends.append(
                    say(
                        "{figure} at {condition}",
                        figure=spread(value, f" {unit}".rstrip()),
                        condition=f"{_style.short(str(point.labels[key]))}{point.mark}",
                    )
                )
            texts.append(say("{cell} from {low} to {high}", cell=_style.short(name), low=ends[0], high=ends[1]))
        more = len(panel.lines) - MAX_LINES
        texts += [say("{lines} not drawn", lines=plural(more, "more line"))] if more > 0 else []
        text = clauses(texts) + say(".")
        lines.append(say("{word}: {text}", word=title, text=text) if title else text)
    return sentences([*lines, *panels_left(len(curves.panels) - len(shown))])
