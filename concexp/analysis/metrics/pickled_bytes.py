"""How long a message is when it is pickled."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Length of one message as a pickle, which is what a channel between processes carries; measured, not estimated."""

    title = "pickled size"
    known_as = ("pickle size",)
    unit = "bytes"
    kind = "count"
    shown = "when asked"
    order = 14

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, "pickled_bytes")
