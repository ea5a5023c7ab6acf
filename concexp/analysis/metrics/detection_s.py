"""How soon a fault was noticed."""

from __future__ import annotations

import math
from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Time from a fault to the moment at which the model reported it; empty where it never did. Rows that end badly have it."""

    title = "time to detect a fault"
    unit = "s"
    better = "lower"
    shown = "when present"
    order = 41
    ends_badly = True

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, "detected_s")

    def at_timeout(self, seconds: float, ops: int | None) -> tuple[float, float]:
        return seconds, math.inf
