"""Records -> what their trials took, and what further trials will take, in seconds."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable

from concexp.experiment.statuses import DIAGNOSTIC, MACHINE, PICTURED, SENTINEL
from concexp.plan.cell import PlannedTrial
from concexp.run.storage.journal import Record


class Costs:
    """Estimates from the trials of some records, all in seconds: a trial takes the median of its cell and role.

    `spent` is what all of these records took.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.spent = self._in_trials = 0.0
        self._blocks: set[int] = set()
        self._durations: dict[str, dict[str, list[float]]] = {}  # by cell and role, each list sorted
        self.add(records)

    def add(self, records: Iterable[Record]) -> None:
        """Take further records into account: the time that this takes does not depend on how many there were before."""
        for record in records:
            took = _took(record)
            self.spent += took
            if is_trial(record):
                self._in_trials += took
                self._blocks.add(record["block"])
                insort(self._durations.setdefault(record["cell"], {}).setdefault(record.role, []), took)

    @property
    def between(self) -> float:
        """What is measured between the trials, such as the spinners: it belongs to each block."""
        return (self.spent - self._in_trials) / max(1, len(self._blocks))

    def of(self, trials: Iterable[PlannedTrial]) -> float:
        """Seconds that a block of these trials will take."""
        known = (self._durations.get(trial.cell.id, {}).get(trial.role) for trial in trials)
        return self.between + sum(_median(durations) for durations in known if durations)

    @property
    def of_block(self) -> float:
        """Seconds that a block of one trial of each cell and role will take."""
        return self.between + sum(_median(found) for roles in self._durations.values() for found in roles.values())

    def of_cell(self, cell: str) -> float:
        """Seconds that one more repetition of a cell will take."""
        by_role = self._durations.get(cell, {}).items()
        return sum((_median(found) for role, found in by_role if role not in (SENTINEL, PICTURED, DIAGNOSTIC)), 0.0)


def _median(ordered: list[float]) -> float:
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _took(record: Record) -> float:
    """How long a trial took, seconds; 0 where that was not recorded, as in a damaged journal."""
    return record.get("duration_s") or 0.0


def is_trial(record: Record) -> bool:
    """Whether a record is that of a trial that was run."""
    return record.role != MACHINE and "block" in record
