"""How fast the line of an open loop grew: whether more operations arrived than could be served."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics
from concexp.trial.search import FEWEST, growth


class Metric(metrics.Metric):
    """By how much the latency grew for each second of an open loop, seconds; 0.1: the line grew by a tenth of the arrivals.

    Where more operations arrive than are served, the latency grows as long as the load lasts. It is judged by the shortest
    latency of each fifth of the time, which a line that empties now and then keeps short: the middle one of the three steps
    from the second fifth to the last. So a burst or a stall, after which the line becomes shorter, counts nothing. 0 where
    the line grew by fewer than 5 operations.
    """

    title = "backlog growth"
    scale = "linear"
    better = "lower"
    shown = "when asked"
    order = 86
    probe = "latency"
    open_loop = True

    def of(self, frame: Any) -> Any:
        return growths(frame, FEWEST)


def growths(frame: Any, fewest: float) -> Any:
    """The growth of each row; 0 where it amounts to fewer than this many operations, NaN where it was not recorded."""
    if "latency_floor_s" not in frame or "load.duration" not in frame:
        return frame["wall_s"] * float("nan")
    rows = zip(frame["latency_floor_s"], frame["load.duration"], frame["ops"], strict=True)
    found = [growth(floors, duration, ops, fewest) for floors, duration, ops in rows]
    return frame["wall_s"] * 0.0 + [float("nan") if one is None else one for one in found]
