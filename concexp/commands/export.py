"""What `concexp export` does: writes a run's tables as CSV, Parquet, JSON, or a file that pyperf reads.

`cells` has one row per cell, as in cells.csv; `trials` has one row per measured iteration, as in results.parquet. Numbers are
not rounded, except the cells in CSV, which are those of cells.csv.
"""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from concexp import catalog
from concexp.analysis.cells import RAW
from concexp.analysis.iterations import PORTION
from concexp.analysis.parquet_file import to_parquet
from concexp.analysis.results import Run, load, printed, shielded
from concexp.errors import EnvironmentRefused, InputError, Problem
from concexp.run.storage import run_folder
from concexp.run.storage.atomic import replaced

TABLES = ("cells", "trials")
READER_WITHIN_S = 5.0  # the reader of a pipe may be started a moment later


def export_run(path: Path, form: str, tables: Sequence[str], out: Path | None) -> None:
    """Write tables of the run at `path` to a file, or to stdout without one."""
    check_options(form, tables, out is not None)
    chunks = file_chunks(load(path), form, tables)
    if out is None:
        sys.stdout.buffer.writelines(chunks)
        sys.stdout.buffer.flush()
        return
    try:
        if out.exists() and not out.is_file():  # /dev/stdout, a pipe
            with open(out, "wb", opener=_with_reader) as file:
                file.writelines(chunks)
            return
        with replaced(out.resolve(), fsync=True) as draft, draft.open("wb") as file:
            file.writelines(chunks)
    except OSError as error:
        raise run_folder.refused(error, out) from error


def _with_reader(path: str, flags: int) -> int:
    """Open a device or a pipe; EnvironmentRefused if the pipe has no reader within a few seconds."""
    deadline = time.monotonic() + READER_WITHIN_S
    while True:
        try:
            descriptor = os.open(path, flags | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > deadline:
                raise EnvironmentRefused(
                    f"nothing reads {path}: a pipe holds nothing by itself",
                    f"start its reader first, or in the background, such as `cat {path} &`",
                ) from error
            time.sleep(0.05)
        else:
            os.set_blocking(descriptor, True)
            return descriptor


def check_options(form: str, tables: Sequence[str], to_file: bool) -> None:
    """Raise InputError if the format cannot hold these tables, or needs a file to write to."""
    problem = "", ""
    if form == "pyperf" and tables:
        problem = "pyperf has a form of its own", "leave out --cells and --trials"
    elif form in ("csv", "parquet") and len(tables) > 1:
        problem = f"a {form} file holds one table", "give the command twice: with --cells, and with --trials"
    elif form == "parquet" and not to_file:
        problem = "Parquet is written to a file", "name it with --out"
    if problem[0]:
        raise InputError([Problem("export", 0, 0, "", *problem)])


def file_chunks(run: Run, form: str, tables: Sequence[str]) -> Iterator[bytes]:
    """Yield the file's bytes in chunks; `tables` are names from TABLES, by default the cells alone."""
    names = tables or TABLES[:1]
    if form == "pyperf":
        yield json.dumps(_pyperf(run), allow_nan=False).encode() + b"\n"
    elif form == "json":
        yield from (text.encode() for text in _json(run, names))
    elif form == "parquet":
        file = io.BytesIO()
        to_parquet(getattr(run, names[0]), file)
        yield file.getvalue()
    else:
        yield from (text.encode() for text in _csv(run, names[0]))


def _csv(run: Run, table: str) -> Iterator[str]:
    """Yield the CSV text of a table, with the header in the first chunk."""
    for number, rows in enumerate(_portions(getattr(run, table))):
        safe = rows.map(printed) if table == "cells" else _without_formulas(rows)
        yield safe.rename(columns=shielded).to_csv(index=False, header=number == 0, lineterminator="\n")


def _portions(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Split a table into blocks of at most PORTION rows, to bound memory; an empty table is one block."""
    return (table.iloc[first : first + PORTION] for first in range(0, max(1, len(table)), PORTION))


def _without_formulas(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with every text that a spreadsheet would run as a formula made harmless."""
    texts = rows.select_dtypes("string")
    return rows.assign(**{name: column.map(shielded, na_action="ignore") for name, column in texts.items()})


def _json(run: Run, tables: Sequence[str]) -> Iterator[str]:
    """Yield one JSON object: run, question, units of the metrics, and a list of rows per table; missing values are null."""
    metrics = [name for name in run.cells.columns if f"{name}_lo" in run.cells.columns and not name.endswith(RAW)]
    head = {
        "run": run.header["run"],
        "name": run.spec["name"],
        "question": run.spec["question"],
        "units": {name: catalog.load("metric", name).unit for name in metrics},
    }
    yield json.dumps(head, indent=1)[:-2]
    for table in tables:
        yield f',\n "{table}": ['
        separator = "\n  "
        for rows in _portions(getattr(run, table)):
            for row in rows.astype(object).where(rows.notna(), None).to_dict("records"):
                yield separator + json.dumps(row, allow_nan=False)
                separator = ",\n  "
        yield "\n ]"
    yield "\n}\n"


def _pyperf(run: Run) -> dict[str, Any]:
    """pyperf's JSON, version 1.0: one benchmark per cell, one run per trial, values in seconds per operation.

    Only trials with status `ok` are included, since pyperf cannot mark others as failed. Doubts go into a run's metadata.
    """
    benchmarks = []
    labels = run.axes_by_cell
    for cell in run.cells["cell"]:
        rows = run.rows(cell)
        rows = rows[(rows["status"] == "ok") & (rows["ops"] > 0) & (rows["wall_s"] > 0)]
        if len(rows):
            name = " ".join(f"{key}={label}" for key, label in labels[cell].items() if label is not None)
            runs = [_pyperf_run(trial) for _, trial in rows.groupby("trial", sort=False)]
            benchmarks.append({"metadata": {"name": name, "unit": "second"}, "runs": runs})
    if not benchmarks:
        raise EnvironmentRefused(
            "no trial of this run ended well with the right outcome",
            "pyperf has no place for others: export csv or json",
        )
    return {"version": "1.0", "metadata": {"description": run.spec["question"]}, "benchmarks": benchmarks}


def _pyperf_run(rows: pd.DataFrame) -> dict[str, Any]:
    first = rows.iloc[0]
    facts = {
        "date": first["started_at"],
        "duration": first["duration_s"],
        "python_version": first["python_version"],
        "hostname": first["host"],
        "doubts": first["doubts"] or None,
    }
    metadata = {name: value for name, value in facts.items() if pd.notna(value)}
    return {"metadata": metadata, "values": (rows["wall_s"] / rows["ops"]).tolist()}
