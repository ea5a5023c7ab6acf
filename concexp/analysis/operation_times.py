"""A journal's records -> the times of a trial's operations, all its iterations together, when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from concexp.analysis.stats.histogram import Histogram, pooled
from concexp.run.storage.columns import values_of
from concexp.run.storage.journal import Record


class Times(Protocol):
    """The histogram of a trial's times in a column of histograms; empty where none were recorded."""

    def __call__(self, column: str) -> Histogram: ...


def times_by_trial(records: Iterable[Record]) -> Mapping[str, Times]:
    """The times of each trial that has iterations, by the trial's id."""
    return {str(record["trial"]): _Times(record) for record in records if record.passes}


class _Times:
    def __init__(self, record: Record) -> None:
        self._record = record
        self._known: dict[str, Histogram] = {}

    def __call__(self, column: str) -> Histogram:
        if column not in self._known:
            self._known[column] = pooled(values_of(self._record.passes, column))
        return self._known[column]
