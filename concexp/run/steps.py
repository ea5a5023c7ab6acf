"""What a run consists of: steps that a host takes one after the other, and who hears of them."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Protocol

from concexp.plan.cell import PlannedTrial
from concexp.run.machine import spinners
from concexp.run.storage.journal import Record


class ProgressListener(Protocol):
    """Is called as a run goes on."""

    def run_started(self, total: int, done: int) -> None:
        """`total` trials are planned, of which the journal has `done` already."""

    def trial_started(self, trial: PlannedTrial, host: str) -> None:
        """This trial starts; `host` names where, "" for this machine."""

    def hosts_changed(self, hosts: int) -> None:
        """So many hosts of a cluster measure at once."""

    def trials_added(self, trials: int) -> None:
        """This number of trials was added to the plan."""

    def trial_ended(self, record: Record) -> None:
        """A trial's record is on disk."""

    def note(self, text: str) -> None:
        """Something worth showing: a wait, the machine's effective CPUs."""

    def forecast(self, text: str) -> None:
        """How long the run will take."""


@dataclass(frozen=True)
class Step:
    """One thing that a host does for a run with the machine to itself.

    That is a trial, its diagnosis, or, where there is no trial, measurement `number` of the machine, of so many `rounds`.
    """

    block: int
    trial: PlannedTrial | None = None
    diagnosis: bool = False
    number: int = 0
    rounds: int = 0


# What a host does one after the other: each step is answered with its record, as it is on disk.
Steps = Generator[Step, Record, None]


@dataclass
class Pulse:
    """A host, by the name that the listener gets; how often this execution has measured it, and when, in monotonic seconds."""

    host: str = ""
    looks: int = 0
    at: float = field(default_factory=time.monotonic)

    def is_due(self, trial: PlannedTrial, middle: str) -> bool:
        """Whether to measure the machine now: before the first trial, in the middle of the plan, and as time passes."""
        if trial.cell.simulated:
            return False
        if not self.looks or (self.looks == 1 and trial.id == middle):
            return True
        return time.monotonic() - self.at > spinners.SPIN_EVERY_SECONDS
