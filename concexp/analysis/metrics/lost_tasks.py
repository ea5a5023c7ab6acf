"""How much of the work was lost to a fault."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Tasks of the pass in which a fault happened that were not done. Rows that end badly have it."""

    title = "lost tasks"
    known_as = ("failures",)
    unit = "tasks"
    scale = "linear"
    better = "lower"
    kind = "count"
    shown = "when present"
    order = 42
    verb = "lost"
    ends_badly = True

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, "undone")
