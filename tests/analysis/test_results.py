"""The journal becomes the tidy frame, results.parquet and cells.csv."""

import csv
import math

import numpy as np
import pandas as pd
import pytest

from concexp.analysis import iterations, results
from concexp.analysis.frame import with_dtypes
from concexp.errors import Damaged
from concexp.run.storage import journal
from concexp.run.storage.journal import Record
from tests.helpers import journal_builder, scenarios

FIRST = ["run", "role", "cell", "trial", "block", "position", "repetition", "iteration", "workload", "model", "sync",
         "workers", "python"]  # fmt: skip


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


def test_one_row_per_iteration(bad):
    """A measured iteration is a row; a trial without any is one; an unsupported cell is one, with empty repetition."""
    frame = bad.trials
    assert list(frame.columns[: len(FIRST)]) == FIRST
    assert (frame[frame["status"].isin(["ok", "invalid"])].groupby("trial").size() == 2).all()
    ended_badly = frame[frame["status"].isin(["failed", "crashed", "timeout"])]
    assert not ended_badly["trial"].duplicated().any()
    assert ended_badly["iteration"].isna().all()
    assert ended_badly["wall_s"].isna().all()
    unsupported = frame[frame["status"] == "unsupported"]
    assert len(unsupported) == 1
    assert unsupported["repetition"].isna().all()


def test_every_observation_is_in_the_parquet_file(bad):
    """What is read back from results.parquet is the frame, types included."""
    found = pd.read_parquet(bad.folder / "results.parquet")
    pd.testing.assert_frame_equal(found, bad.trials)


def test_what_the_machine_did_stands_beside_each_iteration(bad):
    """In the order of the contract; the clock's cost is that of the trial's interpreter."""
    names = ["wall_s", "ops", "startup_s", "cpu_s", "run_queue_wait_s", "server_cpu_s", "start_skew_s", "stop_skew_s",
             "all_active", "user_s", "system_s", "voluntary_switches", "involuntary_switches", "migrations",
             "minor_faults", "major_faults", "throttled_s", "steal_s", "swapped_in"]  # fmt: skip
    columns = list(bad.trials.columns)
    first = columns.index("wall_s")
    assert columns[first : first + len(names)] == names
    assert set(bad.trials["timer_cost_s"].dropna()) == {journal_builder.CLOCKS["timer_cost_s"]}
    assert bad.trials["threads_at_fork"].dtype == "Int64"


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


def test_columns_have_one_type():
    """Numbers with gaps stay numbers, words with gaps stay words, a mixture becomes words."""
    for name, values, kind in [
        ("a", [1, None, 2], "Int64"),
        ("b", [1, None, 2.5], "float64"),
        ("c", [True, None, False], "boolean"),
        ("d", ["x", None, 2], "string"),
        ("workers", [None, None, None], "Int64"),
        ("effective_cpus", [None, None, None], "float64"),
        ("e", [None, None, None], "string"),
        ("f", [1, True, None], "string"),
        ("g", [2**70, 1, None], "float64"),
    ]:
        frame = with_dtypes(pd.DataFrame({name: pd.Series(values, dtype=object)}))
        assert str(frame[name].dtype) == kind, name


def test_effective_cpus_are_the_smaller_of_both_sides(tmp_path):
    """A trial gets the smaller spinner measurement of the one before and the one after it, in the journal's order."""
    run = journal_builder.write(tmp_path, [journal_builder.cell()], repetitions=3, effective=[1.9, 1.2, 1.8, 1.7])
    by_block = run.trials.groupby("block")["effective_cpus"].first().tolist()
    assert by_block == [1.2, 1.2, 1.7]


def test_without_spinners_there_are_no_effective_cpus(tmp_path):
    """Made-up models are measured without spinners: no number, no doubt, no error."""
    run = journal_builder.write(tmp_path, [journal_builder.cell(model="simulated", workers=8)], effective=None)
    assert run.trials["effective_cpus"].isna().all()
    assert (run.trials["doubts"] == "").all()
    assert run.effective_cpus is None


def test_counts_and_parameters_are_columns(tmp_path):
    """Each count of an iteration, each parameter of a plug-in and each load value has a column of its own."""
    cells = [
        journal_builder.cell(counts={"lost_updates": 7, "retries": 2}),
        journal_builder.cell(model="threads", workers=2),
    ]
    run = journal_builder.write(tmp_path, cells)
    with_parameters = [
        Record({**r, "parameters": {**r["parameters"], "workload": {"size": 4096, "form": "call"}}})
        if r.role == "measured"
        else r
        for r in run.records
    ]
    frame = results.Run(run.folder, run.header, with_parameters).trials
    assert frame["retries"].dropna().unique().tolist() == [2]
    assert frame["lost_updates"].dropna().unique().tolist() == [7]
    assert frame["workload.size"].unique().tolist() == [4096]
    assert frame["workload.form"].unique().tolist() == ["call"]
    assert frame["load.duration"].unique().tolist() == [0.5]


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


@pytest.mark.parametrize("make", [scenarios.bad, scenarios.syncs, scenarios.observed, scenarios.nothing])
def test_the_frame_does_not_depend_on_how_records_are_held(tmp_path, monkeypatch, make):
    """Packed as `load` has them, or as plain dicts; looked at all at once, or trial by trial: the same frame."""
    run = journal_builder.write(tmp_path, **make())
    whole = run.trials
    plain = journal.read(run.folder / journal.NAME).records
    monkeypatch.setattr(iterations, "PORTION", 1)
    pd.testing.assert_frame_equal(results.Run(run.folder, run.header, plain).trials, whole)


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


def test_many_iterations_are_no_loop(tmp_path, monkeypatch):
    """No pandas row is ever made: the frame of many iterations is built by column."""

    def refuse(*_):
        raise AssertionError("a row was made by itself")

    monkeypatch.setattr(pd.DataFrame, "iterrows", refuse)
    monkeypatch.setattr(pd.DataFrame, "apply", refuse)
    run = journal_builder.write(tmp_path, [journal_builder.cell()], repetitions=3, iterations=500)
    assert len(run.trials) == 1500
    assert len(run.cells) == 1
    assert np.isfinite(run.cells["throughput"]).all()


def test_axes_say_what_was_asked_for_and_records_what_was_there(tmp_path):
    """`gil` and `switch_interval` are labels; what a trial recorded has columns of its own, also where there is no such axis."""
    swept = {"python": "3.14t", "gil": "off", "switch_interval": "1ms"}
    answer = {"gil": False, "gil_end": True, "switch_interval": 0.001, "python": "3.14.0"}
    rows = journal_builder.write(tmp_path, [journal_builder.cell(axes=swept, answer=answer)]).trials
    shown = rows[["python", "gil", "switch_interval", "gil_start", "gil_end", "switch_interval_s", "python_version"]]
    assert set(map(tuple, shown.values.tolist())) == {("3.14t", "off", "1ms", False, True, 0.001, "3.14.0")}
    assert set(rows["doubts"]) == {"gil_changed"}
    plain = journal_builder.write(tmp_path / "plain", [journal_builder.cell()]).trials
    assert set(map(tuple, plain[["python", "gil", "gil_start"]].values.tolist())) == {("current", "on", True)}
    assert "switch_interval" not in plain


def test_without_the_gil_threads_take_no_turns(tmp_path):
    """A window of less than 50 switch intervals is too short only where threads wait for the GIL."""
    facts = {"wall_s": 0.1}
    for gil, expected in ((True, "too_short"), (False, "")):
        cell = journal_builder.cell(model="threads", workers=2, facts=facts, answer={"gil": gil, "gil_end": gil})
        assert set(journal_builder.write(tmp_path / str(gil), [cell]).trials["doubts"]) == {expected}


@pytest.mark.parametrize("texts", [["a", None, "a", "b"], ["a"] * 4, [None] * 4])
def test_what_is_kept_once_reads_as_if_repeated(texts, monkeypatch):
    """A column whose equal values take no room has the values, the type and the manners of any other."""
    monkeypatch.setattr(iterations, "CHUNK", 3)
    rows = np.repeat(np.arange(4), [7, 1, 9, 4])
    for values in (
        pd.Series(texts, dtype="string"),
        pd.Series([None if text is None else -0.0 for text in texts], dtype=float),
    ):
        made = pd.Series(iterations.repeat(values, rows))
        plain = values.take(rows).reset_index(drop=True)
        pd.testing.assert_series_equal(made, plain)
        if values.dtype == float:
            assert np.signbit(made).tolist() == np.signbit(plain).tolist()
        frame = pd.DataFrame({"made": made, "one": 1}, copy=False)
        frame.loc[2, "made"] = values.iloc[3]
        pd.testing.assert_series_equal(frame["made"], plain.where(plain.index != 2, values.iloc[3]), check_names=False)
