"""The 90th percentile of the operations' service time."""

from __future__ import annotations

from concexp.analysis.metrics import _histograms


class Metric(_histograms.Time):
    """The 90th percentile of the time that an operation took from its start to its end."""

    title = "p90 service time"
    known_as = ("p90",)
    order = 92
    share = 0.9
