"""concexp from Python and in notebooks: a path -> a run with its tables and pictures; a YAML -> its plan, its run.

run = concexp.load("reports/cpu_models")     # or a run folder
run.cells                                    # a DataFrame: one row per cell, with intervals
run.trials                                   # a DataFrame: one row per measured iteration
run.plot("scaling")                          # the picture of the page; a notebook shows it

experiment = concexp.Experiment("my_question.yaml")
experiment.plan()                            # a DataFrame: what would run, and what cannot and why
run = experiment.run()                       # as `concexp run` does, page included
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from concexp import catalog, experiment
from concexp.analysis import results
from concexp.commands import run as session
from concexp.errors import ConcexpError
from concexp.experiment.statuses import MEASURED
from concexp.plan.planner import make_plan
from concexp.report.view import View
from concexp.run.interpreters.discovery import support_for_plan
from concexp.run.machine import facts


@dataclass(frozen=True)
class Picture:
    """A picture of a run: PNG, and what it shows in words. A notebook shows it; `save` writes it."""

    name: str
    png: bytes
    alt: str

    def _repr_png_(self) -> bytes:
        return self.png

    def __repr__(self) -> str:
        return f"<Picture '{self.name}': {self.alt}>"

    def save(self, path: str | Path) -> Path:
        """Write the PNG file; returns its path."""
        path = Path(path)
        path.write_bytes(self.png)
        return path


class Run(results.Run):
    """A run that was read: `cells` and `trials` are DataFrames, `plots` names the pictures that suit it, `plot` draws one."""

    def __repr__(self) -> str:
        trials = sum(record.role == MEASURED and "block" in record for record in self.records)
        return f"<Run '{self.spec['question']}': {len(self.header['cells'])} cells, {trials} trials, {self.folder}>"

    @property
    def plots(self) -> list[str]:
        """The pictures that suit this run."""
        return [name for name in catalog.names("plot") if catalog.load("plot", name)().prepare(self._view)]

    def plot(self, name: str) -> Picture:
        """Draw a picture, the same as on the page; UnknownName for no picture, ConcexpError for one that does not suit."""
        plot = catalog.load("plot", name)()
        prepared = plot.prepare(self._view)
        if not prepared:
            raise ConcexpError(f"the picture '{name}' does not suit this run", f"these do: {', '.join(self.plots)}")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.png"
            alt = plot.draw(self._view, prepared, path)
            return Picture(name, path.read_bytes(), alt)

    @cached_property
    def _view(self) -> View:
        return View(self)


class Experiment:
    """An experiment's YAML file, checked: InputError names all mistakes at once.

    sets  overrides of keys, as `--set` takes them: ["measure.repetitions=3"]
    only  a condition that cells must meet, as `--only` takes it: "workers <= 2"
    """

    def __init__(self, path: str | Path, sets: Sequence[str] = (), only: str = "") -> None:
        self.path, self.sets, self.only = Path(path), tuple(sets), only
        self.spec = experiment.load(self.path, self.sets)

    def __repr__(self) -> str:
        return f"<Experiment '{self.spec.question}': {self.path}>"

    def plan(self) -> pd.DataFrame:
        """One row per cell: its axes, its id, and the reason why it cannot run, "" where it can. Runs nothing."""
        planned = make_plan(self.spec, facts.usable_cpus(), self.only, support_for_plan(self.spec))
        rows = [{**cell.axes, "cell": cell.id, "reason": cell.reason} for cell in planned.cells]
        return pd.DataFrame(rows).convert_dtypes()

    def run(self, out: str | Path = "reports", quick: bool = False, fresh: bool = False, progress: str = "auto") -> Run:
        """Run it, or complete its unfinished run, and write its page below `out`: what `concexp run` does, and the run read."""
        options = [*(f"--set={one}" for one in self.sets), *([f"--only={self.only}"] if self.only else [])]
        flags = [flag for flag, on in (("--quick", quick), ("--fresh", fresh)) if on]
        command = shlex.join(["concexp", "run", str(self.path), *options, *flags])
        wanted = session.RunRequest(self.path, self.sets, self.only, Path(out), quick, fresh, True, command)
        return load(session.run(wanted, progress, page=True).folder)


def load(path: str | Path) -> Run:
    """Read a run: a run folder, or reports/<name> for its latest run; Damaged if there is none, or if its journal is."""
    found = results.load(Path(path))
    return Run(found.folder, found.header, found.records)
