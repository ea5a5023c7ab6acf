"""Operations per second of the second role."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Operations per second of the background while the first role was measured."""

    title = "background throughput"
    unit = "operations/s"  # of its own, whatever those of the first role are called
    better = "higher"
    shown = "when present"
    order = 15
    follows_speed = True

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, "background_ops") / self.recorded(frame, "background_s")
