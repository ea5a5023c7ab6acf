"""What competes side by side: each model, or each value of another axis, at its best number of workers, sorted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from concexp.report.captions import HOLLOW
from concexp.report.contest import WORKERS, compared, contest_of, judged, title_of
from concexp.report.long_axes import chosen
from concexp.report.open_loops import is_open
from concexp.report.plots import _style
from concexp.report.text.numbers import level_text, many, scale_of, spread
from concexp.report.view import Comparison, Point, View

COLUMNS = 2
MAX_PANELS = 8
MAX_ROWS = 16
ROW = 0.27  # inches


class Plot:
    """What competes, each at its best number of workers (×), sorted; bars are 95 % intervals."""

    signs = (HOLLOW,)
    section = "comparison"
    order = 20

    def prepare(self, view: View) -> list[tuple[Comparison, list[Point]]]:
        """The comparisons in which something competes, with their entries."""
        view = judged(view)
        entries = [(comparison, _entries(view, comparison)) for comparison in _comparisons(view)]
        return [(comparison, points) for comparison, points in entries if len(points) > 1]

    def draw(self, view: View, prepared: list[tuple[Comparison, list[Point]]], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        view = judged(view)
        few = chosen(view, prepared, MAX_PANELS, lambda one: one[0].labels)
        shown = [(comparison, points[:MAX_ROWS]) for comparison, points in few]
        columns = min(COLUMNS, len(shown))
        tallest = [max(len(points) for _, points in shown[i : i + columns]) for i in range(0, len(shown), columns)]
        with _style.settings():
            figure = _style.figure(sum(0.95 + ROW * count for count in tallest))
            ratios = [0.3 + ROW * count for count in tallest]
            places = _style.grid(figure, len(tallest), columns, len(shown), height_ratios=ratios)
            for axes, (comparison, points) in zip(places, shown, strict=True):
                _panel(view, comparison, points, axes)
                axes.set_title(_style.short(title_of(view, comparison), 72 // columns))
            _style.save(figure, path)
        return _alt(view, shown, len(prepared) - len(shown))


def _comparisons(view: View) -> list[Comparison]:
    """All but open loops, whose throughput is given."""
    return [comparison for comparison in compared(view) if not is_open(view, comparison)]


def _entries(view: View, comparison: Comparison) -> list[Point]:
    """The best point of each contestant, or of each series and primitive; one with a right outcome wherever there is one."""
    if contest := contest_of(view):
        found = contest.best_of_each(view, comparison.points)
        return sorted(found, key=lambda p: -view.sign * p.value(view.primary).mean)
    variants = view.variants(comparison.points)
    best = [view.best(p for p in points if p.status == "ok") or view.best(points) for points in variants]
    return sorted((p for p in best if p is not None), key=lambda p: -view.sign * p.value(view.primary).mean)


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
        axes.xaxis.get_major_locator().set_params(nbins=4)  # in a narrow panel labels of four digits would touch
    for place, point in enumerate(points):
        _dot(view, point, len(points) - 1 - place, factor, axes)
    axes.set_yticks(range(len(points) - 1, -1, -1), [_cell(view, point) for point in points])
    axes.set_ylim(-0.6, len(points) - 0.4)
    axes.grid(axis="y", visible=False)
    better = "more" if view.metric.better == "higher" else "less"
    axes.set_xlabel(f"{_name(view, comparison, prefix)} ({better} is better)", loc="right")


def _name(view: View, comparison: Comparison, prefix: str) -> str:
    if view.metric.unit == "1/s":
        return f"{view.primary}, {' '.join(filter(None, [prefix, many(_style.short(comparison.unit))]))}/s"
    return f"{view.primary}, {prefix or view.metric.unit}".rstrip(", ")


def _cell(view: View, point: Point) -> str:
    """`threads ×2, lock †`, `limit 8 ×2`."""
    if contest := contest_of(view):
        count = "" if point.workers is None or WORKERS in contest.axes else f" ×{point.workers}"
        return " ".join(filter(None, [f"{_style.short(contest.label(view, point))}{count}", point.mark]))
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
              markerfacecolor=style.colour if point.is_sure else "white")  # fmt: skip
    text = spread(value).partition(" (")[0]
    axes.annotate(text, (right, place), (8, 0), textcoords="offset points", va="center", fontsize=8)


def _alt(view: View, shown: list[tuple[Comparison, list[Point]]], left: int) -> str:
    """What the picture shows in words: the order."""
    sentences = [
        f"{view.primary} of what competes, each at its best number of workers, sorted, with {level_text(view.run.level)} "
        "intervals; † § ‡ may not win."
    ]
    for comparison, points in shown:
        title = title_of(view, comparison)
        sentences.append(
            f"{title + ', from' if title else 'From'} first to last: {'; '.join(_cell(view, p) for p in points)}."
        )
    if left > 0:
        sentences.append(f"{left} more comparisons are not drawn.")
    return " ".join(sentences)
