"""The lines of the benchmarks' tables of simulated shares."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table: a share in percent with its standard error, and its target (None: no target)."""

    what: str
    noise: str
    trials: str
    share: float
    error: float
    low: float | None = None
    high: float | None = None

    @property
    def met(self) -> str:
        if self.low is None and self.high is None:
            return "–"
        return "yes" if (self.low or 0) <= self.share <= (100 if self.high is None else self.high) else "**no**"

    def __str__(self) -> str:
        ends = [f"≥ {self.low:g}"] if self.low is not None else []
        ends += [f"≤ {self.high:g}"] if self.high is not None else []
        cells = (
            self.what,
            self.noise,
            self.trials,
            f"{self.share:.1f} ± {self.error:.1f}",
            ", ".join(ends) or "–",
            self.met,
        )
        return f"| {' | '.join(cells)} |"


def print_table(rows: Iterable[Row]) -> int:
    """Print the table, each line as it is known; returns the number of targets that were missed."""
    print("| what | noise | trials | % | target | met |\n|---|---|---|---|---|---|")
    missed = 0
    for row in rows:
        print(row, flush=True)
        missed += row.met == "**no**"
    return missed


def share(hits: int, count: int) -> tuple[float, float]:
    """In percent, with its standard error."""
    found = hits / count
    return 100 * found, 100 * math.sqrt(max(found * (1 - found), 1 / count) / count)
