"""The median of the operations' service time."""

from __future__ import annotations

from concexp.metrics import _times


class Metric(_times.Time):
    """The median of the time that an operation took from its start to its end."""

    order = 91
    share = 0.5
