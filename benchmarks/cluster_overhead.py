"""Very many simulated trials over four workers: what does the coordinator need per trial, and does its memory grow?

    python benchmarks/cluster_overhead.py [--trials 10000]        (about a minute)

A scheduler and four workers are processes of their own; simulated trials take no time, so all of it is overhead. Beside the time
on the clock stands the CPU time of the coordinator, the scheduler and the workers. Exit code 1 if the coordinator needs 5 ms of
CPU time per trial or more, or its memory grows by 50 MB or more.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.short_runs import CELLS, Growth, simulated
from tests.helpers.dask_processes import DaskProcesses

MOST_S = 0.005
GROWTH = 50e6  # bytes


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--trials", type=int, default=10_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="concexp-cluster-") as name:
        folder = Path(name)
        planned = asked.trials // CELLS * CELLS
        (folder / "x.yaml").write_text(simulated(planned))
        with DaskProcesses(folder) as cluster:
            for worker in "abcd":
                cluster.start_worker(worker)
            arguments = ["run", "x.yaml", "--cluster", cluster.address, "--no-report", "--progress", "none"]
            run = subprocess.Popen(
                [sys.executable, "-m", "concexp", *arguments], cwd=folder, env=cluster.environment("coordinator")
            )
            process = psutil.Process(run.pid)
            others = {one: psutil.Process(p.pid) for one, p in cluster.processes.items()}
            samples: list[tuple[float, int, float, int]] = []  # seconds, trials, CPU seconds, resident bytes
            before: dict[str, float] = {}
            journal = Growth(folder)
            while run.poll() is None:
                time.sleep(0.25)
                if trials := journal.trials():
                    try:
                        samples.append((time.monotonic(), trials, cpu_s(process), process.memory_info().rss))
                    except psutil.Error:
                        break
                    before = before or {one: cpu_s(other) for one, other in others.items()}
            if run.wait():
                return run.returncode
            spent = {one: cpu_s(other) - before[one] for one, other in others.items()}
    whole = [one for one in samples if one[1] < planned]
    first, last = whole[0], whole[-1]
    trials = last[1] - first[1]
    clock, cpu = (last[0] - first[0]) / trials, (last[2] - first[2]) / trials
    print(f"{planned} simulated trials over 4 workers, a journal of {journal.size / 1e6:.0f} MB")
    for _, done, _, resident in whole[:: max(1, len(whole) // 8)]:
        print(f"  {done:6d} trials  {resident / 1e6:6.1f} MB")
    workers = sum(spent[one] for one in "abcd") / trials
    print(f"per trial: {clock * 1e3:.2f} ms on the clock; CPU time of the coordinator {cpu * 1e3:.2f} ms,")
    print(f"of the scheduler {spent['scheduler'] / trials * 1e3:.2f} ms, of all workers {workers * 1e3:.2f} ms")
    growth = max(one[3] for one in whole) - whole[len(whole) // 8][3]
    print(f"after the first eighth, the coordinator's memory grew by at most {growth / 1e6:.1f} MB")
    return 1 if cpu >= MOST_S or growth >= GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
