"""What competes side by side: each model, or each value of another axis, at its best number of workers, sorted."""

from __future__ import annotations

from pathlib import Path

from concexp.report.answer import correctness
from concexp.report.captions import HOLLOW
from concexp.report.contest import WORKERS, compared, contest_of, judged, title_of
from concexp.report.open_loops import is_open
from concexp.report.plots import _dots, _style
from concexp.report.plots._labels import cell_label, comparisons_left, workers_part
from concexp.report.plots._telling import telling
from concexp.report.points import Comparison, Point
from concexp.report.text.language import clauses, say, sentences
from concexp.report.text.numbers import level_text
from concexp.report.view import View

STACKED = 4  # rows of a panel up to which panels stand below each other, on one scale
MAX_PANELS = 8
MAX_ROWS = 16
AROUND = 0.3  # inches of a panel's title and edges


class Plot:
    """What competes, each at its best number of workers (×), sorted; bars are 95 % intervals."""

    signs = (HOLLOW,)
    section = "comparison"
    order = 20
    title = ""

    def prepare(self, view: View) -> list[tuple[Comparison, list[Point]]]:
        """The comparisons in which something competes, with their entries; none where nothing was asked about times."""
        if not correctness.asks_for_times(view):
            return []
        view = judged(view)
        entries = [(comparison, _entries(view, comparison)) for comparison in _comparisons(view)]
        return [(comparison, points) for comparison, points in entries if len(points) > 1]

    def draw(self, view: View, prepared: list[tuple[Comparison, list[Point]]], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        view = judged(view)
        few = telling(view, prepared, MAX_PANELS, lambda one: one[0].labels, lambda one: one[1])
        shown = [(comparison, points[:MAX_ROWS]) for comparison, points in few]
        # What has one unit is drawn on one scale: panels are compared with each other as well.
        is_shared = view.metric.unit != "1/s" or len({comparison.unit for comparison, _ in shown}) == 1
        is_stacked = is_shared and max(len(points) for _, points in shown) <= STACKED
        has_room = _style.room_for_two(_cell(view, point) for _, points in shown for point in points)
        columns = 2 if has_room and len(shown) > 1 and not is_stacked else 1
        tallest = [max(len(points) for _, points in shown[i : i + columns]) for i in range(0, len(shown), columns)]
        between = AROUND if is_stacked else AROUND + _dots.AXIS
        with _style.settings():
            figure = _style.figure(
                sum(between + _dots.ROW * count for count in tallest) + _dots.AXIS * is_stacked, self.title
            )
            ratios = [0.25 + _dots.ROW * count for count in tallest]
            places = _style.grid(figure, len(tallest), columns, len(shown), height_ratios=ratios, sharex=is_stacked)
            every = [point for _, points in shown for point in points]
            for axes, (comparison, points) in zip(places, shown, strict=True):
                rows = [(_cell(view, point), point) for point in points]
                _dots.panel(view, axes, rows, every if is_shared else points, comparison.unit)
            _style.headings(figure, places, [title_of(view, comparison) for comparison, _ in shown], columns)
            for axes in places[:-1] if is_stacked else ():
                axes.set_xlabel("")
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


def _cell(view: View, point: Point) -> str:
    """`threads ×2, lock †`, `limit 8 ×2`."""
    contest = contest_of(view)
    if contest is None:
        return cell_label(view, point)
    count = "" if WORKERS in contest.axes else workers_part(view, point)
    return " ".join(filter(None, [_style.short(contest.label(view, point)), count, point.mark]))


def _alt(view: View, shown: list[tuple[Comparison, list[Point]]], left: int) -> str:
    """What the picture shows in words: the order, with the figures."""
    texts = [
        say(
            "{metric} of what competes, each at its best number of workers, sorted, with {level} intervals; † § ‡ "
            "cannot win.",
            metric=view.called(view.primary),
            level=level_text(view.run.level),
        )
    ]
    for comparison, points in shown:
        title = title_of(view, comparison)
        cells = clauses([f"{_cell(view, point)} {_dots.figure_of(view, point)}" for point in points])
        if title:
            texts.append(say("{title}, from first to last: {cells}.", title=title, cells=cells))
        else:
            texts.append(say("From first to last: {cells}.", cells=cells))
    return sentences([*texts, *comparisons_left(left)])
