"""The 99.9th percentile of the operations' service time."""

from __future__ import annotations

from concexp.analysis.metrics import _histograms


class Metric(_histograms.Time):
    """The 99.9th percentile of the time that an operation took from its start to its end."""

    title = "p99.9 service time"
    known_as = ("p999", "p99.9")
    order = 94
    share = 0.999
