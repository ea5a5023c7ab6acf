"""What was counted, such as lost updates: facts that no noise of a machine can change."""

from __future__ import annotations

from typing import Any

import pandas as pd

from concexp.experiment.statuses import NUMBERED
from concexp.report.phrases import cell_text, cells_text
from concexp.report.text.numbers import plural, rounded, zero_text
from concexp.report.view import Comparison, Point, View

MAX_NAMED_CELLS = 3  # beyond that, cells are counted


def sentences_for(view: View, comparison: Comparison) -> list[str]:
    """For each counted metric: how much each cell lost, and which cells lost exactly nothing."""
    counted = [(metric, cls) for metric, cls in view.metrics.items() if cls.verb]
    return [sentence for metric, cls in counted for sentence in _sentences(view, comparison, metric, cls)]


def _sentences(view: View, comparison: Comparison, metric: str, cls: Any) -> list[str]:
    some = [point for point in comparison.points if point.value(metric).has_value and point.value(metric).mean > 0]
    none = [point for point in comparison.points if lost_nothing(point, metric, cls)]
    sentences = []
    if some:
        parts = [f"{cell_text(view, point)} {cls.verb} {how_much(view, point, metric, cls)}" for point in some]
        sentences.append(f"{'; '.join(parts)}.")
    if none:
        others = plural(len(none), "cell")
        cells = f"the {'other ' if some else ''}{others}" if len(none) > MAX_NAMED_CELLS else cells_text(view, none)
        sentences.append(f"Exactly 0 {cls.unit} were {cls.verb} by {cells}, {how_sure(view, none, metric, cls)}.")
    return sentences


def lost_nothing(point: Point, metric: str, cls: Any) -> bool:
    """Whether several workers lost nothing in any trial; not known of a cell of which some trials ended without a count."""
    counted_all = cls.ends_badly or point.sample.status in NUMBERED
    return point.parallelism > 1 and counted_all and point.value(metric).mean == 0


def how_sure(view: View, points: list[Point], metric: str, cls: Any) -> str:
    """What it proves that nothing was lost, by the cell with the fewest tries: `in 12,000 operations: no more than 1 in 4,005`."""
    tries = []
    for point in points:
        rows = _rows(view, point, metric)
        tries.append(int(rows[cls.share_of].sum()) if cls.share_of else rows["trial"].nunique())
    of = "operation" if cls.share_of else "trial"
    return f"in {'at least ' * (len(points) > 1)}{zero_text(max(1, min(tries)), of, view.run.level)}"


def loss_share(view: View, point: Point, metric: str, cls: Any) -> float:
    """How severe a cell's loss is, to find the worst: the share of what could be lost, or else the mean count."""
    rows = _rows(view, point, metric)
    total = float(rows[cls.share_of].sum()) if cls.share_of else 0.0
    return float(rows[metric].sum()) / total if total > 0 else point.value(metric).mean


def how_much(view: View, point: Point, metric: str, cls: Any) -> str:
    """`4.9 % of its updates, in 6 of 6 trials`."""
    rows = _rows(view, point, metric)
    affected = rows[rows[metric] > 0]["trial"].nunique()
    trials = f"in {affected} of {plural(point.sample.count, 'trial')}"
    total = rows[cls.share_of].sum() if cls.share_of else 0
    if total > 0:
        return f"{rounded(100 * rows[metric].sum() / total, 2)} % of its {cls.unit}, {trials} (†)"
    return f"{rounded(point.value(metric).mean)} {cls.unit} per iteration, {trials}"


def _rows(view: View, point: Point, metric: str) -> pd.DataFrame:
    """The iterations of a cell that counted this."""
    frame = view.run.rows(point.cell)
    return frame[frame[metric].notna()]
