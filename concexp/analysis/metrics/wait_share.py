"""The share of their time that workers stood waiting at primitives."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """The share of the workers' time that they stood waiting at the primitives that the work uses: 0 never, 1 always.

    Measured in trials of their own (role `observed` in results.parquet), one per repetition and cell, since wrapping a
    primitive to look at it takes longer than many a primitive itself: those trials say nothing about throughput, and the
    others use the native object. All workers' waits are divided by the time of all workers' work in the pass. Asking for a
    free primitive is a short wait as well: what one worker alone shows is the price of asking and of looking, so compare
    with that. A wait ends when the worker goes on: that of a thread holds its wait for the GIL, that of a coroutine the turns
    of the others in its loop. A cell without a primitive has no such number.
    `concexp show probe/waits` says what is a wait, and what is not.
    """

    title = "share of time waiting"
    known_as = ("contention", "lock contention", "wait")
    scale = "linear"
    better = "lower"
    shown = "when asked"
    order = 76
    range = (0.0, 1.0)
    probe = "waits"

    def of(self, frame: Any) -> Any:
        if "waited_s" not in frame:
            return frame["wall_s"] * float("nan")
        return frame["waited_s"] / frame["worked_s"]
