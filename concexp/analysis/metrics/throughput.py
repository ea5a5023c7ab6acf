"""Operations per second of all workers together."""

from __future__ import annotations

import math
from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Operations per second of all workers together, in the measured window.

    Of a function that times itself: as many as its workers do if each is always at it, by its own clock.
    """

    title = "throughput"
    known_as = ("rps", "qps", "ops/s", "ops", "requests per second", "operations per second", "rate", "speed")
    unit = "1/s"
    better = "higher"
    order = 10
    positive = True
    follows_speed = True

    def of(self, frame: Any) -> Any:
        rate = frame["ops"] / frame["wall_s"]
        return frame["self_timed_rate"].fillna(rate) if "self_timed_rate" in frame else rate

    def at_timeout(self, seconds: float, ops: int | None) -> tuple[float, float]:
        return 0.0, math.inf if ops is None or not seconds else ops / seconds
