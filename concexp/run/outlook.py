"""The rest of a run, seconds: from the trials that it has measured so far, each kind of cell by itself."""

from __future__ import annotations

from collections import Counter

from concexp.plan.cell import PlannedTrial
from concexp.plan.schedule import Plan
from concexp.run.durations import Durations, kind, with_spins


class Outlook:
    """The trials of a plan that are still to run, and how long they will take; trials that are added later do not count."""

    def __init__(self, plan: Plan, durations: Durations) -> None:
        self.durations = durations
        self._trials = plan.trials
        self._real = any(not cell.simulated for cell in plan.runnable)
        self._kinds = {kind(trial): trial for trial in plan.trials}
        self.begin(0)

    def begin(self, done: int) -> None:
        """This number of the plan's trials were measured before."""
        self._rest = Counter(kind(trial) for trial in self._trials[done:])

    def ended(self, trial: PlannedTrial, seconds: float) -> None:
        """A trial has ended after this many seconds."""
        self.durations.learn(trial, seconds)
        if self._rest[kind(trial)]:
            self._rest[kind(trial)] -= 1

    @property
    def unknown(self) -> int:
        """The number of trials of which only the start-up is known."""
        return sum(count for of, count in self._rest.items() if self.durations.of(self._kinds[of])[1] == "unknown")

    @property
    def seconds(self) -> float:
        """How long the rest will take, with the spinner measurements between the trials."""
        trials_s = sum(count * self.durations.of(self._kinds[of])[0] for of, count in self._rest.items() if count)
        return with_spins(trials_s, self._real)
