"""The columns and the rows of the tidy frame."""

import numpy as np
import pandas as pd
import pytest

from concexp.analysis import iterations, results
from concexp.analysis.frame import tidy_frame, with_dtypes
from concexp.run.storage import journal
from concexp.run.storage.journal import Record
from tests.helpers import journal_builder, scenarios

FIRST = ["run", "role", "cell", "trial", "block", "position", "repetition", "iteration", "workload", "model", "sync",
         "workers", "python"]  # fmt: skip


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """A run with every way to end."""
    return journal_builder.write(tmp_path_factory.mktemp("bad"), **scenarios.bad())


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


def test_what_the_machine_did_stands_beside_each_iteration(bad):
    """In the order of the contract; the clock's cost is that of the trial's interpreter."""
    names = ["wall_s", "ops", "startup_s", "cpu_s", "run_queue_wait_s", "server_cpu_s", "start_skew_s", "stop_skew_s",
             "all_active", "user_s", "system_s", "voluntary_switches", "involuntary_switches", "migrations",
             "minor_faults", "major_faults", "own_cpu_s", "own_run_queue_wait_s", "main_cpu_s", "main_run_queue_wait_s",
             "throttled_s", "steal_s", "swapped_in", "continued", "window_s"]  # fmt: skip
    columns = list(bad.trials.columns)
    first = columns.index("wall_s")
    assert columns[first : first + len(names)] == names
    assert set(bad.trials["timer_cost_s"].dropna()) == {journal_builder.CLOCKS["timer_cost_s"]}
    assert bad.trials["threads_at_fork"].dtype == "Int64"


def test_the_luck_of_a_trial_stands_beside_its_seed(tmp_path):
    """Trials of a block can be told by it; where a journal lacks it, the column is empty and of the same type."""
    run = journal_builder.write(tmp_path, [journal_builder.cell()])
    columns = list(run.trials.columns)
    assert columns[columns.index("seed") + 1] == "luck"
    assert run.trials["luck"].isna().all()
    assert run.trials["luck"].dtype == "Int64"
    records = [Record({**record, "luck": 2**32 - 1}) for record in run.records]
    again = tidy_frame(run.header, records)["luck"]
    assert again.dtype == "Int64"
    assert set(again) == {2**32 - 1}


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


@pytest.mark.parametrize("make", [scenarios.bad, scenarios.syncs, scenarios.observed, scenarios.nothing])
def test_the_frame_does_not_depend_on_how_records_are_held(tmp_path, monkeypatch, make):
    """Packed as `load` has them, or as plain dicts; looked at all at once, or trial by trial: the same frame."""
    run = journal_builder.write(tmp_path, **make())
    whole = run.trials
    plain = journal.read(run.folder / journal.NAME).records
    monkeypatch.setattr(iterations, "PORTION", 1)
    pd.testing.assert_frame_equal(results.Run(run.folder, run.header, plain).trials, whole)


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


def test_pinned_to_one_cpu_there_is_one(tmp_path):
    """What a trial could use is a single CPU then, however many the machine has: to wait for it is no doubt."""
    cells = [journal_builder.cell(axes={"pin": pin}, runtime={"pin": pin}) for pin in ("one", "spread")]
    trials = journal_builder.write(tmp_path, cells).trials
    assert dict(zip(trials["pin"], trials["cpus"], strict=True)) == {"one": 1, "spread": 2}
