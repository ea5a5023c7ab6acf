"""The highest rate of arrivals that was served, of a load that searches for it."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics
from concexp.analysis.metrics import backlog_growth


class Metric(metrics.Metric):
    """The highest rate at which operations may arrive: found by `load: {rate: 100/s, until: overloaded, duration: 1s}`.

    The rate of the highest step that was served, less what even there was left in the line. All other metrics of such a cell
    are those at this rate.
    """

    title = "sustainable rate"
    known_as = ("max rate", "capacity", "max throughput")
    unit = "1/s"
    better = "higher"
    shown = "when present"
    order = 15
    probe = "latency"
    open_loop = True
    follows_speed = True

    def of(self, frame: Any) -> Any:
        grown = backlog_growth.growths(frame, 0)
        return self.recorded(frame, "offered_rate") / (1 + grown.fillna(0))
