"""How fast the line of an open loop grew: whether more operations arrived than could be served."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from concexp.analysis import metrics

FEWEST = 5  # operations by which the line must have grown: a few may stand in it by chance at any moment


class Metric(metrics.Metric):
    """By how much the latency grew for each second of an open loop, seconds; 0.1: the line grew by a tenth of the arrivals.

    Where more operations arrive than are served, the latency grows as long as the load lasts. It is judged by the shortest
    latency of each fifth of the time, which a line that empties now and then keeps short: the middle one of the three steps
    from the second fifth to the last. So a burst or a stall, after which the line becomes shorter, counts nothing. 0 where
    the line grew by fewer than 5 operations.
    """

    scale = "linear"
    better = "lower"
    shown = "when asked"
    order = 86
    probe = "latency"
    open_loop = True

    def of(self, frame: Any) -> Any:
        if "latency_floor_s" not in frame or "load.duration" not in frame:
            return frame["wall_s"] * float("nan")
        rows = zip(frame["latency_floor_s"], frame["load.duration"], frame["ops"], strict=True)
        return frame["wall_s"] * 0.0 + [growth(floors, duration, ops) for floors, duration, ops in rows]


def growth(floors: Sequence[float | None] | None, duration: float, ops: float) -> float:
    """Seconds per second, from the shortest latencies of equal parts of the time; NaN unless each part has one."""
    known = [floor for floor in floors or () if floor is not None]
    if not floors or len(known) < len(floors):
        return math.nan
    found = median(after - before for before, after in pairwise(known[1:])) * len(known) / duration
    return found if found * ops >= FEWEST else 0.0
