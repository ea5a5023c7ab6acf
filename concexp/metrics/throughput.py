"""Operations per second of all workers together."""

from __future__ import annotations

from typing import Any

from concexp import metrics


class Metric(metrics.Metric):
    """Operations per second of all workers together, in the measured window."""

    unit = "1/s"
    better = "higher"
    order = 10

    def of(self, frame: Any) -> Any:
        return frame["ops"] / frame["wall_s"]
