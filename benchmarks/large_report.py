"""How long `concexp report` takes on a large run, and how much memory: prints seconds and MiB; exit 1 if it is too much.

    python benchmarks/large_report.py [--repetitions 10] [--iterations 100] [--keep DIR]

The run is invented: 1,000 cells (8 workloads x 5 models x 5 numbers of workers x 5 switch intervals), by default with 10
trials of 100 iterations each, a million rows. It is planned like a real run, and its journal has every fact of every
iteration; only the figures are made up, so that nothing has to be run. Then `concexp report` runs in a child, whose time and
memory the system reports. On a busy machine look at the CPU time: it hardly depends on other processes.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from concexp import experiment as spec
from concexp.plan.cell import PlannedTrial
from concexp.plan.planner import make_plan
from concexp.run import runner
from concexp.run.machine import facts
from concexp.run.storage import journal
from concexp.run.storage.run_folder import RunFolder

EXPERIMENT = """\
question: Is a page of a million rows made in half a minute?
name: large
workload: [cpu_sum, fib, hash_blocks, mandelbrot, primes, regex, sleep, sort]
model: [threads, thread_pool, processes, process_pool, asyncio]
sweep: {{workers: [1, 2, 4, 8, 16], switch_interval: [1ms, 2ms, 5ms, 10ms, 20ms]}}
load: {{duration: 500ms}}
measure: {{repetitions: {repetitions}, iterations: {iterations}}}
baseline: {{model: threads, workers: 1}}
"""
CPUS = 8
SECONDS = 30.0
MEBIBYTES = 1536.0


def main() -> int:
    """Make the run, report it and print what that took; 1 if it was too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=10, help="trials of each of the 1,000 cells")
    parser.add_argument("--iterations", type=int, default=100, help="iterations of each trial")
    parser.add_argument(
        "--keep", type=Path, help="make the run in this folder, or take the one that is there, and keep it"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = (asked.keep or Path(folder)) / "large" / "runs" / "20260102T030405Z-0badcafe"
        if not (run / journal.NAME).exists():
            write(run, asked.repetitions, asked.iterations)
        size = (run / journal.NAME).stat().st_size
        seconds, cpu, peak = reported(run)
    print(
        f"a journal of {size / 2**20:,.0f} MiB: {seconds:.1f} s, {cpu:.1f} s of CPU time, at most {peak:,.0f} MiB of memory"
    )
    return 1 if cpu > SECONDS or peak > MEBIBYTES else 0


def reported(run: Path) -> tuple[float, float, float]:
    """Report a run in a child; returns seconds, seconds of CPU time, and the peak memory, MiB."""
    begun = time.monotonic()
    child = os.posix_spawn(sys.executable, [sys.executable, "-m", "concexp", "report", str(run)], dict(os.environ))
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"`concexp report {run}` ended with {os.waitstatus_to_exitcode(status)}")
    scale = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB here
    return time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / scale


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
    rng = random.Random(trial.seed)
    workers = trial.cell.workers or 1
    parallel = trial.cell.model.plugin.parallel == "processes"
    pace = 1000 * (min(workers, CPUS) ** 0.9 if parallel else 1) * math.exp(rng.gauss(0, 0.02))
    for _ in range(count):
        wall = 0.5 * math.exp(rng.gauss(0, 0.001))
        ops = max(1, round(pace * math.exp(rng.gauss(0, 0.005)) * wall))
        yield {
            "cpu_s": wall * min(workers, CPUS) * rng.uniform(0.95, 1), "run_queue_wait_s": rng.expovariate(1e4),
            "server_cpu_s": None, "user_s": wall, "system_s": 0.0, "minor_faults": rng.randrange(9), "major_faults": 0,
            "voluntary_switches": rng.randrange(90), "involuntary_switches": rng.randrange(90),
            "migrations": rng.randrange(9), "throttled_s": 0.0, "steal_s": 0.0, "swapped_in": 0, "wall_s": wall, "ops": ops,
            "startup_s": 0.001 * workers * math.exp(rng.gauss(0, 0.1)), "start_skew_s": rng.expovariate(1e4),
            "stop_skew_s": rng.expovariate(1e4), "all_active": rng.uniform(0.98, 1),
            "worker_ops": [ops // workers] * workers, "worker_s": [wall * rng.uniform(0.98, 1) for _ in range(workers)],
            "largest_share": None, "counts": {}, "invalid": "",
        }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
