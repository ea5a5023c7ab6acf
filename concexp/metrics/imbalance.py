"""How much longer the busiest worker was at work than the average one."""

from __future__ import annotations

from typing import Any

from concexp import metrics
from concexp.metrics import _workers


class Metric(metrics.Metric):
    """The longest time that a worker was at work divided by the mean of all: 1 if all stopped together."""

    unit = "x"
    better = "lower"
    shown = "when asked"
    order = 75

    def of(self, frame: Any) -> Any:
        times = _workers.Lists.of(frame, "worker_s")
        return _workers.ratio(times.largest * times.sizes, times.sums(times.numbers), frame)
