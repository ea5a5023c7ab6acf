"""Cells, and their ids: what is part of an id, and what is not."""

import hashlib
import json

import pytest

from concexp.experiment import parse_text
from concexp.plan.planner import make_plan


def plan(text, file="x.yaml"):
    return make_plan(parse_text(text, file), 2)


def test_an_id_is_the_hash_of_labels_and_parameters():
    """The id of a cell, recomputed by hand; it must never change, or runs could not be compared."""
    (cell,) = plan("workload: sleep\nmodel: threads\nsweep: {workers: 2}\nload: {ops: 8}\n").cells
    identity = {
        "axes": {"workload": "sleep", "model": "threads", "sync": "none", "workers": 2},
        "parameters": {"workload": {}, "model": {}, "sync": {}},  # as declared: nothing was chosen
        "load": {"ops": 8, "scaling": "strong"},
        "startup": "once",
    }
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    assert cell.id == hashlib.sha256(text.encode()).hexdigest()[:12] == "cfee7b3a0e53"


def test_ids_do_not_depend_on_folder_and_order():
    """The same cells of another file, its keys in another order, have the same ids."""
    one = plan("workload: [sleep, cpu_sum]\nmodel: threads\nsweep: {workers: [1, 2]}\n", file="/a/x.yaml")
    two = plan("sweep: {workers: [2, 1]}\nmodel: threads\nworkload: [cpu_sum, sleep]\n", file="/b/y.yaml")
    assert {c.id for c in one.cells} == {c.id for c in two.cells}


def test_an_id_with_every_part_is_frozen():
    """A cell with labels, parameters, a swept value, a load and a startup of its own: its id is this one for ever."""
    (cell,) = plan(
        "workload: {echo: {size: 1KiB}, as: small}\nmodel: {processes: {start_method: spawn}}\nstartup: each\n"
        "sweep: {workers: 2*cpus, echo.delay: 10us, seed: 3}\nload: {duration: 1s}\n".replace(
            "echo.delay", "small.delay"
        )
    ).cells
    identity = {
        "axes": {
            "workload": "small",
            "model": "processes",
            "sync": "none",
            "workers": 4,
            "small.delay": "10us",
            "seed": 3,
        },
        "parameters": {"workload": {"size": 1024, "delay": 1e-05}, "model": {"start_method": "spawn"}, "sync": {}},
        "load": {"duration": 1.0},
        "startup": "each",
    }
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    assert cell.id == hashlib.sha256(text.encode()).hexdigest()[:12] == "cdc054213399"


def test_ids_depend_on_each_part():
    """Another label, parameter, load, startup, number of workers or swept value is another cell."""
    base = "workload: echo\nmodel: threads\nsweep: {workers: 2}\nload: {duration: 1s}\n"
    changes = [
        ("workload: echo", "workload: {echo: {size: 65}}"),
        ("workload: echo", "workload: {echo: {}, as: e}"),
        ("model: threads", "model: thread_pool"),
        ("duration: 1s", "duration: 2s"),
        ("duration: 1s", "ops: 5"),
        ("duration: 1s}", "duration: 1s}\nstartup: each"),
        ("workers: 2", "workers: 3"),
        ("workers: 2", "workers: 2, seed: 1"),
    ]
    ids = [plan(base.replace(*change)).cells[0].id for change in [("", ""), *changes]]
    assert len(set(ids)) == len(ids)


def test_ids_do_not_depend_on_what_is_not_measured():
    """Question, tags, repetitions, default values written out and the seed of the order leave the ids as they are."""
    base = "workload: {echo: {}}\nmodel: threads\nsweep: {workers: cpus}\n"
    same = (
        "question: other\ntags: [x]\nworkload: {echo: {size: 64B, delay: 0}}\nmodel: threads\nsync: none\n"
        "sweep: {workers: 2}\nstartup: once\nload: {duration: 500ms}\nmeasure: {repetitions: 2, seed: 9}\n"
    )
    assert plan(same).cells[0].id == plan(base).cells[0].id


def test_ids_do_not_depend_on_the_folder_of_user_code(tmp_path):
    """The same function of the same file name in another folder is the same cell."""
    ids = set()
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text("def f(n): pass\n")
        text = "workload: {mine.py:f: {n: 1}}\nmodel: serial\n"
        ids.add(plan(text, file=str(tmp_path / folder / "x.yaml")).cells[0].id)
    assert len(ids) == 1


def test_an_axis_of_others_leaves_an_id_as_it_is():
    """A column that is empty for a cell is no part of its id: a sweep over echo does not make sleep another cell."""
    text = "workload: [echo, sleep]\nmodel: serial\n"
    wide = plan(text + "sweep: {echo.size: [1, 2], workers: [1, 2]}\n")
    assert [c.id for c in wide.cells if c.workload.label == "sleep"] == [plan(text).cells[1].id]


def test_an_infinite_argument_is_shown_as_text_and_handed_over_as_a_number(write):
    """JSON has no infinity: labels and records name it, and the function gets the float."""
    write("b.py", "def f(limit, more): pass\n")
    text = "workload: {b.py:f: {limit: 1, more: [.inf, {low: -.inf}]}, as: f}\nmodel: serial\nsweep: {f.limit: .inf}\n"
    (cell,) = plan(text, str(write("x.yaml", text))).cells
    assert cell.axes["f.limit"] == "inf"
    assert cell.parameters["workload"] == {"limit": "inf", "more": ["inf", {"low": "-inf"}]}
    json.dumps(cell.parameters, allow_nan=False)
    infinity = float("inf")
    given = cell.workload.request()["parameters"]["arguments"]
    assert given == {"limit": infinity, "more": [infinity, {"low": -infinity}]}


@pytest.mark.parametrize(
    "text",
    [
        "workload: counter\nmodel: threads\nsync: lock\n",
        "workload: {counter: {form: call}, as: é}\nmodel: threads\nsweep: {é.form: [call, inline], workers: [1, 2]}\n",
        "workload: cpu_sum\nmodel: threads\nbackground: spin\nload: {duration: 0.5s}\nsweep: {switch_interval: [5ms]}\n",
        "workload: sleep\nmodel: [serial, asyncio]\nload: {rate: 100/s, duration: 1s}\nsweep: {gil: [on], env.X: ['1', 'b']}\n",
    ],
)
def test_the_id_is_the_hash_of_sorted_json(text):
    """What is written by hand for speed is what `json` would write: stored runs go on under the same ids."""
    for cell in make_plan(parse_text(text, "x.yaml"), 2).cells:
        identity = {
            "axes": {key: label for key, label in cell.axes.items() if label is not None},
            "parameters": {kind: getattr(cell, kind).non_default for kind in ("workload", "model", "sync")},
            "load": dict(cell.load),
            "startup": cell.startup,
            **({"background": cell.background.identity} if cell.background is not None else {}),
            **({"runtime": cell.runtime.identity} if cell.runtime.identity else {}),
        }
        written = json.dumps(identity, sort_keys=True, separators=(",", ":"), default=str)
        assert cell.id == hashlib.sha256(written.encode()).hexdigest()[:12]
