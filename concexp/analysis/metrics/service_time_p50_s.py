"""The median of the operations' service time."""

from __future__ import annotations

from concexp.analysis.metrics import _histograms


class Metric(_histograms.Time):
    """The median of the time that an operation took from its start to its end."""

    title = "median service time"
    known_as = ("p50", "median")
    order = 91
    share = 0.5
