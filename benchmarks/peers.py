"""Other tools, and what each takes for what concexp does: pyperf, ReBench, asv, pytest-benchmark, hyperfine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BARE = ("-S", "-E", "-c", "pass")
NAMES = ("pyperf", "rebench", "asv", "pytest-benchmark")  # as they are installed
# Their commands, by the names under which tables show them.
MODULES = {"pyperf": "pyperf", "ReBench": "rebench.rebench", "asv": "asv", "pytest with pytest-benchmark": "pytest"}
SPAWN = """\
import multiprocessing as m, time
if __name__ == '__main__':
    c = m.get_context('spawn'); b = time.perf_counter()
    for _ in range(5): p = c.Process(target=int); p.start(); p.join()
    print((time.perf_counter() - b) / 5)
"""

Measure = Callable[[], float]
# As for most users: with PYTHONDONTWRITEBYTECODE, as in many containers, each start would compile all modules anew.
VARIABLES = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def took(command: Sequence[str], folder: Path | None = None) -> float:
    """Seconds that a program takes; SystemExit with what it printed if it fails."""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", env=VARIABLES)
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds


def printed(code: str, *arguments: str, variables: Mapping[str, str] | None = None) -> list[float]:
    """The numbers that a program in Python prints, given as its text."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**VARIABLES, **(variables or {})})
    if done.returncode:
        raise SystemExit(f"{code}\nended with {done.returncode}:\n{done.stderr}")
    return [float(word) for word in done.stdout.split()]


def multiple(command: Sequence[str], bare: Sequence[str] = ("-c", "pass"), folder: Path | None = None) -> Measure:
    """How many times as long a program takes as a bare interpreter beside it."""
    return lambda: took(command, folder) / took([sys.executable, *bare])


def each(few: Sequence[str], many: Sequence[str], more: int, folder: Path | None = None) -> Measure:
    """What one more process costs a tool, in bare starts: two calls of it, of which the second starts so many more."""
    return lambda: (took(many, folder) - took(few, folder)) / more / took([sys.executable, *BARE])


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
        """What `--help` of each takes, in starts."""
        if not self.python:
            return {}
        return {
            name: multiple([self.python, "-m", module, "--help"], folder=self.folder)
            for name, module in MODULES.items()
        }

    def statistics(self, file: Path) -> dict[str, Measure]:
        """What pyperf takes for the statistics of a file of its format, seconds."""
        if not self.python:
            return {}
        return {"pyperf stats": lambda: took([self.python, "-m", "pyperf", "stats", "-q", str(file)])}

    def versions(self) -> list[str]:
        """What is installed of them: `pyperf 2.9.0`."""
        found = []
        if self.python:
            code = f"import importlib.metadata as m; [print(n, m.version(n)) for n in {NAMES}]"
            done = subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=True)
            found += done.stdout.splitlines()
        if hyperfine := shutil.which("hyperfine"):
            found.append(subprocess.run([hyperfine, "--version"], capture_output=True, text=True).stdout.strip())
        return found

    @staticmethod
    def _spawn() -> float:
        return printed(SPAWN)[0] / took([sys.executable, *BARE])

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
