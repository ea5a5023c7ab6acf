"""A run folder -> the run: its journal, and everything that is computed from it when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from concexp import catalog
from concexp.analysis import diagnoses, doubts, kept_trials
from concexp.analysis.diagnoses import Diagnosis
from concexp.analysis.frame import tidy_frame
from concexp.analysis.kept_trials import KeptTrials
from concexp.analysis.parquet_file import to_parquet
from concexp.analysis.possible import effective_cpus
from concexp.analysis.stats.intervals import LEVEL
from concexp.analysis.trial_rows import TrialRows
from concexp.errors import Damaged, EnvironmentRefused, did_you_mean
from concexp.experiment import units
from concexp.experiment.statuses import MACHINE, MEASURED
from concexp.plan.gc_pause import gc_paused
from concexp.run import bundle
from concexp.run.bundle import Bundle
from concexp.run.storage import journal, run_folder, schema
from concexp.run.storage.atomic import replaced
from concexp.run.storage.foreign_text import printable
from concexp.run.storage.journal import Journal, Record

if TYPE_CHECKING:
    from concexp.analysis.operation_times import Times
    from concexp.analysis.samples import Sample

RUNS = "runs"
CELLS = "cells.csv"
DIAGNOSES = "diagnoses.csv"
COMPUTED = ("metric", "plot")  # kinds of plug-ins that are needed again where a run is read
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Run:
    """A run: its folder, the journal's header and records; what follows from these is computed once, on demand.

    `journal_state` and `journal_end` are the state of the journal's file when it was read, and the checksum of its last line;
    `kept` has the rows where results.parquet stands for the journal.
    """

    folder: Path
    header: dict[str, Any]
    records: Sequence[Record]
    # What is computed once per run: see `memo.once`.
    memo: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False, compare=False)
    journal_state: tuple[int, ...] = field(default=(), repr=False, compare=False)
    journal_end: int = field(default=0, repr=False, compare=False)
    kept: KeptTrials | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of_journal(cls, folder: Path, read: Journal) -> Self:
        """The run in a folder whose journal was read."""
        return cls(folder, read.header, read.records, journal_state=read.state, journal_end=read.checksum)

    @property
    def spec(self) -> dict[str, Any]:
        """The resolved experiment."""
        return self.header["spec"]  # type: ignore[no-any-return]

    @property
    def manifest(self) -> dict[str, Any]:
        """The facts from before the first trial: machine, interpreters, versions."""
        return self.header["manifest"]  # type: ignore[no-any-return]

    @property
    def cpus(self) -> int:
        """The number of CPUs that the run could use."""
        return self.manifest["machine"]["cpus"]  # type: ignore[no-any-return]

    @cached_property
    def level(self) -> float:
        """The level of all intervals: `measure.level`, 95 % in runs from before there was one."""
        written = self.spec.get("measure", {}).get("level")
        return units.percentage(written) if written else LEVEL

    @cached_property
    def cells_by_id(self) -> dict[str, dict[str, Any]]:
        """The planned cells, by id: `cell`, `axes` (their labels) and `reason`, why it cannot run, or ""."""
        return {cell["cell"]: cell for cell in self.header["cells"]}

    @cached_property
    def axes_by_cell(self) -> dict[str, dict[str, Any]]:
        """The labels of each planned cell, by its id and the axis."""
        return {cell: planned["axes"] for cell, planned in self.cells_by_id.items()}

    def of_role(self, role: str) -> list[Record]:
        """The records of one role (`experiment.statuses`), in the journal's order."""
        return [record for record in self.records if record.role == role]

    @property
    def machine(self) -> list[Record]:
        """The spinner measurements, in order."""
        return self.of_role(MACHINE)

    @cached_property
    def spun(self) -> list[float]:
        """The effective CPUs of each spinner measurement, in order."""
        return [value for r in self.machine if (value := effective_cpus(r, self.cpus)) is not None]

    @cached_property
    def spun_by_block(self) -> dict[int, float]:
        """The effective CPUs of the latest spinner measurement before each block."""
        measured = {record["block"]: effective_cpus(record, self.cpus) for record in self.machine}
        return {block: value for block, value in measured.items() if value is not None}

    @cached_property
    def effective_cpus(self) -> float | None:
        """The median of the run's spinner measurements; None if there were none."""
        return float(np.median(self.spun)) if self.spun else None

    @cached_property
    def trials(self) -> pd.DataFrame:
        """The tidy frame."""
        return tidy_frame(self.header, self.records) if self.kept is None else self.kept.trials

    @cached_property
    def measured(self) -> pd.DataFrame:
        """The rows of role `measured`, which come first: trials for their own sake, not for a probe, a control or a picture."""
        return self.trials.iloc[: int((self.trials["role"] == MEASURED).sum())]

    @cached_property
    def by_trial(self) -> TrialRows:
        """Which rows of `trials` belong to which trial; those of `measured` come first."""
        return TrialRows.of(self.trials)

    @cached_property
    def measured_by_trial(self) -> TrialRows:
        """Which rows of `measured` belong to which trial."""
        return TrialRows(self.by_trial.numbers[: len(self.measured)])

    @cached_property
    def firsts(self) -> pd.DataFrame:
        """The first row of each measured trial, for facts that are the same in all its iterations."""
        return self.measured.take(self.measured_by_trial.firsts)

    @cached_property
    def facts_by_trial(self) -> pd.DataFrame:
        """A row per measured trial, by its id, with the means of its facts: what `doubts` judges."""
        return doubts.doubts_by_trial(self.measured, self.measured_by_trial)

    def rows(self, cell: str) -> pd.DataFrame:
        """The rows of the measured trials of a cell."""
        return self.measured.take(self._places.get(cell, []))

    @cached_property
    def _places(self) -> dict[str, np.ndarray]:
        return self.measured.groupby("cell", sort=False).indices  # type: ignore[no-any-return]

    @cached_property
    def samples(self) -> dict[str, Sample]:
        """The trials of each cell, by the cell's id."""
        from concexp.analysis.samples import samples

        return samples(self.trials, self.level, times=self.operation_times)

    @cached_property
    def is_restless(self) -> bool:
        """True if trials count although the CPU changed its speed beside them; see `analysis.restless`."""
        return any(sample.is_restless for sample in self.samples.values())

    @cached_property
    def operation_times(self) -> Mapping[str, Times]:
        """The times of each trial's operations, by the trial's id."""
        from concexp.analysis.operation_times import times_by_trial

        if self.kept is not None and not self.kept.histograms:
            return {}
        return times_by_trial(self.records)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row per cell, with its metrics and their intervals."""
        from concexp.analysis.cells import table

        return table(self.header, self.trials, self.samples)

    @cached_property
    def diagnosed(self) -> list[Diagnosis]:
        """What diagnosers found, of each cell that they looked at."""
        return diagnoses.of_records(self.records) if self.spec.get("diagnose") else []

    @cached_property
    def diagnoses(self) -> pd.DataFrame:
        """One row per number of a diagnoser and cell, or reason why it is missing; none without `diagnose:`."""
        return pd.DataFrame(diagnoses.rows(self.diagnosed, self.axes_by_cell))


def run_folders_in(path: Path) -> list[Path]:
    """The folders that a path means: itself if it is a run folder or reports/<name>; else all of these that it holds, by name."""
    if (path / journal.NAME).is_file() or _runs(path):
        return [path]
    return sorted(folder for folder in path.glob("*") if _runs(folder)) or [path]


def folder_of(path: Path) -> Path:
    """The run folder that a path means: itself, or of reports/<name> the latest run that is complete, or else the latest.

    The page in reports/<name> is of the same run: a quick or interrupted one does not replace it.
    """
    if (path / journal.NAME).is_file():
        return path
    if runs := _runs(path):
        return next(filter(run_folder.is_complete, reversed(runs)), runs[-1])
    inside = [str(one) for one in run_folders_in(path) if one != path]
    if inside:
        raise Damaged(f"{path} holds several experiments", f"name one of them: {', '.join(inside)}")
    beside = [str(one) for one in run_folders_in(path.parent) if one != path.parent]
    near = did_you_mean(str(path), beside) if beside and not path.exists() else ""
    raise Damaged(f"{path} holds no run", near or "name a run folder, or reports/<name>")


def _runs(path: Path) -> list[Path]:
    """The run folders of reports/<name>, the latest last."""
    return sorted(file.parent for file in (path / RUNS).glob(f"*/{journal.NAME}"))


def load(path: Path) -> Run:
    """Read a run folder, the latest run of reports/<name>, or a bundle, whose path is its folder then."""
    if not bundle.is_bundle(path):
        folder = folder_of(path)
        return _computable(_by_parquet(folder) or _load(folder))
    with bundle.unpacked(path, (journal.NAME, run_folder.MANIFEST)) as (found, folder):
        return of_bundle(found, folder)


def of_bundle(found: Bundle, folder: Path) -> Run:
    """The run of a bundle that was unpacked into a folder for a moment; the bundle's path is its folder."""
    try:
        run = _load(folder)
    except Damaged as error:
        raise bundle.named(error, folder, found.path) from error
    bundle.check_manifest(found, run.manifest)
    return _computable(replace(run, folder=found.path))


@gc_paused()
def _load(folder: Path) -> Run:
    read = schema.read(folder / journal.NAME)
    run_folder.check_whole(folder, len(read.records), read.checksum)
    return Run.of_journal(folder, read)


def _by_parquet(folder: Path) -> Run | None:
    """The run whose tables come from results.parquet; None where the journal has to be read."""
    kept = kept_trials.recall(folder)
    if kept is None:
        return None
    run_folder.check_whole(folder, len(kept.records), kept.ended)
    return Run(folder, kept.header, kept.records, kept=kept)


def _computable(run: Run) -> Run:
    """The run; EnvironmentRefused if its metrics or pictures are of packages that are not installed here."""
    if missing := missing_plug_ins(run.manifest, COMPUTED):
        cure = "install the package for the Python that runs concexp; what was measured is in the journal"
        raise EnvironmentRefused(f"the run in {run.folder} needs plug-ins that are not installed: {missing}", cure)
    return run


def missing_plug_ins(manifest: Mapping[str, Any], kinds: Collection[str]) -> str:
    """The plug-ins of packages that a run named and that are not here, of these kinds, in words; "" for none."""
    named = ((*name.split("/", 1), package) for name, package in (manifest.get("plug_ins") or {}).items())
    return ", ".join(
        f"{kind} {name} of {package}"
        for kind, name, package in named
        if kind in kinds and not catalog.exists(kind, name)
    )


def write(run: Run) -> None:
    """Write results.parquet, cells.csv and, where something was diagnosed, diagnoses.csv into the run's folder."""
    # Opened here: pyarrow opens no file whose path is not UTF-8.
    with replaced(run.folder / kept_trials.TRIALS) as draft, draft.open("w+b") as file:
        to_parquet(run.trials, file)
        file.seek(0)
        hashed = kept_trials.hash_of_file(file)
    if run.kept is None:
        kept_trials.keep(run.folder, run.journal_state, run.journal_end, run.records, hashed)
    _write_csv(run.cells, run.folder / CELLS)
    if not run.diagnoses.empty:
        _write_csv(run.diagnoses, run.folder / DIAGNOSES)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    printable_table = table.map(printed).rename(columns=printed)
    with replaced(path) as draft:
        printable_table.to_csv(draft, index=False, lineterminator="\n")


def printed(value: Any) -> Any:
    """A value for a table in CSV: numbers with six significant digits, texts as `shielded`."""
    if isinstance(value, float):
        short = f"{value:.6g}"
        return f"{float(short):.0f}" if "e+" in short else short.replace("nan", "")
    return shielded(value)


def shielded(value: Any) -> Any:
    """The value; a text is made harmless, and one that a spreadsheet would run as a formula gets a quote before it."""
    if not isinstance(value, str):
        return value
    return printable(f"'{value}" if value.startswith(FORMULA) else value)
