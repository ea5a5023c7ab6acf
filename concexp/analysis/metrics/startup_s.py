"""From the first worker's creation to the last one being ready."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Time to create all workers and have each of them ready; outside the window unless `startup: timed`."""

    title = "start-up time"
    known_as = ("startup", "start-up", "startup time")
    unit = "s"
    better = "lower"
    order = 60

    def of(self, frame: Any) -> Any:
        return frame["startup_s"]
