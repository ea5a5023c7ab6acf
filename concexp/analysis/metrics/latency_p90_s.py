"""The 90th percentile of the operations' latency."""

from __future__ import annotations

from concexp.analysis.metrics import _histograms


class Metric(_histograms.Latency):
    """The 90th percentile of the time that an operation took from its intended start to its end, the wait in line included."""

    title = "p90 latency"
    known_as = ("p90",)
    order = 82
    share = 0.9
