"""What was counted, such as lost updates: facts that no noise of a machine can change."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from concexp.experiment.statuses import NUMBERED
from concexp.report.phrases import cell_text, cells_text
from concexp.report.points import Comparison, Point
from concexp.report.text.language import clauses, message, say, translated
from concexp.report.text.numbers import plural, rounded, span, zero_text
from concexp.report.view import View

MAX_NAMED_CELLS = 3  # beyond that, cells are counted


def sentences_for(view: View, comparison: Comparison) -> list[str]:
    """For each counted metric: how much each cell lost, and which cells lost nothing."""
    counted = [(metric, cls) for metric, cls in view.metrics.items() if cls.verb]
    return [sentence for metric, cls in counted for sentence in _sentences(view, comparison, metric, cls)]


def _sentences(view: View, comparison: Comparison, metric: str, cls: Any) -> list[str]:
    some = [point for point in comparison.points if point.value(metric).has_value and point.value(metric).mean > 0]
    none = [point for point in comparison.points if lost_nothing(point, metric, cls)]
    parts = [
        say("{cell} {how}", cell=cell_text(view, point), how=how_much(view, [point], metric, cls)) for point in some
    ]
    return [
        *([clauses(parts) + say(".")] if some else []),
        *([nothing_lost(view, none, metric, cls, bool(some))] if none else []),
    ]


def nothing_lost(view: View, points: list[Point], metric: str, cls: Any, are_others: bool) -> str:
    """`No updates were lost by the 12 other cells with several workers, each in at least 12,000 operations: no more than …`."""
    cells = say("the {cells} with several workers", cells=plural(len(points), "other cell" if are_others else "cell"))
    if len(points) <= MAX_NAMED_CELLS:
        cells = cells_text(view, points)
    return say(
        "No {things} were {lost} by {cells}, {sure}.",
        things=translated(cls.unit),
        lost=translated(cls.done()),
        cells=cells,
        sure=how_sure(view, points, metric, cls),
    )


def lost_nothing(point: Point, metric: str, cls: Any) -> bool:
    """Whether several workers lost nothing in any trial; not known of a cell of which some trials ended without a count."""
    counted_all = cls.ends_badly or point.sample.status in NUMBERED
    return point.parallelism > 1 and counted_all and point.value(metric).mean == 0


def how_sure(view: View, points: list[Point], metric: str, cls: Any) -> str:
    """What it proves that nothing was lost, by the cell with the fewest tries: `in 12,000 operations: no more than 1 in 4,005`."""
    rows = [_rows(view, point, metric) for point in points]
    is_share = any(cls.share_of in own for own in rows)
    tries = [_whole(own, cls) if is_share else own["trial"].nunique() for own in rows]
    of = cls.tried() if is_share else "trial"
    tried = zero_text(max(1, min(tries)), of, view.run.level)
    return say("each in at least {tries}", tries=tried) if len(points) > 1 else say("in {tries}", tries=tried)


def how_much(view: View, points: list[Point], metric: str, cls: Any, titles: str = "") -> str:
    """`lost 36 % to 48 % of the updates in counter, in 10 of 10 trials (†)`; of one cell without `to`."""
    rows = [_rows(view, point, metric) for point in points]
    affected = sum(own[own[metric] > 0]["trial"].nunique() for own in rows)
    facts = {
        "lost": translated(cls.verb),
        "things": translated(cls.unit),
        "count": affected,
        "trials": plural(sum(point.sample.count for point in points), "trial"),
    }
    totals = [_whole(own, cls) for own in rows]
    if min(totals) > 0:
        shares = [100 * float(own[metric].sum()) / total for own, total in zip(rows, totals, strict=True)]
        text = message("{lost} {share} of the {things}, in {count} of {trials} (†)")
        if titles:
            facts["titles"], text = (
                titles,
                message("{lost} {share} of the {things} in {titles}, in {count} of {trials} (†)"),
            )
        return say(text, share=span(*(f"{rounded(share, 2)} %" for share in (min(shares), max(shares)))), **facts)
    means = [point.value(metric).mean for point in points]
    text = message("{lost} {number} {things} per iteration, in {count} of {trials}")
    if titles:
        facts["titles"], text = (
            titles,
            message("{lost} {number} {things} per iteration in {titles}, in {count} of {trials}"),
        )
    return say(text, number=span(*(rounded(mean) for mean in (min(means), max(means)))), **facts)


def share_lost(view: View, point: Point, metric: str, cls: Any) -> float:
    """The share of a cell's operations, 0 to 1, that a counted metric says were lost; NaN where nothing was counted."""
    rows = _rows(view, point, metric)
    total = _whole(rows, cls)
    return float(rows[metric].sum()) / total if total else math.nan


def _whole(rows: pd.DataFrame, cls: Any) -> int:
    """What a count is a share of, in these iterations; 0 where nothing recorded it, as in a journal from before it was counted."""
    return int(rows[cls.share_of].sum()) if cls.share_of in rows else 0


def _rows(view: View, point: Point, metric: str) -> pd.DataFrame:
    """The iterations of a cell that counted this."""
    frame = view.run.rows(point.cell)
    return frame[frame[metric].notna()]
