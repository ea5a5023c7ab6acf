"""How many messages passed each second."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Messages that were moved per second; a round trip moves two."""

    title = "message rate"
    known_as = ("messages",)
    unit = "messages/s"
    better = "higher"
    shown = "when asked"
    order = 11
    follows_speed = True

    def of(self, frame: Any) -> Any:
        if "message_bytes" not in frame:
            return frame["wall_s"] * float("nan")
        ways = 1 + frame["pairs"].notna() if "pairs" in frame else 1
        return frame["ops"] / frame["wall_s"] * ways
