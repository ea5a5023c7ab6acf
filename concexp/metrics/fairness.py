"""How evenly the operations fell to the workers."""

from __future__ import annotations

from typing import Any

from concexp import metrics


def jain(shares: list[float]) -> float:
    """Jain, Chiu & Hawe (1984); NaN where nobody did anything."""
    squares = sum(x * x for x in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else float("nan")


class Metric(metrics.Metric):
    """Jain's index of the workers' operations, (sum x)^2 / (n sum x^2): 1 if all did as many, 1/n if one did all."""

    scale = "linear"
    better = "higher"
    shown = "when asked"
    order = 74

    def of(self, frame: Any) -> Any:
        return self.each(frame, "worker_ops", jain)
