"""How long the measured window was."""

from __future__ import annotations

from typing import Any

from concexp import metrics


class Metric(metrics.Metric):
    """Length of the measured window, from the first start to the last stop."""

    unit = "s"
    better = "lower"

    def of(self, frame: Any) -> Any:
        return frame["wall_s"]
