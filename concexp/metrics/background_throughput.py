"""Operations per second of the second role."""

from __future__ import annotations

from typing import Any

from concexp import metrics


class Metric(metrics.Metric):
    """Operations per second of the background while the first role was measured."""

    unit = "operations/s"  # of its own, whatever those of the first role are called
    better = "higher"
    shown = "when present"
    order = 15

    def of(self, frame: Any) -> Any:
        if "background_ops" not in frame:
            return frame["wall_s"] * float("nan")
        return frame["background_ops"] / frame["background_s"]
