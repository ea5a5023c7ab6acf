"""How much longer the busiest worker was at work than the average one."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics
from concexp.analysis.metrics import _worker_lists


class Metric(metrics.Metric):
    """The longest time that a worker was at work divided by the mean of all: 1 if all stopped together."""

    title = "imbalance"
    known_as = ("load imbalance",)
    unit = "x"
    better = "lower"
    shown = "when asked"
    order = 75

    def of(self, frame: Any) -> Any:
        times = _worker_lists.Lists.of(frame, "worker_s")
        return _worker_lists.ratio(times.largest * times.sizes, times.sums(times.numbers), frame)
