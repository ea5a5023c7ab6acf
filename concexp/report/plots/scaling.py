"""Throughput and speed-up against the number of workers, with intervals and the machine's limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from concexp.analysis.demand import COMPUTES
from concexp.report.captions import HOLLOW, has_laws
from concexp.report.long_axes import chosen
from concexp.report.pairs import THROUGHPUT
from concexp.report.plots import _style
from concexp.report.sections import scaling_laws
from concexp.report.styles import Style
from concexp.report.text.numbers import are_numbers, rounded, scale_of, spread
from concexp.report.view import Panel, Point, View

COLUMNS = 3
MAX_PANELS = 9
HEIGHT = 3.3
MIN_LABEL_GAP = 0.068  # as a share of a panel's height


@dataclass
class _Ends:
    """Where the lines of a panel end, for their labels, as (x, y, colour, text); and the handles for the legend."""

    labels: list[tuple[float, float, str, str]] = field(default_factory=list)
    models: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)

    def add(self, x: float, y: float, colour: str, text: str) -> None:
        self.labels.append((x, y, colour, _style.short(text)))


class Plot:
    """Bars and bands are 95 % intervals."""

    signs = (HOLLOW, ("thin curves: fitted laws", has_laws))
    section = "scaling"
    order = 10

    def prepare(self, view: View) -> list[Panel]:
        """The panels with a series that was measured with several numbers of workers."""
        return _panels(view)

    def draw(self, view: View, prepared: list[Panel], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        shown = chosen(view, prepared, MAX_PANELS, lambda panel: panel.labels)
        kinds = _kinds(view, shown)
        if len(shown) > COLUMNS:
            kinds = kinds[-1:]
        columns = len(kinds) if len(shown) == 1 else min(COLUMNS, len(shown))
        rows = 1 if len(shown) == 1 else -(-len(shown) * len(kinds) // columns)
        with _style.settings():
            figure = _style.figure(HEIGHT * rows + (0 if len(shown) == 1 else 0.4))
            places = _style.grid(figure, rows, columns, len(kinds) * len(shown))
            models: dict[str, Any] = {}
            limits: dict[str, Any] = {}
            for axes, (kind, panel) in zip(places, ((k, p) for k in kinds for p in shown), strict=True):
                ends = _panel(view, panel, kind, axes)
                models, limits = {**models, **ends.models}, {**limits, **ends.limits}
                if len(shown) == 1:
                    _label(axes, ends)
                axes.set_title(_style.short(view.title(panel.labels), 78 // columns))
            if len(shown) > 1:
                handles = {**models, **limits}
                figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=min(6, len(handles)))
            _style.save(figure, path)
        return _alt(view, shown, kinds, len(prepared) - len(shown))


def _panels(view: View) -> list[Panel]:
    return [
        panel
        for panel in view.panels
        if any(len({p.workers for p in points if _has(view, p)}) > 1 for points in view.series(panel.points).values())
    ]


def _has(view: View, point: Point) -> bool:
    return point.workers is not None and point.value(view.primary).has_value


def _kinds(view: View, panels: list[Panel]) -> list[str]:
    """The metrics to draw: the primary one, and the gain over the baseline where every panel has one."""
    has_gain = view.relative and all(any(p.value(view.relative).has_value for p in panel.points) for panel in panels)
    return list(dict.fromkeys([view.primary, *([view.relative] if has_gain else [])]))


def _panel(view: View, panel: Panel, kind: str, axes: Any) -> _Ends:
    """Draws one panel; returns where its lines end."""
    series = {
        name: shown
        for name, points in view.series(panel.points).items()
        if (shown := [point for point in points if point.value(kind).has_value])
    }
    workers = sorted({p.workers for points in series.values() for p in points if p.workers is not None}) or [1]
    values = [v for points in series.values() for p in points for v in _shown(p, kind)]
    metric = view.metrics[kind]
    factor, prefix = scale_of(values, metric.unit)
    cpu_bound = panel.points[0].demand >= COMPUTES
    wide = _style.worker_axis(axes, workers, view.cpus if cpu_bound else None)
    ends = _Ends()
    several = [name for name, points in series.items() if points[-1].workers is not None]
    for name, points in series.items():
        style = view.style(name)
        if name in several:
            place = several.index(name)
            x = [_style.dodged(p.parallelism, place, len(several), _span(workers, wide), wide) for p in points]
            law = curve(view, points, kind)
            if law is not None:
                drawn = [_style.dodged(n, place, len(several), _span(workers, wide), wide) for n in law[0]]
                axes.plot(drawn, law[1] / factor, style.dashes, color=style.colour, linewidth=0.9, zorder=3)
            within = [] if law is None else [p for p in points if p.parallelism <= law[0][-1] * (1 + 1e-9)]
            handle = _line(axes, points, kind, factor, style, x, max(0, len(within) - 1))
            ends.add(x[-1], points[-1].value(kind).mean / factor, style.colour, name)
        else:
            handle = _level(axes, points[0], kind, factor, style.colour)
            ends.add(axes.get_xlim()[1], points[0].value(kind).mean / factor, style.colour, name)
        ends.models[_style.short(name)] = handle
    # What is proportional to the number of workers is a straight line only where both axes are of one kind.
    _style.value_axis(axes, [v / factor for v in values], 4 if wide else _style.WIDE)
    if kind == view.relative:
        _limits(view, axes, workers, cpu_bound, ends)
    axes.set_ylabel(_name(view, kind, prefix, panel.points[0].unit))
    return ends


def _shown(point: Point, kind: str) -> list[float]:
    value = point.value(kind)
    return [v for v in (value.mean, value.lo, value.hi) if are_numbers(v)]


def _span(workers: list[int], wide: bool) -> float:
    return float(np.log2(max(workers) / min(workers))) if wide else float(max(workers) - min(workers)) or 1.0


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


def _line(axes: Any, points: list[Point], kind: str, factor: float, style: Style, x: list[float], joined: int) -> Any:
    """Draws one series over the number of workers, its marks joined from number `joined` on; returns the legend's handle."""
    colour, marker = style.colour, style.marker
    values = [point.value(kind).scaled(1 / factor) for point in points]
    mean = [value.mean for value in values]
    axes.plot(x[joined:], mean[joined:], style.dashes, color=colour, linewidth=1.5, zorder=3)
    width = 0.0 if joined else 1.5
    (line,) = axes.plot(x, mean, style.dashes, color=colour, marker=marker, markersize=5.5, linewidth=width, zorder=3)
    bounded = [value.bounded for value in values]
    if any(bounded):
        low, high = [v.lo for v in values], [v.hi for v in values]
        axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        errors = [
            [v.mean - v.lo if v.bounded else 0.0 for v in values],
            [v.hi - v.mean if v.bounded else 0.0 for v in values],
        ]
        axes.errorbar(x, mean, errors, fmt="none", ecolor=colour, elinewidth=1.1, capsize=2.2, zorder=3)
    for place, value, point in zip(x, mean, points, strict=True):
        if not point.is_sure:
            axes.plot(place, value, linestyle="none", marker=marker, markersize=5.5, markerfacecolor="white",
                      markeredgecolor=colour, zorder=4)  # fmt: skip
    return line


def _level(axes: Any, point: Point, kind: str, factor: float, colour: str) -> Any:
    """Draws a series to which the number of workers does not apply, as a level to compare with."""
    value = point.value(kind).scaled(1 / factor)
    if value.bounded:
        axes.axhspan(value.lo, value.hi, color=colour, alpha=0.12, linewidth=0, zorder=1)
    return axes.axhline(value.mean, color=colour, linestyle=(0, (1, 1.2)), linewidth=1.5, zorder=2)


def _limits(view: View, axes: Any, workers: list[int], cpu_bound: bool, ends: _Ends) -> None:
    """Draws perfect scaling and the effective CPUs."""
    low, high = axes.get_ylim()
    effective = view.run.effective_cpus
    if cpu_bound and effective is not None:
        high = max(high, effective * 1.08)
        level = axes.axhline(effective, color=_style.INK, linewidth=1, linestyle="-.", zorder=1)
        name = f"effective CPUs {rounded(effective)}"
        ends.add(axes.get_xlim()[1], effective, _style.INK, name)
        ends.limits[name] = level
    # The ideal may leave the picture: it must not squeeze what was measured.
    high = max(high, min(float(max(workers)), 1.5 * high) * 1.04)
    axes.set_ylim(low, high)
    x = np.geomspace(1, max(workers), 200) if max(workers) > 1 else np.array([1.0])
    line = axes.plot(x, x, color=_style.GREY, linewidth=1, linestyle=(0, (5, 3)), zorder=1)[0]
    ends.limits["ideal"] = line
    inside = x[x <= high]
    if inside[-1] == x[-1]:
        ends.add(x[-1], x[-1], _style.GREY, "ideal")
    else:
        ends.labels.append((inside[-1], inside[-1], "", "ideal"))


def _label(axes: Any, ends: _Ends) -> None:
    """Puts each line's name at its end, without overlaps."""
    inside = axes.transData + axes.transAxes.inverted()
    lane = [end for end in ends.labels if end[2]]
    wanted = [float(inside.transform((x, y))[1]) for x, y, _, _ in lane]
    gap = min(MIN_LABEL_GAP, 1 / max(1, len(lane)))
    places = _style.apart(wanted, gap)
    shift = min(0.0, 1.02 - max(places, default=0.0))
    for (x, y, colour, text), place in zip(lane, places, strict=True):
        axes.annotate(
            text, (x, y), (1.07, place + shift), textcoords=axes.transAxes, va="center", fontsize=8.5, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.9, "shrinkA": 0, "shrinkB": 4, "relpos": (0, 0.5)},
        )  # fmt: skip
    for x, y, colour, text in ends.labels:
        if not colour:  # leaves the picture at its upper edge
            axes.annotate(text, (x, y), (-16, -1), textcoords="offset points", ha="right", va="top", fontsize=8.5,
                          color=_style.GREY)  # fmt: skip


def _name(view: View, kind: str, prefix: str, operation: str) -> str:
    """The name of an axis with its unit."""
    unit = view.metrics[kind].unit
    if kind == view.relative:
        labels = " ".join(str(label) for label in (view.run.spec.get("baseline") or {}).values())
        return f"{kind} over {_style.short(labels)}, x"
    if unit == "1/s":
        return f"{kind}, {_style.rate_unit(prefix, operation)}"
    text = prefix if unit in ("s", "x", "CPUs", "") else f"{prefix} {unit}".strip()
    return f"{kind}, {text}" if text else kind


def _alt(view: View, panels: list[Panel], kinds: list[str], left: int) -> str:
    """What the picture shows in words: the axes, and the highest point of each panel."""
    sentences = [f"{' and '.join(kinds)} against the number of workers, one line per model."]
    kind = kinds[-1]
    for panel in panels:
        points = [p for p in panel.points if p.workers is not None and p.status == "ok" and p.value(kind).has_value]
        if points:
            best = max(points, key=lambda p: p.value(kind).mean)
            factor, prefix = scale_of([best.value(kind).mean], view.metrics[kind].unit)
            title = view.title(panel.labels)
            sentences.append(
                f"{title + ': the' if title else 'The'} highest is {view.series_name(best)} at {best.workers} with "
                f"{spread(best.value(kind).scaled(1 / factor), prefix if prefix == 'x' else f' {prefix}'.rstrip())}{best.mark}."
            )
    if left > 0:
        sentences.append(f"{left} more panels are not drawn.")
    return " ".join(sentences)
