"""Throughput relative to the baseline cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from concexp.analysis import metrics

if TYPE_CHECKING:
    from concexp.analysis.stats.intervals import Interval


class Metric(metrics.Metric):
    """Throughput relative to the baseline cell: alike on every axis that applies to the baseline, paired by block."""

    title = "speedup"
    known_as = ("speed-up", "faster")
    unit = "x"
    better = "higher"
    level = "cell"
    compares = "throughput"
    order = 20

    def between(self, ratio: Interval, workers: int) -> Interval:
        """The ratio itself."""
        return ratio
