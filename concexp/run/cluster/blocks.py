"""The blocks of a plan -> which host gets which one. Pure.

All comparisons stay within one host, so a block belongs to the host that begins it. Where that host is gone for good, another one
gets the rest, as a block of its own: its trials are never compared with those that were measured elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from itertools import chain
from typing import Any

from concexp.plan.cell import PlannedTrial


class Blocks:
    """The trials of a plan that have no record yet, by block; `records` are those that there are."""

    def __init__(self, trials: Iterable[PlannedTrial], records: Iterable[Mapping[str, Any]]) -> None:
        self.left: dict[int, dict[str, PlannedTrial]] = {}  # by the plan's block
        self.taken: dict[int, str] = {}  # the blocks that are being measured, with their hosts
        self._of_trial: dict[str, int] = {}
        # Of the blocks that are begun and not done, by the plan's block and the host: the number in its records.
        self._numbers: dict[int, dict[str, int]] = {}
        for trial in sorted(trials, key=lambda trial: trial.block):
            self.left.setdefault(trial.block, {})[trial.id] = trial
            self._of_trial[trial.id] = trial.block
        self._next = max(self.left, default=-1) + 1
        for record in records:
            if record["trial"] in self._of_trial:
                self.done(record["trial"], record["host"], record["block"])
            self._next = max(self._next, record.get("block", -1) + 1)

    def done(self, trial: str, host: str, number: int) -> None:
        """A trial has its record: it was measured on a host, in a block of this number."""
        block = self._of_trial[trial]
        if block not in self.left:
            return
        self._numbers.setdefault(block, {})[host] = number
        self.left[block].pop(trial, None)
        if not self.left[block]:
            del self.left[block], self._numbers[block]

    def release(self, host: str) -> None:
        """The host measures no block any more."""
        self.taken = {block: by for block, by in self.taken.items() if by != host}

    def take(self, host: str, present: Set[str]) -> tuple[list[PlannedTrial], str]:
        """The trials that a free host measures next, and the host that began their block if it is gone; ([], "") for none.

        `present` are the hosts that are here, or may come back.
        """
        begun = [block for block in sorted(self._numbers) if block not in self.taken]
        own = (block for block in begun if host in self._numbers[block])
        new = (block for block in self.left if block not in self._numbers and block not in self.taken)
        orphaned = (block for block in begun if not present & self._numbers[block].keys())
        # Lazily: of the new ones, which may be very many, only those before the first free one are looked at.
        for block in chain(own, new, orphaned):
            numbers = self._numbers.get(block, {})
            begun_by = "" if host in numbers else next(reversed(numbers), "")
            number = numbers.get(host, block)
            if begun_by:
                number, self._next = self._next, self._next + 1
            self.taken[block] = host
            return [replace(trial, block=number) for trial in self.left[block].values()], begun_by
        return [], ""
