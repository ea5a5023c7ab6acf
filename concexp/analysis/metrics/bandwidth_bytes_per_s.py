"""How many bytes of messages passed each second."""

from __future__ import annotations

from typing import Any

from concexp import catalog
from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Bytes of messages that were moved per second: throughput times the size of a message; a round trip moves it twice."""

    title = "bandwidth"
    known_as = ("bandwidth", "mb/s", "bytes/s")
    unit = "bytes/s"
    better = "higher"
    shown = "when present"
    order = 12
    follows_speed = True

    def of(self, frame: Any) -> Any:
        return catalog.load("metric", "messages_per_s")().of(frame) * self.recorded(frame, "message_bytes")
