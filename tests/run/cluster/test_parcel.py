"""What travels to a host: the run's folder and the code of the trials, by their hashes, and steps by the ids of their cells."""

import os
from types import SimpleNamespace

import pytest

from concexp import experiment
from concexp.errors import Damaged
from concexp.plan.planner import make_plan
from concexp.run.child import stage
from concexp.run.cluster import parcel
from concexp.run.provided import provided_by
from concexp.run.steps import Step
from concexp.run.storage import run_folder
from concexp.run.user_files import sha256

TEXT = """\
workload: my.py:work
model: [serial, threads]
sweep: {workers: [1, 2]}
load: {ops: 10, scaling: strong}
measure: {repetitions: 3}
environment: {TOKEN: {from: caller, secret: on}}
files: [tool.sh]
"""


@pytest.fixture
def runner(tmp_path):
    """A run with code and data of the user's, and a secret."""
    (tmp_path / "my.py").write_text("def work():\n    return 1\n")
    (tmp_path / "tool.sh").write_text("#!/bin/sh\n")
    (tmp_path / "tool.sh").chmod(0o755)
    file = tmp_path / "x.yaml"
    file.write_text(TEXT)
    spec = experiment.load(file)
    provided = provided_by(spec, {"TOKEN": "very-secret"})
    files = {"my.py": str(tmp_path / "my.py")}
    manifest = {
        "identity": "0badcafe" * 8,
        "user_code": {"my.py": sha256(files["my.py"])},
        "files": {"tool.sh": {"sha256": sha256(str(tmp_path / "tool.sh")), "bytes": 10, "kept": True}},
        "trial_code": stage.digest(stage.code()),
    }
    folder = run_folder.create(tmp_path / "runs", spec, files, manifest, provided.sources)
    return SimpleNamespace(
        spec=spec, plan=make_plan(spec, 2), folder=folder, provided=provided, stage=SimpleNamespace(files=stage.code())
    )


def packed(runner):
    return parcel.packed(runner, "", {"TOKEN": "very-secret", "HOME": "/home/me"}, True)


def test_a_parcel_gives_the_same_cells_elsewhere(runner, tmp_path):
    """The unpacked folder is an experiment that stands alone: its cells have the same ids, and its files what they had."""
    there = tmp_path / "elsewhere"
    packed(runner).unpack(there)
    plan = make_plan(experiment.load(there / "experiment.yaml"), 2)
    assert [cell.id for cell in plan.cells] == [cell.id for cell in runner.plan.cells]
    assert (there / "code" / "my.py").read_text() == "def work():\n    return 1\n"
    assert os.access(there / "files" / "tool.sh", os.X_OK)
    assert not os.access(there / "code" / "my.py", os.X_OK)


def test_only_what_the_experiment_takes_travels(runner):
    """Of the caller's variables those that the experiment names; secrets stand in no text of a parcel."""
    one = packed(runner)
    assert one.caller == {"TOKEN": "very-secret"}
    assert "very-secret" not in repr(one)
    assert one.key == packed(runner).key


def test_the_key_is_made_once(runner):
    """Each step names it: that must not hash the manifest each time."""
    one = packed(runner)
    assert one.key is one.key


@pytest.mark.parametrize("name", ["code/my.py", "files/tool.sh"])
def test_a_file_that_differs_is_refused(runner, tmp_path, name):
    """Code and data are what the run was begun with, by their hashes, or they are not unpacked at all."""
    one = packed(runner)
    one.files[name] = b"other", False
    with pytest.raises(Damaged, match=f"{name} did not arrive"):
        one.unpack(tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_trial_code_that_differs_is_refused(runner, tmp_path):
    """The code of the trials travels, and is checked in the same way."""
    one = packed(runner)
    one.trial_code["concexp/trial/wire.py"] = b"other"
    with pytest.raises(Damaged, match="the code of the trials did not arrive"):
        one.unpack(tmp_path / "elsewhere")


def test_steps_travel_by_the_ids_of_their_cells(runner):
    """A step is the same after its way, with the cell of the host; so is a measurement of the machine."""
    cells = {cell.id: cell for cell in runner.plan.cells}
    trial = next(trial for trial in runner.plan.trials if trial.cell.id in cells)
    for step in (Step(trial.block, trial), Step(trial.block, trial, diagnosis=True), Step(4, number=7, rounds=3)):
        assert parcel.step_of(parcel.message(step), cells) == step
