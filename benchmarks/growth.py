"""How does what concexp takes grow with the number of trials and of rows? Prints a table, and draws a picture of it.

    python benchmarks/growth.py                                        all: a quarter of an hour, 4 GB of disk, 8 GB of memory
    python benchmarks/growth.py --trials 10000 --rows 1000000          less of it: two minutes
    python benchmarks/growth.py --picture build/growth.png --folder /dev/shm

Trials are simulated, 100 of them, ten times as many and so on: planned, recorded and put on disk as those of any run, once all
at once and once block by block as a budget allows. Rows are
those of an invented run of 1,000 cells (`large_run.py`), from 10,000 on: its page is made from its journal, then its table is
loaded from its Parquet file. A figure is CPU time, which other programs hardly change.

Linear means: whatever the run begins with, each further trial or row costs no more than it did at first. The column *each
further one* has the difference to the line above by the difference of their numbers. Exit code 1 if the last of them is over
1.5 times the first one, or if anything needs more than 8 GB of memory.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where this script is loaded as a module

import large_run
from large_run import Used, mebibytes, used

from concexp import __version__
from concexp.run.machine import facts
from concexp.run.storage import journal

FEWEST_TRIALS, FEWEST_ROWS = 100, 10_000
STEEPEST = 1.5  # a step of ten times as many: what grows as n log n has 1.3 at most
MOST_MIB = 8 * 1024
CONCEXP = (sys.executable, "-m", "concexp")
CELLS = 5
EXPERIMENT = """\
workload: cpu_sum
model: simulated
sweep: {{workers: {{from: 1, to: {cells}, step: 1}}}}
load: {{ops: 100, scaling: strong}}
measure: {{repetitions: {repetitions}, iterations: 1, warmup: 0, control: off{more}}}
baseline: {{}}
"""
# Kinds of runs, with keys of `measure:`. A budget decides on each block anew, from what was measured before it.
RUNS = {"run": "", "run with a budget": ", budget: 100h"}
LOAD = "import concexp, sys; concexp.load(sys.argv[1]).trials"


@dataclass(frozen=True)
class Point:
    """What so many trials or rows took, and the size of their journal, MiB."""

    count: int
    used: Used
    journal_mib: float


@dataclass(frozen=True)
class Curve:
    """How one thing grows: its name, what is counted, and points with ever larger counts."""

    name: str
    of: str
    points: Sequence[Point]

    @property
    def steps(self) -> list[float]:
        """Seconds of CPU time for each further one, between neighbouring points."""
        pairs = zip(self.points, self.points[1:], strict=False)
        return [(after.used.cpu_s - before.used.cpu_s) / (after.count - before.count) for before, after in pairs]

    @property
    def is_linear(self) -> bool:
        """Whether each further one costs at last no more than STEEPEST times what it did at first."""
        return len(self.steps) < 2 or self.steps[-1] <= STEEPEST * self.steps[0]

    @property
    def fits(self) -> bool:
        """Whether nothing needed more memory than MOST_MIB."""
        return all(point.used.peak_mib <= MOST_MIB for point in self.points)

    def rows(self) -> Iterator[str]:
        """The lines of the table."""
        for point, step in zip(self.points, [None, *self.steps], strict=True):
            figures = f"{point.used.seconds:.1f} | {point.used.cpu_s:.1f} | {1e6 * point.used.cpu_s / point.count:,.0f}"
            further = "–" if step is None else f"{1e6 * step:,.1f}"
            sizes = f"{point.used.peak_mib:,.0f} | {point.journal_mib:,.1f}"
            yield f"| {self.name} | {point.count:,} {self.of} | {figures} | {further} | {sizes} |"

    def verdict(self) -> str:
        """A sentence on how it grows."""
        if len(self.steps) < 2:
            return f"{self.name}: too few points to tell how it grows"
        change = f"a further one costs {self.steps[-1] / self.steps[0]:.2f} times what it did at first"
        return f"{self.name}: {'linear' if self.is_linear else '**not linear**'}, {change}" + (
            "" if self.fits else f"; **more than {MOST_MIB / 1024:g} GB of memory**"
        )


def sizes(fewest: int, most: int) -> list[int]:
    """`fewest`, ten times as many, and so on, up to `most`."""
    found = [fewest]
    while 10 * found[-1] <= most:
        found.append(10 * found[-1])
    return found


def trials(folder: Path, name: str, more: str, counts: Sequence[int]) -> Curve:
    """Runs of simulated trials, without a page; `more` are keys of `measure:`."""

    def run(count: int) -> Point:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            home = Path(place)
            (home / "growth.yaml").write_text(EXPERIMENT.format(cells=CELLS, repetitions=count // CELLS, more=more))
            taken = used([*CONCEXP, "run", "growth.yaml", "--no-report", "-q", "--yes"], home)
            (path,) = home.glob(f"reports/growth/runs/*/{journal.NAME}")
            return Point(count, taken, mebibytes(path))

    return Curve(name, "trials", list(_told(f"trials of a {name}", run, counts)))


def tables(folder: Path, counts: Sequence[int]) -> list[Curve]:
    """Pages of runs with so many rows, and their tables again."""
    pages, loads = [], []
    cache = {"XDG_CACHE_HOME": str(folder / "cache")}

    def run(count: int) -> Point:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            made = large_run.made(Path(name), count)
            size = mebibytes(made / journal.NAME)
            pages.append(Point(count, used([*CONCEXP, "report", "-q", str(made)], variables=cache), size))
            loads.append(Point(count, used([sys.executable, "-c", LOAD, str(made)], variables=cache), size))
        return pages[-1]

    list(_told("rows", run, counts))
    return [Curve("page", "rows", pages), Curve("load", "rows", loads)]


def _told(of: str, run: Callable[[int], Point], counts: Sequence[int]) -> Iterator[Point]:
    for count in counts:
        point = run(count)
        print(f"{count:,} {of}: {point.used.cpu_s:.1f} s of CPU time, {point.used.peak_mib:,.0f} MiB", file=sys.stderr)
        yield point


def draw(curves: Sequence[Curve], path: Path) -> None:
    """CPU time and memory against numbers, on logarithmic scales, with what would be linear beside them."""
    from matplotlib.figure import Figure

    counted = list(dict.fromkeys(curve.of for curve in curves))
    figure = Figure(figsize=(4 * len(counted) + 4, 4), layout="constrained")
    *panels, memory = figure.subplots(1, len(counted) + 1)
    for curve in curves:
        counts = [point.count for point in curve.points]
        seconds = [point.used.cpu_s for point in curve.points]
        axes = panels[counted.index(curve.of)]
        (line,) = axes.loglog(counts, seconds, marker="o", label=curve.name)
        linear = [seconds[-1] * count / counts[-1] for count in counts]
        axes.loglog(counts, linear, color=line.get_color(), linestyle=":", linewidth=1)
        axes.set(xlabel=curve.of, title="CPU time, s (dotted: linear)")
        peaks = [point.used.peak_mib for point in curve.points]
        memory.loglog(counts, peaks, marker="o", label=f"{curve.name}, {curve.of}")
    memory.axhline(MOST_MIB, color="0.4", linestyle="--", linewidth=1)
    memory.set(xlabel=", ".join(counted), title="peak memory, MiB")
    for axes in (*panels, memory):
        axes.grid(alpha=0.3)
        axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table and draw the picture; 1 if something is not linear or does not fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100_000, help="the most trials; 0 leaves them out")
    parser.add_argument("--rows", type=int, default=10_000_000, help="the most rows; 0 leaves them out")
    parser.add_argument("--folder", help="where runs are written; a temporary folder without")
    parser.add_argument("--picture", type=Path, default=Path("build/growth.png"))
    asked = parser.parse_args(arguments)
    wanted = ((asked.trials, FEWEST_TRIALS, "trials"), (asked.rows, FEWEST_ROWS, "rows"))
    if not any(most for most, _, _ in wanted) or any(0 < most < fewest for most, fewest, _ in wanted):
        parser.error(", ".join(f"at least {fewest:,} {of}, or 0" for _, fewest, of in wanted) + ", and not both 0")
    curves: list[Curve] = []
    with tempfile.TemporaryDirectory(prefix="concexp-growth-", dir=asked.folder) as name:
        folder = Path(name)
        if asked.trials:
            counts = sizes(FEWEST_TRIALS, asked.trials)
            curves += [trials(folder, name, more, counts) for name, more in RUNS.items()]
        if asked.rows:
            curves += tables(folder, sizes(FEWEST_ROWS, asked.rows))
    print(f"concexp {__version__}, {facts.python_and_system()}, {facts.usable_cpus()} CPUs\n")
    print("| what | of | s | CPU s | µs each | µs each further one | peak MiB | journal MiB |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for curve in curves:
        print("\n".join(curve.rows()))
    print()
    for curve in curves:
        print(f"- {curve.verdict()}")
    draw(curves, asked.picture)
    print(f"\npicture: {asked.picture}")
    return int(not all(curve.is_linear and curve.fits for curve in curves))


if __name__ == "__main__":
    sys.exit(main())
