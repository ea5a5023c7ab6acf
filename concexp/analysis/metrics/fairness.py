"""How evenly the operations fell to the workers."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics
from concexp.analysis.metrics import _worker_lists


class Metric(metrics.Metric):
    """Jain's index of the workers' operations, (sum x)^2 / (n sum x^2): 1 if all did as many, 1/n if one did all."""

    title = "fairness (Jain's index)"
    known_as = ("jain",)
    scale = "linear"
    better = "higher"
    shown = "when asked"
    order = 74
    range = (0.0, 1.0)

    def of(self, frame: Any) -> Any:
        """A column of indices; NaN where no worker did anything."""
        from concexp.analysis.stats.fairness import jain

        ops = _worker_lists.Lists.of(frame, "worker_ops")
        return _worker_lists.column(jain(ops.sums(ops.numbers), ops.sums(ops.numbers**2), ops.sizes), frame)
