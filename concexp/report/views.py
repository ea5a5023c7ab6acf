"""The view of a run, made once for page, answer and verdicts together."""

from __future__ import annotations

from concexp.analysis.results import Run
from concexp.report.view import View


def view_of(run: Run) -> View:
    """The view of a run; made once for each run that was loaded."""
    if "view" not in run.memo:
        run.memo["view"] = View(run)
    return run.memo["view"]  # type: ignore[no-any-return]
