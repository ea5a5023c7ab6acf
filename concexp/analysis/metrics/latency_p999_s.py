"""The 99.9th percentile of the operations' latency."""

from __future__ import annotations

from concexp.analysis.metrics import _histograms


class Metric(_histograms.Latency):
    """The 99.9th percentile of the time that an operation took from its intended start to its end, the wait in line included."""

    title = "p99.9 latency"
    known_as = ("p999", "p99.9")
    order = 84
    share = 0.999
