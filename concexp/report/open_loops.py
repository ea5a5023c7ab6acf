"""Which comparisons are open loops: operations arrive at a given rate, so that latencies are compared and throughputs are not."""

from __future__ import annotations

from concexp.report.view import Comparison, View

# The metrics and what they are called; the first that was recorded is used. Only an open loop has a latency.
METRICS = {"latency_p99_s": "latency", "service_time_p99_s": "service time"}


def is_open(view: View, comparison: Comparison) -> bool:
    """Whether requests arrived at a given rate, so that throughputs cannot be compared; rates that were searched for can."""
    records = (view.records.get(point.cell) for point in comparison.points)
    rated = any("rate" in record["load"] for record in records if record)
    known = [metric for metric in METRICS if view.metrics.get(metric) and view.metrics[metric].open_loop]
    given = view.metric.unit == "1/s" and not view.metric.open_loop
    return given and (rated or any(p.value(m).has_value for m in known for p in comparison.points))
