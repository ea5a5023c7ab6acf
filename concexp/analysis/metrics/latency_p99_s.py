"""The 99th percentile of the operations' latency."""

from __future__ import annotations

from concexp.analysis.metrics import _histograms


class Metric(_histograms.Latency):
    """The 99th percentile of the time that an operation took from its intended start to its end, the wait in line included."""

    title = "p99 latency"
    known_as = ("p99", "latency", "tail latency")
    order = 83
    shown = "when present"
    share = 0.99
