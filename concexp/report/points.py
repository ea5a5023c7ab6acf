"""The cells of a run as the page sees them: points, and the groups of them that are compared or drawn together.

How far a point can be trusted, from the weakest to the strongest:

has_numbers          some trial ended with numbers (status `ok` or `invalid`)
enough_clean_trials  enough of those trials are free of doubts for a verdict on time
is_sure              all trials ended well and were right as well, also those that only the primary metric comes from
can_win              and no call blocks the event loop that carries its workers: what was measured is what was asked for

A single metric of a point has a value (`Interval.has_value`), and then possibly an interval (`Interval.bounded`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from concexp.analysis.samples import Sample, Trial
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.experiment.statuses import NUMBERED


@dataclass(frozen=True)
class Point:
    """One cell: its labels, how its trials ended, its metrics with their intervals, and the trials themselves."""

    cell: str
    labels: dict[str, Any]
    status: str
    reason: str
    values: dict[str, Interval]
    sample: Sample
    unit: str
    demand: float  # the share of its time for which an operation wants a CPU
    primary: str
    blocked: float = 0.0  # the share of its time for which calls block the event loop; 0 where that does not matter

    @property
    def model(self) -> str:
        return str(self.labels["model"])

    @property
    def workers(self) -> int | None:
        """The number of workers; None where it does not apply."""
        return self.labels.get("workers")

    @property
    def parallelism(self) -> int:
        """The number of workers, counting 1 where it does not apply."""
        return self.workers or 1

    @property
    def has_numbers(self) -> bool:
        """Whether any of its trials has numbers."""
        return bool(self.sample.has_numbers)

    @property
    def enough_clean_trials(self) -> bool:
        """Whether enough of its trials are free of doubts for a verdict on time."""
        return self.sample.enough_clean_trials(self.primary)

    @property
    def doubtful(self) -> list[Trial]:
        """Its trials with numbers and with doubts about the primary metric."""
        return self.sample.doubtful(self.primary)

    @property
    def can_win(self) -> bool:
        """Whether it may be called best."""
        return self.is_sure and not self.blocked

    @property
    def is_sure(self) -> bool:
        """Whether its numbers are beyond doubt.

        All its trials must have ended well and been right, and enough of them must be free of doubts. The same holds for the
        trials of the primary metric, where that has trials of its own.
        """
        basis = self.sample.of(self.primary)
        sure = self.enough_clean_trials and basis.enough_clean_trials(self.primary)
        return self.status == "ok" and basis.status == "ok" and sure

    @property
    def mark(self) -> str:
        """Signs that qualify its numbers: † wrong outcome, § some trials ended badly, ‡ too many doubtful trials."""
        ended_badly = self.has_numbers and self.status not in NUMBERED
        wrong = self.sample.statuses["invalid"] > 0
        return f"{'†' * wrong}{'§' * ended_badly}{'‡' * (self.has_numbers and not self.enough_clean_trials)}"

    def value(self, metric: str) -> Interval:
        """A metric with its interval; UNKNOWN where it has none."""
        return self.values.get(metric, UNKNOWN)


@dataclass(frozen=True)
class Panel:
    """One panel of a picture: points that differ only in model and workers."""

    labels: dict[str, Any]
    points: Sequence[Point]


@dataclass(frozen=True)
class Comparison:
    """Points that do the same work under the same conditions, by different models and primitives."""

    labels: dict[str, Any]
    points: Sequence[Point]

    @property
    def unit(self) -> str:
        """What one operation is called."""
        return self.points[0].unit

    @property
    def is_blocked(self) -> bool:
        """Whether calls block the event loop of one of its points."""
        return any(point.blocked for point in self.points)
