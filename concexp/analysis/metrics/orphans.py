"""Processes that outlived the program."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Processes of a trial that were still there a moment after its main process had ended, and had to be ended.

    After an uncaught exception the main process leaves at once. Empty where it did not end by itself. Rows that end badly
    have it.
    """

    title = "orphaned processes"
    known_as = ("zombies", "left-over processes")
    unit = "processes"
    scale = "linear"
    better = "lower"
    kind = "count"
    shown = "when asked"
    order = 43
    verb = "orphaned"
    ends_badly = True

    def of(self, frame: Any) -> Any:
        return frame["orphans"].astype(float)
