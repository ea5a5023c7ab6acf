"""An invented run of a million rows, and what a program needs for it: for `bench.py` and `growth.py`.

It has 1,000 cells (8 workloads x 5 models x 5 numbers of workers x 5 switch intervals) with 10 trials each. It is planned like a
real run, and its journal has every fact of every iteration; only the figures are made up, so that nothing has to be run. Times
that clocks give are whole nanoseconds, as they are.
"""

from __future__ import annotations

import itertools
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))  # where this script is loaded as a module

from peers import VARIABLES

from concexp import experiment as spec
from concexp.plan.cell import PlannedTrial
from concexp.plan.planner import make_plan
from concexp.run import runner
from concexp.run.machine import facts
from concexp.run.storage import journal
from concexp.run.storage.run_folder import RunFolder

EXPERIMENT = """\
question: How long does a page of very many rows take?
name: large
workload: [cpu_sum, fib, hash_blocks, mandelbrot, primes, regex, sleep, sort]
model: [threads, thread_pool, processes, process_pool, asyncio]
sweep: {{workers: [1, 2, 4, 8, 16], switch_interval: [1ms, 2ms, 5ms, 10ms, 20ms]}}
load: {{duration: 500ms}}
measure: {{repetitions: {repetitions}, iterations: {iterations}}}
baseline: {{model: threads, workers: 1}}
"""
CELLS = 1000
CPUS = 8
NAME = "20260102T030405Z-0badcafe"
DISTINCT = 100  # iterations of a trial that differ: the next ones repeat them, or making them would take an hour


class Used(NamedTuple):
    """What a program used: seconds, seconds of CPU time, and at most so much memory, MiB."""

    seconds: float
    cpu_s: float
    peak_mib: float


def used(command: Sequence[str], folder: Path | None = None, variables: Mapping[str, str] | None = None) -> Used:
    """Run a program, whose output is dropped, and say what it and its children used; SystemExit if it fails."""
    begin = time.monotonic()
    child = subprocess.Popen(command, cwd=folder, env={**VARIABLES, **(variables or {})}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"`{' '.join(command)}` ended with {child.returncode}")
    scale = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB here
    return Used(time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale)


def made(folder: Path, rows: int, repetitions: int = 10) -> Path:
    """The folder of a run with so many rows, below `folder`; it is made where it is not there yet."""
    run = folder / "large" / "runs" / NAME
    if not (run / journal.NAME).exists():
        write(run, repetitions, max(1, rows // (CELLS * repetitions)))
    return run


def write(run: Path, repetitions: int, iterations: int) -> None:
    """Write the journal of an invented run, as a runner would have written it."""
    run.mkdir(parents=True)
    experiment = run / "experiment.yaml"
    experiment.write_text(EXPERIMENT.format(repetitions=repetitions, iterations=iterations), "utf-8")
    question = spec.load(experiment)
    plan = make_plan(question, CPUS)
    manifest = {
        "concexp": "0", "identity": "0badcafe" * 8, "trial_code": "0" * 64, "seed": 1, "command": "concexp run large.yaml",
        "started_at": "2026-01-02T03:04:05.000Z", "host": "0badcafe", "machine": {**facts.facts(), "cpus": CPUS},
        "interpreters": {"current": {"version": "3.11.7", "implementation": "CPython"}}, "clocks": {}, "git": None,
        "packages": {}, "user_code": {},
    }  # fmt: skip
    with (run / journal.NAME).open("wb") as file:
        header = runner.header(question, plan, RunFolder(run, manifest))
        file.write(journal.encode({"concexp_journal": journal.VERSION, **header}))
        block = -1
        for trial in plan.trials:
            if trial.block != block:
                block = trial.block
                file.write(journal.encode(spun(block)))
            file.write(journal.encode(record(trial, iterations)))
        file.write(journal.encode(spun(block + 1)))


def spun(block: int) -> dict[str, Any]:
    """A spinner measurement that found all CPUs available."""
    return {
        "trial": f"spin-{block:04d}", "role": "machine", "block": block, "effective_cpus": CPUS - 0.1, "cpus": CPUS,
        "cpu_s": 0.3, "run_queue_wait_s": 0.001, "started_at": "2026-01-02T03:04:05.000Z", "duration_s": 1.0,
    }  # fmt: skip


def record(trial: PlannedTrial, iterations: int) -> dict[str, Any]:
    """A trial that ended well."""
    cell = trial.cell
    kind = cell.workload.build()
    return {
        "trial": trial.id, "role": trial.role, "cell": cell.id, "block": trial.block, "position": trial.position,
        "repetition": trial.repetition, "axes": dict(cell.axes), "parameters": cell.parameters, "unit": kind.unit,
        "plugins": {"workload": cell.workload.name, "model": cell.model.name, "sync": cell.sync.name},
        "shape": kind.shape, "wants": kind.resource, "load": dict(cell.load), "startup": cell.startup,
        "runtime": dict(cell.runtime.settings), "seed": trial.seed, "status": "ok", "reason": "", "host": "0badcafe",
        "started_at": f"2026-01-02T{trial.block % 24:02d}:{trial.position % 60:02d}:05.000Z", "duration_s": 26.5,
        "left_behind": 0, "orphans": 0, "output": "", "stacks": "", "traceback": "",
        "answer": {
            "gil": True, "gil_end": True, "traced": False, "jit": None, "switch_interval": 0.005, "python": "3.11.7",
            "parallel": cell.model.plugin.parallel, "threads_at_fork": None,
            "phases": {"prepare_s": 0.0014, "create_s": 0.00065, "ready_s": 9e-06, "join_s": 0.00033},
            "iterations": list(passes(trial, iterations)),
        },
    }  # fmt: skip


def passes(trial: PlannedTrial, count: int) -> Iterator[dict[str, Any]]:
    """The facts of its iterations: throughput grows with the workers up to the CPUs, differently for each model."""
    distinct = [one_pass(trial, random.Random(f"{trial.seed}/{number}")) for number in range(min(count, DISTINCT))]
    return itertools.islice(itertools.cycle(distinct), count)


def one_pass(trial: PlannedTrial, rng: random.Random) -> dict[str, Any]:
    """The facts of one iteration."""
    workers = trial.cell.workers or 1
    parallel = trial.cell.model.plugin.parallel == "processes"
    pace = 1000 * (min(workers, CPUS) ** 0.9 if parallel else 1) * math.exp(rng.gauss(0, 0.02))
    wall = 0.5 * math.exp(rng.gauss(0, 0.001))
    ops = max(1, round(pace * math.exp(rng.gauss(0, 0.005)) * wall))
    cpu = wall * min(workers, CPUS) * rng.uniform(0.95, 1)
    waited = rng.expovariate(1e4)
    facts = {
        "cpu_s": cpu, "run_queue_wait_s": waited, "server_cpu_s": None, "own_cpu_s": cpu, "own_run_queue_wait_s": waited,
        "main_cpu_s": cpu, "main_run_queue_wait_s": waited, "user_s": round(wall, 2), "system_s": 0.0,
        "minor_faults": rng.randrange(9), "major_faults": 0, "voluntary_switches": rng.randrange(90),
        "involuntary_switches": rng.randrange(90), "migrations": rng.randrange(9), "throttled_s": 0.0, "steal_s": 0.0,
        "swapped_in": 0, "continued": 0, "worker_reference_before_s": None, "worker_reference_after_s": None, "wall_s": wall,
        "ops": ops, "window_s": 0.4375, "startup_s": 0.001 * workers * math.exp(rng.gauss(0, 0.1)),
        "start_skew_s": rng.expovariate(1e4), "stop_skew_s": rng.expovariate(1e4), "all_active": rng.uniform(0.98, 1),
        "worker_ops": [ops // workers] * workers,
        "worker_s": [round(wall * rng.uniform(0.98, 1), 9) for _ in range(workers)], "largest_share": None, "counts": {},
        "invalid": "", "reference_before_s": 0.00017 * math.exp(rng.gauss(0, 0.01)),
        "reference_after_s": 0.00017 * math.exp(rng.gauss(0, 0.01)),
    }  # fmt: skip
    computed = ("wall_s", "all_active")
    return {
        name: round(value, 9) if isinstance(value, float) and name not in computed else value
        for name, value in facts.items()
    }


def mebibytes(file: Path) -> float:
    """The size of a file, MiB."""
    return file.stat().st_size / 2**20
