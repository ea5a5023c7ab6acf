"""Numbers computed from recorded facts: one file is one metric, its column is the file's name."""

from __future__ import annotations

from typing import Any, ClassVar


class Metric:
    """What every metric answers to.

    unit    of its numbers
    scale   "log" for times and rates, else "linear"
    better  "higher", "lower" or None
    kind    "time", which a doubtful trial cannot tell, or "count", which it can
    level   "iteration": computed from the rows of the tidy frame; "cell": from two cells, see `speedup`
    shown   "always", or "when present": only where some value is not zero
    """

    unit: ClassVar[str] = ""
    scale: ClassVar[str] = "log"
    better: ClassVar[str | None] = None
    kind: ClassVar[str] = "time"
    level: ClassVar[str] = "iteration"
    shown: ClassVar[str] = "always"

    def of(self, frame: Any) -> Any:
        """The metric of each row of the tidy frame, as a Series; NaN where it was not recorded."""
        raise NotImplementedError
