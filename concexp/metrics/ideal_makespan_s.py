"""How long the work would have taken had it been shared out perfectly."""

from __future__ import annotations

from typing import Any

from concexp import metrics


class Metric(metrics.Metric):
    """What the workers were at work for, shared out evenly, but no less than the longest operation takes."""

    unit = "s"
    better = "lower"
    shown = "when asked"
    order = 72

    def of(self, frame: Any) -> Any:
        counted = frame["load.ops"].notna() if "load.ops" in frame else frame["wall_s"].isna()
        if not counted.any():
            return frame["wall_s"].where(counted)
        busy = self.each(frame, "worker_s", sum)
        even = self.each(frame, "worker_s", lambda each: 1 / len(each))
        share = even.combine(frame["largest_share"], max) if "largest_share" in frame else even
        return (busy * share).where(counted)
