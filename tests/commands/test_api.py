"""The Python API: a loaded run with its tables and pictures, an experiment that is planned and run."""

import matplotlib as mpl
import pytest

import concexp
from concexp import report
from concexp.errors import ConcexpError, Damaged, InputError, UnknownName
from tests.helpers import journal_builder, scenarios


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """A folder like `reports` with two experiments."""
    folder = tmp_path_factory.mktemp("reports")
    for name in ("cpu_models", "io_models"):
        journal_builder.write(folder / name, **scenarios.partly_withheld())
    return folder


def test_a_run_has_tables_and_a_description(reports):
    """Cells and trials are frames, for a run folder as for reports/<name>, given as text or as a path."""
    run = concexp.load(str(reports / "cpu_models"))
    assert repr(run) == f"<Run 'Which model is made up best?': 5 cells, 30 trials, {run.folder}>"
    assert len(run.cells) == 5
    assert len(run.trials) == 60
    assert concexp.load(run.folder).cells.equals(run.cells)


def test_a_picture_is_that_of_the_page(reports, tmp_path):
    """A notebook shows the PNG of the page, byte by byte; it can be saved; matplotlib's settings are as before."""
    run = concexp.load(reports / "cpu_models")
    report.write(run, tmp_path)
    # Not the backend: matplotlib chooses one when it is first asked for.
    before = {key: value for key, value in mpl.rcParams.items() if key != "backend"}
    pictures = {name: run.plot(name) for name in run.plots}
    assert {key: mpl.rcParams[key] for key in before} == before
    assert {path.stem: path.read_bytes() for path in tmp_path.glob("figures/*.png")} == {
        name: picture._repr_png_() for name, picture in pictures.items()
    }
    assert pictures["scaling"].save(tmp_path / "x.png").read_bytes() == pictures["scaling"].png
    assert repr(pictures["scaling"]).startswith("<Picture 'scaling': speedup against")


def test_a_wrong_name_gets_a_suggestion(reports):
    """A wrong name of a picture, a run, a folder of several experiments, or an attribute of the package gets the right one."""
    run = concexp.load(reports / "cpu_models")
    with pytest.raises(UnknownName, match="did you mean 'scaling'"):
        run.plot("scalin")
    with pytest.raises(Damaged, match=r"did you mean '.*/cpu_models'"):
        concexp.load(reports / "cpu_model")
    with pytest.raises(Damaged, match=r"name one of them: .*/cpu_models, .*/io_models"):
        concexp.load(reports)
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        _ = concexp.lod
    assert {"load", "Experiment"} <= set(dir(concexp))


def test_a_picture_that_does_not_suit(tmp_path):
    """One cell has nothing to compare with: the error names the pictures that suit."""
    journal_builder.write(tmp_path, **scenarios.one_cell())
    with pytest.raises(ConcexpError, match="'scaling' does not suit this run"):
        concexp.load(tmp_path).plot("scaling")


def test_an_experiment_is_planned_and_run(tmp_path, write, monkeypatch):
    """The plan is a frame; the run equals that of the command line, and its manifest holds that command."""
    monkeypatch.chdir(tmp_path)
    write(
        "x.yaml",
        "workload: cpu_sum\nmodel: simulated\nsweep: {workers: [1, 2, 4]}\nload: {ops: 100, scaling: strong}\n",
    )
    experiment = concexp.Experiment("x.yaml", ["measure.repetitions=3"], only="workers > 1")
    assert repr(experiment) == "<Experiment 'x': x.yaml>"
    plan = experiment.plan()
    assert plan["workers"].tolist() == [2, 4]
    assert set(plan["reason"]) == {""}
    run = experiment.run(progress="none")
    assert run.cells["trials"].tolist() == [3, 3]
    assert run.cells["cell"].tolist() == plan["cell"].tolist()
    assert run.manifest["command"] == "concexp run x.yaml --set=measure.repetitions=3 '--only=workers > 1'"
    assert (tmp_path / "reports" / "x" / "README.md").exists()
    assert concexp.load("reports/x").folder == run.folder


def test_a_wrong_experiment_is_refused_at_once(write):
    """All mistakes are raised with their places, before anything is planned."""
    path = write("x.yaml", "workload: cpu_summ\nmodel: threds\n")
    with pytest.raises(InputError) as caught:
        concexp.Experiment(path)
    assert len(caught.value.problems) == 2


def test_an_experiment_may_be_a_dict(write, tmp_path, monkeypatch):
    """With user code and files relative to the working folder; its run keeps a YAML that `concexp run` takes."""
    monkeypatch.chdir(tmp_path)
    write("mine.py", "def work(times): return times\n")
    question = {
        "name": "asked",
        "workload": {"mine.py:work": {"times": 3}},
        "model": ("serial",),
        "load": {"ops": 2, "scaling": "strong"},
        "measure": {"repetitions": 1, "iterations": 1, "warmup": 0},
    }
    experiment = concexp.Experiment(question, ["measure.iterations=2"])
    assert len(experiment.plan()) == 1
    run = experiment.run(progress="none")
    assert run.folder.is_relative_to("reports/asked/runs")
    assert list(run.trials["returned"]) == [3.0, 3.0]
    assert concexp.Experiment(run.folder / "experiment.yaml").spec.resolved() == experiment.spec.resolved()


def test_mistakes_in_a_dict_are_those_of_a_file():
    """With the key; what no YAML can hold, and a dict without a name, are said as well."""
    for question, message in (
        ({"workload": "cpu_sum", "model": "serial"}, "Experiment: name: an experiment without a file needs a name"),
        ({"name": "x", "workload": "cpu_sums", "model": "serial"}, "workload: there is no workload 'cpu_sums'"),
        ({"name": "x", "workload": "cpu_sum", "model": object()}, "it holds what no YAML can"),
    ):
        with pytest.raises(InputError, match=message):
            concexp.Experiment(question)
