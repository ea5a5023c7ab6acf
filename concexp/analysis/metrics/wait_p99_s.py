"""The 99th percentile of the workers' waits at primitives."""

from __future__ import annotations

from concexp.analysis.metrics import _histograms


class Metric(_histograms.Time):
    """The 99th percentile of the time from asking for a primitive to having it: one acquisition, one `wait`, `put` or `get`.

    From trials of their own in which the primitives are wrapped, as for `wait_share`: a free lock shows about 0.3 us.
    """

    title = "p99 wait"
    known_as = ("wait time", "lock wait")
    order = 78
    probe = "waits"
    column = "wait_time"
    share = 0.99
