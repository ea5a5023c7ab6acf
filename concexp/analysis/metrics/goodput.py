"""How much of the throughput was of use."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Operations per second that succeeded in the end."""

    unit = "1/s"
    better = "higher"
    shown = "when present"
    order = 45

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, "successes") / frame["wall_s"]
