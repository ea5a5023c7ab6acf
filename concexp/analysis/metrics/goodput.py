"""How much of the throughput was of use."""

from __future__ import annotations

import math
from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Operations per second that succeeded in the end."""

    title = "goodput"
    known_as = ("successes", "success rate")
    unit = "1/s"
    better = "higher"
    shown = "when present"
    order = 45
    follows_speed = True

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, "successes") / frame["wall_s"]

    def at_timeout(self, seconds: float, ops: int | None) -> tuple[float, float]:
        return 0.0, math.inf if ops is None or not seconds else ops / seconds
