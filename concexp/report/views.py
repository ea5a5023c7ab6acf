"""The view of a run, made once for page, answer and verdicts together."""

from __future__ import annotations

from concexp.analysis.memo import once
from concexp.analysis.results import Run
from concexp.report.view import View


@once
def view_of(run: Run) -> View:
    """The view of a run; made once for each run that was loaded."""
    return View(run)
