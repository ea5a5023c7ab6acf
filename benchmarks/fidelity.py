"""Does concexp measure what a hand-written program measures? Out comes one Markdown table; exit 1 if a case disagrees.

    python benchmarks/fidelity.py [--pairs 20] [--only CASE]… [--quick] [--seed 1]

For each case there is a program in `plain/`: the standard library alone, nothing of concexp, as one would write it to
find out just that. It prints operations per second. Three fresh processes make a pair: the program (A), a trial of
concexp, and the program again (A'), in a random order that the seed decides. Trials go through the sealed child as those
of a run do. Both sides have the same interpreter and flags, an environment built from nothing, a session of their own
(under load Linux shares the CPUs out to sessions first), windows of about equal length, one unmeasured pass of the same
length before the measured one, and `gc.collect(); gc.freeze()` in between, the collector on: how many objects it has to
look at belongs to the harness, not to what is measured.

* **ratio**: concexp's figure by the geometric mean of its pair's A and A', on the log scale, with Student's t interval
  over the pairs. What disturbs a pair disturbs all its three processes.
* **A/A noise**: how far the same program may be from itself. A'/A has such an interval, too; the noise is the distance
  from 1 to its farther end, that is its offset and its half-width together. Whatever is nearer to 1 than that, this
  machine could not have told from a second copy of A in this run. The ratio has a mean of two below the line, so that it
  scatters less than A'/A does: a harness that adds nothing has no trouble to pass.
* **verdict**: the tolerance is 3 % or the noise, whichever is more. `disagrees`: the ratio is outside of it. `agrees`: its
  whole interval is inside. `open`: the ratio is inside, an end of its interval is not: take more pairs. Where the noise
  is more than 10 %, a line below the table says that this machine was too busy to tell much.
"""

from __future__ import annotations

import argparse
import math
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from concexp import catalog
from concexp.analysis.stats.intervals import FEWEST, Interval, mean_interval
from concexp.report.text.numbers import rounded, spread
from concexp.run.child.launch import environment, launch
from concexp.run.child.stage import StagedCode, compile_for, stage_child_code
from concexp.run.machine.lock import MachineLock

PLAIN = Path(__file__).parent / "plain"
TOLERANCE = 0.03
NOISY = 0.10
TIMEOUT = 60.0  # seconds for one process


@dataclass(frozen=True)
class Case:
    """One thing that both measure: the hand-written program with its arguments, and what a trial is asked for."""

    name: str
    program: str
    arguments: Sequence[Any]
    workload: tuple[str, dict[str, Any]]
    model: tuple[str, dict[str, Any]]
    load: dict[str, Any]
    workers: int = 2
    sync: str = "none"


def cases(share: float) -> list[Case]:
    """All cases, each with `share` of its work: with 1, windows of a quarter of a second and more (50 switch intervals).

    Where one side measures for a given time, so does the other: a window that was counted out elsewhere would be of another
    length on a slower or busier machine, and the scheduler is kind to the young.
    """

    def some(operations: int) -> int:
        return round(operations * share)

    def counted(operations: int) -> dict[str, Any]:
        return {"ops": operations, "scaling": "strong"}

    seconds = 0.3 * share
    timed = {"duration": seconds}
    increments, threads, processes, tasks, naps = some(1_500_000), some(20_000), some(4_000), some(5_000), some(40)
    queued, piped = some(30_000), some(60_000)
    transfer = ("bulk_transfer", {"size": 64})
    sleeper = ("sleep", {"delay": 0.01})
    return [
        Case("lock, 1 thread", "lock_loop.py", [seconds],
             ("primitive_loop", {}), ("threads", {}), timed, workers=1, sync="lock"),
        Case("counter, 2 threads, lock", "counter.py", [increments],
             ("counter", {"form": "inline"}), ("threads", {}), counted(increments), sync="lock"),
        Case("counter by a call, 2 threads, lock", "counter_call.py", [seconds],
             ("counter", {"form": "call"}), ("threads", {}), timed, sync="lock"),
        Case("ThreadPoolExecutor.map, no-ops", "pool.py", ["ThreadPoolExecutor", threads],
             ("noop", {}), ("thread_pool", {}), counted(threads)),
        Case("ProcessPoolExecutor.map, no-ops", "pool.py", ["ProcessPoolExecutor", processes],
             ("noop", {}), ("process_pool", {}), counted(processes)),
        Case("asyncio, a task for each sleep", "asyncio_sleeps.py", [tasks, 1, 0.01],
             sleeper, ("asyncio", {"spawn": "gather"}), counted(tasks), workers=tasks),
        Case("asyncio, 100 tasks sleep often", "asyncio_sleeps.py", [100, naps, 0.01],
             sleeper, ("asyncio", {}), counted(100 * naps), workers=100),
        Case("multiprocessing.Queue, 64 B", "transfer.py", ["Queue", queued, 64],
             transfer, ("processes", {}), counted(queued), sync="queue"),
        Case("multiprocessing.Pipe, 64 B", "transfer.py", ["Pipe", piped, 64],
             transfer, ("processes", {}), counted(piped), sync="pipe"),
    ]  # fmt: skip


@dataclass
class Bench:
    """Both sides, each in fresh processes of this interpreter, which have the machine to themselves."""

    code: StagedCode
    random: random.Random
    lock: MachineLock = field(
        default_factory=lambda: MachineLock(
            "the fidelity benchmark", lambda who: print("waiting for", who, file=sys.stderr)
        )
    )

    def by_hand(self, case: Case) -> float:
        """Operations per second by the program of the case."""
        command = [sys.executable, "-s", "-S", str(PLAIN / case.program), *map(str, case.arguments)]
        with tempfile.TemporaryDirectory() as folder, self.lock.held():
            variables = environment("by-hand", self.random.getrandbits(32), folder, {})
            # A session of its own, as a trial has: Linux shares the CPUs out to sessions first (autogroups).
            done = subprocess.run(
                command, env=variables, cwd=folder, stdout=subprocess.PIPE, timeout=TIMEOUT, check=True,
                start_new_session=True,
            )  # fmt: skip
        return float(done.stdout)

    def by_concexp(self, case: Case) -> float:
        """Operations per second by a trial of concexp, computed as the metric `throughput` is."""
        request = {
            "verb": "measure",
            **{
                kind: {"name": name, "parameters": parameters}
                for kind, (name, parameters) in (
                    ("workload", case.workload), ("model", case.model), ("sync", (case.sync, {})),
                )
            },
            "workers": case.workers,
            "load": case.load,
            "startup": "once",
            "warmup": 1,
            "iterations": 1,
            "seed": self.random.getrandbits(32),
            "luck": self.random.getrandbits(32),
            "probes": [name for name in catalog.names("probe") if catalog.load("probe", name).always_on(case.load)],
        }  # fmt: skip
        with self.lock.held():
            ending = launch(request, sys.executable, self.code, TIMEOUT)
        if ending.status != "ok" or ending.answer is None:
            sys.exit(f"{case.name}: the trial is {ending.status}: {ending.reason}\n{ending.output}")
        (iteration,) = ending.answer["iterations"]
        return float(iteration["ops"] / iteration["wall_s"])

    def pair(self, case: Case) -> tuple[float, float, float]:
        """(A, concexp, A'), in operations per second; they run in a random order."""
        found = [0.0] * 3
        for side in self.random.sample(range(3), 3):
            found[side] = self.by_concexp(case) if side == 1 else self.by_hand(case)
        return found[0], found[1], found[2]


@dataclass(frozen=True)
class Verdict:
    """What the pairs of a case come to."""

    by_hand: Interval
    by_concexp: Interval
    ratio: Interval
    noise: float

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float, float]]) -> Verdict:
        """From (A, concexp, A') of each pair."""
        again = mean_interval([second / first for first, _, second in pairs], log=True)
        return cls(
            mean_interval([math.sqrt(first * second) for first, _, second in pairs], log=True),
            mean_interval([ours for _, ours, _ in pairs], log=True),
            mean_interval([ours / math.sqrt(first * second) for first, ours, second in pairs], log=True),
            max(again.hi, 1 / again.lo) - 1,
        )

    @property
    def word(self) -> str:
        """`agrees`, `open` or `disagrees`."""
        most = 1 + max(TOLERANCE, self.noise)
        if not 1 / most <= self.ratio.mean <= most:
            return "disagrees"
        return "agrees" if 1 / most <= self.ratio.lo and self.ratio.hi <= most else "open"

    def row(self, name: str) -> str:
        """A line of the table."""
        figures = f"{rounded(self.by_hand.mean)} | {rounded(self.by_concexp.mean)} | {spread(self.ratio)}"
        return f"| {name} | {figures} | {100 * self.noise:.1f} % | {self.word} |"


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="concexp's figures against those of programs written by hand")
    parser.add_argument("--pairs", type=int, help="of each case; default 20, with --quick 3")
    parser.add_argument("--only", action="append", metavar="WORD", help="only the cases with WORD in their name")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work: to see that it runs, not to judge")
    parser.add_argument("--seed", type=int, default=1, help="of the order inside the pairs; default 1")
    wanted = parser.parse_args()
    if wanted.pairs is None:
        wanted.pairs = FEWEST if wanted.quick else 20
    if wanted.pairs < FEWEST:
        parser.error(f"fewer than {FEWEST} pairs have no interval: --pairs {FEWEST} at least")
    return wanted


def main() -> int:
    """Measure all cases, print the table; 1 if a case disagrees."""
    wanted = arguments()
    every = cases(0.1 if wanted.quick else 1.0)
    chosen = [case for case in every if not wanted.only or any(word in case.name for word in wanted.only)]
    if not chosen:
        print(f"no case has that in its name; there are: {'; '.join(case.name for case in every)}", file=sys.stderr)
        return 2
    code = stage_child_code()
    compile_for(sys.executable, code)
    bench = Bench(code, random.Random(wanted.seed))
    print(f"{wanted.pairs} pairs of each case, operations per second, Python {sys.version.split()[0]}")
    print("\n| case | by hand | concexp | ratio (95 % interval) | A/A noise | verdict |")
    print("| --- | ---: | ---: | ---: | ---: | --- |", flush=True)
    verdicts = {}
    for case in chosen:
        verdicts[case.name] = verdict = Verdict.of([bench.pair(case) for _ in range(wanted.pairs)])
        print(verdict.row(case.name), flush=True)
    noisy = [name for name, verdict in verdicts.items() if verdict.noise > NOISY]
    if noisy:
        print(f"\nToo noisy to tell much (A/A noise over {100 * NOISY:.0f} %): {'; '.join(noisy)}.")
    return int(any(verdict.word == "disagrees" for verdict in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
