"""How many bytes of messages passed each second."""

from __future__ import annotations

from typing import Any

from concexp import metrics


class Metric(metrics.Metric):
    """Bytes of messages that were moved per second: throughput times the size of a message; a round trip moves it twice."""

    unit = "bytes/s"
    better = "higher"
    shown = "when present"
    order = 12

    def of(self, frame: Any) -> Any:
        if "message_bytes" not in frame:
            return frame["wall_s"] * float("nan")
        ways = 1 + frame["pairs"].notna() if "pairs" in frame else 1
        return frame["ops"] / frame["wall_s"] * frame["message_bytes"] * ways
