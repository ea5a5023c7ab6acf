"""What a user's own code returned: numbers, and dicts of named numbers."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """What a user's own function returned, averaged over the operations; `returned.NAME` is one of a dict of numbers."""

    title = "returned"
    kind = "value"
    scale = "linear"  # the number may be 0 or negative
    shown = "when present"
    range = (-math.inf, math.inf)
    order = 90
    column: ClassVar[str] = "returned"

    def of(self, frame: Any) -> Any:
        return self.recorded(frame, self.column)

    @classmethod
    def part(cls, name: str) -> type[Metric]:
        """The metric `returned.NAME`."""
        own = {"title": f"returned {name}", "part_name": name, "column": f"returned.{name}", "order": 91}
        return type("Metric", (cls,), {"__doc__": cls.__doc__, **own})
