"""Which host does what: equal hosts share the blocks of one run, or one host does a whole run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from concexp.experiment.statuses import MACHINE
from concexp.run.cluster.blocks import Blocks
from concexp.run.cluster.coordinator import Lane
from concexp.run.runner import Execution
from concexp.run.steps import Steps
from concexp.run.storage.journal import Record

GONE_S = 15.0  # a host that was lost may come back for so long, before its block is given to another one


class Spread:
    """Equal hosts share the blocks of one run. `say` hears of a block that another host goes on with."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.lost_at: dict[
            str, float
        ] = {}  # hosts that were lost, and those that began blocks before and are not here yet
        self.looked: set[str] = set()  # the hosts whose machine was measured after their last block

    def begin(self, execution: Execution, records: Sequence[Record]) -> None:
        self.execution = execution
        trials = [record for record in records if record.role != MACHINE]
        self.blocks = Blocks(execution.runner.plan.trials, trials)
        self.lost_at = dict.fromkeys((record["host"] for record in trials if record.get("host")), time.monotonic())

    def wants(self, name: str) -> bool:
        return True

    def next_steps(self, lane: Lane, here: Sequence[str]) -> Steps | None:
        """A block for a free host; once there are none, a last look at its machine."""
        name = lane.host
        self.lost_at.pop(name, None)
        returning = {one for one, at in self.lost_at.items() if time.monotonic() - at < GONE_S}
        trials, begun_by = self.blocks.take(name, {*here, *returning})
        if trials:
            if begun_by:
                rest = f"{len(trials)} trials of a block that {begun_by} began and does not end"
                self.say(f"{name} gets {rest}: they become a block of its own")
            return self.execution.steps(trials, lane.pulse)
        if self.blocks.left or not lane.pulse.looks or name in self.looked:
            return None
        self.looked.add(name)
        return self.execution.measured_machine(self.execution.last_block + 1, lane.pulse)

    def done(self, lane: Lane, trial: str, block: int) -> None:
        self.blocks.done(trial, lane.host, block)

    def free(self, name: str, lost: bool) -> None:
        self.blocks.release(name)
        if lost:
            self.lost_at[name] = time.monotonic()

    def is_complete(self) -> bool:
        return not self.blocks.left


class Whole:
    """One host does a whole run: `strategy: replicate` has a run for each host."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._taken = self._complete = False

    def begin(self, execution: Execution, records: Sequence[Record]) -> None:
        self.execution = execution

    def wants(self, name: str) -> bool:
        return name == self.name

    def next_steps(self, lane: Lane, here: Sequence[str]) -> Steps | None:
        if self._taken or self._complete:
            return None
        self._taken = True
        return self.execution.rest(lane.pulse)

    def done(self, lane: Lane, trial: str, block: int) -> None: ...

    def free(self, name: str, lost: bool) -> None:
        self._taken, self._complete = False, self._complete or not lost

    def is_complete(self) -> bool:
        return self._complete
