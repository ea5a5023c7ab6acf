"""Numbers computed from recorded facts: one file is one metric, its column is the file's name."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from concexp import catalog

if TYPE_CHECKING:  # callers that only need the names of metrics should not import numpy
    from concexp.analysis.stats.intervals import Interval


class Metric:
    """Base of every metric; a plug-in overrides what differs.

    title     what pages call it; "": its name
    known_as  other words for it: messages suggest it for each of them
    unit      of its numbers
    scale     "log" for times and rates, else "linear"
    better    "higher", "lower" or None
    kind      "time", which a doubtful trial cannot measure; "count", which it can; "value": a number that the measured code
              gave itself, which doubts about time do not touch either
    level     "iteration": computed from the rows of the tidy frame by `of`;
              "cell": from two cells' ratio of the metric `compares`, by `between`
    shown     "always"; "when present": only where it was recorded; "when asked": only where the experiment lists it
    order     its place among the columns: smaller is further left
    verb      for a count: what happened to its units, past tense ("lost", for `unit` "updates")
    participle  of the verb where it is another word ("torn" of "tore")
    part_name  which part of a dict of numbers it is: hits of `returned.hits`
    share_of  for a count: the column of which it is a share, if it is one
    probe     the probe that records its facts, if not every trial has them
    open_loop whether only an open loop has it
    pooled    whether a cell's value is that of all its operations together (`share`, a quantile, or None for the mean, of the
              histograms in `column`), and not the mean of its trials' values
    ends_badly  whether trials that ended badly have it, too; they have no other number
    range     the lowest and the highest value that it can have
    positive  whether it is never 0
    follows_speed  whether it is a time or a rate of a trial's work as a whole, on the log scale: such means can be adjusted for
              the speed of the machine

    A metric with a class method `part(name)` is a family; its members `NAME.part` follow from the data.
    """

    title: ClassVar[str] = ""
    known_as: ClassVar[tuple[str, ...]] = ()
    unit: ClassVar[str] = ""
    scale: ClassVar[str] = "log"
    better: ClassVar[str | None] = None
    kind: ClassVar[str] = "time"
    level: ClassVar[str] = "iteration"
    shown: ClassVar[str] = "always"
    compares: ClassVar[str] = ""
    order: ClassVar[int] = 100
    verb: ClassVar[str] = ""
    participle: ClassVar[str] = ""
    part_name: ClassVar[str] = ""
    share_of: ClassVar[str] = ""
    probe: ClassVar[str] = ""
    open_loop: ClassVar[bool] = False
    pooled: ClassVar[bool] = False
    column: ClassVar[str] = ""
    share: ClassVar[float | None] = None
    ends_badly: ClassVar[bool] = False
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    positive: ClassVar[bool] = False
    follows_speed: ClassVar[bool] = False

    def of(self, frame: Any) -> Any:
        """The metric of each row of the tidy frame, as a Series; NaN where it was not recorded.

        Here the frame also has the journal's lists that some trial has: as Arrow lists those with a number for each worker
        (see `_worker_lists`), the others as Python lists.
        """
        raise NotImplementedError

    def between(self, ratio: Interval, workers: int) -> Interval:
        """The metric of a cell with this number of workers, from its ratio to the baseline cell, proportional to it."""
        raise NotImplementedError

    def at_timeout(self, seconds: float, ops: int | None) -> tuple[float, float]:
        """The lowest and the highest value that a trial may have had that was killed at its timeout.

        Its passes took `seconds` or more each, and had `ops` operations to do, None if they had a duration.
        """
        return self.range

    @classmethod
    def is_timed(cls) -> bool:
        """True if it depends on time, so that doubts about a trial's time are doubts about it."""
        return cls.kind == "time"

    @classmethod
    def done(cls) -> str:
        """What its units were, of a count with a verb: `lost`."""
        return cls.participle or cls.verb

    @classmethod
    def tried(cls) -> str:
        """What a count is a share of, in the singular: `operation`, or its own unit."""
        return "operation" if cls.share_of == "ops" else cls.unit.removesuffix("s")

    @staticmethod
    def recorded(frame: Any, name: str) -> Any:
        """A column that only some experiments have, as floats; NaN where it was not recorded."""
        return frame[name].astype(float) if name in frame else frame["wall_s"] * float("nan")

    @staticmethod
    def each(frame: Any, name: str, compute: Any) -> Any:
        """`compute(value)` for each row of a column of lists; NaN where it is missing or empty."""
        values = frame[name].tolist() if name in frame else []
        if not any(values):
            return frame["wall_s"] * float("nan")
        return frame["wall_s"].isna() * 0.0 + [float(compute(value)) if value else float("nan") for value in values]

    def most(self, frame: Any) -> Any:
        """The highest value that each row can have; what exceeds it by more than `error` is withheld."""
        return self.range[1]

    def error(self, frame: Any) -> Any:
        """By how much clocks and counters may be wrong in each row."""
        return 0.05 if self.range[1] < math.inf else 0.0

    def tells(self, frame: Any) -> bool:
        """True if the page should show it by default: a number that the experiment itself sets shows nothing."""
        return True


def of_trials(name: str) -> str:
    """The metric that a trial has a value of: the named one, or the one that it compares between two cells."""
    return catalog.load("metric", name).compares or name


def names_in(columns: Iterable[str]) -> list[str]:
    """The names of all metrics, and of the families' members that are among these columns."""
    return [*catalog.classes("metric"), *(name for name in columns if "." in name and catalog.exists("metric", name))]
