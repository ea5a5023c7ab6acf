"""The bad endings that the experiment expects: by `allow:`, or because a claim says that a trial ends so."""

from __future__ import annotations

from concexp.experiment.selections import matches
from concexp.plan.claim_cases import Cells, expected_statuses
from concexp.report.points import Point
from concexp.report.view import View, once_per_view


def is_expected(view: View, cell: str, status: str) -> bool:
    """Whether a trial of this cell may end so."""
    if (cell, status) in _claimed(view):
        return True
    labels = {**view.run.axes_by_cell.get(cell, {}), "status": status}
    return any(matches(selection, labels) for selection in view.run.spec.get("allow") or ())


def unexpected(view: View, point: Point, statuses: set[str]) -> dict[str, int]:
    """How many trials of a cell ended in each of these statuses without being expected to."""
    counts = {status: point.sample.statuses[status] for status in sorted(statuses)}
    return {status: count for status, count in counts.items() if count and not is_expected(view, point.cell, status)}


@once_per_view
def _claimed(view: View) -> set[tuple[str, str]]:
    cells = Cells({point.cell: point.labels for point in view.points}, view.cpus)
    claims = [verdict.claim for verdict in view.verdicts if verdict.cases]
    return {pair for claim in claims for pair in expected_statuses(claim, cells)}
