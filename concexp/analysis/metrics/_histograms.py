"""Shared by metrics of operations' times: they read a histogram."""

from __future__ import annotations

from typing import Any, ClassVar

from concexp.analysis import metrics


class Time(metrics.Metric):
    """A mean (`share` is None) or a quantile of the histograms in a column: here of each iteration, in a cell of all operations."""

    unit = "s"
    better = "lower"
    probe = "latency"
    shown = "when asked"
    pooled = True
    column: ClassVar[str] = "service_time"

    def of(self, frame: Any) -> Any:
        """Seconds for each row; NaN where no operation was timed."""
        from concexp.analysis.stats import histogram

        share = self.share
        if share is None:
            return self.each(frame, self.column, histogram.mean)
        return self.each(frame, self.column, lambda classes: histogram.quantile(classes, share))


class Latency(Time):
    """The same from the intended start of an operation: only an open loop has one."""

    column = "latency"
    open_loop = True
