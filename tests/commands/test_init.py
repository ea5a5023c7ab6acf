"""`init`: the first experiment."""

import re
from pathlib import Path

import pytest

from concexp import catalog, experiment
from concexp.commands import init
from concexp.commands.init import Choices, asked, write_experiment
from concexp.errors import EnvironmentRefused, InputError
from concexp.experiment import json_schema, yaml_nodes
from concexp.experiment.spec import Entry
from concexp.plan.planner import make_plan
from concexp.trial.tools import lacks
from tests.helpers.program import concexp
from tests.helpers.schema_errors import rejected_keys


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Works in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_writes_an_experiment_that_is_valid_and_overwrites_nothing(tmp_path):
    """The first experiment is valid as written; a second `init` is refused; a wrong name is a mistake."""
    assert concexp(tmp_path, "init", "mine").returncode == 0
    assert concexp(tmp_path, "validate", "mine.yaml").returncode == 0
    before = (tmp_path / "mine.yaml").read_bytes()
    assert concexp(tmp_path, "init", "mine").returncode == 3
    assert (tmp_path / "mine.yaml").read_bytes() == before
    assert concexp(tmp_path, "init", "../mine").returncode == 2


@pytest.mark.parametrize("workload", catalog.names("workload"))
def test_every_workload_makes_an_experiment_that_runs(workload):
    """With the proposed primitives it can run here, and the schema knows all of it."""
    Path(json_schema.FILE).touch()
    if lacks(Entry.default("workload", workload).build()):
        with pytest.raises(EnvironmentRefused, match="needs"):
            write_experiment("mine", Choices(workload))
        return
    (path,) = write_experiment("mine", Choices(workload))
    text = path.read_text()
    assert rejected_keys(yaml_nodes.parse(text, str(path)).plain()) == set()
    plan = make_plan(experiment.load(path), 2)
    assert plan.runnable
    assert {"threads", "serial"} & {cell.model.name for cell in plan.runnable}


def test_what_is_commented_out_is_valid_too():
    """Whoever takes the sign away at the beginning of a line has a load and a claim."""
    path, *_ = write_experiment("mine", Choices("cpu_sum"))
    text = re.sub(r"^# (load|claims|  - )", r"\1", path.read_text(), flags=re.MULTILINE)
    spec = experiment.parse_text(text, "mine.yaml")
    assert spec.grids[0].load == {"duration": 1.0}
    assert [claim.says for claim in spec.claims] == ["throughput[processes] > throughput[serial]"]


def test_the_choices_are_what_runs():
    """Code of one's own too; without a guard lost updates are expected."""
    Path("my.py").write_text("def parse():\n    return 3\n")
    path, *_ = write_experiment("mine", Choices("my.py:parse", ("threads", "to_thread"), workers=("2", "2*cpus")))
    cells = make_plan(experiment.load(path), 4).cells
    assert {(cell.workload.name, cell.model.name, cell.workers) for cell in cells} == {
        ("my.py:parse", model, workers) for model in ("threads", "to_thread") for workers in (2, 8)
    }
    path, *_ = write_experiment("counting", Choices("counter", ("threads",), ("none", "rlock")))
    spec = experiment.load(path)
    assert spec.allow == ({"sync": "none", "status": "invalid"},)
    assert spec.question == "Which primitive suits counter?"


def test_the_schema_lies_beside_it_and_is_not_overwritten():
    """Editors find it by the first line; a newer one may be there."""
    path, schema = write_experiment("one", Choices())
    assert path.read_text().startswith(f"# yaml-language-server: $schema={schema}\n")
    assert schema.read_text() == json_schema.text()
    schema.write_text("{}")
    assert write_experiment("two", Choices()) == [Path("two.yaml")]
    assert schema.read_text() == "{}"


@pytest.mark.parametrize(
    ("choices", "where"),
    [
        (Choices("cuonter"), "--workload: there is no workload 'cuonter'\n  did you mean 'counter'?"),
        (Choices(models=("threads", "lock")), "--model: there is no model 'lock'"),
        (Choices("counter", syncs=("mutex",)), "--sync: there is no sync 'mutex'\n  did you mean 'lock'?"),
        (Choices(workers=("two",)), "sweep.workers"),
        (Choices("nowhere.py:work"), "nowhere.py"),
    ],
)
def test_what_is_not_there_is_refused(choices, where):
    """With the option that names it, and the cure; nothing is written."""
    with pytest.raises(InputError) as caught:
        write_experiment("mine", choices)
    assert where in str(caught.value)
    assert not Path("mine.yaml").exists()


def test_what_cannot_run_is_refused():
    """A lock guards nothing in a workload that shares nothing."""
    with pytest.raises(EnvironmentRefused, match="shares nothing"):
        write_experiment("mine", Choices("cpu_sum", syncs=("lock",)))


def answering(*lines):
    """A reader that gives these lines, and notes the questions."""
    given, prompts = iter(lines), []

    def read(prompt):
        prompts.append(prompt)
        return next(given)

    read.prompts = prompts
    return read


def test_it_asks_what_is_not_said():
    """An empty line takes the proposal; what is not there is asked again, with the cure; primitives only where one may be used."""
    read = answering("cuonter\n", "counter\n", "\n", "lock rlock\n", "1, 4\n")
    assert asked(Choices(), read) == Choices("counter", init.MODELS, ("lock", "rlock"), ("1", "4"))
    assert read.prompts[1].startswith("there is no workload 'cuonter': did you mean 'counter'?\nWhat is done")
    assert "[none, lock]" in read.prompts[3]
    read = answering("\n", "\n")
    assert asked(Choices("cpu_sum", workers=("3",)), answering("\n")) == Choices("cpu_sum", init.MODELS, (), ("3",))
    assert asked(Choices("cpu_sum"), read).completed() == Choices("cpu_sum", init.MODELS, ("none",), init.WORKERS)


def test_the_end_of_input_takes_the_proposals():
    """As an empty line everywhere."""
    assert asked(Choices(), lambda prompt: "").completed() == Choices().completed()
