"""concexp in Python and in notebooks: loads a run with its tables and pictures; plans and runs an experiment.

run = concexp.load("reports/cpu_models")     # or a run folder
run.cells                                    # a DataFrame: one row per cell, with intervals
run.trials                                   # a DataFrame: one row per measured iteration
run.plot("scaling")                          # the same picture as on the page; a notebook shows it

found = concexp.compare("reports/x/runs/20260101T120000Z-1a2b3c4d", "reports/x")
found.answer, found.cells, found.claims      # the first lines of the page, and DataFrames
found.plot("ratios")

experiment = concexp.Experiment("my_question.yaml")   # or a dict with the same keys, and a name
experiment.plan()                            # a DataFrame: what would run, and what cannot and why
run = experiment.run()                       # what `concexp run` does, including the page
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from concexp import catalog, experiment
from concexp.analysis import results
from concexp.analysis.comparing.comparison import Comparison
from concexp.commands.check import TOLERANCE, Check
from concexp.commands.compare import compare_runs, write_comparison
from concexp.commands.questions import Questions
from concexp.commands.replicate import run_anywhere
from concexp.commands.run import RunRequest
from concexp.errors import ConcexpError
from concexp.experiment.statuses import MEASURED
from concexp.plan.planner import make_plan
from concexp.report.comparison import data, sentences
from concexp.report.text.markdown import plain
from concexp.report.view import View
from concexp.run.interpreters.discovery import support_for_plan
from concexp.run.machine import facts

GIVEN = "Experiment"  # stands for the file in messages where the experiment is a dict


@dataclass(frozen=True)
class Picture:
    """A picture of a run as PNG bytes, with a description in words. A notebook shows it; `save` writes it."""

    name: str
    png: bytes
    alt: str

    def _repr_png_(self) -> bytes:
        return self.png

    def __repr__(self) -> str:
        return f"<Picture '{self.name}': {self.alt}>"

    def save(self, path: str | Path) -> Path:
        """Write the PNG file and return its path."""
        path = Path(path)
        path.write_bytes(self.png)
        return path


class LoadedRun(results.Run):
    """A run with its tables and pictures.

    `cells` and `trials` are DataFrames, `plots` lists the pictures that suit the run, `plot` draws one of them.
    """

    @classmethod
    def of(cls, run: results.Run) -> LoadedRun:
        """Give a run that was read its pictures."""
        return cls(**{one.name: getattr(run, one.name) for one in fields(run)})

    def __repr__(self) -> str:
        trials = sum(record.role == MEASURED and "block" in record for record in self.records)
        return f"<Run '{self.spec['question']}': {len(self.header['cells'])} cells, {trials} trials, {self.folder}>"

    @property
    def plots(self) -> list[str]:
        """The names of the pictures that suit this run."""
        return [name for name, cls in catalog.classes("plot").items() if cls().prepare(self._view)]

    def plot(self, name: str) -> Picture:
        """Draw a picture as it is on the page; UnknownName if there is no such picture, ConcexpError if it does not suit."""
        plot = catalog.load("plot", name)()
        prepared = plot.prepare(self._view)
        if not prepared:
            raise ConcexpError(f"the picture '{name}' does not suit this run", f"these do: {', '.join(self.plots)}")
        from concexp.report.pictures import title_of  # loading a run for its tables needs no drawing

        plot.title = title_of(self._view, name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.png"
            alt = plot.draw(self._view, prepared, path)
            return Picture(name, path.read_bytes(), alt)

    @cached_property
    def _view(self) -> View:
        return View(self)


class Experiment:
    """An experiment read from a YAML file, or given as a dict with the same keys; InputError lists all mistakes at once.

    A dict needs a `name`. Its relative paths start from the working folder.

    sets  overrides of keys in the form of `--set`: ["measure.repetitions=3"]
    only  a condition on cells in the form of `--only`: "workers <= 2"
    """

    def __init__(self, question: str | Path | Mapping[str, Any], sets: Sequence[str] = (), only: str = "") -> None:
        self.sets, self.only = tuple(sets), only
        self.in_file = not isinstance(question, Mapping)
        if isinstance(question, Mapping):
            self.path = Path(GIVEN)
            self.spec = experiment.of_data(question, GIVEN, self.sets)
        else:
            self.path = Path(question)
            self.spec = experiment.load(self.path, self.sets)

    def __repr__(self) -> str:
        return f"<Experiment '{self.spec.question}': {self.path}>"

    def plan(self) -> pd.DataFrame:
        """Return one row per cell: its axes, its id, and why it cannot run ("" if it can). Starts nothing."""
        plan = make_plan(self.spec, facts.usable_cpus(), self.only, support_for_plan(self.spec))
        rows = [{**cell.axes, "cell": cell.id, "reason": cell.reason} for cell in plan.cells]
        return pd.DataFrame(rows).convert_dtypes()

    def run(
        self, out: str | Path = "reports", quick: bool = False, fresh: bool = False, progress: str = "auto"
    ) -> LoadedRun:
        """Run the experiment, or complete its unfinished run, as `concexp run` does; the page goes below `out`."""
        arguments = [f"--set={override}" for override in self.sets]
        if self.only:
            arguments.append(f"--only={self.only}")
        arguments += [flag for flag, given in (("--quick", quick), ("--fresh", fresh)) if given]
        name = str(self.path) if self.in_file else "experiment.yaml"  # as the run's folder keeps it
        command = shlex.join(["concexp", "run", name, *arguments])
        spec = None if self.in_file else self.spec
        request = RunRequest(self.path, self.sets, self.only, Path(out), quick, fresh, command=command, spec=spec)
        outcome = run_anywhere(request, progress, True, Check.off, Questions(asks=False))
        return LoadedRun.of(outcome.measured.results)


def load(path: str | Path) -> LoadedRun:
    """Read the run in a run folder, the latest run of reports/<name>, or a bundle; Damaged if it is none, or damaged."""
    return LoadedRun.of(results.load(Path(path)))


class ComparedRuns:
    """Stored runs that were compared, with tables and pictures.

    answer         the first lines of the page as plain text
    cells          a DataFrame: a row per metric and cell, with the ratio B / A and its verdict; of a history per run as well
    claims         a DataFrame: a row per claim, with its verdict in each run
    circumstances  a DataFrame: what the runs say of machine, interpreters, code and experiment, and whether it differs
    """

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison

    def __repr__(self) -> str:
        sides = ", ".join(f"{name}: {len(runs)}" for name, runs in self.comparison.sides.by_name.items())
        kind = f"history of {len(self.comparison.sides.runs)}" if self.comparison.sides.is_history else sides
        return f"<ComparedRuns {kind}: {len(self.comparison.matching.matches)} cells>"

    @cached_property
    def answer(self) -> list[str]:
        return [plain(sentence) for sentence in sentences.answer(self.comparison)]

    @cached_property
    def cells(self) -> pd.DataFrame:
        return data.cells_frame(self.comparison)

    @cached_property
    def claims(self) -> pd.DataFrame:
        return data.claims_frame(self.comparison)

    @cached_property
    def circumstances(self) -> pd.DataFrame:
        return data.circumstances_frame(self.comparison)

    @property
    def plots(self) -> list[str]:
        """The names of the pictures that suit this comparison."""
        return [name for name, plot in self._pictures.items() if plot.prepare(self.comparison)]

    def plot(self, name: str) -> Picture:
        """Draw a picture as it is on the page; ConcexpError if it does not suit."""
        if name not in self.plots:
            raise ConcexpError(
                f"the picture '{name}' does not suit this comparison", f"these do: {', '.join(self.plots)}"
            )
        plot = self._pictures[name]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.png"
            alt = plot.draw(self.comparison, plot.prepare(self.comparison), path)
            return Picture(name, path.read_bytes(), alt)

    def write(self, folder: str | Path | None = None) -> Path:
        """Write the page with its pictures and its table into a folder, as `concexp compare` does; returns its path."""
        return write_comparison(self.comparison, None if folder is None else Path(folder)).path

    @property
    def _pictures(self) -> Mapping[str, Any]:
        from concexp.report.comparison import page  # with the pictures: matplotlib loads late

        return page.pictures()


RunOrPath = str | Path | results.Run


def compare(
    *runs: RunOrPath | Sequence[RunOrPath],
    metrics: Sequence[str] = (),
    across: Sequence[str] = (),
    tolerance: float | str = TOLERANCE,
) -> ComparedRuns:
    """Compare stored runs: `compare(a, b)`, `compare([a1, a2, a3], [b1, b2, b3])`, or a history `compare(first, …, last)`.

    A run is a path as `concexp compare` takes it, or one that was loaded. Of two runs or sides the first is the baseline.
    `metrics` are compared instead of the primary one; `across` are axes by which the runs differ on purpose; `tolerance` is the
    difference that does not matter, 0.05 or "5%". InputError lists all that is wrong with the runs.
    """
    sides = [[one] if isinstance(one, RunOrPath) else list(one) for one in runs]
    if all(len(side) == 1 for side in sides):
        return ComparedRuns(compare_runs([one for side in sides for one in side], (), metrics, across, tolerance))
    if len(sides) != 2:
        raise ConcexpError("lists of runs are two sides", "give two lists: compare([a1, a2], [b1, b2])")
    return ComparedRuns(compare_runs(sides[0], sides[1], metrics, across, tolerance))
