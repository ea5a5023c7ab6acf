"""How long workers waited for a CPU."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Time that the trial's threads stood in the run queue in a pass, added up."""

    title = "time waiting for a CPU"
    known_as = ("run queue",)
    unit = "s"
    scale = "linear"
    better = "lower"
    shown = "when asked"
    order = 79

    def of(self, frame: Any) -> Any:
        return frame["run_queue_wait_s"]
