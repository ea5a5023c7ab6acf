"""The 99th percentile of the operations' service time."""

from __future__ import annotations

from concexp.analysis.metrics import _histograms


class Metric(_histograms.Time):
    """The 99th percentile of the time that an operation took from its start to its end."""

    title = "p99 service time"
    known_as = ("p99",)
    order = 93
    share = 0.99
