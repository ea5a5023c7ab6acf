"""How much longer the busiest worker was at work than the average one."""

from __future__ import annotations

from typing import Any

from concexp import metrics


class Metric(metrics.Metric):
    """The longest time that a worker was at work divided by the mean of all: 1 if all stopped together."""

    unit = "x"
    better = "lower"
    shown = "when asked"
    order = 75

    def of(self, frame: Any) -> Any:
        return self.each(
            frame, "worker_s", lambda each: max(each) * len(each) / sum(each) if sum(each) else float("nan")
        )
