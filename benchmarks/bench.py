"""How much does concexp add to what it measures, beside what other tools add? A row for each thing that its users wait for.

    python benchmarks/bench.py                                     every row but the large ones: some minutes
    python benchmarks/bench.py --only trial --rounds 30            some rows
    python benchmarks/bench.py --peers .venv-peers/bin/python      with pyperf, ReBench, asv and pytest-benchmark beside it
    python benchmarks/bench.py --large                             with tables of a million rows (some minutes, 1 GB of disk)

Times of programs are multiples of a bare interpreter that starts and ends, measured in the same round: `python -S -E -c pass`
for trials, `python -c pass` for commands. In each round every row and every peer has its turn, in a new order, so that what
slows the machine down for a while slows down all of them. A figure is the median of the rounds, with the least and the most.
The limit is what the row should reach; exit code 1 if the median of some row is beyond it. Its floor is what it cannot do without:
for a trial the imports of its model, or a fork, and the rest of 10 ms before each pass, which keeps models comparable; for a
command what the library of the command line takes. It wants a quiet machine.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from concexp import __version__
from concexp.run.child import process_tree, stage
from concexp.run.child.launch import launch
from concexp.run.child.template import Templates
from concexp.run.machine import facts
from concexp.trial.verbs.measure import REST_S

HERE = Path(__file__).parent
BARE = ("-S", "-E", "-c", "pass")
# For each model the limit, and what a program imports at least that uses it.
TRIALS = {
    "serial": (2.0, "pass"),
    "threads": (2.0, "import threading"),
    "processes": (3.5, "import multiprocessing.connection"),
    "asyncio": (4.0, "import asyncio"),
}
# The least command of the library that the command line is made with: it converts arguments with pydantic.
TYPER = """\
import typer
app = typer.Typer(rich_markup_mode=None)
@app.command()
def one(paths: list[str]) -> None: pass
@app.command()
def two() -> None: pass
app()
"""
# The same in forks of a warm process (`measure: {isolation: fork}`).
FORKED = {"serial": 0.6, "threads": 0.6}
WARM = ["verbs.measure", "workloads.noop", "sync.none", "models.serial", "models.threads"]
# Prints the seconds from the start of a bare fork to its end.
FORK = "import os, time; b = time.perf_counter(); os.fork() or os._exit(0); os.wait(); print(time.perf_counter() - b)"
PROBES = ["rusage", "surroundings", "workers"]  # those that every trial has
EXPERIMENT = """\
workload: noop
model: serial
load: {{ops: 1, scaling: strong}}
measure: {{repetitions: {repetitions}, warmup: 0, iterations: 1, control: off}}
"""
# In a process of its own, for its memory: prints microseconds a cell, and MiB.
PLAN = """\
import resource, time
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
text = "workload: cpu_sum\\nmodel: [threads, processes]\\nsweep: {workers: [1, 2], cpu_sum.size: {from: 1, to: LAST, step: 1}}\\n"
text += "load: {ops: 10, scaling: strong}\\nmeasure: {repetitions: 1}\\n"
make_plan(parse_text(text.replace("LAST", "10"), "x.yaml"), 2)
spec = parse_text(text.replace("LAST", "25000"), "x.yaml")
begin = time.perf_counter()
cells = len(make_plan(spec, 2).cells)
print((time.perf_counter() - begin) / cells * 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
PYDANTIC = """\
import hashlib, json, time
from pydantic import BaseModel
class Cell(BaseModel):
    workload: str
    model: str
    workers: int
    size: int
begin = time.perf_counter()
cells = [Cell(workload="cpu_sum", model=m, workers=w, size=s) for m in "ab" for w in (1, 2) for s in range(25000)]
ids = [hashlib.sha256(cell.model_dump_json().encode()).hexdigest() for cell in cells]
print((time.perf_counter() - begin) / len(ids) * 1e6)
"""
LOAD = "import concexp, sys, time; b = time.perf_counter(); concexp.load(sys.argv[1]).trials; print(time.perf_counter() - b)"
GROUP = (
    "import pandas as pd, sys, time; b = time.perf_counter(); "
    "pd.read_parquet(sys.argv[1] + '/results.parquet').groupby('cell')['wall_s'].mean(); print(time.perf_counter() - b)"
)

Measure = Callable[[], float]


@dataclass
class Row:
    """One thing that takes time: its unit, the limit that it should keep, how it is measured, and how each peer is.

    `prepare` is called once before the first round.
    """

    name: str
    unit: str
    limit: float
    measure: Measure
    peers: dict[str, Measure] = field(default_factory=dict)
    prepare: Callable[[], object] = lambda: None
    own: list[float] = field(default_factory=list)
    others: dict[str, list[float]] = field(default_factory=dict)

    def turns(self) -> Iterator[tuple[Measure, list[float]]]:
        """What to call in a round, and where its figure goes."""
        yield self.measure, self.own
        for name, measure in self.peers.items():
            yield measure, self.others.setdefault(name, [])

    @property
    def misses(self) -> bool:
        """True if the median is beyond the limit."""
        return statistics.median(self.own) > self.limit

    def text(self) -> str:
        """The row of the table; a row beyond its limit is marked."""
        mark = " **beyond**" if self.misses else ""
        peers = ", ".join(f"{name} {shown(values)}" for name, values in self.others.items()) or "–"
        return f"| {self.name} | {shown(self.own)} | {self.limit:g}{mark} | {self.unit} | {peers} |"


def shown(values: Sequence[float]) -> str:
    """`3.52 (3.40–4.10)`: the median, the least and the most."""
    middle, least, most = (f"{value:.3g}" for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({least}–{most})"


def took(command: Sequence[str], folder: Path | None = None) -> float:
    """Seconds that a program takes; SystemExit with what it printed if it fails."""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds


def printed(command: Sequence[str]) -> list[float]:
    """The numbers that a program prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def multiple(command: Sequence[str], bare: Sequence[str] = ("-c", "pass"), folder: Path | None = None) -> Measure:
    """How many times as long a program takes as a bare interpreter beside it."""
    return lambda: took(command, folder) / took([sys.executable, *bare])


def each(few: Sequence[str], many: Sequence[str], more: int, folder: Path | None = None) -> Measure:
    """What one more process costs a tool, in bare starts: two calls of it, of which the second starts so many more."""
    return lambda: (took(many, folder) - took(few, folder)) / more / took([sys.executable, *BARE])


def floor(code: str) -> Measure:
    """What a trial cannot do without, in bare starts: what its model imports, and the rest before its pass."""
    return lambda: (took([sys.executable, "-S", "-E", "-c", code]) + REST_S) / took([sys.executable, *BARE])


def trials(tools: Peers) -> Iterator[Row]:
    """A trial that does nothing, from before its start to the end of its audit."""
    code = stage.stage_child_code()
    stage.compile_for(sys.executable, code)

    def row(model: str, kind: str, limit: float, peers: dict[str, Measure], templates: Templates | None) -> Row:
        request = {
            "verb": "measure", "workload": {"name": "noop", "parameters": {}}, "model": {"name": model, "parameters": {}},
            "sync": {"name": "none", "parameters": {}}, "workers": 1 if model == "serial" else 2, "startup": "once",
            "load": {"ops": 2, "scaling": "strong"}, "warmup": 0, "iterations": 1, "seed": 1, "luck": 1, "probes": PROBES,
        }  # fmt: skip

        def measure() -> float:
            begin = time.perf_counter()
            outcome = launch(request, sys.executable, code, 60.0, templates=templates)
            seconds = time.perf_counter() - begin
            if outcome.status != "ok":
                raise SystemExit(f"a trial ended with {outcome.status}: {outcome.reason}\n{outcome.output}")
            return seconds / took([sys.executable, *BARE])

        return Row(f"trial, {kind}", "bare starts", limit, measure, peers, measure)  # the first one starts the template

    for model, (limit, least) in TRIALS.items():
        peers = {"its floor": floor(least), **(tools.processes() if model == "serial" else {})}
        yield row(model, model, limit, peers, None)
    templates = Templates([f"concexp.trial.{name}" for name in (*WARM, *(f"probes.{probe}" for probe in PROBES))])
    atexit.register(templates.close)
    bare_fork = [sys.executable, "-S", "-E", "-c", FORK]
    fork_floor: dict[str, Measure] = {
        "its floor": lambda: (printed(bare_fork)[0] + REST_S) / took([sys.executable, *BARE])
    }
    for model, limit in FORKED.items():
        yield row(model, f"forked {model}", limit, fork_floor, templates)


def commands(tools: Peers) -> Iterator[Row]:
    """Commands that measure nothing."""
    experiment = HERE.parent / "experiments" / "00_first_look.yaml"
    for words, limit in ((["--help"], 7.0), (["validate", str(experiment)], 13.0), (["list"], 12.0)):
        command = [sys.executable, "-m", "concexp", *words]
        least = ["--help"] if "--help" in words else ["one", "x"]
        peers = {"its floor": multiple([sys.executable, "-c", TYPER, *least])}
        peers |= tools.helps() if "--help" in words else {}
        first = partial(took, command)  # it fills caches
        yield Row(f"concexp {words[0]}", "starts", limit, multiple(command), peers, first)


def runs(folder: Path) -> Iterator[Row]:
    """What a run adds to its trials."""

    def run(repetitions: int) -> tuple[float, list[dict[str, object]]]:
        """When a new run was begun, and the records of its journal."""
        home = Path(tempfile.mkdtemp(dir=folder))
        (home / "tiny.yaml").write_text(EXPERIMENT.format(repetitions=repetitions))
        begun = time.time()
        took([sys.executable, "-m", "concexp", "run", "tiny.yaml", "--no-report", "-q", "--fresh"], home)
        (journal,) = home.glob("reports/tiny/runs/*/journal.jsonl")
        records = [json.loads(line) for line in journal.read_text("utf-8").splitlines()[1:]]
        shutil.rmtree(home)
        return begun, records

    def before_the_first_trial() -> float:
        begun, records = run(1)
        first = next(record for record in records if record["role"] == "measured")
        return datetime.fromisoformat(str(first["started_at"])).timestamp() - begun

    def watching() -> float:
        _, records = run(50)
        looks, rest = (
            sum(float(str(one["duration_s"])) for one in records if (one["role"] == "machine") is machine)
            for machine in (True, False)
        )
        return 100 * looks / rest

    yield Row("before the first trial of a run", "s", 0.6, before_the_first_trial)
    yield Row("spinners, of 50 blocks of one no-op cell", "% of the trials", 5.0, watching)


def plans() -> Iterator[Row]:
    """A plan of 100,000 cells."""
    found: list[float] = []

    def microseconds() -> float:
        found[:] = printed([sys.executable, "-c", PLAN])
        return found[0]

    peers = {"pydantic and SHA-256": lambda: printed([sys.executable, "-c", PYDANTIC])[0]}
    yield Row("plan of 100,000 cells, a cell", "µs", 25.0, microseconds, peers)
    yield Row(
        "plan of 100,000 cells, memory", "MiB", 300.0, lambda: (found or printed([sys.executable, "-c", PLAN]))[1]
    )


def tables(folder: Path) -> Iterator[Row]:
    """A run of a million rows in 1,000 cells: its page, and its tables."""
    run = folder / "large" / "runs" / "20260102T030405Z-0badcafe"
    large = [sys.executable, str(HERE / "large_report.py"), "--keep", str(folder)]
    first = partial(took, large)  # makes the run, and results.parquet
    concexp = [sys.executable, "-m", "concexp"]
    page = [*concexp, "report", "-q", str(run)]
    export = [*concexp, "export", str(run), "--trials", "--format", "parquet", "--out", str(folder / "trials.parquet")]
    peers = {"pandas.read_parquet and groupby": lambda: printed([sys.executable, "-c", GROUP, str(run)])[0]}
    yield Row("page of 1,000,000 rows", "s", 10.0, partial(took, page), {}, first)
    yield Row(
        "load of it from Parquet", "s", 1.5, lambda: printed([sys.executable, "-c", LOAD, str(run)])[0], peers, first
    )
    yield Row("export of its trials", "s", 6.0, partial(took, export), {}, first)


@dataclass(frozen=True)
class Peers:
    """Other tools: those of the environment of an interpreter, "" for none, and what is on the PATH."""

    python: str
    folder: Path

    def processes(self) -> dict[str, Measure]:
        """What each adds to a process that does nothing, in bare starts."""
        found: dict[str, Measure] = {"multiprocessing spawn": self._spawn}
        if self.python:
            timeit = [self.python, "-m", "pyperf", "timeit", "-q", "-n", "1", "-l", "1", "-w", "1", "pass", "-p"]
            found["pyperf"] = each([*timeit, "2"], [*timeit, "12"], 10)
            found["ReBench"] = each([*self._rebench(1)], [*self._rebench(41)], 40, self.folder)
        if hyperfine := shutil.which("hyperfine"):
            command = [hyperfine, "-N", "--style", "none", " ".join([sys.executable, *BARE]), "--runs"]
            found["hyperfine"] = each([*command, "2"], [*command, "12"], 10)
        return found

    def helps(self) -> dict[str, Measure]:
        """What `--help` of each takes."""
        if not self.python:
            return {}
        modules = {
            "pyperf": "pyperf",
            "ReBench": "rebench.rebench",
            "asv": "asv",
            "pytest with pytest-benchmark": "pytest",
        }
        return {
            name: multiple([self.python, "-m", module, "--help"], folder=self.folder)
            for name, module in modules.items()
        }

    def versions(self) -> list[str]:
        """What is installed of them: `pyperf 2.9.0`."""
        code = "import importlib.metadata as m; [print(n, m.version(n)) for n in ('pyperf', 'rebench', 'asv', 'pytest-benchmark')]"
        if not self.python:
            return []
        return subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()

    @staticmethod
    def _spawn() -> float:
        code = (
            "import multiprocessing as m, time\n"
            "if __name__ == '__main__':\n"
            "    c = m.get_context('spawn'); b = time.perf_counter()\n"
            "    for _ in range(5): p = c.Process(target=int); p.start(); p.join()\n"
            "    print((time.perf_counter() - b) / 5)\n"
        )
        return printed([sys.executable, "-c", code])[0] / took([sys.executable, *BARE])

    def _rebench(self, invocations: int) -> Iterator[str]:
        """The command by which ReBench starts a bare interpreter so many times."""
        bin_folder, program = os.path.split(sys.executable)
        path = self.folder / f"rebench{invocations}.conf"
        data = {
            "default_experiment": "all",
            "benchmark_suites": {
                "bare": {
                    "gauge_adapter": "Time",
                    "command": " ".join(BARE),
                    "benchmarks": ["noop"],
                    "invocations": invocations,
                }
            },
            "executors": {"python": {"path": bin_folder, "executable": program}},
            "experiments": {"all": {"executions": [{"python": {"suites": ["bare"]}}]}},
        }
        path.write_text(json.dumps(data))
        yield from (self.python, "-m", "rebench.rebench", "-D", "-c", str(path))


def measure(rows: Sequence[Row], rounds: int) -> None:
    """Give every row and every peer its turn in each round, in a new order."""
    turns = [turn for row in rows for turn in row.turns()]
    order = random.Random(1)
    for number in range(rounds):
        for call, figures in order.sample(turns, len(turns)):
            figures.append(call())
        print(f"round {number + 1} of {rounds}", file=sys.stderr)


def main() -> int:
    """Measure, and print the table; 1 if a row is beyond its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--only", default="", help="rows whose names hold this word")
    parser.add_argument("--peers", default="", help="the interpreter of an environment that has the other tools")
    parser.add_argument("--large", action="store_true", help="also the tables of a million rows")
    asked = parser.parse_args()
    process_tree.inherit_orphans()  # as `concexp run` does: it finds the processes of a trial in less time
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tools = Peers(os.path.abspath(asked.peers) if asked.peers else "", folder)
        rows = [
            *trials(tools),
            *commands(tools),
            *runs(folder),
            *plans(),
            *(tables(folder) if asked.large else ()),
        ]
        chosen = [row for row in rows if asked.only in row.name]
        if not chosen or asked.rounds < 1:
            parser.error(f"no row has '{asked.only}' in its name, or no round: {', '.join(row.name for row in rows)}")
        for row in chosen:
            row.prepare()
        measure(chosen, asked.rounds)
    print(f"concexp {__version__}, {facts.python_and_system()}, {facts.usable_cpus()} CPUs, {asked.rounds} rounds")
    print("; ".join(tools.versions()) or "without other tools: give --peers", end="\n\n")
    print("| what | median (least–most) | limit | unit | beside it |\n| --- | --- | --- | --- | --- |")
    for row in chosen:
        print(row.text())
    print(f"\nMeasured on {datetime.now(UTC):%Y-%m-%d}.")
    return 1 if any(row.misses for row in chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
