"""What handing over one operation costs."""

from __future__ import annotations

import math
from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Window per operation beyond what the operations themselves took, shared out among the workers."""

    title = "overhead per task"
    known_as = ("overhead",)
    unit = "s"
    scale = "linear"
    better = "lower"
    probe = "latency"
    shown = "when asked"
    order = 76
    range = (-math.inf, math.inf)

    def of(self, frame: Any) -> Any:
        from concexp.analysis.stats import histogram

        service = self.each(frame, "service_time", histogram.mean)
        workers = frame["workers"].astype("Float64").fillna(1).astype(float) if "workers" in frame else 1.0
        return frame["wall_s"] / frame["ops"] - service / workers
