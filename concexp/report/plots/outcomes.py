"""How cells ended: a field for each model and fault with what was noticed, or for each model and primitive with what was lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from concexp.report.answer import counts, endings
from concexp.report.captions import lacks_numbers
from concexp.report.phrases import BAD_ENDINGS
from concexp.report.plots import _matrix, _style
from concexp.report.plots._labels import axis_name, name_part, panels_left, primitive_part, workers_part
from concexp.report.plots._telling import heaviest
from concexp.report.points import Point
from concexp.report.sections.outcomes import forbidden_shares
from concexp.report.styles import shaded
from concexp.report.text.language import counted, listed, phrases, say, sentences, translated
from concexp.report.text.numbers import rounded
from concexp.report.view import View

MAX_COLUMNS = 2  # of panels
MAX_PANELS = 8
MAX_FIELDS = 9  # side by side in a panel; more would touch each other
LETTERS = 36  # below half a picture
MAX_ROWS = 16
ROW = 0.3  # inches
AROUND = 0.85
GOOD = "#e8edf2"  # what was noticed, and what lost nothing
BAD = "#a63603"  # what was never noticed, and the most that was lost
LEAST = 0.35  # of the dark colour: even a small loss is seen


@dataclass(frozen=True)
class _Panel:
    """A panel's title, and its points by (row, column)."""

    title: str
    points: dict[tuple[str, str], Point]


@dataclass(frozen=True)
class _Matrix:
    """What is written in a field and how bad it is, 0 to 1 (NaN: not known); the panels, and the names of the columns' axis."""

    heading: str
    panels: list[_Panel]
    across: str
    ending: Callable[[Point], tuple[str, float]]

    def contrast(self, panel: _Panel) -> float:
        """How much worse the worst field of a panel is than the best; 0 where not known."""
        known = [badness for point in panel.points.values() if not math.isnan(badness := self.ending(point)[1])]
        return max(known) - min(known) if known else 0.0


class Plot:
    """A field per cell, the darker the worse."""

    signs = (("hatched: no number, and why", lacks_numbers),)
    section = "comparison"
    order = 6
    title = ""

    def prepare(self, view: View) -> _Matrix | None:
        """The matrix, where cells were expected to end badly, came to forbidden outcomes, or lost something."""
        if endings.expected_to_end_badly(view):
            return _matrix_of(view, endings.heading(view), view.points, lambda point: _noticed(view, point))
        if endings.expected_beside_others(view):
            return _by_work(view)
        forbidden = forbidden_shares(view)
        if any(forbidden.values()):
            points = [point for point in view.points if point.cell in forbidden]
            return _matrix_of(view, say("Share of forbidden outcomes"), points, lambda p: _came(forbidden[p.cell]))
        for metric, cls in view.metrics.items():
            if cls.verb and cls.share_of:
                shares = [counts.share_lost(view, p, metric, cls) for p in view.points if p.value(metric).has_value]
                if any(share > 0 for share in shares):
                    heading = say(
                        "Share of the {things} {lost}", things=translated(cls.unit), lost=translated(cls.done())
                    )
                    # Work that counts nothing has no field: that it ran is no outcome of this kind.
                    work = {point.labels["workload"] for point in view.points if point.value(metric).has_value}
                    points = [point for point in view.points if point.labels["workload"] in work]
                    return _matrix_of(view, heading, points, lambda point, m=metric, c=cls: _lost(view, point, m, c))  # type: ignore[misc]
        return None

    def draw(self, view: View, prepared: _Matrix, path: Path) -> str:
        """Draws the picture; returns its alt text."""
        shown = heaviest(prepared.panels, MAX_PANELS, prepared.contrast)
        rows = _names(shown, 0)[:MAX_ROWS]
        columns = _names(shown, 1)[:MAX_FIELDS]
        letters = sum(len(column) + 2 for column in columns)
        side = MAX_COLUMNS if len(shown) > 1 and letters <= LETTERS else 1
        high = -(-len(shown) // side)
        with _style.settings():
            figure = _style.figure(high * (AROUND + ROW * len(rows)), self.title)
            places = _style.grid(figure, high, side, len(shown), sharey=True)
            for axes, panel in zip(places, shown, strict=True):
                fields = {
                    (rows.index(row), columns.index(column)): _field(prepared, point)
                    for (row, column), point in panel.points.items()
                    if row in rows and column in columns
                }
                _matrix.fill(axes, rows, columns, fields, upward=False)
                axes.set_title(_style.short(panel.title, 66 // side) or prepared.heading)
                axes.set_xlabel(prepared.across)
            if len(shown) > 1:
                figure.supxlabel(prepared.heading, fontsize=9)
            _style.save(figure, path)
        return _alt(prepared, shown, rows, columns)


def _names(panels: Sequence[_Panel], which: int) -> list[str]:
    """The names of all rows (0) or columns (1), in order."""
    return list(dict.fromkeys(place[which] for panel in panels for place in panel.points))


def _by_work(view: View) -> _Matrix:
    """Rows are what was to be done, columns the models."""
    places = {(endings.work(view, point), name_part(view, point)): point for point in view.points if point.sample.count}
    return _Matrix(endings.heading(view), [_Panel("", places)], "", lambda point: _ended(view, point))


def _ended(view: View, point: Point) -> tuple[str, float]:
    return endings.ending(view, point), float(point.status in BAD_ENDINGS)


def _matrix_of(
    view: View, heading: str, among: Sequence[Point], ending: Callable[[Point], tuple[str, float]]
) -> _Matrix | None:
    """Rows are models, columns primitives, panels conditions; where one of them does not vary, the next takes its place."""
    points = [point for point in among if point.sample.count or point.status == "unsupported"]
    conditions = [key for key in view.axes if key in view.varying_axes and not view.is_choice(key)]
    conditions = [key for key in conditions if not view.is_redundant(key, conditions)]
    parts: list[tuple[str, Callable[[Point], str]]] = [
        ("", lambda point: name_part(view, point)),
        ("", lambda point: primitive_part(view, point)),
    ]
    if len(conditions) > 1:
        first, *conditions = conditions
        parts.append((_across(view, first), lambda point: str(point.labels.get(first, ""))))
    across = _across(view, conditions[0]) if len(conditions) == 1 else ""
    parts.append((across, lambda point: _condition(view, conditions, point)))
    varying = [part for part in parts if len({part[1](point) for point in points}) > 1]
    if not varying:
        return None
    row, column, *rest = [*varying, ("", lambda _: "")] if len(varying) == 1 else varying
    panels: dict[str, dict[tuple[str, str], Point]] = {}
    for point in points:
        title = " · ".join(filter(None, (f"{name} {of(point)}".strip() for name, of in rest)))
        panels.setdefault(title, {}).setdefault((row[1](point), column[1](point)), point)
    return _Matrix(heading, [_Panel(title, own) for title, own in panels.items()], column[0], ending)


def _across(view: View, key: str) -> str:
    """The name of an axis beside its labels; a workload's label needs none."""
    return "" if key == "workload" else axis_name(view, key)


def _condition(view: View, keys: Sequence[str], point: Point) -> str:
    """What a point was measured under: its label, or several, and its workers."""
    if len(keys) == 1 and not workers_part(view, point):
        return str(point.labels.get(keys[0], ""))
    labels = {key: point.labels.get(key) for key in keys}
    return " ".join(filter(None, [view.title(labels), workers_part(view, point)]))


def _noticed(view: View, point: Point) -> tuple[str, float]:
    """`1.1 ms` and 0, or `never` and 1."""
    text = endings.ending(view, point)
    return text, 1.0 if endings.is_never(view, point) else 0.0


def _lost(view: View, point: Point, metric: str, cls: Any) -> tuple[str, float]:
    """`36 %` and 0.36; with the number of trials where not all lost something."""
    share = counts.share_lost(view, point, metric, cls)
    if math.isnan(share):
        return _matrix.status_text(point.status), math.nan
    if not share:
        return "0", 0.0
    rows = view.run.rows(point.cell)
    trials = rows[rows[metric] > 0]["trial"].nunique()
    text = f"{rounded(100 * share, 2)} %"
    if trials == point.sample.count:
        return text, share
    some = say("{n} of {all}", n=trials, all=point.sample.count)
    return f"{text}\n{say('in {trials}', trials=some)}", share


def _came(share: float) -> tuple[str, float]:
    """`13 %` and 0.13."""
    return (f"{rounded(100 * share, 2)} %" if share else "0"), share


def _field(matrix: _Matrix, point: Point) -> _matrix.Field:
    text, badness = matrix.ending(point)
    if math.isnan(badness):
        return _matrix.Field(text)
    colour = GOOD if badness == 0 else shaded(BAD, 1 - (LEAST + (1 - LEAST) * float(np.sqrt(min(1.0, badness)))))
    return _matrix.Field(text, colour)


def _alt(matrix: _Matrix, shown: Sequence[_Panel], rows: Sequence[str], columns: Sequence[str]) -> str:
    """What the picture shows in words: every field, row by row."""
    lines = [say("{heading}, a field per cell.", heading=matrix.heading)]
    for panel in shown:
        for row in rows:
            own = {column: panel.points[row, column] for column in columns if (row, column) in panel.points}
            texts = [f"{column} {matrix.ending(point)[0]}".strip().replace("\n", " ") for column, point in own.items()]
            head, text = phrases(list(filter(None, [panel.title, row]))), listed(texts) + say(".")
            if texts:
                lines.append(say("{word}: {text}", word=head, text=text) if head else text)
    every = {key: len(_names(matrix.panels, which)) for which, key in enumerate(("row", "column"))}
    rows_left, columns_left = every["row"] - len(rows), every["column"] - len(columns)
    lines += panels_left(len(matrix.panels) - len(shown))
    if rows_left > 0:
        lines.append(counted(rows_left, "{count} more row is not drawn.", "{count} more rows are not drawn."))
    if columns_left > 0:
        lines.append(counted(columns_left, "{count} more column is not drawn.", "{count} more columns are not drawn."))
    return sentences(lines)
