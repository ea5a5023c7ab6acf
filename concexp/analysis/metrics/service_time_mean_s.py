"""Mean of the operations' service time."""

from __future__ import annotations

from concexp.analysis.metrics import _histograms


class Metric(_histograms.Time):
    """Mean of the time that an operation took from its start to its end."""

    title = "mean service time"
    known_as = ("service time", "response time", "duration", "mean")
    order = 90
