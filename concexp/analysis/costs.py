"""Records -> what the trials took, and what others will take, seconds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from concexp.experiment.statuses import DIAGNOSTIC, MACHINE, PICTURED, SENTINEL
from concexp.plan.cell import PlannedTrial
from concexp.run.storage.journal import Record


class Costs:
    """What the trials of some records took, and what others will take, seconds."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.spent: float = sum(record.get("duration_s") or 0.0 for record in records)
        own = trials_of(records)
        took: dict[tuple[str, str], list[float]] = {}
        for record in own:
            took.setdefault((record["cell"], record.role), []).append(record["duration_s"])
        self.medians: dict[tuple[str, str], float] = {key: statistics.median(times) for key, times in took.items()}
        blocks = len({record["block"] for record in own})
        # What is measured between the trials belongs to every block.
        self.between: float = (self.spent - sum(record["duration_s"] for record in own)) / max(1, blocks)

    def of(self, trials: Iterable[PlannedTrial]) -> float:
        """The seconds that a block will take."""
        return self.between + sum(self.medians.get((trial.cell.id, trial.role), 0.0) for trial in trials)

    def of_cell(self, cell: str) -> float:
        """The seconds that one more repetition of a cell will take."""
        return sum(
            (
                median
                for (own, role), median in self.medians.items()
                if own == cell and role not in (SENTINEL, PICTURED, DIAGNOSTIC)
            ),
            0.0,
        )


def trials_of(records: Iterable[Record]) -> list[Record]:
    """The records of trials that were run."""
    return [record for record in records if record.role != MACHINE and "block" in record]
