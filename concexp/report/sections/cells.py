"""The cells as tables: one per workload, constant columns lifted out, the best in bold, in readable units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from concexp.analysis.stats.intervals import Interval
from concexp.report.open_loops import is_open
from concexp.report.phrases import BAD_ENDINGS
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import PLAIN, many, scale_of, spread
from concexp.report.view import Point, View

MAX_SPAN = 300  # beyond this ratio, one unit for a column would show its smallest values as zeros
MAX_ROWS = 200  # more than anyone reads; cells.csv has all of them
MARKS = {
    "†": "wrong outcome: cannot win",
    "§": "some trials ended badly: numbers are of the others, cannot win",
    "‡": "doubtful: no verdict rests on it",
}

ALL_TOGETHER = "percentiles are of all operations of a cell together"


@dataclass(frozen=True)
class Table:
    """One table: title ("" if it is the only one), what is the same in all rows, number of axes, column heads, and rows."""

    title: str
    constant: str
    axes: int
    heads: list[str]
    rows: list[list[str]]


def tables(view: View) -> list[Table]:
    """The tables of all cells that were run, one per workload, in the order of the experiment."""
    groups: dict[str, list[Point]] = {}
    for point in (point for point in view.points if point.sample.count):
        groups.setdefault(str(point.labels["workload"]), []).append(point)
    # In an open loop the throughput is what arrived.
    comparisons = [one for one in view.comparisons if len(one.points) > 1 and not is_open(view, one)]
    winners = [view.best(point for point in comparison.points if point.can_win) for comparison in comparisons]
    best = {winner.cell for winner in winners if winner}
    made, room = [], MAX_ROWS
    for label, points in groups.items():
        if room > 0:
            # From all cells, so that "everywhere" means it; then it is cut.
            table = _table(view, label if len(groups) > 1 else "", points, best)
            made.append(replace(table, rows=table.rows[:room]))
            room -= len(points)
    return made


def meaning(view: View) -> str:
    """What a figure of the tables is, and what its interval does not cover; "" if no figure has an interval."""
    if not any(value.bounded for point in view.points for value in point.values.values()):
        return ""
    geometric = " (geometric for times and rates)" if any(m.scale == "log" for m in view.metrics.values()) else ""
    pooled = f"; {ALL_TOGETHER}" if has_pooled(view) else ""
    return (
        f"Figures are means over the trials{geometric}{pooled}. Their intervals cover differences between trials of this run, not "
        "between days or machines, nor that a figure in bold was picked as the best."
    )


def has_pooled(view: View) -> bool:
    """Whether a table has a metric of all operations of a cell together, such as a percentile of the latency."""
    return any(m.pooled and any(p.value(name).has_value for p in view.points) for name, m in view.metrics.items())


def left_out(view: View) -> int:
    """The number of cells that were run but are not shown."""
    return max(0, sum(point.sample.count > 0 for point in view.points) - MAX_ROWS)


def marks(view: View) -> list[str]:
    """The meaning of the marks in the tables."""
    used = {sign for point in view.points for sign in point.mark}
    used |= {_own_mark(point, name, metric) for point in view.points for name, metric in view.metrics.items()}
    return [f"{sign} {meaning}" for sign, meaning in MARKS.items() if sign in used]


def _table(view: View, title: str, points: Sequence[Point], best: set[str]) -> Table:
    labels = {key: list(dict.fromkeys(_shown(point.labels.get(key)) for point in points)) for key in view.axes}
    axes = [key for key, values in labels.items() if len(values) > 1]
    fixed = [
        key for key, values in labels.items() if len(values) == 1 and values[0] and not (title and key == "workload")
    ]
    heads, columns, same = [], [], []
    for name, metric in view.metrics.items():
        values = [point.value(name) for point in points]
        if name != view.primary and not (
            any(v.has_value for v in values) and _is_worth_a_column(view, name, metric, points)
        ):
            continue
        unit, cells = _column(values, metric.unit)
        shares = [view.share_of_trials(point, name) for point in points]
        cells = [f"{text} in {share}" if share else text for text, share in zip(cells, shares, strict=True)]
        if metric.open_loop and metric.pooled:  # a latency; the growth of the line, or a rate, is what it is
            cells = ["overloaded" if p.sample.overloaded else text for text, p in zip(cells, points, strict=True)]
        cells = [f"{text} {_own_mark(point, name, metric)}".strip() for text, point in zip(cells, points, strict=True)]
        if name == view.primary and not any(point.has_numbers for point in points):
            heads.append("outcome")
            columns.append([_marked(text, point, best) for text, point in zip(cells, points, strict=True)])
            continue
        head = _head(view.called(name), metric, unit, points[0].unit)
        if name != view.primary and len(cells) > 1 and len(set(cells)) == 1:
            column, _, suffix = head.partition(", ")
            same.append(f"{column} {cells[0]}{suffix if suffix == 'x' else f' {suffix}'}".rstrip())
            continue
        heads.append(head)
        if name == view.primary:
            cells = [_marked(text, point, best) for text, point in zip(cells, points, strict=True)]
        columns.append(cells)
    trials = [_trials(point) for point in points]
    if len(points) > 1 and len(set(trials)) == 1:
        counted = trials[0] if any(point.has_numbers for point in points) else str(points[0].sample.count)
        same.append(f"{counted} trials per cell")
    else:
        heads.append("trials")
        columns.append(trials)
    rows = [
        [*(_shown(point.labels.get(key)) for key in axes), *numbers]
        for point, numbers in zip(points, zip(*columns, strict=True), strict=True)
    ]
    constant = ", ".join([*(f"{escaped(key)} {labels[key][0]}" for key in fixed), *same])
    return Table(escaped(title), constant, len(axes), [*map(escaped, axes), *heads], rows)


def _column(values: Sequence[Interval], unit: str) -> tuple[str, list[str]]:
    """The unit of a column and its cells. Where the values span too much for one unit, the unit is "" and each cell has one."""
    factor, name = scale_of([value.mean for value in values], unit)
    sizes = [abs(value.mean) for value in values if value.has_value and value.mean]
    if name not in PLAIN and sizes and max(sizes) > MAX_SPAN * min(sizes):
        return "", [_alone(value, unit) for value in values]
    return name, [spread(value.scaled(1 / factor)) for value in values]


def _alone(value: Interval, unit: str) -> str:
    """A value with a unit of its own: `279 k (267–292)`."""
    factor, name = scale_of([value.mean], unit)
    mean, gap, ends = spread(value.scaled(1 / factor)).partition(" (")
    return f"{mean} {name}{gap}{ends}" if name and value.has_value else f"{mean}{gap}{ends}"


def _shown(label: Any) -> str:
    return "" if label is None else escaped(label)


def _is_worth_a_column(view: View, name: str, metric: Any, points: Sequence[Point]) -> bool:
    """Whether a metric deserves a column: the experiment lists metrics, or it says something about these cells."""
    if view.run.spec.get("metrics"):
        return True
    frame = view.run.firsts  # one row per trial: all rows of thousands of cells would be millions
    return bool(metric.tells(frame[frame["cell"].isin({point.cell for point in points}) & frame["wall_s"].notna()]))


def _head(title: str, metric: Any, prefix: str, operation: str) -> str:
    """A column's head, the title of the metric with the unit used here: `throughput, M sums/s`, `lost updates, k`."""
    if metric.unit == "1/s":
        unit = f"{prefix} {many(operation)}/s".strip()
    elif metric.unit in ("s", "x", "CPUs", ""):
        unit = prefix
    elif metric.unit.startswith("bytes"):
        unit = f"{prefix}B{metric.unit.removeprefix('bytes')}"
    else:
        unit = f"{prefix} {metric.unit}".strip()
    if metric.unit and title.endswith(f" {metric.unit}"):  # it says what is counted
        unit = unit.removesuffix(metric.unit).strip()
    return escaped(f"{title}, {unit}" if unit else title)


def _marked(text: str, point: Point, best: set[str]) -> str:
    if not point.has_numbers:
        return BAD_ENDINGS.get(point.status, point.status)
    text = f"**{text}**" if point.cell in best else text
    return f"{text} {point.mark}".strip()


def _own_mark(point: Point, name: str, metric: Any) -> str:
    """‡ on a figure, where too few trials are beyond doubt about it though enough are for the primary metric; else ""."""
    if not metric.is_timed() or not point.enough_clean_trials or not point.value(name).has_value:
        return ""
    return "" if point.sample.of(name).enough_clean_trials(name) else "‡"


def _trials(point: Point) -> str:
    """`6`, `6 (2 doubtful)`, `5 of 6`."""
    good, count = len(point.sample.has_numbers), point.sample.count
    text = f"{good} of {count}" if good < count else str(count)
    return f"{text} ({len(point.doubtful)} doubtful)" if point.doubtful else text
