"""What each row of `bench.py` could reach at best: the same without all that concexp could do without."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where this script is loaded as a module

from large_run import mebibytes
from peers import BARE, Measure, multiple, printed, took

from concexp.analysis.kept_trials import TRIALS
from concexp.run.machine import spinners
from concexp.run.machine.neighbours import SHORTEST_S
from concexp.run.storage import journal
from concexp.trial.verbs.measure import REST_S

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
# Prints the seconds from the start of a bare fork to its end.
FORK = "import os, time; b = time.perf_counter(); os.fork() or os._exit(0); os.wait(); print(time.perf_counter() - b)"
RUN = "import typer, pydantic, yaml, psutil"
# What a plan keeps of each cell and of its trial, and their hashes: microseconds a cell, and MiB.
PLAN = """\
import hashlib, resource, time
from concexp.experiment import Entry, Measure
from concexp.plan.cell import Cell, PlannedTrial
workload, sync = Entry.default("workload", "cpu_sum"), Entry.default("sync", "none")
load, measure, cells, trials = {"ops": 10, "scaling": "strong"}, Measure(), [], []
begin = time.perf_counter()
for model in (Entry.default("model", "threads"), Entry.default("model", "processes")):
    for workers in (1, 2):
        for size in range(25000):
            axes = {"workload": "cpu_sum", "model": model.label, "sync": "none", "workers": workers, "cpu_sum.size": size}
            id = hashlib.sha256(f'{{"model":"{model.label}","workers":{workers},"size":{size}}}'.encode()).hexdigest()[:12]
            cells.append(Cell(id, axes, workload, model, sync, workers, load, "once", measure))
            seed = int.from_bytes(hashlib.sha256(f"1/{id}/0".encode()).digest()[:4], "big")
            trials.append(PlannedTrial(f"{id}-0000", cells[-1], 0, size, 0, seed, 1))
print((time.perf_counter() - begin) / len(cells) * 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
LINES = """\
import sys, time
from pydantic_core import from_json
begin = time.perf_counter()
for line in open(sys.argv[1], "rb"): from_json(line)
print(time.perf_counter() - begin)
"""
# The lines of the journal, the libraries of a page, and so many empty pictures.
PAGE = """\
import io, sys, time
begin = time.perf_counter()
from pydantic_core import from_json
for line in open(sys.argv[1], "rb"): from_json(line)
import jinja2, pandas, scipy.stats, typer
from matplotlib.figure import Figure
for _ in range(int(sys.argv[2])):
    figure = Figure(figsize=(8, 5)); figure.subplots(); figure.savefig(io.BytesIO(), dpi=120)
print(time.perf_counter() - begin)
"""
MEMORY = """\
import resource, sys
import jinja2, pandas, scipy.stats, typer
from matplotlib.figure import Figure
table = pandas.read_parquet(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
PARQUET = """\
import hashlib, sys, time
begin = time.perf_counter()
import pandas
for path in sys.argv[1:]: hashlib.file_digest(open(path, "rb"), "blake2b")
pandas.read_parquet(sys.argv[1])
print(time.perf_counter() - begin)
"""
EXPORT = """\
import hashlib, sys
import pandas, typer
for path in sys.argv[1:3]: hashlib.file_digest(open(path, "rb"), "blake2b")
pandas.read_parquet(sys.argv[1]).to_parquet(sys.argv[3], index=False)
"""


def trial(code: str) -> Measure:
    """What a trial cannot do without, in bare starts: what its model imports, and the rest before its pass."""
    return lambda: (took([sys.executable, "-S", "-E", "-c", code]) + REST_S) / took([sys.executable, *BARE])


def fork() -> float:
    """What a forked trial cannot do without, in bare starts: the fork, and the rest before its pass."""
    return (printed(FORK)[0] + REST_S) / took([sys.executable, *BARE])


def command(words: str) -> Measure:
    """What the library of the command line takes for a command like this, in starts."""
    return multiple([sys.executable, "-c", TYPER, *words.split()])


def before_trials() -> float:
    """Seconds: the libraries of a run, while other programs are watched, and one look of the spinners."""
    return max(SHORTEST_S, took([sys.executable, "-c", RUN])) + spinners.look_s(1)


def lines(run: Path) -> Measure:
    """Seconds to parse each line of a run's journal."""
    return _first(LINES, run / journal.NAME)


def page(run: Path) -> Measure:
    """Seconds for the lines of the journal, the libraries of a page, and as many empty pictures as it has."""
    return lambda: printed(PAGE, str(run / journal.NAME), str(len(list(run.parent.parent.glob("figures/*.png")))))[0]


def memory(run: Path) -> Measure:
    """MiB with the libraries of a page and the table."""
    return _first(MEMORY, run / TRIALS)


def parquet(run: Path) -> Measure:
    """Seconds to import pandas, to hash both files, and to read the table."""
    return _first(PARQUET, run / TRIALS, run / journal.NAME)


def export(run: Path, folder: Path) -> Measure:
    """Seconds for the same, and to write the table."""
    files = map(str, (run / TRIALS, run / journal.NAME, folder / "floor.parquet"))
    return partial(took, [sys.executable, "-c", EXPORT, *files])


def packed(run: Path) -> Measure:
    """MiB of the run's numbers in binary."""
    return lambda: mebibytes(run / TRIALS)


def _first(code: str, *files: Path) -> Callable[[], float]:
    return lambda: printed(code, *map(str, files))[0]
