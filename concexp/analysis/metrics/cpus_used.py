"""How many CPUs were busy on average."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics

TICK = 0.01  # seconds: some kernels count CPU time in steps of this length
PERIOD = 0.1  # seconds in which a control group may use its quota all at once


class Metric(metrics.Metric):
    """CPU time of all the model's processes divided by the window: how many CPUs were busy on average."""

    unit = "CPUs"
    order = 50

    def of(self, frame: Any) -> Any:
        return frame["cpu_s"] / frame["wall_s"]

    def most(self, frame: Any) -> Any:
        """The usable CPUs. A quota may be used up early: then those that the process may run on, for a part of the window."""
        quota, allowed = frame["quota_cpus"].astype(float), frame["affinity_cpus"].astype(float)
        early = quota * (1 + 2 * PERIOD / frame["wall_s"])
        cpus = frame["cpus"].astype(float)
        return cpus.where(quota.isna(), early.where(~(early > allowed), allowed))

    def error(self, frame: Any) -> Any:
        """A twentieth, and a tick of each CPU."""
        cpus = frame["cpus"].astype(float)
        return 0.05 * cpus + cpus * TICK / frame["wall_s"]
