"""How many CPUs were busy on average."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """CPU time of all the model's processes divided by the window: how many CPUs were busy on average."""

    title = "busy CPUs"
    unit = "CPUs"
    order = 50

    def of(self, frame: Any) -> Any:
        return frame["cpu_s"] / frame["wall_s"]
