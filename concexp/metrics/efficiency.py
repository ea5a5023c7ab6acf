"""Speedup per worker."""

from __future__ import annotations

from concexp import metrics
from concexp.stats.intervals import Interval


class Metric(metrics.Metric):
    """Speedup divided by the number of workers: 1 is perfect scaling."""

    better = "higher"
    level = "cell"

    def between(self, ratio: Interval, workers: int) -> Interval:
        """From the ratio of the throughputs to the metric."""
        return Interval(ratio.mean / workers, ratio.lo / workers, ratio.hi / workers, ratio.n)
