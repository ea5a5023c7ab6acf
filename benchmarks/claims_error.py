"""Simulated cells whose truth is known -> how often claims about several of them are judged wrongly, and how often rightly.

    python benchmarks/claims_error.py [--replications 2000]

Every row goes through the numbers and truths that verdicts rest on (`concexp.analysis.claims`). Cells are equal, with 5 % of
noise between their trials, of which a part is common to all cells of a block. `rows(count)` has the form of `coverage.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.table_rows import Row, print_table, share
from concexp.analysis.claims import numbers
from concexp.analysis.claims.numbers import Drawn
from concexp.analysis.claims.truth import Truth
from concexp.analysis.stats.draws import joint_draws, verdict
from concexp.analysis.stats.familywise import holm

Floats = NDArray[np.float64]
Claim = Callable[[list[Drawn]], list[Truth]]  # from the cells, the last of which is the reference, to the claim's cases
NOISE = 0.05  # of the logarithm of a trial's mean
COMMON = 0.03  # of a block
COUNTS = 4.0  # a Poisson mean, for counts
TRIALS = 10
EQUAL = 1.06  # 30 cells are true by so much where power is shown


def cells(rng: np.random.Generator, count: int, trials: int, factors: Floats) -> list[Drawn]:
    """The draws of cells whose means are `factors`; the last is the reference, with mean 1."""
    means = np.append(factors, 1.0)
    logs = np.log(means)[:, None] + rng.normal(0, NOISE, (count + 1, trials)) + rng.normal(0, COMMON, trials)
    samples = {cell: dict(enumerate(np.exp(row).tolist())) for cell, row in enumerate(logs)}
    return [Drawn(one, one, trials - 1) for one in joint_draws(samples, set(samples)).values()]


def counts(rng: np.random.Generator, count: int, trials: int, factors: Floats) -> list[Drawn]:
    """The draws of counts, all of one law."""
    del factors
    samples = {cell: dict(enumerate(rng.poisson(COUNTS, trials).astype(float).tolist())) for cell in range(count + 1)}
    return [Drawn(one, one, trials - 1) for one in joint_draws(samples).values()]


# The claims, each on its boundary where all cells are equal.
CLAIMS: dict[str, Claim] = {
    "max(x over cells) > reference": lambda x: [numbers.compared(">", numbers.largest(x[:-1]), x[-1])],
    "min(x over cells) >= reference": lambda x: [numbers.compared(">=", numbers.largest(x[:-1], True), x[-1])],
    "for every cell: x > reference": lambda x: [numbers.compared(">", one, x[-1]) for one in x[:-1]],
    "for every cell: x > 1": lambda x: [numbers.compared(">", one, 1.0) for one in x[:-1]],
}
SPREAD: dict[str, Claim] = {
    "spread(x over cells) <= 1.05, all equal": lambda x: [numbers.compared("<=", numbers.spread(x[:-1]), 1.05)],
}
SINGLE: dict[str, Claim] = {
    "x > reference": lambda x: [numbers.compared(">", x[0], x[1])],
    "count a > count b": lambda x: [numbers.compared(">", x[0], x[1])],
}


def on_the_whole(x: list[Drawn]) -> list[Truth]:
    """`mean(x over cells) > reference`: to add cells helps."""
    return [numbers.compared(">", numbers.geometric_mean(x[:-1]), x[-1])]


def judged(cases: list[Truth]) -> str:
    """The verdict on a claim, from the truths of its cases, as `verdicts` joins them."""
    open_cases = [case.refute for case in cases]
    words = [verdict(Truth(case.support, refute).share) for case, refute in zip(cases, holm(open_cases), strict=True)]
    return next((word for word in ("refuted", "inconclusive") if word in words), "supported")


def rates(
    claim: Claim,
    count: int,
    trials: int,
    replications: int,
    factor: float = 1.0,
    make: Callable[..., list[Drawn]] = cells,
) -> dict[str, tuple[float, float]]:
    """How often, in percent with its standard error, a claim about this many cells gets each verdict."""
    rng = np.random.default_rng(1000 * count + trials)
    words = [judged(claim(make(rng, count, trials, np.full(count, factor)))) for _ in range(replications)]
    return {word: share(words.count(word), replications) for word in ("supported", "refuted", "inconclusive")}


def rows(replications: int) -> Iterator[Row]:
    """The lines of the table; the error of a family is at most 2.5 % in each direction, here with room for the simulation."""
    noise = f"{100 * NOISE:g} %"
    for name, claim in SINGLE.items():
        make = counts if "count" in name else cells
        found = rates(claim, 1, TRIALS, replications, make=make)
        for word in ("supported", "refuted"):
            yield Row(f"`{name}` of equals is {word}", noise, str(TRIALS), *found[word], high=3.5)
    for name, claim in CLAIMS.items():
        for count in (2, 8, 16, 30):
            found = rates(claim, count, TRIALS, replications)
            for word in ("supported", "refuted"):
                yield Row(f"`{name}`, {count} equal cells, is {word}", noise, str(TRIALS), *found[word], high=3.5)
    for name, claim in SPREAD.items():
        for count in (4, 16):
            found = rates(claim, count, TRIALS, max(1, replications // 4))
            yield Row(f"`{name}`, {count} cells, is refuted", noise, str(TRIALS), *found["refuted"], high=3.5)
    every = CLAIMS["for every cell: x > reference"]
    for count in (1, 30):
        for trials in (10, 20, 30):
            found = rates(every, count, trials, replications, EQUAL)
            yield Row(f"for every of {count} cells, true by 6 %: supported", noise, str(trials), *found["supported"])
    found = rates(on_the_whole, 30, TRIALS, replications, EQUAL)
    yield Row("`mean(x over cells) > reference`, 30 cells, true by 6 %: supported", noise, "10", *found["supported"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=2000)
    count = parser.parse_args().replications
    print_table(rows(count))


if __name__ == "__main__":
    main()
