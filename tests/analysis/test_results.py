"""A run folder is read, and its results are written: results.parquet and cells.csv."""

import csv
import math

import pandas as pd
import pytest
from pyarrow import parquet

from concexp.analysis import parquet_file, results
from concexp.errors import Damaged
from concexp.run.storage import journal
from tests.helpers import journal_builder, scenarios


def rows(run):
    """cells.csv as text."""
    with (run.folder / "cells.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """A run with every way to end."""
    run = journal_builder.write(tmp_path_factory.mktemp("bad"), **scenarios.bad())
    results.write(run)
    return run


def test_a_large_table_is_written_a_portion_at_a_time(bad, monkeypatch, tmp_path):
    """Only so many rows are in memory a second time; what is read back is the whole frame."""
    portions = []
    written = parquet.ParquetWriter.write_table

    def write_table(writer, table, *arguments, **named):
        portions.append(len(table))
        written(writer, table, *arguments, **named)

    monkeypatch.setattr(parquet.ParquetWriter, "write_table", write_table)
    monkeypatch.setattr(parquet_file, "PORTION", 3)
    with (tmp_path / "rows.parquet").open("wb") as file:
        parquet_file.to_parquet(bad.trials, file)
    assert sum(portions) == len(bad.trials) > 3
    assert max(portions) == 3
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "rows.parquet"), bad.trials)


def test_every_observation_is_in_the_parquet_file(bad):
    """What is read back from results.parquet is the frame, types included."""
    found = pd.read_parquet(bad.folder / "results.parquet")
    pd.testing.assert_frame_equal(found, bad.trials)


def test_observed_trials_are_rows_with_their_role(tmp_path):
    """What was looked at in trials of its own is in results.parquet under role `observed`; the other trials have none of it."""
    run = journal_builder.write(tmp_path, **scenarios.observed())
    results.write(run)
    frame = pd.read_parquet(run.folder / "results.parquet")
    by_role = frame.groupby("role")
    assert by_role["trial"].nunique().to_dict() == {"measured": 18, "observed": 12}
    assert by_role["wait_share"].count()["measured"] == 0
    assert set(frame.loc[frame["wait_share"].notna(), "wait_share"]) == {0.6, 0.25}
    assert len(run.measured) == 18 * 2


def test_cells_are_sorted_by_their_axes(tmp_path):
    """cells.csv has one row per cell, in the order of the axes' labels, whatever order the cells were planned in."""
    cells = journal_builder.sweep(workers=(1, 2, 10), rate=journal_builder.amdahl())
    run = journal_builder.write(tmp_path, cells)
    shuffled = {**run.header, "cells": run.header["cells"][::-1]}
    for header in (run.header, shuffled):
        found = results.Run(run.folder, header, run.records).cells
        assert [(m, None if w is pd.NA else w) for m, w in zip(found["model"], found["workers"], strict=True)] == [
            ("serial", None), ("threads", 1), ("threads", 2), ("threads", 10),
            ("processes", 1), ("processes", 2), ("processes", 10),
        ]  # fmt: skip


def test_cells_csv_reads_well(bad):
    """Six significant digits, no exponent for large numbers, nothing for what is missing, whole workers."""
    by_model = {row["model"]: row for row in rows(bad)}
    assert by_model["serial"]["workers"] == ""
    assert by_model["threads"]["workers"] == "2"
    assert by_model["thread_pool"]["throughput"] == ""
    assert by_model["serial"]["speedup"] == "1"
    assert by_model["serial"]["speedup_lo"] == ""
    for row in by_model.values():
        for name, value in row.items():
            if name not in ("workload", "model", "sync", "cell", "status", "reason") and value:
                assert len(value.replace(".", "").replace("-", "").lstrip("0")) <= 6
                assert "e" not in value
                assert not math.isnan(float(value))
    assert results.printed(123456789.0) == "123457000"
    assert results.printed(0.00000123456789) == "1.23457e-06"
    assert results.printed(float("nan")) == ""


def test_no_text_is_a_formula(tmp_path):
    """A label that a spreadsheet would run is written so that it does not."""
    run = journal_builder.write(tmp_path, **scenarios.hostile())
    results.write(run)
    for row in rows(run):
        for value in (*row, *row.values()):
            assert not value.startswith(("=", "+", "@", "\t", "\n")), value
            assert not value.startswith("-") or value[1:2].isdigit()


def test_statuses_and_counts(bad):
    """A cell's status is the worst of its trials'; numbers come from the trials that have some."""
    by_model = {row["model"]: row for row in rows(bad)}
    assert {model: row["status"] for model, row in by_model.items()} == {
        "serial": "ok", "threads": "invalid", "thread_pool": "failed", "processes": "crashed",
        "process_pool": "timeout", "simulated": "crashed", "asyncio": "unsupported",
    }  # fmt: skip
    assert by_model["asyncio"]["trials"] == "0"
    assert by_model["simulated"]["trials"] == "6"
    assert float(by_model["simulated"]["throughput"]) == pytest.approx(1500, rel=0.05)
    assert by_model["processes"]["reason"] == "a worker died: SIGSEGV"


def test_journal_without_trials(tmp_path):
    """A run that was killed before its first trial still has a frame, cells and files."""
    run = journal_builder.write(tmp_path, **scenarios.nothing())
    results.write(run)
    assert run.trials.empty
    assert set(run.cells["status"]) == {"missing"}
    assert len(rows(run)) == 7


def test_measured_trials_come_first(tmp_path):
    """What was run as it is stands before controls, sentinels and observed trials, each in the order of the journal."""
    run = journal_builder.write(tmp_path, **scenarios.watched())
    assert set(run.measured["role"]) == {"measured"}
    others = run.trials.iloc[len(run.measured) :]
    assert set(others["role"]) == {"control", "sentinel"}
    assert run.measured["block"].is_monotonic_increasing
    assert others["block"].is_monotonic_increasing
    cell = run.header["cells"][1]["cell"]
    pd.testing.assert_frame_equal(
        run.rows(cell), run.trials[(run.trials["cell"] == cell) & (run.trials["role"] == "measured")]
    )
    assert len(run.firsts) == run.measured["trial"].nunique()


def test_same_journal_same_bytes(tmp_path):
    """cells.csv is the same when it is made again from the journal alone."""
    run = journal_builder.write(tmp_path, **scenarios.bad())
    results.write(run)
    first = (run.folder / "cells.csv").read_bytes()
    for name in ("cells.csv", "results.parquet"):
        (run.folder / name).unlink()
    results.write(results.load(run.folder))
    assert (run.folder / "cells.csv").read_bytes() == first


def test_latest_run(tmp_path):
    """A folder of runs means the latest one; a folder without any is refused with what to name instead."""
    run = journal_builder.write(tmp_path, [journal_builder.cell()])
    later = run.folder.with_name("20260203T000000Z-0badcafe")
    later.mkdir()
    (later / journal.NAME).write_bytes((run.folder / journal.NAME).read_bytes())
    assert results.load(tmp_path).folder == later
    with pytest.raises(Damaged, match="holds no run"):
        results.load(tmp_path / "runs")


def test_without_the_gil_threads_take_no_turns(tmp_path):
    """A window of less than 50 switch intervals is too short only where threads wait for the GIL."""
    load = {"duration": 0.1}
    for gil, expected in ((True, "too_short"), (False, "")):
        cell = journal_builder.cell(model="threads", workers=2, load=load, answer={"gil": gil, "gil_end": gil})
        assert set(journal_builder.write(tmp_path / str(gil), [cell]).trials["doubts"]) == {expected}
