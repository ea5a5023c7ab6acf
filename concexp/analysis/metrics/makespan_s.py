"""How long the whole of the work took."""

from __future__ import annotations

import math
from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Time from the first start to the last stop of counted work; empty where the load is a duration."""

    title = "makespan"
    known_as = ("total time",)
    unit = "s"
    better = "lower"
    shown = "when asked"
    order = 71
    positive = True
    follows_speed = True

    def of(self, frame: Any) -> Any:
        counted = frame["load.ops"].notna() if "load.ops" in frame else frame["wall_s"].isna()
        return frame["wall_s"].where(counted)

    def at_timeout(self, seconds: float, ops: int | None) -> tuple[float, float]:
        return seconds, math.inf
