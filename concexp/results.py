"""A journal -> the tidy frame: one row per measured iteration, and one for each trial that has none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from concexp import catalog, doubts, journal, steady
from concexp.errors import Damaged
from concexp.replacing import replaced

if TYPE_CHECKING:
    from concexp.cells import Sample

RECORD = ("cell", "trial", "block", "position", "repetition", "status", "reason", "startup", "unit", "shape", "wants", "host",
          "started_at", "seed", "duration_s", "left_behind", "orphans")  # fmt: skip
# What a trial recorded of its interpreter, by column: `gil`, `jit`, `switch_interval` and `python` are axes, which say what
# was asked for.
ANSWER = {"gil_start": "gil", "gil_end": "gil_end", "jit_on": "jit", "traced": "traced", "parallel": "parallel",
          "switch_interval_s": "switch_interval", "start_method": "start_method", "python_version": "python",
          "threads_at_fork": "threads_at_fork"}  # fmt: skip
ITERATION = ("wall_s", "ops", "startup_s", "cpu_s", "run_queue_wait_s", "server_cpu_s", "start_skew_s", "stop_skew_s",
             "all_active", "user_s", "system_s", "voluntary_switches", "involuntary_switches", "migrations",
             "minor_faults", "major_faults", "throttled_s", "steal_s", "swapped_in")  # fmt: skip
# Those that only some trials have, and lists, of which metrics make numbers: these stay in the journal.
PROBED = ("peak_rss_bytes", "pss_bytes", "uss_bytes", "background_ops", "background_s", "background_cpu_s",
          "largest_share", "waits", "waited_s", "worked_s", "depth_mean")  # fmt: skip
LISTS = ("worker_ops", "worker_s", "worker_cpu_s", "service_time", "latency", "wait_time", "worker_waits")
FAULT = ("detected_s", "undone")  # of a trial whose workload noted a fault, also where it ended badly
FIRST = ("run", "role", "cell", "trial", "block", "position", "repetition", "iteration", "workload", "model", "sync",
         "workers", "python")  # fmt: skip
# Columns whose type is known also where nothing was recorded; of the others it is told by the values.
WHOLE = ("block", "position", "repetition", "iteration", "workers", "left_behind", "orphans", "leaked",
         "undone", "threads_at_fork")  # fmt: skip
FLAGS = ("gil_start", "gil_end", "jit_on", "traced")
FLOATS = ("effective_cpus", "timer_cost_s", "switch_interval_s", "duration_s", "detected_s")
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Run:
    """A run that was read: its folder, the journal's header and records."""

    folder: Path
    header: dict[str, Any]
    records: list[dict[str, Any]]

    @property
    def spec(self) -> dict[str, Any]:
        """The resolved experiment."""
        return self.header["spec"]  # type: ignore[no-any-return]

    @property
    def manifest(self) -> dict[str, Any]:
        """What was known before the first trial: machine, interpreters, versions."""
        return self.header["manifest"]  # type: ignore[no-any-return]

    @property
    def machine(self) -> list[dict[str, Any]]:
        """The spinner measurements, in order."""
        return [record for record in self.records if record["role"] == "machine"]

    @cached_property
    def spun(self) -> list[float]:
        """The effective CPUs that the spinners found, in order."""
        return [record["effective_cpus"] for record in self.machine if record["effective_cpus"] is not None]

    @cached_property
    def effective_cpus(self) -> float | None:
        """The median of the run's spinner measurements; None if there were none."""
        return float(np.median(self.spun)) if self.spun else None

    @cached_property
    def trials(self) -> pd.DataFrame:
        """The tidy frame."""
        return _frame(self)

    @property
    def measured(self) -> pd.DataFrame:
        """The rows of the trials that were run as they are, and not to look at something else."""
        return self.trials[self.trials["role"] == "measured"]

    @cached_property
    def samples(self) -> dict[str, Sample]:
        """The trials of each cell, by the cell's id."""
        from concexp.cells import samples

        return samples(self.trials)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row per cell, with its metrics and their intervals."""
        from concexp.cells import table

        return table(self)


def folder_of(path: Path) -> Path:
    """The run folder that a path means: itself, or the latest run below reports/<name>."""
    if (path / journal.NAME).is_file():
        return path
    runs = sorted(p.parent for p in (path / "runs").glob(f"*/{journal.NAME}"))
    if not runs:
        raise Damaged(f"{path} holds no run", "name a run folder, or reports/<name>")
    return runs[-1]


def load(path: Path) -> Run:
    """Read a run folder, or the latest run of reports/<name>."""
    folder = folder_of(path)
    found = journal.read(folder / journal.NAME)
    return Run(folder, found.header, found.records)


def write(run: Run) -> None:
    """results.parquet and cells.csv, into the run's folder."""
    with replaced(run.folder / "results.parquet") as draft:
        run.trials.to_parquet(draft, index=False)
    cells = run.cells.map(_printed).rename(columns=_printed)
    with replaced(run.folder / "cells.csv") as draft:
        cells.to_csv(draft, index=False, lineterminator="\n")


def _printed(value: Any) -> Any:
    """A value of cells.csv: six significant digits, and no text that a spreadsheet would run as a formula."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    if isinstance(value, float):
        short = f"{value:.6g}"
        return f"{float(short):.0f}" if "e+" in short else short.replace("nan", "")
    return value


def _frame(run: Run) -> pd.DataFrame:
    measured = [record for record in run.records if record["role"] != "machine"]
    trials = _typed(pd.DataFrame(_rows(run)))
    passes = [(record.get("answer") or {}).get("iterations") or [{}] for record in measured]
    sizes = [len(group) for group in passes]
    flat = [iteration for group in passes for iteration in group]
    frame = trials.take(np.repeat(np.arange(len(trials)), sizes)).reset_index(drop=True)
    numbers = [k if iteration else None for group in passes for k, iteration in enumerate(group)]
    frame["iteration"] = pd.array(numbers, dtype="Int64")
    for name in (*ITERATION, *(name for name in PROBED if any(name in iteration for iteration in flat))):
        frame[name] = _floats(iteration.get(name) for iteration in flat)
    for name in LISTS:
        frame[name] = pd.Series([iteration.get(name) for iteration in flat], index=frame.index, dtype=object)
    # A model that hides its workers hands the operations out one by one, in threads that want a CPU as well.
    hidden = [iteration.get("worker_ops", ()) is None if iteration else None for iteration in flat]
    frame["handed_out"] = pd.array(hidden, dtype="boolean")
    counted = [iteration.get("counts") or {} for iteration in flat]
    for name in sorted({key for counts in counted for key in counts}):
        frame[name] = _floats(counts.get(name) for counts in counted)
    frame["steadiness"] = pd.array(steady.words(frame), dtype="string")
    frame["doubts"] = doubts.judge(frame)
    for name in catalog.names("metric"):
        metric = catalog.load("metric", name)()
        if metric.level == "iteration":
            values = metric.of(frame)
            if metric.shown == "always" or values.notna().any():
                frame[name] = values
    return frame[[*FIRST, *(name for name in frame.columns if name not in (*FIRST, *LISTS))]].copy()


def _floats(values: Iterable[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _rows(run: Run) -> dict[str, list[Any]]:
    """What is the same for all iterations of a trial: a column per fact, a value per trial."""
    rows = [_row(run, record, effective) for record, effective in with_effective_cpus(run.records)]
    names = dict.fromkeys(
        [
            *FIRST,
            *RECORD,
            *ANSWER,
            "leaked",
            "effective_cpus",
            "cpus",
            "timer_cost_s",
            *(name for row in rows for name in row),
        ]
    )
    return {name: [row.get(name) for row in rows] for name in names}


def _row(run: Run, record: dict[str, Any], effective: float | None) -> dict[str, Any]:
    answer = record.get("answer") or {}
    row: dict[str, Any] = {"run": run.header["run"], "role": record["role"], **record["axes"]}
    row["python"] = row.get("python") or "current"
    row["gil"] = row.get("gil") or {True: "on", False: "off"}.get(answer.get("gil"))  # type: ignore[arg-type]
    for kind, parameters in record["parameters"].items():
        row.update({f"{kind}.{name}": value for name, value in parameters.items()})
    row.update({f"load.{name}": value for name, value in record["load"].items()})
    row.update({name: record.get(name) for name in RECORD})
    row["leaked"] = sum(one["sure"] for one in record.get("leaked", ()))
    row.update({column: answer.get(name) for column, name in ANSWER.items()})
    row.update({name: record[name] for name in FAULT if name in record})
    clocks = run.manifest.get("clocks", {}).get(row["python"], {})
    return {
        **row,
        "effective_cpus": effective,
        "cpus": run.manifest["machine"]["cpus"],
        "timer_cost_s": clocks.get("timer_cost_s"),
    }


def with_effective_cpus(records: list[dict[str, Any]]) -> list[tuple[dict[str, Any], float | None]]:
    """Each trial's record with the smaller of the spinner measurements before and after it."""
    after: list[float | None] = []
    latest: float | None = None
    for record in reversed(records):
        if record["role"] == "machine":
            latest = record["effective_cpus"]
        else:
            after.append(latest)
    after.reverse()
    found: list[tuple[dict[str, Any], float | None]] = []
    latest = None
    for record in records:
        if record["role"] == "machine":
            latest = record["effective_cpus"]
        else:
            both = [value for value in (latest, after[len(found)]) if value is not None]
            found.append((record, min(both) if both else None))
    return found


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Each column of one type that has room for what is missing; what mixes numbers and words becomes text."""
    return pd.DataFrame({name: _column(name, list(frame[name])) for name in frame.columns})


def _column(name: str, values: list[Any]) -> Any:
    present = [None if value is None or value != value else value for value in values]
    kinds = {type(value) for value in present if value is not None}
    if name in WHOLE or (kinds == {int} and all(v is None or abs(v) < 2**63 for v in present)):
        return pd.array(present, dtype="Int64")
    if name in FLAGS or kinds == {bool}:
        return pd.array(present, dtype="boolean")
    if name in FLOATS or (kinds and kinds <= {int, float}):
        return _floats(present)
    return pd.array([None if value is None else str(value) for value in present], dtype="string")
