"""Does concexp measure what a hand-written program measures? Out comes one Markdown table; exit 1 if a case disagrees.

    python benchmarks/fidelity.py [--pairs 20] [--only CASE]… [--one-cpu] [--quick] [--seed 1]

For each case there is a program in `plain/`: the standard library alone, nothing of concexp, as one would write it to
find out just that. It prints operations per second. Where this Python cannot run a case, the newest one at hand that can runs
both sides; where there is none, the table says so. Three fresh processes make a pair: the program (A), a trial of
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

With --one-cpu all processes share one CPU: then the system cannot place them luckily on one side and unluckily on the other.
"""

from __future__ import annotations

import argparse
import math
import os
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
from concexp.run.interpreters.discovery import InterpreterFinder
from concexp.run.interpreters.interpreter import Interpreter
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

    @property
    def combination(self) -> dict[str, Any]:
        """What a trial is asked for, as a request names it."""
        chosen = {"workload": self.workload, "model": self.model, "sync": (self.sync, {})}
        plugins = {kind: {"name": name, "parameters": parameters} for kind, (name, parameters) in chosen.items()}
        return {**plugins, "workers": self.workers, "load": self.load}


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
    queued, piped, sums, calls = some(30_000), some(60_000), 4 * some(80), 2 * some(5_000)
    functions = str(PLAIN / "functions.py")
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
        Case("hybrid, 2 processes of 2 threads, sums", "sums.py", [2, 2, sums, 50_000],
             ("cpu_sum", {"size": 50_000}), ("hybrid", {}), counted(sums), workers=4),
        Case("hybrid, 2 processes of 100 coroutines sleep often", "loops.py", ["processes", 2, 100, naps, 0.01],
             sleeper, ("hybrid", {"inner": "asyncio"}), counted(200 * naps), workers=200),
        Case("loops, 2 threads of 100 coroutines sleep often", "loops.py", ["threads", 2, 100, naps, 0.01],
             sleeper, ("loops", {"limit": 100}), counted(200 * naps)),
        Case("interpreters, 2 of them, sums", "interpreters.py", [sums, 50_000],
             ("cpu_sum", {"size": 50_000}), ("interpreters", {}), counted(sums)),
        Case("a function of the user's, called by one", "functions.py", ["squares", 1, calls],
             ("_function", {"path": functions, "function": "squares"}), ("serial", {}), counted(calls), workers=1),
        Case("a function of the user's, 2 processes", "functions.py", ["squares", 2, calls],
             ("_function", {"path": functions, "function": "squares"}), ("processes", {}), counted(calls)),
        Case("a coroutine function of the user's, 100 tasks", "functions.py", ["rest", 100, naps],
             ("_function", {"path": functions, "function": "rest"}), ("asyncio", {}), counted(100 * naps), workers=100),
    ]  # fmt: skip


@dataclass
class Bench:
    """Both sides, each in fresh processes of one interpreter, which have the machine to themselves."""

    code: StagedCode
    random: random.Random
    lock: MachineLock = field(
        default_factory=lambda: MachineLock(
            "the fidelity benchmark", lambda who: print("waiting for", who, file=sys.stderr)
        )
    )

    def python_for(self, case: Case) -> tuple[str, str]:
        """The path of the interpreter that runs a case: this one if it can, else the newest that can. Or "" and why none can."""
        why = self._refusal(case, sys.executable)
        if not why:
            return sys.executable, ""
        for path, answer in InterpreterFinder(self.code).answers():
            if isinstance(answer, Interpreter) and not self._refusal(case, str(path)):
                compile_for(str(path), self.code)
                return str(path), ""
        return "", why

    def _refusal(self, case: Case, python: str) -> str:
        """Why an interpreter cannot run a case; "" if it can."""
        outcome = launch({"verb": "refuse", "combinations": [case.combination]}, python, self.code, TIMEOUT)
        return outcome.reason if outcome.answer is None else str(outcome.answer["reasons"][0])

    def by_hand(self, case: Case, python: str) -> float:
        """Operations per second by the program of the case."""
        command = [python, "-s", "-S", str(PLAIN / case.program), *map(str, case.arguments)]
        with tempfile.TemporaryDirectory() as folder, self.lock.held():
            variables = environment("by-hand", self.random.getrandbits(32), folder, {})
            # A session of its own, as a trial has: Linux shares the CPUs out to sessions first (autogroups).
            done = subprocess.run(
                command, env=variables, cwd=folder, stdout=subprocess.PIPE, timeout=TIMEOUT, check=True,
                start_new_session=True,
            )  # fmt: skip
        return float(done.stdout)

    def by_concexp(self, case: Case, python: str) -> float:
        """Operations per second by a trial of concexp, computed as the metric `throughput` is."""
        request = {
            "verb": "measure",
            **case.combination,
            "startup": "once",
            "warmup": 1,
            "iterations": 1,
            "seed": self.random.getrandbits(32),
            "luck": self.random.getrandbits(32),
            "probes": [name for name in catalog.names("probe") if catalog.load("probe", name).always_on(case.load)],
        }
        with self.lock.held():
            ending = launch(request, python, self.code, TIMEOUT)
        if ending.status != "ok" or ending.answer is None:
            sys.exit(f"{case.name}: the trial is {ending.status}: {ending.reason}\n{ending.output}")
        (iteration,) = ending.answer["iterations"]
        return float(iteration["ops"] / iteration["wall_s"])

    def pair(self, case: Case, python: str) -> tuple[float, float, float]:
        """(A, concexp, A'), in operations per second; they run in a random order."""
        found = [0.0] * 3
        for side in self.random.sample(range(3), 3):
            found[side] = self.by_concexp(case, python) if side == 1 else self.by_hand(case, python)
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
    parser.add_argument("--one-cpu", action="store_true", help="all processes on one CPU")
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
    if wanted.one_cpu:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # what is started inherits it
    code = stage_child_code()
    compile_for(sys.executable, code)
    bench = Bench(code, random.Random(wanted.seed))
    where = ", on one CPU" if wanted.one_cpu else ""
    print(f"{wanted.pairs} pairs of each case{where}, operations per second, Python {sys.version.split()[0]}")
    print("\n| case | by hand | concexp | ratio (95 % interval) | A/A noise | verdict |")
    print("| --- | ---: | ---: | ---: | ---: | --- |", flush=True)
    verdicts = {}
    for case in chosen:
        python, why = bench.python_for(case)
        if not python:
            print(f"| {case.name} | – | – | – | – | not measured: {why} |", flush=True)
            continue
        verdicts[case.name] = verdict = Verdict.of([bench.pair(case, python) for _ in range(wanted.pairs)])
        print(verdict.row(case.name), flush=True)
    noisy = [name for name, verdict in verdicts.items() if verdict.noise > NOISY]
    if noisy:
        print(f"\nToo noisy to tell much (A/A noise over {100 * NOISY:.0f} %): {'; '.join(noisy)}.")
    return int(any(verdict.word == "disagrees" for verdict in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
