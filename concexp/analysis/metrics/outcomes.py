"""The outcomes that a user's own code, or its check, named."""

from __future__ import annotations

from typing import Any, ClassVar

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Outcomes that calls of a user's own code came to, per iteration; `outcomes.NAME` is one of those that it declares."""

    title = "outcomes"
    known_as = ("results", "grades")
    unit = "outcomes"
    scale = "linear"
    kind = "count"
    shown = "when asked"
    order = 42
    column: ClassVar[str] = "outcomes"

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, self.column)

    @classmethod
    def part(cls, name: str) -> type[Metric]:
        """The metric `outcomes.NAME`, a share of all outcomes."""
        own = {"title": name, "column": f"outcomes.{name}", "share_of": cls.column, "order": 43}
        return type("Metric", (cls,), {"__doc__": cls.__doc__, **own})
