"""How long the measured window was."""

from __future__ import annotations

import math
from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Length of the measured window, from the first start to the last stop."""

    title = "wall time"
    known_as = ("time", "wall", "wall time", "elapsed", "runtime", "seconds")
    unit = "s"
    better = "lower"
    order = 70
    positive = True
    follows_speed = True

    def of(self, frame: Any) -> Any:
        return frame["wall_s"]

    def tells(self, frame: Any) -> bool:
        """False if the load is a duration: then the experiment itself sets the window."""
        return "load.duration" not in frame or bool(frame["load.duration"].isna().any())

    def at_timeout(self, seconds: float, ops: int | None) -> tuple[float, float]:
        return seconds, math.inf
