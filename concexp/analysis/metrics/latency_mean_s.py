"""Mean of the operations' latency."""

from __future__ import annotations

from concexp.analysis.metrics import _histograms


class Metric(_histograms.Latency):
    """Mean of the time that an operation took from its intended start to its end, the wait in line included."""

    title = "mean latency"
    known_as = ("mean latency", "latency", "average latency", "avg")
    order = 80
