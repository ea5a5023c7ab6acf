"""The largest resident memory of all the trial's processes."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Largest resident size in a pass, added up over the trial's processes: what they share counts for each."""

    title = "peak memory"
    known_as = ("memory", "rss", "peak memory", "mem")
    unit = "bytes"
    better = "lower"
    probe = "memory"
    shown = "when asked"
    order = 77

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, "peak_rss_bytes")
