"""The models side by side: each at its best number of workers, sorted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from concexp.report.plots import _style
from concexp.report.sections import latency
from concexp.report.text.numbers import many, scale_of, spread
from concexp.report.view import Comparison, Point, View

COLUMNS = 2
PANELS = 8
ROWS = 16
ROW = 0.27  # inches


class Plot:
    """Each model (and primitive) at its best number of workers, ×, sorted; bars are 95 % intervals; hollow ones are † § or ‡."""

    section = "comparison"
    order = 20

    def applies(self, view: View) -> bool:
        """Worth drawing where there is something to compare."""
        return bool(_comparisons(view))

    def draw(self, view: View, path: Path) -> str:
        """Draw the picture; returns its alt text."""
        comparisons = _comparisons(view)
        shown = comparisons[:PANELS]
        entries = [_entries(view, comparison)[:ROWS] for comparison in shown]
        columns = min(COLUMNS, len(shown))
        tallest = [max(len(e) for e in entries[i : i + columns]) for i in range(0, len(shown), columns)]
        with _style.settings():
            figure = _style.figure(sum(0.95 + ROW * count for count in tallest))
            ratios = [0.3 + ROW * count for count in tallest]
            places = _style.grid(figure, len(tallest), columns, len(shown), height_ratios=ratios)
            for axes, comparison, points in zip(places, shown, entries, strict=True):
                _panel(view, comparison, points, axes)
                axes.set_title(_style.short(view.title(comparison.labels), 72 // columns))
            _style.save(figure, path)
        return _alt(view, shown, entries, len(comparisons) - len(shown))


def _comparisons(view: View) -> list[Comparison]:
    """Those in which there is something to compare; of an open loop the throughput is given."""
    return [c for c in view.comparisons if len(_entries(view, c)) > 1 and not latency.is_open(view, c)]


def _entries(view: View, comparison: Comparison) -> list[Point]:
    """The best point of each model and primitive, the best first; one with a right outcome wherever there is one."""
    groups: dict[tuple[str, str], list[Point]] = {}
    for point in comparison.points:
        if point.has_numbers:
            groups.setdefault((view.series_name(point), view.primitive(point)), []).append(point)
    best = [view.best(p for p in points if p.status == "ok") or view.best(points) for points in groups.values()]
    sign = -1 if view.metric.better == "higher" else 1
    return sorted((p for p in best if p is not None), key=lambda p: sign * p.value(view.primary).mean)


def _panel(view: View, comparison: Comparison, points: list[Point], axes: Any) -> None:
    values = [point.value(view.primary) for point in points]
    factor, prefix = scale_of([value.mean for value in values], view.metric.unit)
    ends = [end / factor for value in values for end in (value.mean, value.lo, value.hi) if end == end]
    if _style.is_wide(ends):
        axes.set_xlim(min(ends) / 1.4, max(ends) * 2.2)
        _style.log_axis(axes, "x")
    else:
        axes.set_xlim(min(0.0, *ends), max(*ends, 1e-12) * 1.16)
        axes.xaxis.set_major_formatter(_style.plain)
        axes.xaxis.get_major_locator().set_params(nbins=4)  # of a narrow panel: labels of four digits side by side
    for place, point in enumerate(points):
        _dot(view, point, len(points) - 1 - place, factor, axes)
    axes.set_yticks(range(len(points) - 1, -1, -1), [_who(view, point) for point in points])
    axes.set_ylim(-0.6, len(points) - 0.4)
    axes.grid(axis="y", visible=False)
    better = "more" if view.metric.better == "higher" else "less"
    axes.set_xlabel(f"{_name(view, comparison, prefix)} ({better} is better)", loc="right")


def _name(view: View, comparison: Comparison, prefix: str) -> str:
    if view.metric.unit == "1/s":
        return f"{view.primary}, {' '.join(filter(None, [prefix, many(comparison.unit)]))}/s"
    return f"{view.primary}, {prefix or view.metric.unit}".rstrip(", ")


def _who(view: View, point: Point) -> str:
    """`threads ×2, lock †`."""
    workers = "" if point.workers is None else f" ×{point.workers}"
    primitive = view.primitive(point)
    mark = f" {point.mark}" if point.mark else ""
    return (
        f"{_style.short(view.series_name(point))}{workers}{f', {_style.short(primitive)}' if primitive else ''}{mark}"
    )


def _dot(view: View, point: Point, place: int, factor: float, axes: Any) -> None:
    style = view.style(view.series_name(point))
    value = point.value(view.primary).scaled(1 / factor)
    right = value.mean
    if value.bounded:
        right = value.hi
        axes.errorbar(value.mean, place, xerr=[[value.mean - value.lo], [value.hi - value.mean]], fmt="none",
                      ecolor=style.colour, elinewidth=1.8, capsize=3.5)  # fmt: skip
    axes.plot(value.mean, place, marker=style.marker, markersize=6, markeredgecolor=style.colour, markeredgewidth=1.3,
              markerfacecolor=style.colour if point.can_win else "white")  # fmt: skip
    text = spread(value).partition(" (")[0]
    axes.annotate(text, (right, place), (8, 0), textcoords="offset points", va="center", fontsize=8)


def _alt(view: View, comparisons: list[Comparison], entries: list[list[Point]], left: int) -> str:
    """What a reader would see, in words: the order."""
    found = [
        f"{view.primary} of each model at its best number of workers, sorted, with 95 % intervals; † § ‡ may not win."
    ]
    for comparison, points in zip(comparisons, entries, strict=True):
        title = view.title(comparison.labels)
        found.append(
            f"{title + ', from' if title else 'From'} first to last: {'; '.join(_who(view, p) for p in points)}."
        )
    if left > 0:
        found.append(f"{left} more comparisons are not drawn.")
    return " ".join(found)
