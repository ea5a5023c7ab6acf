"""How full the channel was."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Mean number of items in the channel over the window, from trials of their own; empty where the channel does not report it."""

    title = "mean queue length"
    known_as = ("queue length", "queue depth", "qsize")
    unit = "items"
    scale = "linear"
    better = None
    probe = "depth"
    shown = "when asked"
    order = 46

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, "depth_mean")
