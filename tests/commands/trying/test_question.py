"""The YAML that `concexp try` writes."""

from concexp import experiment
from concexp.commands.trying.kind import Facts
from concexp.commands.trying.question import MARK, question_text
from concexp.commands.trying.request import functions_of
from concexp.commands.trying.sweep import Row, Sweep
from tests.helpers.repository import Repository

SEEN = Facts("function", 0.005, 1.0, 1.0, 1.1, 1.0)
ROWS = (Row("serial", ()), Row("process_pool", (2, 4)), Row("mp_pool", (2, 4)), Row("threads", (4,)))
SHORT = Sweep(ROWS, {"duration": "0.3s"})


def text_of(write, monkeypatch, seen=SEEN, names=("f",), against="", **more):
    """The text for functions of my.py, and the Spec that reading it gives."""
    path = write("my.py", "def f(size=1): pass\ndef g(): pass\ndef items(): return [1]\n")
    monkeypatch.chdir(path.parent)
    functions = functions_of([f"my.py:{name}" for name in names], **{"given": (), "mapping": "", "over": "", **more})
    by_target = {one.target: one for one in functions}
    text = question_text(
        "try_f", functions, dict.fromkeys(by_target, seen), dict.fromkeys(by_target, SHORT), 40.0, 10.0, against
    )
    return text, experiment.parse_text(text, "try_f.yaml")


def test_one_function_is_a_short_file_with_comments(write, monkeypatch):
    """Its first line says who wrote it; models with equal numbers of workers stand together; it reads as what was meant."""
    text, spec = text_of(write, monkeypatch)
    assert text.startswith(f"{MARK}\nquestion: ")
    assert "\nworkload: my.py:f\n" in text
    assert "- {model: [process_pool, mp_pool], workers: [2, 4]}\n" in text
    assert [[one.name for one in grid.model] for grid in spec.grids] == [
        ["serial"],
        ["process_pool", "mp_pool"],
        ["threads"],
    ]
    assert (spec.measure.budget, spec.measure.timeout, spec.measure.iterations) == (40.0, 10.0, 1)
    assert max(map(len, text.splitlines())) <= 120


def test_arguments_items_and_sent_results_are_read_again(write, monkeypatch):
    """What the command line gave stands in the file."""
    sent = Facts("function", 0.005, 1.0, result=1 << 20, sending=0.01)
    text, spec = text_of(write, monkeypatch, sent, given=["size=3"], over="my.py:items")
    (entry,) = {entry for grid in spec.grids for entry in [grid.workload[0].label]}
    first = spec.grids[0].workload[0]
    assert "  # results go back to the caller, pickled" in text
    assert entry == "my.py:f"
    assert (first.parameters, first.returns, first.over.function) == ({"size": 3}, "sent", "items")


def test_several_functions_have_grids_of_their_own(write, monkeypatch):
    """Each grid names its function and its load."""
    _, spec = text_of(write, monkeypatch, names=("f", "g"))
    assert [grid.workload[0].label for grid in spec.grids] == ["my.py:f"] * 3 + ["my.py:g"] * 3
    assert all(grid.load == {"duration": 0.3} for grid in spec.grids)


def test_versions_are_an_axis_of_every_grid(write, monkeypatch, tmp_path):
    """The revision is the baseline, and there are as many trials as the budget allows; of several functions as well."""
    Repository(tmp_path).texts({"my.py": "def f(size=1): pass\ndef g(): pass\n"})
    Repository(tmp_path).commit()
    for names in (("f",), ("f", "g")):
        text, spec = text_of(write, monkeypatch, names=names, against="main")
        assert f"question: Is {' and '.join(names)} faster or slower than in main?\n" in text
        assert all([value.raw for value in grid.values("code")] == ["main", "worktree"] for grid in spec.grids)
        assert dict(spec.baseline) == {"code": "main"}
        assert (spec.measure.repetitions, spec.measure.budget) == (1000, 40.0)
        assert max(map(len, text.splitlines())) <= 120
