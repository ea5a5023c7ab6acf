"""Simulated data whose truth is known -> a Markdown table: how often intervals contain it, and how often verdicts are wrong.

    python benchmarks/coverage.py [--replications 2000] [--quick]

Everything goes through the functions that reports use: trial means from iterations, intervals, paired ratios, decisions and
verdicts; adaptive runs stop by the same criterion as in `concexp.analysis.adaptive` (`tests/analysis/stats/test_coverage.py`
runs one with both). `disturbed.py` has the rows about what disturbs a whole run. A row without a target shows a limit that no
method overcomes with so few trials, or a rejected method. With 2000 replications a share of 95 % is known to ± 1 %, one of
2.5 % to ± 0.7 %; `--quick` only shows that the benchmark works, and misses targets by chance.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import disturbed
from table_rows import Row, print_table, share

from concexp.analysis.stats.bootstrap import RESAMPLES, TAIL, bootstrap_t, quantile_index, resample_weights
from concexp.analysis.stats.draws import joint_draws, verdict
from concexp.analysis.stats.intervals import Interval, mean_interval, trial_means
from concexp.analysis.stats.ratios import p_value, ratio
from concexp.analysis.stats.sequential import factor_to_verdict, relative_width
from concexp.analysis.stats.significance import benjamini_hochberg, difference
from concexp.analysis.stats.variance import trials_needed
from concexp.experiment.blocks import DEFAULT_MAX_BLOCKS, MIN_PILOT_BLOCKS

Floats = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int, int], Floats]

ITERATIONS = 3
CELLS = 12  # of an A/A experiment: one baseline and 11 that equal it
SPREADS = (0.02, 0.04, 0.06, 0.08)  # of the cells of an adaptive run
PRECISION = 0.03
# Rates that lie near their targets need more replications: 4.8 % can't be told from 5 % by 2000.
MORE = 5


# Logarithms of times, trials x iterations, whose mean over trials is 0; but see `normal` and `drift`.


def lognormal(rng: np.random.Generator, trials: int, iterations: int) -> Floats:
    """Sigma 0.5 in all: 0.4 between trials, 0.3 within."""
    return rng.normal(0, 0.4, (trials, 1)) + rng.normal(0, 0.3, (trials, iterations))


def normal(rng: np.random.Generator, trials: int, iterations: int) -> Floats:
    """Times, not their logarithms, are normal: 10 % between trials, 10 % within; for intervals on the linear scale."""
    return np.log(1 + rng.normal(0, 0.1, (trials, 1)) + rng.normal(0, 0.1, (trials, iterations)))


def skewed(rng: np.random.Generator, trials: int, iterations: int) -> Floats:
    """Pareto times of index 4, between trials and within: exponential logarithms."""
    return 0.25 * (rng.exponential(1, (trials, 1)) + rng.exponential(1, (trials, iterations)) - 2)


def skewed_trials(rng: np.random.Generator, trials: int, iterations: int) -> Floats:
    """Pareto times of index 4 that differ between trials only, so that averaging over iterations does not help."""
    return np.repeat(0.25 * (rng.exponential(1, (trials, 1)) - 1), iterations, axis=1)


def drift(rng: np.random.Generator, trials: int, iterations: int) -> Floats:
    """The machine becomes 20 % slower over the run, evenly, beside noise of 5 %; the truth is the run's mean."""
    ramp = np.linspace(-0.1, 0.1, trials)[:, None]
    return ramp + rng.normal(0, 0.05, (trials, 1)) + rng.normal(0, 0.05, (trials, iterations))


def memory(rng: np.random.Generator, trials: int, iterations: int) -> Floats:
    """Each block's disturbance keeps half of the last one's: the truth is the mean over an endless run."""
    found = [rng.normal(0, 0.1)]
    while len(found) < trials:
        found.append(0.5 * found[-1] + rng.normal(0, 0.1 * math.sqrt(0.75)))
    return np.array(found)[:, None] + rng.normal(0, 0.05, (trials, iterations))


NOISES: dict[str, tuple[Noise, float, float | None]] = {
    "normal": (normal, 93, 97),
    "log-normal, σ 0.5": (lognormal, 93, 97),
    "heavy skew": (skewed, 91, None),
    "drift across blocks": (drift, 91, None),
}
LIMITS: dict[str, Noise] = {"heavy skew, trials only": skewed_trials, "blocks with memory": memory}


def trial_values(logs: Floats, log: bool) -> Floats:
    """The trial means of trials x iterations, computed as in a report."""
    trials, iterations = logs.shape
    return trial_means(np.exp(logs).reshape(-1), np.repeat(np.arange(trials), iterations), trials, log)


def by_block(values: Floats) -> dict[int, float]:
    return dict(enumerate(values.tolist()))


def single(
    noise: Noise, trials: int, count: int, way: Callable[[Floats, bool], Interval] = mean_interval
) -> tuple[float, float]:
    """How often the interval of one metric contains the truth; normal times are averaged on the linear scale."""
    rng = np.random.default_rng(100 + trials)
    log = noise is not normal
    hits = 0
    for _ in range(count):
        found = way(trial_values(noise(rng, trials, ITERATIONS), log), log)
        hits += found.lo <= 1 <= found.hi
    return share(hits, count)


def pair(
    rng: np.random.Generator, noise: Noise, trials: int, truth: float = 1.5
) -> tuple[dict[int, float], dict[int, float]]:
    """Two cells measured in the same blocks, with common disturbances of 10 %."""
    weather = rng.normal(0, 0.1, (trials, 1))
    above, below = (weather + noise(rng, trials, ITERATIONS) for _ in range(2))
    return by_block(truth * trial_values(above, True)), by_block(trial_values(below, True))


def paired(noise: Noise, trials: int, count: int) -> tuple[float, float]:
    """How often the interval of a ratio contains the truth."""
    rng = np.random.default_rng(200 + trials)
    hits = 0
    for _ in range(count):
        found = ratio(*pair(rng, noise, trials))
        hits += found.lo <= 1.5 <= found.hi
    return share(hits, count)


def same(noise: Noise, trials: int, count: int) -> tuple[float, float]:
    """How often an experiment in which all cells are equal names any difference, after Benjamini & Hochberg."""
    rng = np.random.default_rng(300 + trials)
    named = 0
    for _ in range(count):
        weather = rng.normal(0, 0.1, (trials, 1))
        logs = np.concatenate([weather + noise(rng, trials, ITERATIONS) for _ in range(CELLS)])
        cells = [by_block(values) for values in trial_values(logs, True).reshape(CELLS, trials)]
        adjusted = benjamini_hochberg([p_value(cell, cells[0]) for cell in cells[1:]])
        # Only what p lets through needs an interval.
        named += any(
            difference(ratio(cell, cells[0]), p) in ("higher", "lower")
            for cell, p in zip(cells[1:], adjusted.tolist(), strict=True)
            if p <= 0.05
        )
    return share(named, count)


def best(noise: Noise, trials: int, count: int, all_pairs: bool) -> tuple[float, float]:
    """How often the best of equal cells is named different from any other.

    Corrected for all pairs of cells, of which any might have been told of, or for those of the best alone: the data chose it.
    """
    rng = np.random.default_rng(350 + trials)
    named = 0
    for _ in range(count):
        weather = rng.normal(0, 0.1, (trials, 1))
        logs = np.concatenate([weather + noise(rng, trials, ITERATIONS) for _ in range(CELLS)])
        values = trial_values(logs, True).reshape(CELLS, trials)
        first = int(np.log(values).mean(axis=1).argmax())
        cells = [by_block(own) for own in values]
        pairs = [(a, b) for a, b in itertools.combinations(range(CELLS), 2) if all_pairs or first in (a, b)]
        adjusted = benjamini_hochberg([p_value(cells[a], cells[b]) for a, b in pairs]).tolist()
        named += any(
            difference(ratio(cells[a], cells[b]), p) in ("higher", "lower")
            for (a, b), p in zip(pairs, adjusted, strict=True)
            if p <= 0.05 and first in (a, b)
        )
    return share(named, count)


def boundary(kind: str, trials: int, count: int) -> tuple[float, float]:
    """How often a claim exactly on its boundary is called supported."""
    rng = np.random.default_rng(400 + trials)
    supported = 0
    for number in range(count):
        if kind == "one cell":
            cells = {"a": by_block(trial_values(lognormal(rng, trials, ITERATIONS), True))}
        else:
            above, below = pair(rng, lognormal, trials, 2.0)
            apart = 1000 if kind == "two cells, other blocks" else 0
            cells = {"a": above, "b": {block + apart: value for block, value in below.items()}}
        drawn = joint_draws(cells, set(cells), seed=number)
        holds = drawn["a"] > 1 if kind == "one cell" else drawn["a"] >= 2 * drawn["b"]
        supported += verdict(float(holds.mean())) == "supported"
    return share(supported, count)


def stopped(values: Floats) -> int:
    """The number of trials of a cell in an adaptive run: the pilot, and more until the interval is narrow enough."""
    for size in range(MIN_PILOT_BLOCKS, values.size):
        if relative_width(mean_interval(values[:size], log=True)) <= PRECISION:
            return size
    return values.size


def adaptive(count: int) -> tuple[Floats, Floats]:
    """For each cell of an adaptive run, how often its interval contains the truth, and its mean number of trials."""
    rng = np.random.default_rng(500)
    hits, trials = np.zeros(len(SPREADS)), np.zeros(len(SPREADS))
    for _ in range(count):
        logs = rng.normal(0, 1, (len(SPREADS), DEFAULT_MAX_BLOCKS)) * np.array(SPREADS)[:, None]
        for cell, values in enumerate(np.exp(logs)):
            size = stopped(values)
            found = mean_interval(values[:size], log=True)
            hits[cell] += found.lo <= 1 <= found.hi
            trials[cell] += size
    return hits / count, trials / count


def settled(share: float) -> bool:
    """True if an adaptive run makes no more trials for a claim."""
    return not factor_to_verdict(share)


def decided(share: float) -> bool:
    """True by the bound of a single verdict. Adaptive runs do not use it, and the table shows why."""
    return verdict(share) != "inconclusive"


def adaptive_boundary(ends: Callable[[float], bool], count: int) -> tuple[float, float]:
    """How often a claim exactly on its boundary is called supported, if it is judged after each trial until `ends` is true."""
    rng = np.random.default_rng(600)
    going = [pair(rng, lognormal, DEFAULT_MAX_BLOCKS, 2.0) for _ in range(count)]
    supported = 0
    for size in range(MIN_PILOT_BLOCKS, DEFAULT_MAX_BLOCKS + 1):
        left = []
        for above, below in going:
            cells = {name: {k: every[k] for k in range(size)} for name, every in (("a", above), ("b", below))}
            drawn = joint_draws(cells, set(cells))
            true_in = float((drawn["a"] >= 2 * drawn["b"]).mean())
            if size < DEFAULT_MAX_BLOCKS and not ends(true_in):
                left.append((above, below))
            else:
                supported += verdict(true_in) == "supported"
        going = left
    return share(supported, count)


def by_way(way: Callable[[Floats], tuple[float, float] | None]) -> Callable[[Floats, bool], Interval]:
    """A method for an interval's ends, with the signature of `mean_interval`."""

    def found(values: Floats, log: bool) -> Interval:
        ends = way(np.log(values) if log else values)
        assert ends is not None
        lo, hi = np.exp(ends) if log else ends
        return Interval(math.nan, float(lo), float(hi), values.size)

    return found


def bca(values: Floats) -> tuple[float, float] | None:
    """The ends of the bias-corrected and accelerated interval of the mean of n values; None for fewer than 3.

    Reports do not use it; `concexp.analysis.stats.bootstrap` has the figures that decided against it.
    """
    from scipy.special import ndtr, ndtri

    data = np.sort(np.asarray(values, dtype=float))
    n = data.size
    if n < 3:
        return None
    if data[0] == data[-1]:
        return float(data[0]), float(data[0])
    mean = float(data.mean())
    around = data - mean
    means = np.sort(resample_weights(n) @ around / n)
    bias = ndtri(np.clip((means < 0).mean(), 1 / RESAMPLES, 1 - 1 / RESAMPLES))
    # Of a mean, the jackknife's acceleration is the sample's skewness over 6 sqrt(n).
    acceleration = (around**3).sum() / (6 * (around**2).sum() ** 1.5)
    ends = []
    for quantile in (ndtri(TAIL), ndtri(1 - TAIL)):
        shifted = bias + quantile
        ends.append(mean + float(means[quantile_index(ndtr(bias + shifted / (1 - acceleration * shifted)))]))
    return ends[0], ends[1]


def by_t(values: Floats) -> tuple[float, float]:
    """Student's t, whatever the number of trials."""
    from scipy.special import stdtrit

    half = float(stdtrit(values.size - 1, 0.975)) * float(values.std(ddof=1)) / math.sqrt(values.size)
    return float(values.mean()) - half, float(values.mean()) + half


def percentile(values: Floats) -> tuple[float, float]:
    """The percentile bootstrap of the mean: not used anywhere, and the table shows why."""
    picks = np.random.default_rng(values.size).integers(0, values.size, (1999, values.size))
    lo, hi = np.quantile(values[picks].mean(axis=1), [0.025, 0.975])
    return float(lo), float(hi)


def rows(count: int) -> Iterator[Row]:
    """The lines of the table, one by one."""
    for name, (noise, low, high) in NOISES.items():
        for trials in (5, 10, 30):
            # A ramp that the interval takes for noise makes it too wide, never too narrow: no upper target.
            yield Row("interval holds the truth", name, str(trials), *single(noise, trials, count), low, high)
    for name, (noise, low, high) in NOISES.items():
        for trials in (5, 10, 30):
            yield Row("interval of a ratio holds it", name, str(trials), *paired(noise, trials, count), low, high)
    for name, limit in LIMITS.items():
        for trials in (5, 10, 30):
            yield Row("a limit: interval holds the truth", name, str(trials), *single(limit, trials, count))
    for name, (noise, _, _) in NOISES.items():
        yield Row(f"A/A: any of {CELLS - 1} differs", name, "10", *same(noise, 10, MORE * count), None, 5)
    yield Row(f"A/A: the best of {CELLS} differs", "normal", "10", *best(normal, 10, count, True), None, 5)
    yield Row("… by its own comparisons alone", "normal", "10", *best(normal, 10, count, False))
    for kind in ("one cell", "two cells, same blocks", "two cells, other blocks"):
        for trials in (5, 10, 30):
            yield Row("claim on its boundary supported", kind, str(trials), *boundary(kind, trials, 2 * count), None, 3)
    for label, ends, high in (
        ("adaptive: claim on its boundary supported", settled, 4),
        ("the same, stopped by the bound of a verdict", decided, None),
    ):
        yield Row(
            label,
            "two cells, same blocks",
            f"{MIN_PILOT_BLOCKS}–{DEFAULT_MAX_BLOCKS}",
            *adaptive_boundary(ends, count),
            None,
            high,
        )
    hits, trials_used = adaptive(count)
    fixed = trials_needed(max(SPREADS) ** 2, math.asinh(PRECISION))
    for spread, hit, used in zip(SPREADS, hits.tolist(), trials_used.tolist(), strict=True):
        found = share(round(hit * count), count)
        yield Row("adaptive ± 3 %: interval holds it", f"spread {spread:.0%}", f"{used:.1f}", *found, 92, None)
    saved = float(trials_used.mean()) / fixed
    yield Row(
        "adaptive: trials, % of a fixed plan's",
        f"fixed: {fixed} each",
        f"{trials_used.mean():.1f}",
        100 * saved,
        0.0,
        None,
        99,
    )
    for label, way in {"t": by_t, "bootstrap-t": bootstrap_t, "BCa": bca, "percentile": percentile}.items():
        for name, noise in {"normal": normal, "heavy skew": skewed, **LIMITS}.items():
            if noise is not memory:
                yield Row(f"20 trials by {label}", name, "20", *single(noise, 20, count, by_way(way)))
    yield Row("5 trials by percentile", "log-normal, σ 0.5", "5", *single(lognormal, 5, count, by_way(percentile)))
    yield from disturbed.rows(count)


def main() -> int:
    """Print the table; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description="Coverage of concexp's intervals and error rates of its verdicts.")
    parser.add_argument(
        "--replications",
        type=int,
        default=2000,
        help="simulated experiments per line; 5 times as many A/A ones, twice as many boundaries",
    )
    parser.add_argument("--quick", action="store_true", help="200 replications: to see that it works")
    given = parser.parse_args()
    count = 200 if given.quick else given.replications
    began = time.monotonic()
    missed = print_table(rows(count))
    took = f"{count} replications in {time.monotonic() - began:.0f} s; CPU time {time.process_time():.0f} s"
    print(f"\n{took}; {missed} targets missed", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
