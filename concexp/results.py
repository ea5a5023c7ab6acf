"""A journal -> the tidy frame: one row per measured iteration, and one for each trial that has none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from concexp import catalog, doubts, journal
from concexp.errors import Damaged

RECORD = ("cell", "trial", "block", "position", "repetition", "status", "reason", "startup", "unit", "wants", "host",
          "started_at", "seed", "duration_s", "left_behind")  # fmt: skip
ANSWER = ("gil", "gil_end", "traced", "switch_interval", "parallel", "start_method")
ITERATION = ("wall_s", "ops", "startup_s", "cpu_s", "run_queue_wait_s", "server_cpu_s", "start_skew_s", "stop_skew_s",
             "all_active")  # fmt: skip
FIRST = ("run", "role", "cell", "trial", "block", "position", "repetition", "iteration", "workload", "model", "sync",
         "workers", "python")  # fmt: skip


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
        return self.header["manifest"]  # type: ignore[no-any-return]

    @property
    def machine(self) -> list[dict[str, Any]]:
        """The spinner measurements, in order."""
        return [record for record in self.records if record["role"] == "machine"]

    @cached_property
    def effective_cpus(self) -> float | None:
        """The median of the run's spinner measurements; None if there were none."""
        values = [record["effective_cpus"] for record in self.machine if record["effective_cpus"] is not None]
        return float(np.median(values)) if values else None

    @cached_property
    def trials(self) -> pd.DataFrame:
        """The tidy frame."""
        return _frame(self)

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
    run.trials.to_parquet(run.folder / "results.parquet", index=False)
    safe = run.cells.map(_inert)
    safe.to_csv(run.folder / "cells.csv", index=False, float_format="%.6g", lineterminator="\n")


def _inert(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is kept from being one."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value


def _frame(run: Run) -> pd.DataFrame:
    measured = [record for record in run.records if record["role"] != "machine"]
    rows = [_row(run, record, effective) for record, effective in _with_effective(run.records)]
    passes = [(record.get("answer") or {}).get("iterations") or [{}] for record in measured]
    counts = [len(group) for group in passes]
    trials = pd.DataFrame(rows)
    frame = trials.loc[np.repeat(np.arange(len(trials)), counts)].reset_index(drop=True)
    flat = [iteration for group in passes for iteration in group]
    frame["iteration"] = pd.array(
        [k if iteration else None for group in passes for k, iteration in enumerate(group)], dtype="Int64"
    )
    for name in ITERATION:
        frame[name] = np.array([np.nan if (v := i.get(name)) is None else v for i in flat], dtype=float)
    for name in sorted({key for iteration in flat for key in iteration.get("counts", {})}):
        frame[name] = np.array([i.get("counts", {}).get(name, np.nan) for i in flat], dtype=float)
    for name in ("block", "position", "repetition"):
        frame[name] = frame[name].astype("Int64")
    frame["workers"] = pd.array([None if pd.isna(w) else int(w) for w in frame["workers"]], dtype="Int64")
    frame["doubts"] = doubts.judge(frame)
    for name in catalog.names("metric"):
        metric = catalog.load("metric", name)
        if metric.level == "iteration":
            values = metric().of(frame)
            if name in FIRST or metric.shown == "always" or values.notna().any():
                frame[name] = values
    return _tidied(frame)


def _row(run: Run, record: dict[str, Any], effective: float | None) -> dict[str, Any]:
    """What is the same for all iterations of a trial."""
    answer = record.get("answer") or {}
    row: dict[str, Any] = {"run": run.header["run"], "role": record["role"], **record["axes"]}
    row.setdefault("python", "current")
    for kind, parameters in record["parameters"].items():
        row.update({f"{kind}.{name}": value for name, value in parameters.items()})
    row.update({f"load.{name}": value for name, value in record["load"].items()})
    row.update({name: record.get(name) for name in RECORD})
    row.update({name: answer.get(name) for name in ANSWER})
    row["effective_cpus"] = effective
    row["cpus"] = run.manifest["machine"]["cpus"]
    return row


def _with_effective(records: list[dict[str, Any]]) -> list[tuple[dict[str, Any], float | None]]:
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


def _tidied(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns in order, each of one type: what mixes numbers and words becomes text."""
    for name in frame.columns:
        column = frame[name]
        if column.dtype == object:
            kinds = {type(value) for value in column if value is not None and value == value}
            if kinds <= {bool}:
                frame[name] = column.astype("boolean")
            elif kinds <= {int}:
                frame[name] = pd.array([None if pd.isna(value) else value for value in column], dtype="Int64")
            elif kinds <= {int, float}:
                frame[name] = column.astype(float)
            else:
                frame[name] = pd.array([None if v is None or v != v else str(v) for v in column], dtype="string")
    return frame[[*FIRST, *(name for name in frame.columns if name not in FIRST)]].copy()
