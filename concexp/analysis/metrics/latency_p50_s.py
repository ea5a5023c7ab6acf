"""The median of the operations' latency."""

from __future__ import annotations

from concexp.analysis.metrics import _histograms


class Metric(_histograms.Latency):
    """The median of the time that an operation took from its intended start to its end, the wait in line included."""

    title = "median latency"
    known_as = ("p50", "median", "latency", "median latency")
    order = 81
    shown = "when present"
    share = 0.5
