"""How much does concexp add to what it measures, beside what other tools add? A row for each thing that its users wait for.

    python benchmarks/bench.py                                     every row but the large ones: some minutes
    python benchmarks/bench.py --only trial --rounds 30            some rows
    python benchmarks/bench.py --peers .venv-peers/bin/python      with pyperf, ReBench, asv and pytest-benchmark beside it
    python benchmarks/bench.py --large                             with a run of a million rows (some minutes, 1 GB of disk)

Times of programs are multiples of a bare interpreter that starts and ends, measured in the same round: `python -S -E -c pass`
for trials, `python -c pass` for commands. In each round every row and every peer has its turn, in a new order, so that what
slows the machine down for a while slows down all of them. A figure is the median of the rounds, with the least and the most.
The limit is what the row should reach; exit code 1 if the median of some row is beyond it. The floor is what could be reached at
best: the same without all that concexp could do without, measured in the same rounds. Below the table stands of each row that is
beyond its limit where its time goes, as profiles show. It wants a quiet machine.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where this script is loaded as a module

import floors
import large_run
from peers import BARE, Measure, Peers, multiple, printed, took

from concexp import __version__
from concexp.report.text.numbers import rounded
from concexp.run.child import process_tree, stage
from concexp.run.child.launch import launch
from concexp.run.child.template import Templates
from concexp.run.machine import facts, spinners
from concexp.run.storage import journal

HERE = Path(__file__).parent
# For each model the limit, and what a program imports at least that uses it.
TRIALS = {
    "serial": (2.0, "pass"),
    "threads": (2.0, "import threading"),
    "processes": (3.5, "import multiprocessing.connection"),
    "asyncio": (4.0, "import asyncio"),
}
# The same in forks of a warm process (`measure: {isolation: fork}`).
FORKED = {"serial": 0.6, "threads": 0.6}
WARM = ["verbs.measure", "workloads.noop", "sync.none", "models.serial", "models.threads"]
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


@dataclass
class Row:
    """One thing that takes time: its unit, the limit that it should keep, how it is measured, and its floor and its peers are.

    `why` says where its time goes. `prepare` is called once before the first round.
    """

    name: str
    unit: str
    limit: float
    measure: Measure
    floor: Measure | None = None
    peers: Mapping[str, Measure] = field(default_factory=dict)
    why: str = ""
    prepare: Measure = lambda: 0.0
    own: list[float] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    others: dict[str, list[float]] = field(default_factory=dict)

    def turns(self) -> Iterator[tuple[Measure, list[float]]]:
        """What to call in a round, and where its figure goes."""
        yield self.measure, self.own
        if self.floor is not None:
            yield self.floor, self.least
        for name, measure in self.peers.items():
            yield measure, self.others.setdefault(name, [])

    @property
    def misses(self) -> bool:
        """True if the median is beyond the limit."""
        return statistics.median(self.own) > self.limit

    def text(self) -> str:
        """The row of the table; a row beyond its limit is marked."""
        mark = " **beyond**" if self.misses else ""
        floor = shown(self.least) if self.least else "–"
        peers = ", ".join(f"{name} {shown(values)}" for name, values in self.others.items()) or "–"
        return f"| {self.name} | {shown(self.own)} | {self.limit:g}{mark} | {self.unit} | {floor} | {peers} |"

    def reason(self) -> str:
        """Of a row beyond its limit, a line that says where its time goes."""
        return f"- {self.name}: {self.why}"


def shown(values: Sequence[float]) -> str:
    """`3.52 (3.40–4.10)`: the median, the least and the most."""
    middle, least, most = (rounded(value) for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({least}–{most})"


def trials(tools: Peers) -> Iterator[Row]:
    """A trial that does nothing, from before its start to the end of its audit."""
    code = stage.stage_child_code()
    stage.compile_for(sys.executable, code)

    def measure_of(model: str, templates: Templates | None = None) -> Measure:
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

        return measure

    for model, (limit, least) in TRIALS.items():
        peers = tools.processes() if model == "serial" else {}
        why = "the imports of its model and the rest of 10 ms before its pass are the floor; beyond it come concexp's own modules"
        why += ", what the probes read from /proc, and in the parent the folder of the trial and the search for what it left"
        yield Row(f"trial, {model}", "bare starts", limit, measure_of(model), floors.trial(least), peers, why)
    templates = Templates([f"concexp.trial.{name}" for name in (*WARM, *(f"probes.{probe}" for probe in PROBES))])
    atexit.register(templates.close)
    for model, limit in FORKED.items():
        why = "a bare fork and the rest of 10 ms before its pass are the floor; beyond it comes what the probes read from /proc"
        measure = measure_of(model, templates)
        yield Row(
            f"trial, forked {model}", "bare starts", limit, measure, floors.fork, {}, why, measure
        )  # it starts the template


def commands(tools: Peers) -> Iterator[Row]:
    """Commands that measure nothing."""
    experiment = HERE.parent / "experiments" / "00_first_look.yaml"
    reasons = {
        "--help": "typer and pydantic are the floor; beyond it come the signatures of all commands",
        "validate": "pydantic makes the models of the keys, and each plug-in that the experiment names is imported, asyncio and "
        "multiprocessing with them",
        "list": "beyond typer it reads the state of each file of the plug-ins, to know that what is kept of them still holds",
    }
    for words, limit in ((["--help"], 7.0), (["validate", str(experiment)], 13.0), (["list"], 12.0)):
        command = [sys.executable, "-m", "concexp", *words]
        floor = floors.command("--help" if "--help" in words else "one x")
        peers = tools.helps() if "--help" in words else {}
        first = partial(took, command)  # it fills caches
        name = words[0]
        yield Row(f"concexp {name}", "starts", limit, multiple(command), floor, peers, reasons[name], first)


def runs(folder: Path) -> Iterator[Row]:
    """What a run adds to its trials."""

    def run(repetitions: int) -> tuple[float, list[dict[str, object]]]:
        """When a new run was begun, and the records of its journal."""
        home = Path(tempfile.mkdtemp(dir=folder))
        (home / "tiny.yaml").write_text(EXPERIMENT.format(repetitions=repetitions))
        begun = time.time()
        took([sys.executable, "-m", "concexp", "run", "tiny.yaml", "--no-report", "-q", "--fresh"], home)
        (path,) = home.glob(f"reports/tiny/runs/*/{journal.NAME}")
        records = [json.loads(line) for line in path.read_text("utf-8").splitlines()[1:]]
        shutil.rmtree(home)
        return begun, records

    def before_the_first_trial() -> float:
        begun, records = run(1)
        first = next(record for record in records if record["role"] == "measured")
        return datetime.fromisoformat(str(first["started_at"])).timestamp() - begun

    shares: list[float] = []

    def watching() -> float:
        _, records = run(50)
        looks, rest = (
            sum(float(str(one["duration_s"])) for one in records if (one["role"] == "machine") is machine)
            for machine in (True, False)
        )
        shares[:] = [100 * spinners.FEWEST_LOOKS * spinners.look_s(1) / rest]
        return 100 * looks / rest

    why = "the floor is the libraries of the command line and one look of the spinners; beyond it comes the plan, the staged code "
    why += "that is checked, and the run's folder that is made"
    yield Row("before the first trial of a run", "s", 0.6, before_the_first_trial, floors.before_trials, {}, why)
    why = "three looks at the machine, its least, are more than a twentieth of a run of a few seconds"
    yield Row(
        "spinners, of 50 blocks of one no-op cell", "% of the trials", 5.0, watching,
        lambda: (shares or [watching(), *shares])[-1], {}, why,
    )  # fmt: skip


def plans() -> Iterator[Row]:
    """A plan of 100,000 cells."""
    found: list[float] = []
    least: list[float] = []

    def microseconds() -> float:
        found[:] = printed(PLAN)
        return found[0]

    def floor() -> float:
        least[:] = printed(floors.PLAN)
        return least[0]

    peers = {"pydantic and SHA-256": lambda: printed(PYDANTIC)[0]}
    why = "the floor is what is kept of a cell and its trial, and their hashes; the rest puts values on cells, and "
    why += "asks whether they can run"
    yield Row("plan of 100,000 cells, a cell", "µs", 25.0, microseconds, floor, peers, why)
    yield Row(
        "plan of 100,000 cells, memory", "MiB", 300.0, lambda: (found or printed(PLAN))[1],
        lambda: (least or printed(floors.PLAN))[1], {}, "labels, id and load of each cell, and its trial",
    )  # fmt: skip


def tables(folder: Path, tools: Peers) -> Iterator[Row]:
    """A run of a million rows in 1,000 cells: its page, its tables, its journal."""
    concexp = [sys.executable, "-m", "concexp"]
    run, stored = folder / "large" / "runs" / large_run.NAME, folder / "pyperf.json"
    empty = {
        "XDG_CACHE_HOME": str(folder / "no-cache")
    }  # where nothing tells that the Parquet file is as new as the journal

    def first() -> float:
        """Make the run, its Parquet file, and what pyperf reads."""
        large_run.made(folder, 1_000_000)
        took([*concexp, "report", "-q", str(run)])
        if tools.python and not stored.exists():
            took([*concexp, "export", str(run), "--format", "pyperf", "--out", str(stored)])
        return 0.0

    def without_cache() -> None:
        shutil.rmtree(folder / "no-cache", ignore_errors=True)

    peak: list[float] = []

    def page() -> float:
        without_cache()
        used = large_run.used([*concexp, "report", "-q", str(run)], variables=empty)
        peak[:] = [used.peak_mib]
        return used.seconds

    def load_journal() -> float:
        without_cache()
        return printed(LOAD, str(run), variables=empty)[0]

    export = [*concexp, "export", str(run), "--trials", "--format", "parquet", "--out", str(folder / "trials.parquet")]
    size = partial(large_run.mebibytes, run / journal.NAME)
    text = "reading and checking the journal, then statistics of 1,000 cells, and drawing"
    yield Row("page of 1,000,000 rows", "s", 10.0, page, floors.page(run), tools.statistics(stored), text, first)
    text = "columns of all facts, and while they are made the lists of which they are made"
    yield Row(
        "page of 1,000,000 rows, memory",
        "MiB",
        700.0,
        lambda: (peak or [page(), *peak])[-1],
        floors.memory(run),
        {},
        text,
        first,
    )
    text = "pandas, numpy and scipy are imported, and both files are hashed"
    yield Row(
        "load of it from Parquet", "s", 1.5, lambda: printed(LOAD, str(run))[0], floors.parquet(run), {}, text, first
    )
    text = "each line is parsed and checked, and made columns"
    yield Row("load of it from its journal", "s", 6.0, load_journal, floors.lines(run), {}, text, first)
    text = "the command line and pandas are imported, and the table is written"
    yield Row("export of its trials", "s", 1.5, partial(took, export), floors.export(run, folder), {}, text, first)
    text = "numbers as text: most have ten digits and more"
    yield Row("its journal", "MiB", 250.0, size, floors.packed(run), {}, text, first)


def measure(rows: Sequence[Row], rounds: int) -> None:
    """Give every row, its floor and every peer its turn in each round, in a new order."""
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
    parser.add_argument("--large", action="store_true", help="also a run of a million rows")
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
            *(tables(folder, tools) if asked.large else ()),
        ]
        chosen = [row for row in rows if asked.only in row.name]
        if not chosen or asked.rounds < 1:
            parser.error(f"no row has '{asked.only}' in its name, or no round: {', '.join(row.name for row in rows)}")
        for row in chosen:
            row.prepare()
        measure(chosen, asked.rounds)
    print(f"concexp {__version__}, {facts.python_and_system()}, {facts.usable_cpus()} CPUs, {asked.rounds} rounds")
    print("; ".join(tools.versions()) or "without other tools: give --peers", end="\n\n")
    print("| what | median (least–most) | limit | unit | floor | beside it |\n| --- | --- | --- | --- | --- | --- |")
    for row in chosen:
        print(row.text())
    if beyond := [row for row in chosen if row.misses]:
        print("\nBeyond their limits:\n")
        print("\n".join(row.reason() for row in beyond))
    print(f"\nMeasured on {datetime.now(UTC):%Y-%m-%d}.")
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
