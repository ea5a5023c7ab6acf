"""Simulated operations whose percentiles are known -> a Markdown table: how often a cell's interval contains the percentile.

    python benchmarks/percentile_coverage.py [--replications 1000] [--quick]

Trials and operations differ in ways that machines show: a spread between trials, rare slow operations or trials, a line that is
remembered from one operation to the next. Everything goes through `concexp.analysis.stats.pooled`, as in reports. A row without
a target shows a limit: what happens in one trial of ten is often in none of ten trials, and no method knows of it then.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.table_rows import Row, print_table, share
from concexp.analysis.stats.histogram import BITS
from concexp.analysis.stats.pooled import Pool
from concexp.analysis.stats.ratios import ratio

Floats = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int, int], Floats]
TRUTH = 1_000_000  # operations from which the true percentile is taken
MILLISECOND = 1e6  # ns


# Times in milliseconds, trials x operations.


def alike(rng: np.random.Generator, trials: int, operations: int) -> Floats:
    """Exponential times, the same in all trials."""
    return rng.exponential(1, (trials, operations))


def unlike(rng: np.random.Generator, trials: int, operations: int) -> Floats:
    """Exponential times whose mean differs by 10 % between trials."""
    return rng.exponential(1, (trials, operations)) * np.exp(rng.normal(0, 0.1, (trials, 1)))


def lognormal(rng: np.random.Generator, trials: int, operations: int) -> Floats:
    """Lognormal times, sigma 0.5, that differ by 10 % between trials."""
    return np.exp(rng.normal(0, 0.1, (trials, 1)) + rng.normal(0, 0.5, (trials, operations)))


def slow_operations(rng: np.random.Generator, trials: int, operations: int) -> Floats:
    """One operation in fifty takes ten times as long."""
    slow = rng.random((trials, operations)) < 0.02
    return np.where(slow, 10, 1) * np.exp(rng.normal(0, 0.1, (trials, operations)))


def uneven_share(rng: np.random.Generator, trials: int, operations: int) -> Floats:
    """As above, but how many operations are slow differs between trials as much as it can: exponentially."""
    slow = rng.random((trials, operations)) < np.minimum(rng.exponential(0.02, (trials, 1)), 0.5)
    return np.where(slow, 10, 1) * np.exp(rng.normal(0, 0.3, (trials, operations)))


def slow_trials(rng: np.random.Generator, trials: int, operations: int) -> Floats:
    """Three trials in ten take three times as long."""
    return np.where(rng.random((trials, 1)) < 0.3, 3, 1) * np.exp(rng.normal(0, 0.2, (trials, operations)))


def queue(rng: np.random.Generator, trials: int, operations: int) -> Floats:
    """The times in an M/M/1 queue at 70 % of what it can serve: exponential, with a mean of 1 / 0.3, and remembered."""
    skipped = 200
    arrivals = rng.exponential(1 / 0.7, (trials, operations + skipped))
    services = rng.exponential(1, (trials, operations + skipped))
    waits, times = np.zeros(trials), np.empty((trials, operations))
    for number in range(operations + skipped):
        done = waits + services[:, number]
        if number >= skipped:
            times[:, number - skipped] = done
        waits = np.maximum(0, done - arrivals[:, number])
    return times


def wide(rng: np.random.Generator, trials: int, operations: int) -> Floats:
    """Lognormal times that differ by 30 % between trials: the slowest trial rules the slow end."""
    return np.exp(rng.normal(0, 0.3, (trials, 1)) + rng.normal(0, 0.5, (trials, operations)))


def rare_trials(rng: np.random.Generator, trials: int, operations: int) -> Floats:
    """One trial in ten takes 1.85 times as long: of ten trials, a third have none that does."""
    return np.where(rng.random((trials, 1)) < 0.1, 1.85, 1) * np.exp(rng.normal(0, 0.2, (trials, operations)))


@dataclass(frozen=True)
class Case:
    """A kind of noise, the target of its intervals in percent (None: a limit), and the operations of a trial."""

    noise: Noise
    low: float | None = 92
    operations: int = 1000


CASES = {
    "exponential": Case(alike),
    "exponential, 300 operations": Case(alike, operations=300),
    "exponential, trials differ": Case(unlike),
    "lognormal, trials differ": Case(lognormal),
    "slow operations": Case(slow_operations),
    "slow operations, uneven": Case(uneven_share),
    "slow trials, three in ten": Case(slow_trials),
    "queue": Case(queue),
    "trials differ by 30 %": Case(wide),
    "slow trials, one in ten": Case(rare_trials, None),
}


def histograms(times: Floats) -> dict[int, list[tuple[int, int]]]:
    """The recorded histogram of each trial (`trial.probes.latency.histogram`, for whole arrays)."""
    values = (times * MILLISECOND).astype(np.int64)
    shifts = np.maximum(0, np.floor(np.log2(np.maximum(values, 1))).astype(np.int64) - BITS)
    classes = (shifts << BITS) + (values >> shifts)
    found = {}
    for block, row in enumerate(classes):
        names, counts = np.unique(row, return_counts=True)
        found[block] = list(zip(names.tolist(), counts.tolist(), strict=True))
    return found


def truth(case: Case, quantile: float) -> float:
    """The percentile of endless trials, seconds."""
    if case.noise is queue:  # times in it are exponential
        return -math.log(1 - quantile) / 0.3 / 1000
    times = case.noise(np.random.default_rng(1), TRUTH // 10, 10)  # many trials: it is they that differ
    return float(np.quantile(times, quantile)) / 1000


def single(case: Case, trials: int, quantile: float, count: int) -> tuple[float, float]:
    """How often the interval of a percentile contains the truth."""
    rng, true = np.random.default_rng(700 + trials), truth(case, quantile)
    hits = 0
    for _ in range(count):
        found = Pool(histograms(case.noise(rng, trials, case.operations))).interval(quantile)
        hits += found.lo <= true <= found.hi
    return share(hits, count)


def paired(case: Case, trials: int, quantile: float, count: int) -> tuple[float, float]:
    """How often the interval of the ratio of two percentiles, measured in the same blocks, contains the truth."""
    rng = np.random.default_rng(800 + trials)
    hits = 0
    for _ in range(count):
        weather = np.exp(rng.normal(0, 0.2, (trials, 1)))
        one, other = (
            Pool(histograms(factor * weather * case.noise(rng, trials, case.operations))).values(quantile)
            for factor in (1.5, 1.0)
        )
        found = ratio(one, other)
        hits += found.lo <= 1.5 <= found.hi
    return share(hits, count)


def rows(count: int) -> Iterator[Row]:
    """The lines of the table, one by one."""
    for name, case in CASES.items():
        for trials in (5, 10, 30):
            # Of five trials, none is a slow one in one sample of six.
            low = None if case.noise is slow_trials and trials == 5 else case.low
            yield Row("p99 holds the truth", name, str(trials), *single(case, trials, 0.99, count), low)
    for name in ("exponential, trials differ", "slow operations, uneven", "queue"):
        yield Row("p50 holds the truth", name, "10", *single(CASES[name], 10, 0.5, count), CASES[name].low)
    for name in ("exponential", "lognormal, trials differ", "slow operations"):
        for trials in (5, 10):
            found = paired(CASES[name], trials, 0.99, count)
            yield Row("ratio of two p99 holds it", name, str(trials), *found, CASES[name].low)


def main() -> int:
    """Print the table; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description="Coverage of concexp's intervals of percentiles.")
    parser.add_argument("--replications", type=int, default=1000, help="simulated experiments per line")
    parser.add_argument("--quick", action="store_true", help="100 replications: to see that it works")
    given = parser.parse_args()
    count = 100 if given.quick else given.replications
    began = time.monotonic()
    missed = print_table(rows(count))
    print(f"\n{count} replications in {time.monotonic() - began:.0f} s; {missed} targets missed", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
