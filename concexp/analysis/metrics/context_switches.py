"""How often the kernel took a worker from its CPU or gave it back."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Context switches of all the trial's threads in a pass, those that they asked for and those that they did not."""

    title = "context switches"
    known_as = ("switches",)
    unit = "switches"
    better = "lower"
    shown = "when asked"
    order = 78

    def of(self, frame: Any) -> Any:
        return frame["voluntary_switches"] + frame["involuntary_switches"]
