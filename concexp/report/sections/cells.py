"""The cells as tables: one per workload, constant columns lifted out, the best in bold, in readable units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from concexp.analysis.stats.intervals import Interval
from concexp.report.open_loops import is_open
from concexp.report.pairs import without_primitive
from concexp.report.phrases import axis_text, ended, follows
from concexp.report.points import Point
from concexp.report.rivals import winner
from concexp.report.text.language import clauses, listed, message, say, translated
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import DIGITS, NARROW, PLAIN, brief, level_text, rate_unit, rounded, scale_of
from concexp.report.view import View

MAX_SPAN = 300  # beyond this ratio, one unit for a column would show its smallest values as zeros
MAX_ROWS = 200  # more than anyone reads; cells.csv has all of them
SAME = 0.01  # columns of which all figures differ by less say the same
EXACT = 1e-6  # of a figure that is computed from another one
MARKS = {
    "†": message("wrong outcome: cannot win"),
    "§": message("some trials ended badly: numbers are of the others, cannot win"),
    "‡": message("doubtful: no verdict rests on it"),
}

ALL_TOGETHER = message("percentiles are of all operations of a cell together")


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
    best = {found.cell for comparison in comparisons if (found := winner(view, comparison.points))}
    made, room = [], MAX_ROWS
    for label, points in groups.items():
        if room > 0:
            # From all cells, so that "everywhere" means it; then it is cut.
            table = _table(view, label if len(groups) > 1 else "", points, best)
            made.append(replace(table, rows=table.rows[:room]))
            room -= len(points)
    return made


def meaning(view: View) -> str:
    """What a figure of the tables is, and which intervals are shown; "" if no figure has one."""
    if not any(value.bounded for point in view.points for value in point.values.values()):
        return ""
    what = clauses([say("Means over the trials"), *([say(ALL_TOGETHER)] if has_pooled(view) else [])])
    return say(
        "{means}. In brackets: {level} intervals, if wider than both ±{share} % and the noise floor",
        means=what,
        level=level_text(view.run.level),
        share=f"{100 * NARROW:g}",
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
    return [f"{sign} {say(meaning)}" for sign, meaning in MARKS.items() if sign in used]


def _table(view: View, title: str, points: Sequence[Point], best: set[str]) -> Table:
    labels = {key: list(dict.fromkeys(_shown(point.labels.get(key)) for point in points)) for key in view.axes}
    varying = [key for key, values in labels.items() if len(values) > 1]
    bare = without_primitive(view, list(points)) is not None
    axes = [key for key in varying if not follows(view, key)]
    fixed = [
        key
        for key, values in labels.items()
        if len(values) == 1 and values[0] and not (title and key == "workload") and not (key == "sync" and bare)
    ]
    columns, same = _columns(view, points, best)
    trials = [_trials(point) for point in points]
    if len(points) > 1 and len(set(trials)) == 1:
        counted = trials[0] if any(point.has_numbers for point in points) else str(points[0].sample.count)
        doubtful = max((len(point.doubtful) for point in points if point.enough_clean_trials), default=0)
        each = say("{trials} trials per cell", trials=counted)
        same.append(say("{trials} (up to {count} doubtful)", trials=each, count=doubtful) if doubtful else each)
    else:
        columns.append((say("trials"), trials))
    rows = [
        [*(_shown(point.labels.get(key)) for key in axes), *numbers]
        for point, numbers in zip(points, zip(*(cells for _, cells in columns), strict=True), strict=True)
    ]
    following = [
        say("{axis} follows {other}", axis=axis_text(key), other=axis_text(follows(view, key)))
        for key in varying
        if key not in axes
    ]
    constant = listed([*(f"{axis_text(key)} {labels[key][0]}" for key in fixed), *following, *same])
    return Table(escaped(title), constant, len(axes), [*map(axis_text, axes), *(head for head, _ in columns)], rows)


def _columns(view: View, points: Sequence[Point], best: set[str]) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """The columns of a table, the primary metric always among them, as (head, cells); and what all rows have alike."""
    columns: list[tuple[str, list[str]]] = []
    same: list[str] = []
    shown: list[str] = []
    for name, metric in view.metrics.items():
        if name == view.primary:
            columns.append(_primary(view, points, best))
        elif any(p.value(name).has_value for p in points) and _is_worth_a_column(view, name, metric, points):
            title, unit, cells = _texts(view, name, points)
            if (like := _repeated(view, name, shown, points)) == "":
                continue
            if alike := _alike(view, name, points, (title, unit), cells):
                same.append(alike)
                continue
            if like:
                same.append(
                    say("{metric} as {other}", metric=escaped(view.called(name)), other=escaped(view.called(like)))
                )
                continue
            columns.append((_head(title, unit), cells))
        else:
            continue
        shown.append(name)
    return columns, same


def _primary(view: View, points: Sequence[Point], best: set[str]) -> tuple[str, list[str]]:
    """The head and the cells of the primary metric, the best in bold; how trials ended where they have no numbers."""
    title, unit, cells = _texts(view, view.primary, points)
    head = _head(title, unit)
    if not any(point.has_numbers for point in points):
        head = say("outcome")
    return head, [_marked(text, point, best) for text, point in zip(cells, points, strict=True)]


def _texts(view: View, name: str, points: Sequence[Point]) -> tuple[str, str, list[str]]:
    """The title, the unit and the cells of a metric."""
    metric = view.metrics[name]
    floors = [view.floor([point]).factor - 1 if name in (view.primary, view.relative) else 0.0 for point in points]
    unit, cells = _column([point.value(name) for point in points], metric.unit, floors)
    texts = []
    for text, point in zip(cells, points, strict=True):
        share = view.share_of_trials(point, name)
        text = say("{figure} in {trials}", figure=text, trials=share) if share else text
        # A latency grows as long as an overload lasts.
        if metric.open_loop and metric.pooled and point.sample.overloaded:
            text = say("overloaded")
        texts.append(f"{text} {_own_mark(point, name, metric)}".strip())
    return view.called(name), _unit(metric, unit, points[0].unit), texts


def _repeated(view: View, name: str, shown: Sequence[str], points: Sequence[Point]) -> str | None:
    """The metric in `shown` that this one repeats in all rows; "" if it is only the gain per worker; None if it repeats none."""
    values = [point.value(name) for point in points]
    if len(values) < 2 or not all(value.has_value and value.mean > 0 for value in values):
        return None
    for other in shown:
        known = [point.value(other) for point in points]
        if not all(value.has_value and value.mean > 0 for value in known):
            continue
        ratios = [value.mean / one.mean for value, one in zip(values, known, strict=True)]
        if view.metrics[other].unit == view.metrics[name].unit and all(abs(r - 1) <= SAME for r in ratios):
            return other
        if other == view.relative and all(
            abs(ratio * p.parallelism - 1) < EXACT for ratio, p in zip(ratios, points, strict=True)
        ):
            return ""
    return None


def _alike(view: View, name: str, points: Sequence[Point], head: tuple[str, str], cells: Sequence[str]) -> str:
    """What all rows have alike: one text, or figures that hardly differ: `busy CPUs 1.00 to 1.02`; "" if they differ."""
    if len(cells) < 2:
        return ""
    title, unit = map(escaped, head)
    suffix = unit if unit == "x" else f" {unit}"
    if len(set(cells)) == 1:
        return f"{title} {cells[0]}{suffix}".rstrip()
    means = [point.value(name).mean for point in points]
    plain = not any(view.share_of_trials(point, name) for point in points) and all(
        text[:1].isdigit() and not set(text) & set(MARKS) for text in cells
    )
    if not plain or min(means) <= 0 or max(means) > (1 + NARROW) * min(means):
        return ""
    factor, _ = scale_of(means, view.metrics[name].unit)
    low, high = rounded(min(means) / factor), rounded(max(means) / factor)
    return f"{title} {say('{low} to {high}', low=low, high=f'{high}{suffix}')}".rstrip()


def _column(values: Sequence[Interval], unit: str, floors: Sequence[float]) -> tuple[str, list[str]]:
    """The unit of a column and its cells. Where the values span too much for one unit, the unit is "" and each cell has one.

    An interval is shown where it is wider than NARROW and than the noise floor.
    """
    factor, name = scale_of([value.mean for value in values], unit)
    sizes = [abs(value.mean) for value in values if value.has_value and value.mean]
    several = name not in PLAIN and sizes and max(sizes) > MAX_SPAN * min(sizes)
    cells = []
    for value, floor in zip(values, floors, strict=True):
        if several:
            factor, own = scale_of([value.mean], unit)
            mean, gap, ends = _figure(value.scaled(1 / factor), floor).partition(" (")
            cells.append(f"{mean} {own}{gap}{ends}" if own and value.has_value else f"{mean}{gap}{ends}")
        else:
            cells.append(_figure(value.scaled(1 / factor), floor))
    return "" if several else name, cells


def _figure(value: Interval, floor: float) -> str:
    return brief(value, digits=DIGITS, narrow=max(NARROW, floor))


def _shown(label: Any) -> str:
    return "" if label is None else escaped(label)


def _is_worth_a_column(view: View, name: str, metric: Any, points: Sequence[Point]) -> bool:
    """Whether a metric deserves a column: the experiment lists metrics, or it says something about these cells."""
    if view.run.spec.get("metrics"):
        return True
    frame = view.run.firsts  # one row per trial: all rows of thousands of cells would be millions
    return bool(metric.tells(frame[frame["cell"].isin({point.cell for point in points}) & frame["wall_s"].notna()]))


def _head(title: str, unit: str) -> str:
    """A column's head: `throughput, M sums/s`."""
    return escaped(say("{title}, {unit}", title=title, unit=unit) if unit else title)


def _unit(metric: Any, prefix: str, operation: str) -> str:
    """The unit of a metric as it is used here: `M sums/s`, `k`."""
    if metric.unit == "1/s":
        unit = rate_unit(prefix, operation)
    elif metric.unit in ("s", "x", "CPUs", ""):
        unit = prefix
    elif metric.unit.startswith("bytes"):
        unit = f"{prefix}B{metric.unit.removeprefix('bytes')}"
    else:
        unit = f"{prefix} {translated(metric.unit)}".strip()
    if metric.unit and metric.title.endswith(f" {metric.unit}"):  # the title says what is counted
        unit = prefix if prefix != metric.unit else ""
    return unit


def _marked(text: str, point: Point, best: set[str]) -> str:
    if not point.has_numbers:
        return ended(point.status)
    text = f"**{text}**" if point.cell in best else text
    return f"{text} {point.mark}".strip()


def _own_mark(point: Point, name: str, metric: Any) -> str:
    """‡ on a figure, where too few trials are beyond doubt about it though enough are for the primary metric; else ""."""
    if not metric.is_timed() or not point.enough_clean_trials or not point.value(name).has_value:
        return ""
    return "" if point.sample.of(name).enough_clean_trials(name) else "‡"


def _trials(point: Point) -> str:
    """`6`, `5 of 6`."""
    good, count = len(point.sample.has_numbers), point.sample.count
    return say("{n} of {all}", n=good, all=count) if good < count else str(count)
