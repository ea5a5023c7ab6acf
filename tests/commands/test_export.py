"""`export` gives other programs the same numbers, in formats that they read."""

import csv
import errno
import io
import json
import math
import os
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from concexp.analysis import results
from concexp.commands import export
from concexp.commands.export import check_options, file_chunks
from concexp.errors import EnvironmentRefused, InputError
from tests.helpers import journal_builder, scenarios


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """A run whose trials end in every possible way, with its files."""
    run = journal_builder.write(tmp_path_factory.mktemp("bad"), **scenarios.bad())
    results.write(run)
    return run


def text(run, form, *tables):
    return b"".join(file_chunks(run, form, tables)).decode()


def test_cells_in_csv_are_cells_csv(bad):
    """The default table equals cells.csv in the run's folder, byte by byte."""
    assert text(bad, "csv") == text(bad, "csv", "cells") == (bad.folder / "cells.csv").read_text("utf-8")


def test_trials_in_csv_are_not_rounded(bad, monkeypatch):
    """Each observation is written as it was recorded, also when the table is written in portions."""
    whole = text(bad, "csv", "trials")
    monkeypatch.setattr("concexp.commands.export.PORTION", 3)
    assert text(bad, "csv", "trials") == whole
    rows = list(csv.DictReader(io.StringIO(whole)))
    assert len(rows) == len(bad.trials)
    for row, wall in zip(rows, bad.trials["wall_s"], strict=True):
        assert row["wall_s"] == "" if math.isnan(wall) else float(row["wall_s"]) == wall


@pytest.mark.parametrize("table", ["cells", "trials"])
def test_no_text_is_a_formula(tmp_path, table):
    """A label that a spreadsheet would run as a formula is made harmless."""
    run = journal_builder.write(tmp_path, **scenarios.hostile())
    rows = list(csv.reader(io.StringIO(text(run, "csv", table))))
    assert len(rows) > 1
    for value in (value for row in rows for value in row):
        assert not value.startswith(("=", "+", "@", "\t")), value
        assert not value.startswith("-") or value[1:2].isdigit()
    assert "'@threads" in {value for row in rows for value in row}


def test_json_holds_the_same_and_null_for_what_is_missing(bad):
    """One object has both tables, the question and the units; it has no NaN, which is not JSON."""
    found = json.loads(text(bad, "json", "cells", "trials"), parse_constant=pytest.fail)
    assert found["question"] == "Which model is made up best?"
    assert found["units"]["throughput"] == "1/s"
    assert [cell["cell"] for cell in found["cells"]] == bad.cells["cell"].tolist()
    by_model = {cell["model"]: cell for cell in found["cells"]}
    assert by_model["threads"]["throughput"] == float(
        bad.cells.loc[bad.cells["model"] == "threads", "throughput"].iloc[0]
    )
    assert by_model["thread_pool"]["throughput"] is by_model["serial"]["workers"] is None
    assert len(found["trials"]) == len(bad.trials)
    assert {trial["gil_start"] for trial in found["trials"] if trial["status"] == "ok"} == {True}
    assert "trials" not in json.loads(text(bad, "json"))


def test_parquet_reads_back(bad):
    """Trials exported to Parquet equal the tidy frame."""
    trials = pd.read_parquet(io.BytesIO(b"".join(file_chunks(bad, "parquet", ["trials"]))))
    pd.testing.assert_frame_equal(trials, bad.trials)


def test_pyperf_gets_seconds_per_operation_of_what_was_right(bad):
    """pyperf's JSON has one benchmark per cell, and one run per trial with status `ok`.

    pyperf demands (2.11, `Run.__init__` and `_metadata.py`): unique names, positive values, metadata of texts and numbers.
    """
    found = json.loads(text(bad, "pyperf"), parse_constant=pytest.fail)
    assert found["version"] == "1.0"
    runs = {one["metadata"]["name"]: one["runs"] for one in found["benchmarks"]}
    assert {name: len(trials) for name, trials in runs.items()} == {
        "workload=cpu_sum model=serial sync=none": 6,
        "workload=cpu_sum model=simulated sync=none workers=2": 5,
    }
    for trial in (trial for trials in runs.values() for trial in trials):
        assert len(trial["values"]) == 2
        assert all(value > 0 for value in trial["values"])
        assert all(isinstance(value, str | int | float) for value in trial["metadata"].values())
    first = bad.trials[bad.trials["model"] == "serial"]
    expected = (first["wall_s"] / first["ops"]).tolist()
    assert [value for trial in runs["workload=cpu_sum model=serial sync=none"] for value in trial["values"]] == expected


def test_pyperf_needs_a_trial_that_ended_well(tmp_path):
    """Without a single right outcome the export is refused, and the error names the formats that would work."""
    with pytest.raises(EnvironmentRefused, match="export csv or json"):
        text(journal_builder.write(tmp_path, **scenarios.all_failed()), "pyperf")


@pytest.mark.parametrize(
    ("form", "tables", "to_file", "cure"),
    [
        ("csv", ["cells", "trials"], True, "give the command twice"),
        ("parquet", ["cells", "trials"], True, "give the command twice"),
        ("parquet", [], False, "name it with --out"),
        ("pyperf", ["cells"], True, "leave out --cells"),
    ],
)
def test_what_a_format_cannot_hold(form, tables, to_file, cure):
    """What a format cannot hold is refused with a cure; nothing else is."""
    with pytest.raises(InputError, match=cure):
        check_options(form, tables, to_file)
    check_options("json", ["cells", "trials"], False)
    check_options("csv", ["trials"], False)
    check_options("pyperf", [], False)


def test_an_export_that_fails_leaves_the_old_file(bad, tmp_path, monkeypatch):
    """A disk that is full in the middle: the file of before is whole, and nothing half written lies beside it."""
    out = tmp_path / "x.csv"
    out.write_text("old")

    def full(*arguments):
        yield b"half"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(export, "file_chunks", full)
    with pytest.raises(EnvironmentRefused, match="No space left"):
        export.export_run(bad.folder, "csv", [], out)
    assert out.read_text() == "old"
    assert os.listdir(tmp_path) == ["x.csv"]


def test_an_export_goes_where_a_link_leads(bad, tmp_path):
    """The user names the file: a link of the user's stays a link, and a pipe or a device gets the bytes."""
    (tmp_path / "data").mkdir()
    out = tmp_path / "x.csv"
    out.symlink_to(tmp_path / "data" / "real.csv")
    export.export_run(bad.folder, "csv", [], out)
    assert out.is_symlink()
    assert (tmp_path / "data" / "real.csv").read_text("utf-8") == text(bad, "csv")
    export.export_run(bad.folder, "csv", [], Path("/dev/null"))
    assert Path("/dev/null").is_char_device()


def test_a_pipe_without_a_reader_is_refused(tmp_path, monkeypatch):
    """Instead of a wait without end; with a reader it is written."""
    monkeypatch.setattr(export, "READER_WITHIN_S", 0.0)
    journal_builder.write(tmp_path / "run", **scenarios.partly_withheld())
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(EnvironmentRefused, match=r"nothing reads .*pipe"):
        export.export_run(tmp_path / "run", "csv", [], pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        monkeypatch.setattr(export, "READER_WITHIN_S", 30.0)
        export.export_run(tmp_path / "run", "csv", [], pipe)
        assert reader.communicate()[0].startswith(b"workload,model,")
