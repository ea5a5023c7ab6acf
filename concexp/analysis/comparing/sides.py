"""The runs that are compared: two sides, or more runs in the order of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from concexp.analysis.results import Run

A, B = "A", "B"  # what pages call the sides; A is the one to which B is compared


@dataclass(frozen=True)
class Sides:
    """The runs on each side, by name, each side in the order of time. A history has one run a side, named 1, 2, 3 …"""

    by_name: dict[str, tuple[Run, ...]]
    is_history: bool = False

    @cached_property
    def runs(self) -> list[Run]:
        """All runs, side by side."""
        return [run for runs in self.by_name.values() for run in runs]

    @cached_property
    def names(self) -> list[str]:
        """The name of each run's side, in the order of `runs`."""
        return [name for name, runs in self.by_name.items() for _ in runs]

    def numbers(self, name: str) -> list[int]:
        """The places in `runs` of the runs of a side."""
        return [number for number, own in enumerate(self.names) if own == name]


def two_sides(a: Iterable[Run], b: Iterable[Run]) -> Sides:
    """Two sides."""
    return Sides({A: tuple(in_time(a)), B: tuple(in_time(b))})


def history(runs: Iterable[Run]) -> Sides:
    """A history: each run is a side, named by its number from 1."""
    return Sides({str(number): (run,) for number, run in enumerate(in_time(runs), 1)}, is_history=True)


def in_time(runs: Iterable[Run]) -> list[Run]:
    """The runs by the time at which they began."""
    return sorted(runs, key=lambda run: (str(run.manifest.get("started_at") or ""), str(run.header["run"])))


def same_run(one: Run, other: Run) -> bool:
    """True if two journals are of the same run, wherever they lie: it began at one moment on one machine."""
    return _birth(one) == _birth(other)


def _birth(run: Run) -> tuple[Any, ...]:
    return run.header["run"], run.manifest.get("started_at"), run.manifest.get("host"), run.manifest["identity"]


def has_trials(run: Run) -> bool:
    """True if some trial of a cell was run, however it ended."""
    return any(sample.count for sample in run.samples.values())


def distinct(values: Sequence[str]) -> list[str]:
    """The different texts, in order of appearance."""
    return list(dict.fromkeys(values))
