"""The hosts of a run: which trials, measurements and facts are whose."""

import pytest

from concexp.analysis.frame import with_spinners
from concexp.analysis.hosts import effects_of_hosts, hosts
from concexp.run.storage.journal import Record
from tests.helpers import journal_builder
from tests.helpers.stored_runs import on_hosts

CELLS = [("serial", None), ("threads", 2), ("processes", 2)]


def made(folder, slower=1.0, names=("aaaaaaaa", "bbbbbbbb")):
    """A run whose blocks two hosts took in turns, the second one `slower`."""
    cells = [
        journal_builder.cell(model=model, workers=workers, course=lambda block, _: slower if block % 2 else 1.0)
        for model, workers in CELLS
    ]
    return on_hosts(journal_builder.write(folder, cells, repetitions=12, spinner=4e7), names)


def test_a_run_on_one_machine_has_no_hosts(tmp_path):
    """Nothing is said of hosts where there was no cluster."""
    run = journal_builder.write(tmp_path, [journal_builder.cell()])
    assert hosts(run) == []


def test_each_host_has_its_own(tmp_path):
    """Trials, blocks, effective CPUs, speed and what was found when it joined."""
    first, second = hosts(made(tmp_path))
    assert (first.id, first.trials, first.blocks) == ("aaaaaaaa", 18, 6)
    assert (second.id, second.trials, second.blocks) == ("bbbbbbbb", 18, 6)
    assert first.effective_cpus == second.effective_cpus == 1.9
    assert first.spinner_per_s == 4e7
    assert first.joined["processor"] == "CPU of aaaaaaaa"


@pytest.mark.parametrize(("slower", "differ"), [(1.0, False), (1.3, True)])
def test_a_slower_host_shows(tmp_path, slower, differ):
    """By its times relative to all hosts. Ratios of cells are paired within blocks and do not change."""
    run = made(tmp_path, slower)
    assert effects_of_hosts(run).differ is differ
    first, second = hosts(run)
    assert second.time.mean / first.time.mean == pytest.approx(slower, rel=0.05)


def test_the_clocks_of_a_host_are_its_own(tmp_path):
    """What a reading costs comes from the host that measured, not from where the run was begun."""
    trials = made(tmp_path).trials
    costs = dict(zip(trials["host"], trials["timer_cost_s"], strict=True))
    assert costs == {"aaaaaaaa": 1e-7, "bbbbbbbb": 2e-7}


def test_spinners_count_for_trials_of_their_host():
    """Records of two hosts are interleaved: before and after a trial is what was measured on its own host."""
    records = [
        Record(role=role, host=host, trial=name)
        for role, host, name in [
            ("machine", "a", "a0"), ("machine", "b", "b0"), ("measured", "a", "1"), ("measured", "b", "2"),
            ("machine", "b", "b1"), ("measured", "a", "3"), ("measured", "b", "4"), ("machine", "a", "a1"),
        ]
    ]  # fmt: skip
    found = {record["trial"]: [one["trial"] for one in beside] for record, beside in with_spinners(records)}
    assert found == {"1": ["a0", "a1"], "2": ["b0", "b1"], "3": ["a0", "a1"], "4": ["b1"]}
    for record in records:
        if record.role == "machine":
            del record["host"]
    older = {record["trial"]: [one["trial"] for one in beside] for record, beside in with_spinners(records)}
    assert older["1"] == ["b0", "b1"]
