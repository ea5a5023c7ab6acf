"""Rows of `coverage.py` about runs that something disturbs: rare slow trials, phases, outliers, weather with memory, two speeds.

A run has 12 cells in random order within blocks. What its single figures are about is said on the page: the mean over the trials
of this run, so the truth is a cell's own time and the mean of what disturbed all trials of the run. A cell's own trials meet
only some of that. Where its interval does not hold the truth, the page has to say that it cannot be told, by the same function
that writes the page (`concexp.report.sections.speed.unknowable`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import two_speeds
from numpy.typing import NDArray
from table_rows import Row, share

from concexp.analysis import restless
from concexp.analysis.stats.disturbances import Disturbances, disturbances
from concexp.analysis.stats.intervals import half_width, mean_interval
from concexp.analysis.stats.ratios import p_value, ratio
from concexp.analysis.stats.sequential import relative_width
from concexp.analysis.stats.significance import benjamini_hochberg, difference
from concexp.experiment.blocks import DEFAULT_MAX_BLOCKS, MIN_PILOT_BLOCKS
from concexp.report.sections.speed import unknowable

Floats = NDArray[np.float64]
Cells = dict[str, dict[int, float]]

CELLS = 12
SCATTER = 0.03  # of trials that nothing disturbs
SLOW = math.log(1.85)
RARE = 0.1  # share of slow trials
PRECISION = 0.03
ADAPTIVE_CELLS = 6
MORE = 5  # as in coverage.py


def quiet(rng: np.random.Generator, trials: int) -> Floats:
    """Nothing disturbs the run."""
    return np.zeros(trials)


def rare(rng: np.random.Generator, trials: int) -> Floats:
    """A tenth of the trials, each by itself, is 1.85 times slower."""
    return SLOW * (rng.random(trials) < RARE)


def outliers(rng: np.random.Generator, trials: int) -> Floats:
    """A twentieth of the trials takes three times as long."""
    return math.log(3) * (rng.random(trials) < 0.05)


def phases(length: int) -> Callable[[np.random.Generator, int], Floats]:
    """A tenth of the trials is slow, in phases of so many trials that follow each other in the run."""

    def found(rng: np.random.Generator, trials: int) -> Floats:
        effects = np.zeros(trials + length)
        mean = length * (1 - RARE) / RARE
        begin = -int(rng.integers(length)) if rng.random() < RARE else round(rng.exponential(mean))
        while begin < trials:
            effects[max(0, begin) : begin + length] = SLOW
            begin += length + round(rng.exponential(mean))
        return effects[:trials]

    return found


def weather(memory: float) -> Callable[[np.random.Generator, int], Floats]:
    """Blocks differ by 10 %, and each keeps this share of the last one's disturbance."""

    def found(rng: np.random.Generator, trials: int) -> Floats:
        blocks = [rng.normal(0, 0.1)]
        while len(blocks) < trials // CELLS:
            blocks.append(memory * blocks[-1] + rng.normal(0, 0.1 * math.sqrt(1 - memory**2)))
        return np.repeat(blocks, CELLS)

    return found


NOISES = {
    "quiet": quiet,
    "10 % of trials 1.85x": rare,
    "phases of 5 slow trials": phases(5),
    "phases of 20 slow trials": phases(20),
    "5 % of trials 3x": outliers,
    "blocks with memory 0.5": weather(0.5),
    "blocks with memory 0.8": weather(0.8),
}


def simulate(
    rng: np.random.Generator, noise: Callable[[np.random.Generator, int], Floats], repetitions: int, cells: int = CELLS
) -> tuple[Cells, Cells]:
    """(times by cell and block, the logarithms of what disturbed them); all cells do the same work, for 1 s."""
    effects = noise(rng, cells * repetitions)
    order = np.concatenate([rng.permutation(cells) for _ in range(repetitions)])
    times = np.exp(effects + rng.normal(0, SCATTER, effects.size)).tolist()
    found: tuple[Cells, Cells] = {str(cell): {} for cell in range(cells)}, {str(cell): {} for cell in range(cells)}
    for place, (cell, time, effect) in enumerate(zip(order.tolist(), times, effects.tolist(), strict=True)):
        found[0][str(cell)][place // cells] = time
        found[1][str(cell)][place // cells] = effect
    return found


def holds_truth(cells: Cells, effects: Cells) -> bool:
    """Whether the interval of the first cell holds its mean at the mean disturbance of all trials that were run."""
    truth = math.exp(np.mean([effects[cell][block] for cell, of in cells.items() for block in of]))
    interval = mean_interval(list(cells["0"].values()), log=True)
    return interval.lo <= truth <= interval.hi


def said(found: Disturbances) -> bool:
    """Whether the page says that the intervals of single cells cannot be relied on."""
    return bool(unknowable(found))


def single(
    noise: Callable[[np.random.Generator, int], Floats], repetitions: int, count: int
) -> tuple[tuple[float, float], ...]:
    """How often (the interval holds the truth, the page says that it cannot be told, either)."""
    rng = np.random.default_rng(700 + repetitions)
    holds = told = either = 0
    for _ in range(count):
        cells, effects = simulate(rng, noise, repetitions)
        held, known = holds_truth(cells, effects), said(disturbances(cells))
        holds, told, either = holds + held, told + known, either + (held or known)
    return share(holds, count), share(told, count), share(either, count)


def paired(noise: Callable[[np.random.Generator, int], Floats], repetitions: int, count: int) -> tuple[float, float]:
    """How often the interval of the ratio of two cells holds the truth, 1, or the page says that it cannot be told."""
    rng = np.random.default_rng(800 + repetitions)
    hits = 0
    for _ in range(count):
        cells, _ = simulate(rng, noise, repetitions)
        interval = ratio(cells["1"], cells["0"])
        hits += interval.lo <= 1 <= interval.hi or said(disturbances(cells))
    return share(hits, count)


def same(noise: Callable[[np.random.Generator, int], Floats], repetitions: int, count: int) -> tuple[float, float]:
    """How often an experiment in which all cells are equal names any difference."""
    rng = np.random.default_rng(900 + repetitions)
    named = 0
    for _ in range(count):
        named += any_differs(list(simulate(rng, noise, repetitions)[0].values()))
    return share(named, count)


def adaptive(
    noise: Callable[[np.random.Generator, int], Floats], count: int
) -> tuple[tuple[float, float], tuple[float, float], float]:
    """How often the interval of a cell of an adaptive run (holds the truth, does or the page says …), and its mean trials.

    As `analysis.adaptive` stops: a cell goes on until its interval is narrow enough, and where trials lie far from the others of
    their cell, until the pooled scatter would make it so.
    """
    rng = np.random.default_rng(1000)
    holds = either = trials = 0
    for _ in range(count):
        cells, effects = simulate(rng, noise, DEFAULT_MAX_BLOCKS, ADAPTIVE_CELLS)
        going, sizes = set(cells), dict.fromkeys(cells, DEFAULT_MAX_BLOCKS)
        for size in range(MIN_PILOT_BLOCKS, DEFAULT_MAX_BLOCKS):
            seen = {name: dict(list(of.items())[: min(size, sizes[name])]) for name, of in cells.items()}
            found = disturbances(seen)
            for name in list(going):
                width = relative_width(mean_interval(list(seen[name].values()), log=True))
                if max(width, half_width(found.pooled, size) if found.apart else 0.0) <= PRECISION:
                    going.remove(name)
                    sizes[name] = size
            if not going:
                break
        kept = {name: dict(list(of.items())[: sizes[name]]) for name, of in cells.items()}
        held = holds_truth(kept, effects)
        holds, either, trials = holds + held, either + (held or said(disturbances(kept))), trials + sizes["0"]
    return share(holds, count), share(either, count), trials / count


def speeds(cells: int, repetitions: int, count: int) -> tuple[tuple[float, float], tuple[float, float], float]:
    """(how often the raw and the adjusted interval of a ratio hold 1.9, the median width of the adjusted, % of the raw one's)."""
    rng = np.random.default_rng(1100 + cells)
    hits, widths = [0, 0], []
    for _ in range(count):
        run = two_speeds.simulate(rng, cells, repetitions, [math.log(1.9) * (cell == 1) for cell in range(cells)])
        found = [ratio(of.get(1, {}), of.get(0, {})) for of in two_speeds.times(run)]
        hits = [hit + (one.lo <= 1.9 <= one.hi) for hit, one in zip(hits, found, strict=True)]
        widths.append([math.log(one.hi / one.lo) for one in found])
    raw, adjusted = np.nanmedian(np.array(widths), axis=0).tolist()
    return share(hits[0], count), share(hits[1], count), 100 * adjusted / raw


def same_speeds(repetitions: int, count: int) -> tuple[float, float]:
    """How often equal cells on a CPU of two speeds are said to differ, once they are adjusted."""
    rng = np.random.default_rng(1200)
    named = 0
    for _ in range(count):
        cells = list(two_speeds.times(two_speeds.simulate(rng, CELLS, repetitions))[1].values())
        named += any_differs(cells)
    return share(named, count)


def restless_runs(length: float, repetitions: int, count: int) -> tuple[tuple[float, float], ...]:
    """Of runs beside phases of such a mean length, seconds: how often (all trials count, a ratio's interval then holds the truth,
    any of equal cells is then said to differ).
    """
    rng = np.random.default_rng(1300 + repetitions)
    counted = hits = intervals = named = 0
    for _ in range(count):
        run = two_speeds.simulate(rng, CELLS, repetitions, lengths=(length, length))
        if not restless.counts_anyway(two_speeds.with_slow(run)).all():
            continue
        counted += 1
        cells = list(two_speeds.times(run)[0].values())
        found = [ratio(cell, cells[0]) for cell in cells[1:]]
        hits += sum(one.lo <= 1 <= one.hi for one in found)
        intervals += len(found)
        named += any_differs(cells)
    return share(counted, count), share(hits, max(1, intervals)), share(named, max(1, counted))


def any_differs(cells: list[dict[int, float]]) -> bool:
    """Whether any cell is named different from the first, after Benjamini & Hochberg."""
    adjusted = benjamini_hochberg([p_value(cell, cells[0]) for cell in cells[1:]]).tolist()
    return any(
        difference(ratio(cell, cells[0]), p) in ("higher", "lower")
        for cell, p in zip(cells[1:], adjusted, strict=True)
        if p <= 0.05
    )


def rows(count: int) -> Iterator[Row]:
    """The lines of the table, one by one."""
    for name, noise in NOISES.items():
        for repetitions in (3, 5, 10, 30):
            held, told, either = single(noise, repetitions, count)
            # Below 5 trials of a cell the page always says so.
            limit = 5 if noise is quiet and repetitions >= 5 else None
            yield Row("disturbed run: interval holds the truth", name, str(repetitions), *held)
            yield Row("… the page says that it cannot be told", name, str(repetitions), *told, None, limit)
            yield Row("… either", name, str(repetitions), *either, 92 if noise is quiet else 94, None)
    for name, noise in NOISES.items():
        for repetitions in (5, 10, 30):
            found = paired(noise, repetitions, count)
            yield Row("disturbed run: interval of a ratio holds it, or …", name, str(repetitions), *found, 92, None)
    for name, noise in NOISES.items():
        yield Row("disturbed run: any of 11 equals differs", name, "10", *same(noise, 10, MORE * count), None, 5)
    for name in ("quiet", "10 % of trials 1.85x", "5 % of trials 3x"):
        held, either, trials = adaptive(NOISES[name], max(100, count // 2))
        yield Row("adaptive ± 3 %: interval holds it", name, f"{trials:.1f}", *held)
        yield Row("… or the page says that it cannot be told", name, f"{trials:.1f}", *either, 92, None)
    for cells, repetitions in ((2, 6), (2, 12), (6, 5), (12, 12)):
        raw, adjusted, width = speeds(cells, repetitions, count)
        noise_name = f"two speeds, {cells} cells"
        yield Row("speed-up as measured holds the truth", noise_name, str(repetitions), *raw)
        yield Row("speed-up adjusted for the speed holds it", noise_name, str(repetitions), *adjusted, 92, None)
        yield Row("… its width, % of that as measured", noise_name, str(repetitions), width, 0.0, None, 50)
    yield Row("adjusted: any of 11 equals differs", "two speeds", "10", *same_speeds(10, MORE * count), None, 5)
    for length in (0.1, 0.2, 0.5, 2.0):
        for repetitions in (8, 10, 12):
            counted, held, differs = restless_runs(length, repetitions, count)
            name = f"restless, phases of {length:g} s"
            yield Row("restless: all trials count", name, str(repetitions), *counted)
            if counted[0] > 0:
                yield Row("… the interval of a ratio holds it", name, str(repetitions), *held, 92, None)
                yield Row("… any of 11 equals differs", name, str(repetitions), *differs, None, 5)
