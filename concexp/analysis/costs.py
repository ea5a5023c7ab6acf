"""Records -> what their trials took, and what further trials will take, in seconds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from concexp.experiment.statuses import DIAGNOSTIC, MACHINE, PICTURED, SENTINEL
from concexp.plan.cell import PlannedTrial
from concexp.run.storage.journal import Record


class Costs:
    """Estimates from the trials of some records, all in seconds: a trial takes the median of its cell and role."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.spent: float = sum(map(_took, records))
        trials = trials_of(records)
        durations: dict[tuple[str, str], list[float]] = {}
        for record in trials:
            durations.setdefault((record["cell"], record.role), []).append(_took(record))
        self.medians: dict[tuple[str, str], float] = {key: statistics.median(took) for key, took in durations.items()}
        blocks = len({record["block"] for record in trials})
        # What is measured between the trials, such as the spinners, belongs to each block.
        self.between: float = (self.spent - sum(map(_took, trials))) / max(1, blocks)

    def of(self, trials: Iterable[PlannedTrial]) -> float:
        """Seconds that a block of these trials will take."""
        return self.between + sum(self.medians.get((trial.cell.id, trial.role), 0.0) for trial in trials)

    def of_cell(self, cell: str) -> float:
        """Seconds that one more repetition of a cell will take."""
        medians = (
            median
            for (measured, role), median in self.medians.items()
            if measured == cell and role not in (SENTINEL, PICTURED, DIAGNOSTIC)
        )
        return sum(medians, 0.0)


def _took(record: Record) -> float:
    """How long a trial took, seconds; 0 where that was not recorded, as in a damaged journal."""
    return record.get("duration_s") or 0.0


def trials_of(records: Iterable[Record]) -> list[Record]:
    """The records of trials that were run."""
    return [record for record in records if record.role != MACHINE and "block" in record]
