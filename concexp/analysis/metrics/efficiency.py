"""Speedup per worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from concexp.analysis import metrics

if TYPE_CHECKING:
    from concexp.analysis.stats.intervals import Interval


class Metric(metrics.Metric):
    """Speedup divided by the number of workers: 1 is perfect scaling."""

    title = "efficiency"
    known_as = ("parallel efficiency",)
    better = "higher"
    level = "cell"
    compares = "throughput"
    order = 30

    def between(self, ratio: Interval, workers: int) -> Interval:
        """The ratio, shared out among the workers."""
        return ratio.scaled(1 / workers)
