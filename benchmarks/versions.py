"""Two versions of a function: how often is a difference named where there is none, and how often is a slowdown of 3 % found?

python benchmarks/versions.py --numbers              200 simulated runs per row: the arithmetic, on the noises of `disturbed.py`
python benchmarks/versions.py --program              200 whole runs whose trials are `simulated`: the same through the program
python benchmarks/versions.py --real OUT             real runs of a small function: 30 of two identical versions, 20 of one that is
                                                     3 % slower; about 3 hours, and what is in OUT already is not run again
python benchmarks/versions.py --judge OUT            the table of the real runs in OUT

Each table also judges the same numbers by two rules in use: the means differ by more than 2 %, and the check of pytest-benchmark's
`--benchmark-compare-fail=mean:2%`, `median:2%` and `min:2%`: it fails if the newer one's is more than 2 % larger (there,
`PercentageRegressionCheck` in `pytest_benchmark/utils.py`, version 5).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import disturbed
from table_rows import Row, print_table, share

from concexp.analysis.noise import NoiseFloor
from concexp.analysis.stats.familywise import holm
from concexp.analysis.stats.intervals import LEVEL
from concexp.analysis.stats.ratios import p_value, ratio
from concexp.commands.run import RunRequest, run_experiment
from concexp.report.versions import FASTER, SLOWER, judged, versions_of
from concexp.report.views import view_of

NAMED = (SLOWER, FASTER)
PLANTED = 0.03
LIMIT = 0.02  # of the other rules
# Trials of a small function take about this long with all around them, and a run of five minutes has this long for them.
TRIAL_S, MEASURING_S = 0.33, 280.0
COMPARISONS = (1, 6)
HIGHEST = 5.0  # percent of runs of identical versions that may name a difference
FEW = 10  # trials of each version: what an experiment has that asks for no more
CALLS = """\
STEPS, EXTRA = 20_000, {extra}

def work():
    x = y = 1
    for _ in range(STEPS):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    for _ in range(EXTRA):
        y = (y * 1103515245 + 12345) & 0x7FFFFFFF
    return x
"""
YAML = """\
name: versions
workload: work.py:work
model: {model}
sweep: {{code: [{{path: before, as: before}}, {{path: after, as: after}}]}}
load: {{duration: 0.1s}}
baseline: {{code: before}}
measure: {{repetitions: {repetitions}, iterations: 1, budget: {budget}, seed: {seed}}}
"""
Times = Sequence[float]


def by_means(before: Times, after: Times) -> bool:
    """Whether the means differ by more than 2 %."""
    return abs(statistics.fmean(after) / statistics.fmean(before) - 1) > LIMIT


def regression(measure: Callable[[Times], float]) -> Callable[[Times, Times], bool]:
    """The rule of pytest-benchmark for one of its statistics: more than 2 % larger than before."""
    return lambda before, after: measure(after) / measure(before) - 1 > LIMIT


RULES = {
    "means differ by more than 2 %": by_means,
    "pytest-benchmark, mean:2%": regression(statistics.fmean),
    "pytest-benchmark, median:2%": regression(statistics.median),
    "pytest-benchmark, min:2%": regression(min),
}


@dataclass(frozen=True)
class Judged:
    """One run: the verdict on each comparison, and by each rule whether the first one is said to differ."""

    verdicts: Sequence[str]
    rules: dict[str, bool]

    @property
    def named(self) -> bool:
        return any(verdict in NAMED for verdict in self.verdicts)


def simulated(rng: np.random.Generator, noise: str, comparisons: int, blocks: int, slowdown: float) -> Judged:
    """A run of so many comparisons by the functions that a page uses; the version of the first one is slower by `slowdown`."""
    cells = 2 * comparisons + 1
    make = NOISES[noise]
    times = list(disturbed.simulate(rng, lambda rng, trials: make(rng, trials, cells), blocks, cells)[0].values())
    before, after, control = times[:comparisons], times[comparisons:-1], times[-1]
    after[0] = {block: time * (1 + slowdown) for block, time in after[0].items()}
    floor = NoiseFloor("", "", ratio(control, before[0]))
    factors = [ratio(new, old) for new, old in zip(after, before, strict=True)]
    adjusted = holm([p_value(new, old) for new, old in zip(after, before, strict=True)])
    verdicts = [judged(one, p, floor.beside(one), LEVEL) for one, p in zip(factors, adjusted, strict=True)]
    series = [*before[0].values()], [*after[0].values()]
    return Judged(verdicts, {rule: differs(*series) for rule, differs in RULES.items()})


def one_after_the_other(rng: np.random.Generator, noise: str, trials: int, slowdown: float) -> dict[str, bool]:
    """What the other rules say of as many trials of two versions, of which the second is measured after the first."""
    effects = NOISES[noise](rng, 2 * trials, 4) + rng.normal(0, disturbed.SCATTER, 2 * trials)
    times = np.exp(effects + math.log(1 + slowdown) * (np.arange(2 * trials) >= trials)).tolist()
    return {rule: differs(times[:trials], times[trials:]) for rule, differs in RULES.items()}


def weather(rng: np.random.Generator, trials: int, cells: int) -> np.ndarray:
    """Blocks differ by 10 %, and each keeps half of the last one's disturbance."""
    blocks = [rng.normal(0, 0.1)]
    while len(blocks) < math.ceil(trials / cells):
        blocks.append(0.5 * blocks[-1] + rng.normal(0, 0.1 * math.sqrt(0.75)))
    return np.repeat(blocks, cells)[:trials]


def two_speeds(rng: np.random.Generator, trials: int, cells: int) -> np.ndarray:
    """Two of five trials run at half the speed; each keeps the speed of the one before it in seven of ten cases."""
    slow = rng.random(trials) < 0.4
    for number in range(1, trials):
        if rng.random() < 0.7:
            slow[number] = slow[number - 1]
    return math.log(2) * slow


def _alike(noise: Callable[[np.random.Generator, int], np.ndarray]) -> Callable[..., np.ndarray]:
    return lambda rng, trials, cells: noise(rng, trials)


NOISES: dict[str, Callable[..., np.ndarray]] = {
    "quiet": _alike(disturbed.quiet),
    "blocks with memory 0.5": weather,
    "phases of 20 slow trials": _alike(disturbed.phases(20)),
    "10 % of trials 1.85x": _alike(disturbed.rare),
    "5 % of trials 3x": _alike(disturbed.outliers),
    "two speeds": two_speeds,
}
REALISTIC = ("quiet", "blocks with memory 0.5")  # others lose trials to doubts, which this does not simulate


def numbers(count: int) -> Iterator[Line]:
    """The lines of the table about the arithmetic."""
    for noise in NOISES:
        for comparisons in COMPARISONS:
            blocks = round(MEASURING_S / TRIAL_S / (2 * comparisons + 2))
            yield from _lines(noise, comparisons, blocks, count, 90 if noise in REALISTIC else None)
        yield from _lines(noise, 1, FEW, count, None)


def _lines(noise: str, comparisons: int, blocks: int, count: int, least: float | None) -> Iterator[Line]:
    where = f"{noise}, {comparisons} compared" if comparisons > 1 else noise
    rng = np.random.default_rng(100 + comparisons)
    pairs = [
        [simulated(rng, noise, comparisons, blocks, slowdown) for _ in range(count)] for slowdown in (0.0, PLANTED)
    ]
    same, slower = pairs
    named = share(sum(one.named for one in same), count)[0]
    found = share(sum(one.verdicts[0] == SLOWER for one in slower), count)[0]
    missed = named > HIGHEST or (least is not None and found < least)
    yield Line(where, blocks, "concexp", named, found, missed=missed)
    if comparisons > 1:
        return
    apart = [[one_after_the_other(rng, noise, blocks, slow) for _ in range(count)] for slow in (0.0, PLANTED)]
    for rule in RULES:
        together = [share(sum(one.rules[rule] for one in runs), count)[0] for runs in pairs]
        yield Line(where, blocks, rule, *together, *(share(sum(one[rule] for one in runs), count)[0] for runs in apart))


@dataclass(frozen=True)
class Line:
    """Shares of the runs, percent, in which a difference is named: of identical versions, and of one that is 3 % slower.

    `apart` are those in which the second version is measured after the first.
    """

    noise: str
    trials: float
    judge: str
    same: float
    slower: float
    same_apart: float = math.nan
    slower_apart: float = math.nan
    missed: bool = False

    def __str__(self) -> str:
        shares = (self.same, self.slower, self.same_apart, self.slower_apart)
        shown = ["–" if math.isnan(one) else f"{one:.3g}" for one in shares]
        return f"| {' | '.join([self.noise, f'{self.trials:g}', self.judge, *shown])}{' **missed**' * self.missed} |"


def print_lines(lines: Iterator[Line]) -> int:
    """Print the table, each line as it is known; returns the number of targets that were missed."""
    heads = ["noise", "trials", "judged by", "identical: named, %", "3 % slower: found, %"]
    heads += [f"one after the other: {what}, %" for what in ("named", "found")]
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    missed = 0
    for line in lines:
        print(line, flush=True)
        missed += line.missed
    return missed


@dataclass(frozen=True)
class RealRun:
    """A whole run: what was planted, its verdicts, factor with interval and noise floor, and seconds per call of both versions."""

    kind: str
    number: int
    verdicts: list[str]
    factor: list[float]
    floor: float
    blocks: int
    seconds: float
    load: list[float]
    before: list[float] = field(repr=False)
    after: list[float] = field(repr=False)

    @property
    def judged(self) -> Judged:
        return Judged(self.verdicts, {rule: differs(self.before, self.after) for rule, differs in RULES.items()})


def whole_run(folder: Path, kind: str, number: int, model: str, repetitions: int, budget: str) -> RealRun:
    """Run concexp on two versions in a folder of its own; `kind` is `same` or `slower`."""
    extra = {"same": 0, "slower": round(PLANTED * 20_000)}[kind]
    for name, more in (("before", 0), ("after", extra)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "work.py").write_text(CALLS.format(extra=more))
    path = folder / "versions.yaml"
    path.write_text(YAML.format(model=model, repetitions=repetitions, budget=budget, seed=number + 1))
    began, load = time.monotonic(), os.getloadavg()[0]
    request = RunRequest(path, out=folder / "reports", command="benchmarks/versions.py", quiet=True)
    run = run_experiment(request, "none", page=False).measured.results
    seconds = time.monotonic() - began
    view = view_of(run)
    found = versions_of(view)
    assert found is not None
    (change,) = found.changes
    series = [
        [1 / {**trial.means, **trial.raw}["throughput"] for trial in point.sample.has_numbers]
        for point in (change.reference, change.point)
    ]
    factor = [change.factor.mean, change.factor.lo, change.factor.hi]
    blocks, floor = len(series[0]), round(found.floor, 5)
    return RealRun(kind, number, [change.verdict], factor, floor, blocks, seconds, [load, os.getloadavg()[0]], *series)


def program(count: int) -> Iterator[Row]:
    """The lines of the table about whole runs that simulate their trials."""
    runs = []
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(whole_run(Path(folder), "same", number, "{simulated: {noise: 0.03}}", 30, "10m"))
    named = sum(one.judged.named for one in runs)
    yield Row("identical: any difference named", "simulated, 3 %", "30", *share(named, count), None, 5)
    for rule in RULES:
        alarms = sum(one.judged.rules[rule] for one in runs)
        yield Row(f"… by {rule}", "simulated, 3 %", "30", *share(alarms, count))


def real(out: Path, same: int, slower: int, budget: str) -> None:
    """Run what is missing in a folder, both kinds by turns."""
    done = {(one.kind, one.number) for one in kept(out)}
    wanted = [(kind, number) for number in range(max(same, slower)) for kind in ("same", "slower")]
    for kind, number in wanted:
        if number < {"same": same, "slower": slower}[kind] and (kind, number) not in done:
            found = whole_run(out / f"{kind}-{number}", kind, number, "serial", 1000, budget)
            with (out / "runs.jsonl").open("a") as file:
                file.write(json.dumps(asdict(found)) + "\n")
            print(f"{kind} {number}: {found.verdicts[0]}, {found.factor[0]:.4f}, {found.blocks} blocks", flush=True)


def kept(out: Path) -> list[RealRun]:
    """The real runs in a folder."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "runs.jsonl"
    return [RealRun(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def judge(out: Path) -> Iterator[Row]:
    """The lines of the table about the real runs in a folder."""
    runs = kept(out)
    for kind, what in (("same", "identical: any difference named"), ("slower", "3 % slower: found")):
        own = [one for one in runs if one.kind == kind]
        if not own:
            continue
        count, blocks = len(own), f"{statistics.median(one.blocks for one in own):g}"
        middle = statistics.median(one.seconds for one in own)
        loads = [load for one in own for load in one.load]
        where = f"real, {middle:.0f} s each, load {min(loads):.1f} to {max(loads):.1f}"
        hits = sum(one.judged.named if kind == "same" else one.verdicts[0] == SLOWER for one in own)
        ends = (None, 5) if kind == "same" else (90, None)
        yield Row(f"{what} ({hits} of {count})", where, blocks, *share(hits, count), *ends)
        for rule in RULES:
            yield Row(f"… by {rule}", where, blocks, *share(sum(one.judged.rules[rule] for one in own), count))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--numbers", action="store_true")
    parser.add_argument("--program", action="store_true")
    parser.add_argument("--real", type=Path, metavar="OUT")
    parser.add_argument("--judge", type=Path, metavar="OUT")
    parser.add_argument("--runs", type=int, help="of each row; of two identical versions with --real", default=None)
    parser.add_argument("--slower", type=int, help="with --real: runs of a version that is 3 %% slower", default=20)
    parser.add_argument("--budget", default="220s", help="with --real: of measuring, per run")
    given = parser.parse_args()
    missed = 0
    if given.numbers:
        missed += print_lines(numbers(given.runs or 200))
    if given.program:
        missed += print_table(program(given.runs or 200))
    if given.real:
        real(given.real, 30 if given.runs is None else given.runs, given.slower, given.budget)
    if given.real or given.judge:
        missed += print_table(judge(given.real or given.judge))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
