"""A run -> its tables for other programs: CSV, Parquet, JSON, or a file that pyperf reads.

`cells` has one row per cell, as cells.csv; `trials` one row per measured iteration, as results.parquet. Figures are not
rounded, but for the cells in CSV, which are those of cells.csv.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from concexp import catalog
from concexp.analysis.iterations import PORTION
from concexp.analysis.results import Run, printed, shielded, to_parquet
from concexp.errors import EnvironmentRefused, InputError, Problem
from concexp.run.storage import run_folder

TABLES = ("cells", "trials")


def check(form: str, tables: Sequence[str], to_file: bool) -> None:
    """InputError if that cannot be had in this form."""
    problem = "", ""
    if form == "pyperf" and tables:
        problem = "pyperf has a form of its own", "leave out --cells and --trials"
    elif form in ("csv", "parquet") and len(tables) > 1:
        problem = f"a {form} file holds one table", "give the command twice: with --cells, and with --trials"
    elif form == "parquet" and not to_file:
        problem = "Parquet is written to a file", "name it with --out"
    if problem[0]:
        raise InputError([Problem("export", 0, 0, "", *problem)])


def exported(run: Run, form: str, tables: Sequence[str]) -> Iterator[bytes]:
    """The file, piece by piece; `tables` are of TABLES, the cells where none is named."""
    wanted = tables or TABLES[:1]
    if form == "pyperf":
        yield json.dumps(_pyperf(run), ensure_ascii=False, allow_nan=False).encode() + b"\n"
    elif form == "json":
        yield from (text.encode() for text in _json(run, wanted))
    elif form == "parquet":
        file = io.BytesIO()
        to_parquet(getattr(run, wanted[0]), file)
        yield file.getvalue()
    else:
        for number, part in enumerate(_portions(getattr(run, wanted[0]))):
            safe = part.map(printed) if wanted[0] == "cells" else _shielded(part)
            yield safe.rename(columns=shielded).to_csv(index=False, header=number == 0, lineterminator="\n").encode()


def _portions(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """So many rows at a time that their text does not fill the memory; one portion at least."""
    return (table.iloc[first : first + PORTION] for first in range(0, max(1, len(table)), PORTION))


def _shielded(part: pd.DataFrame) -> pd.DataFrame:
    texts = part.select_dtypes("string")
    return part.assign(**{name: column.map(shielded, na_action="ignore") for name, column in texts.items()})


def _json(run: Run, tables: Sequence[str]) -> Iterator[str]:
    """One object: the run, its question, the units of its metrics, and a list of objects per table; what is missing is null."""
    names = [name for name in run.cells.columns if f"{name}_lo" in run.cells.columns]
    head = {
        "run": run.header["run"],
        "name": run.spec["name"],
        "question": run.spec["question"],
        "units": {name: catalog.load("metric", name).unit for name in names},
    }
    yield json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    for table in tables:
        yield f',\n "{table}": ['
        gap = "\n  "
        for part in _portions(getattr(run, table)):
            for row in part.astype(object).where(part.notna(), None).to_dict("records"):
                yield gap + json.dumps(row, ensure_ascii=False, allow_nan=False)
                gap = ",\n  "
        yield "\n ]"
    yield "\n}\n"


def _pyperf(run: Run) -> dict[str, Any]:
    """pyperf's JSON, version 1.0: a benchmark per cell, a run per trial, whose values are the seconds per operation.

    Of the trials that ended well with the right outcome: pyperf has no place for others. Doubts stand in a run's metadata.
    """
    found = []
    labels = run.axes_by_cell
    for cell in run.cells["cell"]:
        rows = run.rows(cell)
        rows = rows[(rows["status"] == "ok") & (rows["ops"] > 0) & (rows["wall_s"] > 0)]
        if len(rows):
            name = " ".join(f"{key}={label}" for key, label in labels[cell].items() if label is not None)
            runs = [_pyperf_run(own) for _, own in rows.groupby("trial", sort=False)]
            found.append({"metadata": {"name": name, "unit": "second"}, "runs": runs})
    if not found:
        raise EnvironmentRefused(
            "no trial of this run ended well with the right outcome",
            "pyperf has no place for others: export csv or json",
        )
    return {"version": "1.0", "metadata": {"description": run.spec["question"]}, "benchmarks": found}


def _pyperf_run(rows: pd.DataFrame) -> dict[str, Any]:
    first = rows.iloc[0]
    told = {"date": first["started_at"], "duration": first["duration_s"], "python_version": first["python_version"],
            "hostname": first["host"], "doubts": first["doubts"] or None}  # fmt: skip
    metadata = {name: value for name, value in told.items() if pd.notna(value)}
    return {"metadata": metadata, "values": (rows["wall_s"] / rows["ops"]).tolist()}


def export(path: Path, form: str, tables: Sequence[str], out: Path | None) -> None:
    """Write a run's tables for other programs, to a file or to stdout."""
    from concexp.analysis import results
    from concexp.commands import export as exporting

    exporting.check(form, tables, out is not None)
    pieces = exporting.exported(results.load(path), form, tables)
    if out is None:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
        return
    try:
        with out.open("wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise run_folder.refused(error, out) from error
