"""Reads that saw a record between two states, half written by another worker."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Reads of shared state that saw it half written, per iteration: counted by the workload's own check."""

    title = "torn reads"
    known_as = ("torn", "inconsistent reads", "half written")
    unit = "reads"
    scale = "linear"
    better = "lower"
    kind = "count"
    shown = "when present"
    order = 41
    verb = "tore"
    participle = "torn"
    share_of = "reads"

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, "torn_reads")
