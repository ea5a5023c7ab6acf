"""What was counted, lost updates first: facts that no noise of a machine can change."""

from __future__ import annotations

from typing import Any

from concexp.report.phrases import cell_text, cells_text
from concexp.report.text.numbers import plural, rounded
from concexp.report.view import Comparison, Point, View


def sentences_for(view: View, comparison: Comparison) -> list[str]:
    """Who lost how much, and who lost exactly nothing."""
    return [s for metric, cls in view.metrics.items() if cls.verb for s in _of(view, comparison, metric, cls)]


def _of(view: View, comparison: Comparison, metric: str, cls: Any) -> list[str]:
    some = [point for point in comparison.points if point.value(metric).has_value and point.value(metric).mean > 0]
    none = [point for point in comparison.points if point.value(metric).mean == 0 and (point.workers or 1) > 1]
    parts = [f"{cell_text(view, point)} {cls.verb} {how_much(view, point, metric, cls)}" for point in some]
    found = [f"{'; '.join(parts)}."] if parts else []
    if none:
        others = "other " if some else ""
        who = f"by the {others}{plural(len(none), 'cell')}" if len(none) > 3 else f"by {cells_text(view, none)}"
        found.append(f"Exactly 0 {cls.unit} were {cls.verb} {who}.")
    return found


def loss_share(view: View, point: Point, metric: str, cls: Any) -> float:
    """How much it is, to tell the worst: the share of what there was, or where there is none, the count."""
    frame = view.run.rows(point.cell)
    rows = frame[frame[metric].notna()]
    total = float(rows[cls.share_of].sum()) if cls.share_of else 0.0
    return float(rows[metric].sum()) / total if total > 0 else point.value(metric).mean


def how_much(view: View, point: Point, metric: str, cls: Any) -> str:
    """`4.9 % of its updates, in 6 of 6 trials`."""
    frame = view.run.rows(point.cell)
    rows = frame[frame[metric].notna()]
    hit = rows[rows[metric] > 0]["trial"].nunique()
    trials = f"in {hit} of {plural(rows['trial'].nunique(), 'trial')}"
    total = rows[cls.share_of].sum() if cls.share_of else 0
    if total > 0:
        return f"{rounded(100 * rows[metric].sum() / total, 2)} % of its {cls.unit}, {trials} (†)"
    return f"{rounded(point.value(metric).mean)} {cls.unit} per iteration, {trials}"
