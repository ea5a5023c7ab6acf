"""Updates of shared state that were overwritten by another worker."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Updates of shared state that did not arrive, per iteration: counted by the workload's own check."""

    title = "lost updates"
    known_as = ("lost", "errors", "race")
    unit = "updates"
    scale = "linear"
    better = "lower"
    kind = "count"
    shown = "when present"
    order = 40
    verb = "lost"
    share_of = "ops"

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, "lost_updates")
