"""Throughput relative to the baseline cell."""

from __future__ import annotations

from concexp import metrics
from concexp.stats.intervals import Interval


class Metric(metrics.Metric):
    """Throughput relative to the baseline cell: alike on every axis that applies to the baseline, paired by block."""

    unit = "x"
    better = "higher"
    level = "cell"

    def between(self, ratio: Interval, workers: int) -> Interval:
        """From the ratio of the throughputs to the metric."""
        return ratio
