"""Does `concexp try` know what a function wants, and does it name a model that an exhaustive sweep cannot beat?

For each of eight functions of known kind (`kinds_of_work.py`) it runs `concexp try`, then a sweep of every model of the
standard library with every number of workers, and prints a row: the kind that was found, what was said to use, how close the
best of that model came to the best of all in the sweep, and how long the try took. `--hog` lets a process beside it spin.

python benchmarks/tries.py                        all of them: about half an hour
python benchmarks/tries.py computes waits --hog   some of them
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import concexp
from concexp.commands.trying import models
from concexp.commands.trying.attempt import Attempt, TryRequest, attempt
from concexp.commands.trying.kind import Facts, Kind
from concexp.commands.trying.request import functions_of
from concexp.commands.trying.sweep import default_workers
from concexp.report.answer.brief import brief
from concexp.report.text.markdown import plain
from concexp.report.views import view_of
from concexp.run.machine import facts as machine

FILE = "kinds_of_work.py"
EXPECTED = {
    "computes": (Kind.holds, ""),
    "hashes": (Kind.releases, ""),
    "waits": (Kind.waits, ""),
    "awaits": (Kind.awaits, ""),
    "half_and_half": (Kind.mixed, ""),
    "large_results": (Kind.holds, "large to send"),
    "locked": (Kind.shares, ""),
    "unpicklable": (Kind.holds, "no pool of processes"),
}
NEAR = 0.9  # of the best
# It spins as long as its parent is the process that it is told: that may be killed, and then ends nothing.
HOG = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): sum(range(10_000))"


def main() -> None:
    arguments = _arguments()
    budget, repetitions = f"{arguments.budget:g} s", arguments.repetitions
    print(
        f"{machine.usable_cpus()} CPUs, budget {budget}, {repetitions} repetitions{', beside a hog' * arguments.hog}\n"
    )
    print(
        "| function | kind | right | use | said with a verdict | its model / best of the sweep | within 10 % | seconds |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | ---: |", flush=True)
    source = Path(__file__).with_name(FILE)
    with tempfile.TemporaryDirectory() as folder, _hog() if arguments.hog else contextlib.nullcontext():
        os.chdir(folder)
        Path(FILE).write_bytes(source.read_bytes())
        for name in arguments.functions or EXPECTED:
            print(_row(name, arguments.budget, repetitions), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("functions", nargs="*", choices=[*EXPECTED, []], help="all without any")
    parser.add_argument("--budget", type=float, default=60.0, help="of each try, seconds")
    parser.add_argument("--repetitions", type=int, default=3, help="of each cell of the sweep")
    parser.add_argument("--hog", action="store_true", help="beside a process that spins")
    return parser.parse_args()


def _row(name: str, budget: float, repetitions: int) -> str:
    """Try one function, sweep it, and compare."""
    began = time.monotonic()
    tried = attempt(TryRequest([f"{FILE}:{name}"], budget=budget, progress="none", quiet=True), lambda text: None)
    seconds = time.monotonic() - began
    (found,) = tried.facts.values()
    view = view_of(tried.outcome.measured.results)
    said = brief(view, view.comparisons[0])
    begin = f"| {name} | {'; '.join([found.kind, *found.traits])} ({found.evidence}) | {_right(name, found)} | {plain(said.use)} | "
    if said.choice is None:
        return f"{begin} | | | {seconds:.0f} |"
    best = _sweep(name, tried, repetitions)
    fastest = max(best, key=lambda model: best[model][0])
    own = best[said.choice.model]
    share = own[0] / best[fastest][0]
    # Without intervals, from fewer than three repetitions, nothing is known for certain.
    near = "**no**" if own[1] < NEAR * best[fastest][2] else "cannot be told"
    near = "yes" if share >= NEAR else near
    told = "no" if " without a verdict" in said.use else "yes"
    return f"{begin}{told} | {share:.2f} ({fastest}) | {near} | {seconds:.0f} |"


def _right(name: str, found: Facts) -> str:
    """Whether the kind and its trait are those expected; a kind that the try left open is no mistake."""
    kind, trait = EXPECTED[name]
    if found.kind is Kind.computes and kind in (Kind.holds, Kind.releases):
        return "left open"
    return "yes" if found.kind is kind and trait in " ".join(found.traits) else "**no**"


def _sweep(name: str, tried: Attempt, repetitions: int) -> dict[str, tuple[float, float, float]]:
    """By model, its largest throughput over all numbers of workers, 1/s, and the upper and lower end of its interval."""
    (found,) = tried.facts.values()
    (function,) = functions_of([f"{FILE}:{name}"], (), "", "")
    spec = tried.outcome.measured.results.spec
    question = {
        "name": f"all_{name}",
        "workload": function.entry(found.sent),
        "model": [model.name for model in models.candidates()],
        "sweep": {"workers": default_workers(machine.usable_cpus())},
        "load": spec["load"],
        "measure": {"iterations": 1, "repetitions": repetitions, "control": "off"},
    }
    cells = concexp.Experiment(question).run(progress="none").cells
    ok = cells[cells["status"] == "ok"].sort_values("throughput")
    ends = ok[["throughput", "throughput_hi", "throughput_lo"]].astype(float)
    return {
        str(model): (rate, high, low) for model, (rate, high, low) in zip(ok["model"], ends.to_numpy(), strict=True)
    }


@contextlib.contextmanager
def _hog() -> Iterator[None]:
    """A process that spins meanwhile, and no longer than this one."""
    with subprocess.Popen([sys.executable, "-S", "-c", HOG, str(os.getpid())]) as process:
        try:
            yield
        finally:
            process.kill()


if __name__ == "__main__":
    main()
