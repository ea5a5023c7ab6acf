"""How long the work would have taken had it been shared out perfectly."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics
from concexp.analysis.metrics import _worker_lists


class Metric(metrics.Metric):
    """What the workers were at work for, shared out evenly, but no less than the longest operation takes."""

    title = "ideal makespan"
    unit = "s"
    better = "lower"
    shown = "when asked"
    order = 72

    def of(self, frame: Any) -> Any:
        counted = frame["load.ops"].notna() if "load.ops" in frame else frame["wall_s"].isna()
        if not counted.any():
            return frame["wall_s"].where(counted)
        times = _worker_lists.Lists.of(frame, "worker_s")
        share = _worker_lists.ratio(1.0, times.sizes, frame)
        if "largest_share" in frame:
            share = share.where(~(frame["largest_share"] > share), frame["largest_share"])
        return (times.sums(times.numbers) * share).where(counted)
