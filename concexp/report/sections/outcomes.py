"""How often each outcome came: of code that names its outcomes, and of workloads that count what was lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from concexp.experiment.outcomes import FORBIDDEN, GRADES, METRIC, UNDECLARED, metric_of
from concexp.report.phrases import cell_on_page, first_few
from concexp.report.points import Point
from concexp.report.text.language import clauses, message, say, translated
from concexp.report.text.markdown import code
from concexp.report.text.numbers import plural, rounded
from concexp.report.view import View, once_per_view

ACCEPTABLE = GRADES[0]
MAX_CELLS = 12  # that have rows of their own
MAX_NAMED_CELLS = 2  # beyond that, cells are counted
MAX_PARTS = 6  # cells with forbidden outcomes in the answer; the table has all
WORDS = {
    "acceptable": message("acceptable"),
    "interesting": message("interesting"),
    "forbidden": message("forbidden"),
}


@dataclass(frozen=True)
class Seen:
    """One outcome of some cells: its name in Markdown, its grade, how often it came, of how many, and in how many trials.

    `tried` is what each of these was, in the singular.
    """

    name: str
    grade: str
    count: int
    of: int
    trials: int
    tried: str


@dataclass(frozen=True)
class Row:
    """A row of the table: the cells (empty below the first row of them), the outcome, how often it came, and its grade."""

    cells: str
    result: str
    often: str
    grade: str


def rows(view: View) -> list[Row]:
    """The rows of the table; none where nothing names outcomes and nothing was lost.

    Cells with an outcome that is not acceptable have rows of their own, all others together.
    """
    known = by_cell(view)
    if not any(grades(view, point) or any(is_noteworthy(one) for one in seen) for point, seen in known):
        return []
    noteworthy = [(point, seen) for point, seen in known if any(map(is_noteworthy, seen))]
    others: dict[tuple[str, ...], list[tuple[Point, list[Seen]]]] = {}
    for point, seen in known:
        if not any(map(is_noteworthy, seen)):
            others.setdefault(tuple(one.name for one in seen), []).append((point, seen))
    found = [row for one in noteworthy[:MAX_CELLS] for row in _rows(view, [one])]
    if len(noteworthy) > MAX_CELLS:
        found.append(Row(plural(len(noteworthy) - MAX_CELLS, "more cell"), "", "", ""))
    return [*found, *(row for members in others.values() for row in _rows(view, members))]


def has_forbidden(view: View) -> bool:
    """Whether some cell came to a forbidden outcome."""
    return any(is_forbidden(one) for _, seen in by_cell(view) for one in seen)


def forbidden_shares(view: View) -> dict[str, float]:
    """The share of forbidden outcomes, 0 to 1, of each cell whose code declares outcomes and came to some, by the cell's id."""
    return {
        point.cell: sum(one.count for one in seen if one.grade == FORBIDDEN) / seen[0].of
        for point, seen in by_cell(view)
        if grades(view, point) and seen[0].of
    }


def grades(view: View, point: Point) -> Mapping[str, str]:
    """The grades of the outcomes that the code of a cell declares, by name; empty where it declares none."""
    entries = view.run.manifest.get("preflight", {}).get("entries") or {}
    return (entries.get(str(point.labels["workload"])) or {}).get("outcomes") or {}


@once_per_view
def by_cell(view: View) -> list[tuple[Point, list[Seen]]]:
    """What each cell came to; without the cells of which nothing is known."""
    return [(point, seen) for point in view.points if (seen := _outcomes(view, point))]


def _outcomes(view: View, point: Point) -> list[Seen]:
    """The outcomes that the code of a cell declares, or what its workload lost and did not lose."""
    if declared := grades(view, point):
        return _declared(view.run.rows(point.cell), declared)
    if point.parallelism > 1:
        for metric, cls in view.metrics.items():
            if cls.verb and cls.share_of and point.value(metric).has_value:
                return _lost(view.run.rows(point.cell), metric, cls)
    return []


def _lost(frame: pd.DataFrame, metric: str, cls: Any) -> list[Seen]:
    frame = frame[frame[metric].notna()]
    of = int(frame[cls.share_of].sum()) if cls.share_of in frame else 0
    if not of:
        return []
    facts = {"things": translated(cls.unit), "lost": translated(cls.done())}
    lost, kept = say("{things} that were {lost}", **facts), say("{things} that were not {lost}", **facts)
    left = frame[cls.share_of] - frame[metric]
    return [
        _seen(frame, frame[metric], lost, FORBIDDEN, of, cls.tried()),
        _seen(frame, left, kept, ACCEPTABLE, of, cls.tried()),
    ]


def _declared(frame: pd.DataFrame, declared: Mapping[str, str]) -> list[Seen]:
    if METRIC not in frame or not frame[METRIC].notna().any():
        return []
    frame = frame[frame[METRIC].notna()]
    found = []
    for name, grade in {**declared, UNDECLARED: FORBIDDEN}.items():
        if metric_of(name) in frame:
            counts = frame[metric_of(name)].fillna(0)
            if name in declared or counts.sum():
                found.append(_seen(frame, counts, code(name), grade, int(frame[METRIC].sum()), "outcome"))
    return found


def _seen(frame: pd.DataFrame, counts: pd.Series, name: str, grade: str, of: int, tried: str) -> Seen:
    return Seen(name, grade, int(counts.sum()), of, int(frame["trial"][counts > 0].nunique()), tried)


def is_forbidden(one: Seen) -> bool:
    """Whether an outcome came that is forbidden."""
    return one.grade == FORBIDDEN and one.count > 0


def is_noteworthy(one: Seen) -> bool:
    """Whether an outcome came that is not acceptable."""
    return one.grade != ACCEPTABLE and one.count > 0


def _rows(view: View, members: Sequence[tuple[Point, list[Seen]]]) -> Iterable[Row]:
    """The rows of one cell, or of several that came to acceptable outcomes alone."""
    trials = sum(point.sample.count for point, _ in members)
    names = [cell_on_page(view, point) for point, _ in members]
    cells = clauses(names) if len(names) <= MAX_NAMED_CELLS else plural(len(names), "cell")
    good = not any(is_noteworthy(one) for _, seen in members for one in seen)
    for ones in zip(*(seen for _, seen in members), strict=True):
        count, of, seen_in = (sum(getattr(each, key) for each in ones) for key in ("count", "of", "trials"))
        one = replace(ones[0], count=count, of=of, trials=seen_in)
        if one.count or (good and one.grade != ACCEPTABLE):
            yield Row(cells, one.name, _often(one, trials), f"**{_grade(one)}**" if is_noteworthy(one) else _grade(one))
            cells = ""


def _grade(one: Seen) -> str:
    return say(WORDS.get(one.grade, FORBIDDEN))


def _often(one: Seen, trials: int) -> str:
    if not one.count:
        return say("never in {tries}", tries=plural(one.of, one.tried))
    return say(
        "{count} of {all} ({share} %), in {n} of {trials}",
        count=f"{one.count:,}",
        all=f"{one.of:,}",
        share=rounded(100 * one.count / one.of),
        n=one.trials,
        trials=plural(trials, "trial"),
    )


def sentences(view: View) -> list[str]:
    """For the answer: which cells came to which forbidden outcomes, of those that code declares; and that others never did."""
    known = [(point, seen) for point, seen in by_cell(view) if grades(view, point)]
    parts = [
        say(
            "{cell} came to {outcome} in {share} %",
            cell=cell_on_page(view, point),
            outcome=one.name,
            share=rounded(100 * one.count / one.of),
        )
        for point, seen in known
        for one in seen
        if is_forbidden(one)
    ]
    good = [seen for _, seen in known if not any(is_forbidden(one) for one in seen)]
    if not parts:
        tries = plural(sum(seen[0].of for seen in good), "outcome")
        return [say("No outcome was forbidden, in {tries}.", tries=tries)] if good else []
    text = clauses(first_few(parts, MAX_PARTS, lead="and "))
    if not good:
        return [say("Forbidden outcomes: {cells}.", cells=text)]
    others = plural(len(good), "other cell")
    return [say("Forbidden outcomes: {cells}. The {others} never came to one.", cells=text, others=others)]
