"""How often each doubt finds a trial that was slow, and how often one that was not: a Markdown table.

    python benchmarks/doubts.py [--committed] [--quick] [--only WORD] [--repetitions 24] [--keep FOLDER | --again FOLDER]

*Committed*: the trials of all journals in `reports/`. A trial was slow if an operation took over a tenth longer than the median
of its cell. Nobody knows why they were, and older journals lack the CPU's speed, so this is a lower limit.

*Planted*: real runs of eight cells, of every kind of model and work, while something disturbs the machine, on and off for seconds
at a time. A trial was disturbed if the disturbance was on for at least half of it, and counts as slow if it took over a tenth
longer than its cell's undisturbed ones. A false alarm is a doubt about a trial during which nothing was on and that was not slow:
on a rented machine others are slow as well, for reasons of the machine's own, and a doubt about such a trial is right. They have
a column of their own. Needs a machine that is otherwise idle: about 3 minutes for each disturbance. `--quick` makes few
repetitions, to see that it works. `--keep` leaves the runs in a folder, with the times at which the disturbance was on; `--again`
judges the runs of such a folder by the doubts as they are now, in seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from concexp.analysis import results
from concexp.analysis.restless import at_one_speed
from concexp.experiment.statuses import NUMBERED
from concexp.run.machine.spinners import ENOUGH

ROOT = Path(__file__).resolve().parent.parent
SLOW = 1.1
RESTLESS = 0.1  # share of a run's trials beside which the speed changed
ON_S, OFF_S = (
    (1.5, 4.0),
    (3.0, 9.0),
)  # shortest and longest time that a disturbance is on, and off: less than half of the time
# Doubts about the machine; the others are about the trial itself.
CODES = ("machine", "slow_cpu", "speed_changed", "queue", "stopped", "throttled", "preempted", "paged")
EXPERIMENT = """\
name: doubts
question: Which trials were disturbed?
sweep:
  - {workload: cpu_sum, model: serial}
  - {workload: cpu_sum, model: [threads, processes, process_pool], workers: 2}
  - {workload: cpu_sum, model: processes, workers: 8}
  - {workload: echo, model: [threads, asyncio], workers: 4}
  - {workload: echo, model: processes, workers: 2}
load: {duration: 0.3s}
measure: {warmup: 1, iterations: 1, repetitions: %d, timeout: 60s, control: off}
baseline: {}
metrics: [throughput]
"""


@dataclass(frozen=True)
class Row:
    """One line of the table: for each group of trials, how many a doubt found and how many there are."""

    where: str
    code: str
    groups: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        return f"| {self.where} | {self.code} | {' | '.join(share(*group) for group in self.groups)} |"


def share(hits: int, count: int) -> str:
    return f"{100 * hits / count:.0f} % of {count}" if count else "–"


def rows(where: str, trials: pd.DataFrame, *groups: pd.Series) -> Iterator[Row]:
    """A line for each doubt that any of these trials has, and one for all together; a group marks its trials by True."""
    given = {code: trials["doubts"].str.split(",").apply(lambda codes, code=code: code in codes) for code in CODES}
    given["any of these"] = pd.concat(given, axis=1).any(axis=1)
    for code, doubted in given.items():
        if doubted.any() or code == "any of these":
            yield Row(where, code, tuple((int((doubted & group).sum()), int(group.sum())) for group in groups))


def facts(path: Path) -> pd.DataFrame:
    """The trials with numbers of a run, with how many times longer an operation took than the median of its cell."""
    run = results.load(path)
    trials = run.facts_by_trial
    trials = trials[trials["status"].isin(NUMBERED)]
    per_op = trials["wall_s"] / trials["ops_done"]
    return trials.assign(per_op=per_op, times=per_op / per_op.groupby(trials["cell"]).transform("median"))


def committed() -> Iterator[Row]:
    """The table of the journals in `reports/` of quiet machines: elsewhere many trials are rightly doubted.

    Those are quiet that gave their CPUs, and kept their speed beside nine of ten trials.
    """
    folders = [path.parent for path in sorted(ROOT.glob("reports/*/runs/*/journal.jsonl"))]
    found = [facts(folder) for folder in folders if _gave_its_cpus(folder)]
    trials = pd.concat([one for one in found if _kept_its_speed(one)])
    slow = trials["times"] > SLOW
    yield from rows("committed journals", trials, slow, ~slow, slow & False)


def _gave_its_cpus(folder: Path) -> bool:
    """Whether the spinners of a run's blocks got their CPUs, by the median block."""
    spins = json.loads((folder / "manifest.json").read_text("utf-8"))["effective_cpus"]
    return not spins or statistics.median(spin["effective_cpus"] / spin["cpus"] for spin in spins) >= ENOUGH


def _kept_its_speed(trials: pd.DataFrame) -> bool:
    """Whether the reference loop found another speed beside few trials of a run."""
    return bool((~at_one_speed(trials["doubts"])).sum() <= RESTLESS * len(trials))


# --- disturbances: each is (begin, end) of one stretch ---

# As long as their parent is the process that they are told: that may be killed, and then ends nothing.
WHILE = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): "
HOG = f"{WHILE}sum(range(10_000))"
WALK = f"b = bytearray(1 << 28)\n{WHILE}b[:] = bytes(1 << 28)"


class Processes:
    """Processes that run while it is on."""

    def __init__(self, code: str, count: int, cpu: int | None = None) -> None:
        self.code, self.count, self.cpu = code, count, cpu
        self.running: list[subprocess.Popen[bytes]] = []

    def begin(self, target: psutil.Process) -> None:
        command = [sys.executable, "-c", self.code, str(os.getpid())]
        self.running = [subprocess.Popen(command) for _ in range(self.count)]
        for process in self.running if self.cpu is not None else ():
            os.sched_setaffinity(process.pid, {self.cpu})

    def end(self, target: psutil.Process) -> None:
        for process in self.running:
            process.kill()
            process.wait()
        self.running = []


class Quota:
    """A control group whose CPU quota is half of the machine while it is on (version 1 or 2, as root)."""

    def __init__(self) -> None:
        self.folder = (
            Path("/sys/fs/cgroup/cpu")
            if Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").exists()
            else Path("/sys/fs/cgroup")
        )
        self.group = self.folder / f"concexp-doubts-{os.getpid()}"
        self.group.mkdir()

    def _write(self, half: bool) -> None:
        quota = len(os.sched_getaffinity(0)) * 100_000 // 2
        if (self.group / "cpu.max").exists():
            (self.group / "cpu.max").write_text(f"{quota if half else 'max'} 100000")
        else:
            (self.group / "cpu.cfs_quota_us").write_text(str(quota if half else -1))

    def enter(self, pid: int) -> None:
        (self.group / "cgroup.procs").write_text(str(pid))

    def begin(self, target: psutil.Process) -> None:
        self._write(True)

    def end(self, target: psutil.Process) -> None:
        self._write(False)

    def close(self) -> None:
        for _ in range(50):
            with contextlib.suppress(OSError):
                self.group.rmdir()
                return
            time.sleep(0.1)


class Stops:
    """SIGSTOP to the processes of the trial, for 60 of every 200 ms, while it is on."""

    def begin(self, target: psutil.Process) -> None:
        self.going = True
        self.thread = threading.Thread(target=self._stop, args=(target,))
        self.thread.start()

    def _stop(self, target: psutil.Process) -> None:
        while self.going:
            with contextlib.suppress(psutil.NoSuchProcess):
                stopped = target.children(recursive=True)
                _signal(stopped, signal.SIGSTOP)
                time.sleep(0.06)
                _signal(stopped, signal.SIGCONT)
            time.sleep(0.14)

    def end(self, target: psutil.Process) -> None:
        self.going = False
        self.thread.join()


def _signal(processes: Sequence[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


STRETCHES = "stretches.json"  # when the disturbance was on: [[begin, end], ...], seconds since the epoch
CPUS = len(os.sched_getaffinity(0))
DISTURBANCES: dict[str, Callable[[], Processes | Quota | Stops]] = {
    "hogs, one for each CPU": lambda: Processes(HOG, CPUS),
    "one hog": lambda: Processes(HOG, 1),
    "hog pinned to a CPU": lambda: Processes(HOG, 1, min(os.sched_getaffinity(0))),
    "memory pressure, a walk for each CPU": lambda: Processes(WALK, CPUS),
    "CPU quota of half the machine": Quota,
    "stopped for 60 of 200 ms": Stops,
}


def planted(name: str, repetitions: int, keep: Path | None) -> Iterator[Row]:
    """The table of one disturbance; nothing, with the reason on stderr, where it cannot be planted."""
    try:
        disturbance = DISTURBANCES[name]()
    except OSError as error:
        print(f"{name}: cannot be planted here: {error}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "doubts.yaml"
        file.write_text(EXPERIMENT % repetitions)
        command = [
            sys.executable,
            "-m",
            "concexp",
            "run",
            str(file),
            "--out",
            folder,
            "--no-report",
            "--progress",
            "none",
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        if isinstance(disturbance, Quota):
            disturbance.enter(process.pid)
        stretches = disturb(disturbance, process)
        if isinstance(disturbance, Quota):
            disturbance.close()
        if process.returncode not in (0, 1):
            sys.exit(f"{name}: the run ended with {process.returncode}")
        run = next(Path(folder).glob("doubts/runs/*"))
        (run / STRETCHES).write_text(json.dumps(stretches))
        if keep is not None:
            shutil.copytree(run, keep / kept_as(name))
        yield from judged(name, run)


def kept_as(name: str) -> str:
    """The folder of a disturbance's run, among those that are kept."""
    return name.replace(" ", "_").replace(",", "")


def judged(name: str, run: Path) -> Iterator[Row]:
    """The table of one disturbance, from the folder of its run and the times at which it was on."""
    trials, stretches = facts(run), json.loads((run / STRETCHES).read_text())
    on = pd.Series([covered(trial, stretches) for trial in trials.itertuples()], trials.index)
    undisturbed = trials["per_op"].where(on == 0).groupby(trials["cell"]).transform("median")
    slow = trials["per_op"] > SLOW * undisturbed
    yield from rows(name, trials, slow & (on > 0.5), ~slow & (on == 0), slow & (on == 0))


def disturb(disturbance: Processes | Quota | Stops, process: subprocess.Popen[bytes]) -> list[tuple[float, float]]:
    """Turn the disturbance on and off until the process ends; returns when it was on, seconds since the epoch."""
    chance, target, stretches = random.Random(1), psutil.Process(process.pid), []
    while not _ended(process, chance.uniform(*OFF_S)):
        begin = time.time()
        disturbance.begin(target)
        try:
            _ended(process, chance.uniform(*ON_S))
        finally:
            disturbance.end(target)
        stretches.append((begin, time.time()))
    return stretches


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return process.returncode is not None


def covered(trial: object, stretches: Sequence[tuple[float, float]]) -> float:
    """The share of a trial's window in which the disturbance was on; the window is at the end of the trial."""
    start = datetime.fromisoformat(trial.started_at).timestamp()  # type: ignore[attr-defined]
    end = start + trial.duration_s  # type: ignore[attr-defined]
    begin = max(start, end - 2.5 * trial.wall_s)  # type: ignore[attr-defined]
    return sum(max(0.0, min(end, last) - max(begin, first)) for first, last in stretches) / (end - begin)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Sensitivity and false alarms of concexp's doubts.")
    parser.add_argument("--committed", action="store_true", help="only the journals in reports/")
    parser.add_argument("--quick", action="store_true", help="6 repetitions: to see that it works")
    parser.add_argument("--only", default="", help="only disturbances whose name holds this")
    parser.add_argument(
        "--repetitions", type=int, default=24, help="trials of each of the 8 cells, for each disturbance"
    )
    parser.add_argument("--keep", type=Path, help="a folder for the runs")
    parser.add_argument("--again", type=Path, help="measure nothing: judge the runs that are kept in this folder")
    given = parser.parse_args()
    names = [] if given.committed else [name for name in DISTURBANCES if given.only in name]
    if not names and not given.committed:
        parser.error(f"no disturbance holds {given.only!r}; there are {json.dumps(list(DISTURBANCES))}")
    print("| disturbance | doubt | finds of the slow | doubts of the others | finds of the slow with nothing planted |")
    print("| --- | --- | --- | --- | --- |")
    for row in () if given.only else committed():
        print(row, flush=True)
    for name in names:
        if given.again is not None:
            found = judged(name, given.again / kept_as(name))
        else:
            found = planted(name, 6 if given.quick else given.repetitions, given.keep)
        for row in found:
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main())
