"""How often an operation had to be tried."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Attempts per operation, in the mean; without a limit and independent of each other they would be 1 / (1 - failure)."""

    title = "attempts per operation"
    known_as = ("retries",)
    better = "lower"
    kind = "count"
    shown = "when present"
    order = 44

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, "tries") / frame["ops"]
