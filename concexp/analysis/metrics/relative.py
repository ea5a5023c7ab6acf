"""How far the makespan is from the ideal one."""

from __future__ import annotations

from typing import Any

from concexp import catalog
from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Makespan divided by the ideal makespan: 1 is a perfect schedule."""

    title = "makespan / ideal"
    unit = "x"
    better = "lower"
    shown = "when asked"
    order = 73

    def of(self, frame: Any) -> Any:
        ideal = catalog.load("metric", "ideal_makespan_s")().of(frame)
        return frame["wall_s"] / ideal
