"""Spec + facts -> Plan."""

import hashlib
import json

import pytest

from concexp.errors import EnvironmentRefused, InputError
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan, unsupported_reasons
from concexp.plan.schedule import block


def plan(text, cpus=2, only="", file="x.yaml"):
    return make_plan(parse_text(text, file), cpus, only)


def measured(found):
    """The trials that are not there to know the measuring itself."""
    return [trial for trial in found.trials if trial.role == "measured"]


def labels(found, *keys):
    return [tuple(cell.axes[key] for key in keys) for cell in found.cells]


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


def test_an_axis_that_does_not_apply_collapses():
    """serial has no workers: its cells merge into one, with that column empty."""
    found = plan("workload: sleep\nmodel: [serial, threads]\nsweep: {workers: [1, 2, 4]}\n")
    assert labels(found, "model", "workers") == [("serial", None), *(("threads", n) for n in (1, 2, 4))]


def test_a_parameter_reaches_whoever_has_it():
    """`echo.delay` concerns echo alone; sleep's own parameter of that name keeps its default."""
    found = plan("workload: [echo, sleep]\nmodel: serial\nsweep: {echo.delay: [1ms, 2ms]}\n")
    assert labels(found, "workload", "echo.delay") == [("echo", "1ms"), ("echo", "2ms"), ("sleep", None)]
    assert [c.parameters["workload"]["delay"] for c in found.cells] == [0.001, 0.002, 0.005]


@pytest.mark.parametrize(
    ("sweep", "workers"),
    [
        ("{from: 1, to: 4*cpus, times: 2}", [1, 2, 4, 8]),
        ("{from: 1, to: 3, step: 1}", [1, 2, 3]),
        ("[1, cpus, 'max(cpus, 5)']", [1, 2, 5]),
        ("2*cpus", [4]),
    ],
)
def test_formulas_and_ranges(sweep, workers):
    """Numbers may be formulas of cpus; ranges are geometric or arithmetic."""
    assert [c.workers for c in plan(f"workload: sleep\nmodel: threads\nsweep: {{workers: {sweep}}}\n").cells] == workers


def test_axes_can_depend_on_each_other_and_move_together():
    """A formula may speak of another axis; zipped axes give no product."""
    head = "workload: sleep\nmodel: threads\n"
    found = plan(head + "sweep: {workers: [1, 2], load.ops: 10*workers}\nload: {scaling: strong}\n")
    assert [(c.workers, c.load["ops"]) for c in found.cells] == [(1, 10), (2, 20)]
    found = plan(head + "sweep: {zip: [{workers: [1, 2], seed: [7, 8]}]}\n")
    assert [(c.workers, c.settings.seed) for c in found.cells] == [(1, 7), (2, 8)]
    with pytest.raises(InputError, match="depends on itself"):
        plan(head + "sweep: {workers: load.ops, load.ops: workers}\nload: {scaling: strong}\n")


def test_exclude_by_map_and_by_condition():
    """A map drops cells of these labels, a condition those that meet it."""
    head = "workload: [sleep, cpu_sum]\nmodel: [serial, threads]\nsweep: {workers: [1, 4, 16]}\n"
    found = plan(head + "exclude: [{model: serial, workload: [sleep]}, workers > 4*cpus and workload == sleep]\n")
    assert labels(found, "workload", "model", "workers") == [
        ("sleep", "threads", 1),
        ("sleep", "threads", 4),
        ("cpu_sum", "serial", None),
        *(("cpu_sum", "threads", n) for n in (1, 4, 16)),
    ]


def test_every_runnable_cell_is_once_in_every_block():
    """A block is one pass over all cells in a seeded order that differs between blocks."""
    text = (
        "workload: [sleep, cpu_sum]\nmodel: [serial, threads]\nsweep: {workers: [1, 2, 3]}\nmeasure: {repetitions: 4}\n"
    )
    found = plan(text)
    blocks = [[t.cell.id for t in measured(found) if t.block == k] for k in range(4)]
    assert all(sorted(block) == sorted(c.id for c in found.cells) for block in blocks)
    assert len({tuple(block) for block in blocks}) == 4
    assert [t.id for t in plan(text).trials] == [t.id for t in found.trials]
    other = plan(text.replace("4}", "4, seed: 2}"))
    assert [t.id for t in other.trials] != [t.id for t in found.trials]
    assert {t.id for t in other.trials} == {t.id for t in found.trials}
    assert {t.seed for t in measured(other)}.isdisjoint(t.seed for t in measured(found))
    assert len({t.id for t in found.trials}) == len({t.seed for t in found.trials}) == len(found.trials)
    beside = 2  # a control and the sentinel
    assert [(t.position, t.repetition) for t in found.trials] == [
        (position, block) for block in range(4) for position in range(len(found.cells) + beside)
    ]
    assert all(t.id == f"{t.cell.id}-{t.repetition:04d}" for t in measured(found))


def test_what_looks_on_gets_trials_of_its_own():
    """A probe that changes what it looks at adds a trial per cell and repetition, among the others, and changes none of them.

    Only where there is something to see: not without a primitive, and not where no trial is really run.
    """
    text = (
        "workload: counter\nmodel: [threads, processes, simulated]\nsync: [none, lock]\nsweep: {workers: 2}\n"
        "measure: {repetitions: 3}\n"
    )
    usual, found = plan(text), plan(text + "metrics: [throughput, wait_share, wait_p99_s]\n")
    assert "observed" not in {trial.role for trial in usual.trials}
    looked_at = {c.id for c in found.cells if c.axes["sync"] == "lock" and c.axes["model"] != "simulated"}
    assert len(looked_at) == 2
    observed = [trial for trial in found.trials if trial.role == "observed"]
    assert sorted((t.cell.id, t.block, t.repetition) for t in observed) == sorted(
        (cell, block, block) for cell in looked_at for block in range(3)
    )
    assert {(trial.id, trial.probe) for trial in observed} == {
        (f"{trial.cell.id}-{trial.repetition:04d}-waits", "waits") for trial in observed
    }
    assert {(t.id, t.seed) for t in found.trials if t.role != "observed"} == {(t.id, t.seed) for t in usual.trials}
    assert {trial.probe for trial in measured(found)} == {""}
    beside = 2  # a control and the sentinel
    assert len({trial.id for trial in found.trials}) == len(found.trials) == 3 * (6 + 2 + beside)
    assert [(t.block, t.position) for t in found.trials] == [
        (block, place) for block in range(3) for place in range(10)
    ]


def test_a_picture_that_is_listed_gets_one_trial_of_each_cell():
    """What a picture shows and no number comes from is recorded once, in the first block; the other trials stay as they are.

    Only of what is really run; and a picture that shows what every trial has adds nothing.
    """
    text = "workload: cpu_sum\nmodel: [threads, simulated]\nsweep: {workers: 2}\nmeasure: {repetitions: 3}\n"
    usual, found = plan(text + "report: {plots: [scaling]}\n"), plan(text + "report: {plots: [scaling, timeline]}\n")
    (cell,) = (cell.id for cell in found.cells if cell.axes["model"] == "threads")
    (pictured,) = (trial for trial in found.trials if trial.role == "pictured")
    assert (pictured.id, pictured.probe, pictured.block) == (f"{cell}-0000-timeline", "timeline", 0)
    assert {(t.id, t.seed) for t in found.trials} - {(pictured.id, pictured.seed)} == {
        (t.id, t.seed) for t in usual.trials
    }


def test_the_primary_metric_has_its_probe():
    """A primary metric that needs trials of its own gets them, though it is not listed."""
    found = plan("workload: counter\nmodel: threads\nsync: lock\nmeasure: {repetitions: 1}\nprimary: wait_share\n")
    assert sorted(trial.role for trial in found.trials) == ["measured", "observed"]


def test_trials_that_look_on_count_towards_the_limit():
    """What limits the number of trials sees these too."""
    text = "workload: counter\nmodel: threads\nsync: lock\nmeasure: {repetitions: 600_000}\n"
    with pytest.raises(InputError, match="1,200,000 trials"):
        plan(text + "metrics: wait_share\n")


def test_impossible_cells_are_kept_with_their_reason():
    """asyncio has no RLock: the cell is there, says so, and is not run."""
    found = plan("workload: counter\nmodel: [threads, asyncio]\nsync: rlock\n")
    assert [c.reason for c in found.cells] == ["", "asyncio has no RLock"]
    assert {t.cell.model.label for t in measured(found)} == {"threads"}


def test_nothing_runnable_is_refused_with_the_reasons():
    """No cell can run: an error that says why."""
    with pytest.raises(EnvironmentRefused, match="asyncio has no RLock"):
        plan("workload: counter\nmodel: asyncio\nsync: rlock\n")


def test_a_huge_sweep_is_refused_without_building_it(monkeypatch):
    """Ten to the ninth cells are counted, not made."""
    axes = ", ".join(f"{k}: {{from: 1, to: 1000, step: 1}}" for k in ("workers", "seed", "measure.iterations"))
    monkeypatch.setattr("concexp.plan.expansion.make_cell", lambda *arguments: pytest.fail("a cell was built"))
    with pytest.raises(InputError, match="the sweep has 1,000,000,000 cells; the limit is 100,000") as caught:
        plan(f"workload: sleep\nmodel: threads\nsweep: {{{axes}}}\n")
    assert "split the question" in str(caught.value)
    with pytest.raises(InputError, match="this range has more than 100,000 values"):
        plan("workload: sleep\nmodel: threads\nsweep: {workers: {from: 1, to: 1e15, step: 1}}\n")


def test_more_trials_than_anyone_can_wait_for_are_refused():
    """Repetitions are limited by counting the trials, before any is made."""
    with pytest.raises(InputError, match="1,000,000,000,000 trials; the limit is 1,000,000"):
        plan("workload: sleep\nmodel: threads\nmeasure: {repetitions: 1e12}\n")


def test_only_keeps_what_meets_the_condition():
    """--only takes `model=threads` and conditions; a name that is nothing is an error with a cure."""
    text = "workload: sleep\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\n"
    assert labels(plan(text, only="model=threads and workers > 1"), "model", "workers") == [("threads", 2)]
    with pytest.raises(InputError, match="did you mean 'threads'"):
        plan(text, only="model=treads")
    with pytest.raises(InputError, match="leaves no cell"):
        plan(text, only="workers > 9")


def test_grids_are_united():
    """A list of grids is their union, each with models and loads of its own."""
    found = plan(
        "workload: sleep\nsweep:\n- {model: serial}\n- {model: threads, workers: [1, 2], load: {duration: 1s}}\n"
        "- {model: threads, workers: 2, load: {duration: 1s}}\n"
    )
    assert [(c.model.label, c.workers, dict(c.load)) for c in found.cells] == [
        ("serial", None, {"duration": 0.5}),
        ("threads", 1, {"duration": 1.0}),
        ("threads", 2, {"duration": 1.0}),
    ]


SECOND_ROLES = """
workload: echo
model: threads
sweep:
- {background: regex, background.workers: [0, 1], workers: 1}
- {background: pidigits, background.workers: [0, 1], workers: 1}
"""


def test_several_second_roles_are_an_axis():
    """Grids with different backgrounds are told apart by a column; where nobody is in the background, they are one cell."""
    found = plan(SECOND_ROLES)
    assert labels(found, "background", "background.workers") == [(None, 0), ("regex", 1), ("pidigits", 1)]
    assert labels(plan(SECOND_ROLES, only="background == regex"), "background") == [("regex",)]
    excluded = plan(SECOND_ROLES + "exclude: [{background: pidigits}]\n")
    assert labels(excluded, "background", "background.workers") == [(None, 0), ("regex", 1)]
    alone = plan(SECOND_ROLES.replace("pidigits", "regex"))
    assert "background" not in alone.labels()


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


def test_a_whole_number_is_one_value_however_it_is_written():
    """1000, 1e3 and 1000.0 of a float parameter are one cell."""
    found = [
        plan(f"workload: sleep\nmodel: {{simulated: {{speed: {n}}}}}\n").cells[0].id for n in ("1000", "1e3", "1000.0")
    ]
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("{from: 0, to: 0.5, step: 0.1}", [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        ("{from: 0.1, to: 0.9, times: 3}", [0.1, 0.3, 0.9]),
        ("{from: 1/4, to: 1/cpus, step: 1/8}", [0.25, 0.375, 0.5]),
    ],
)
def test_ranges_leave_no_trace_of_rounding(values, expected):
    """0.1 + 0.1 + 0.1 is 0.3 in labels and ids, and the last value is there."""
    found = plan(f"workload: sleep\nmodel: simulated\nsweep: {{simulated.serial: {values}}}\n")
    assert [c.axes["simulated.serial"] for c in found.cells] == expected
    assert [c.parameters["model"]["serial"] for c in found.cells] == expected


def test_a_range_below_zero_reaches_its_end():
    """Seeds from -3 to -1 are three."""
    found = plan("workload: sleep\nmodel: threads\nsweep: {seed: {from: -3, to: -1, step: 1}}\n")
    assert [c.settings.seed for c in found.cells] == [-3, -2, -1]


@pytest.mark.parametrize(
    ("sweep", "says"),
    [
        ("{workers: {from: 5, to: cpus, step: 1}}", "this range is empty: from 5 to 2"),
        ("{workers: {from: 1, to: 9, step: cpus-2}}", "this range never ends"),
        ("{workers: {from: 1, to: 9, times: cpus/2}}", "this range never ends"),
        ("{workers: {from: 0, to: 9, times: 2}}", "this range never ends"),
        ("{workers: {from: 1, to: 9, times: 1.5}}", "a whole number, not 1.5"),
        ("{workers: {from: 1/(cpus-2), to: 9, step: 1}}", "in `1/(cpus-2)`: division by zero"),
        ("{workers: cpus-2}", "a whole number from 1 on, not 0 (from `cpus-2`)"),
        ("{workers: cpus/4}", "a whole number, not 0.5 (from `cpus/4`)"),
        ("{workers: 1/(cpus-2)}", "in `1/(cpus-2)`: division by zero"),
        ("{workers: 1e300*1e300*cpus}", "which is no number"),
        ("{workers: '[cpus, 1]'}", "expected a whole number"),
        ("{workers: (cpus == 2)}", "gives true, which is no number"),
        ("{workers: seed, seed: workers}", "depends on itself"),
        ("{workers: load.duration*2, load.duration: 1s}", "'1s' is no number"),
    ],
)
def test_numbers_that_only_planning_can_refuse(sweep, says):
    """What a formula comes to is known with the CPUs; its mistakes are told where it stands."""
    with pytest.raises(InputError) as caught:
        plan(f"workload: sleep\nmodel: threads\nsweep: {sweep}\n")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("x.yaml", 3)
    assert problem.path.startswith("sweep.")
    assert says in problem.message


def test_a_formula_of_a_parameter_is_checked_by_the_plugin():
    """A computed value must fit the parameter that it is for."""
    text = "workload: cpu_sum\nmodel: threads\nsweep: {workers: [1, 2], cpu_sum.size: SIZE}\n"
    found = plan(text.replace("SIZE", "1000*workers"))
    assert [c.parameters["workload"]["size"] for c in found.cells] == [1000, 2000]
    with pytest.raises(InputError, match="expected int >= 1, not 0"):
        plan(text.replace("SIZE", "workers-1"))


def test_labels_of_values():
    """A table shows a value's label, else the value as written; maps and lists become text."""
    found = plan(
        "workload: [echo]\nmodel: threads\nsweep:\n  echo.size: [1KiB, {is: 2KiB, as: two}]\n"
        "  load: [{duration: 1s}, {is: {ops: 5}, as: five}]\n"
    )
    assert labels(found, "echo.size", "load") == [
        *(("1KiB", "duration 1s"), ("1KiB", "five")),
        *(("two", "duration 1s"), ("two", "five")),
    ]
    assert found.labels()["echo.size"] == ["1KiB", "two"]
    assert [dict(c.load) for c in found.cells[:2]] == [{"duration": 1.0}, {"ops": 5, "scaling": "strong"}]


def test_lists_and_maps_as_arguments_of_a_function(tmp_path):
    """A list handed to a user's function has a label that can stand in a table."""
    (tmp_path / "mine.py").write_text("def f(n=None): pass\n")
    text = "workload: mine.py:f\nmodel: serial\nsweep: {'mine.py:f.n': [[1, é], {a: [2]}, 3]}\n"
    found = plan(text, file=str(tmp_path / "x.yaml"))
    assert found.labels()["mine.py:f.n"] == ['[1, "é"]', "a [2]", 3]
    assert [c.parameters["workload"]["n"] for c in found.cells] == [[1, "é"], {"a": [2]}, 3]


def test_scaling_collapses_where_nothing_is_counted():
    """`load.scaling` does not apply to a workload whose own load is a duration."""
    found = plan(
        "workload: [sleep, bounded_buffer]\nmodel: threads\nsync: [none, queue]\n"
        "sweep: {workers: 2, load.scaling: [strong, weak]}\nexclude: [{workload: sleep, sync: queue}]\n"
    )
    assert [(c.workload.label, c.load.get("scaling")) for c in found.runnable] == [
        *(("sleep", None), ("bounded_buffer", "strong"), ("bounded_buffer", "weak")),
    ]


def test_settings_of_a_cell():
    """Swept measures and seeds are a cell's own; the rest is the experiment's."""
    found = plan("workload: sleep\nmodel: threads\nsweep: {measure.warmup: [0, 2], measure.timeout: 5s}\n")
    assert [(c.settings.warmup, c.settings.timeout, c.settings.iterations) for c in found.cells] == [
        (0, 5.0, 3),
        (2, 5.0, 3),
    ]


def test_columns_are_in_order():
    """workload, model, sync, workers, then every swept key in the order of the YAML, for every cell of every grid."""
    found = plan(
        "workload: [echo]\nmodel: threads\nsweep: [{seed: 1, workers: 2}, {echo.size: [1, 2], startup: [once, each]}]\n"
    )
    expected = ["workload", "model", "sync", "workers", "seed", "echo.size", "startup"]
    assert all(list(c.axes) == expected for c in found.cells)
    assert len(found.cells) == 5


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("workers > 1", [("serial", None), ("threads", 1)]),
        ("2*workers <= cpus", [("serial", None), ("threads", 2), ("threads", 4)]),
        ("'workers in [1, 4] and model == threads'", [("serial", None), ("threads", 2)]),
        ("not model == serial", [("serial", None)]),
        ("'model == \"serial\"'", [("threads", 1), ("threads", 2), ("threads", 4)]),
        ("'min(workers, 2) == 2'", [("serial", None), ("threads", 1)]),
    ],
)
def test_conditions_and_cells_without_workers(condition, kept):
    """serial has no workers: it meets no comparison of their number."""
    found = plan(f"workload: sleep\nmodel: [serial, threads]\nsweep: {{workers: [1, 2, 4]}}\nexclude: [{condition}]\n")
    assert labels(found, "model", "workers") == kept


def test_a_condition_that_cannot_be_computed_is_told_where_it_stands():
    """A label compared with a number is a mistake of the condition, found when cells are there."""
    with pytest.raises(InputError) as caught:
        plan("workload: echo\nmodel: threads\nsweep: {echo.size: [1KiB]}\nexclude: [echo.size > 5]\n")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.path) == (4, 11, "exclude")
    assert problem.message == "in `echo.size > 5`: '1KiB' > 5 cannot be compared"


def test_excluding_everything_is_an_error():
    """A plan without cells is refused, with and without --only."""
    text = "workload: sleep\nmodel: threads\nexclude: [{model: threads}]\n"
    for only in ("", "model=threads"):
        with pytest.raises(InputError, match="`exclude` leaves no cell"):
            plan(text, only=only)


@pytest.mark.parametrize("only", ["model=", "=", "((", "model == 'threads", "workers > 'a'", "workers in 3", " "])
def test_an_only_that_is_no_condition(only):
    """A mistake in --only is told as one of the command line."""
    with pytest.raises(InputError) as caught:
        plan("workload: sleep\nmodel: [serial, threads]\n", only=only)
    (problem,) = caught.value.problems
    assert problem.file == f"--only {only}"


def test_only_leaves_ids_and_order_as_they_are():
    """The chosen cells have the ids and seeds that they have in the whole plan."""
    text = "workload: sleep\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\nmeasure: {repetitions: 2}\n"
    whole, part = plan(text), plan(text, only="model == threads")
    assert {(t.id, t.seed) for t in part.trials} < {(t.id, t.seed) for t in whole.trials}
    assert {t.cell.model.label for t in part.trials} == {"threads"}


def test_reasons_are_counted():
    """How many cells cannot run, by reason, and that they are in no block."""
    found = plan("workload: counter\nmodel: [threads, asyncio]\nsync: [rlock, lock]\nsweep: {workers: [1, 2]}\n")
    assert unsupported_reasons(found.cells) == {"asyncio has no RLock": 2}
    assert len(found.unsupported) == 2
    assert len(found.runnable) == 6
    assert len(measured(found)) == 60


def test_every_reason_is_told_once_when_nothing_can_run():
    """The refusal lists each reason, and what to do; its exit code is 3."""
    with pytest.raises(EnvironmentRefused) as caught:
        plan("workload: [counter, bounded_buffer]\nmodel: asyncio\nsync: rlock\nsweep: {workers: [1, 2]}\n")
    assert caught.value.message.count("asyncio has no RLock") == 1
    assert caught.value.hint
    assert caught.value.exit_code == 3


def beside(found, role):
    """The trials of a role, as (block, labels of the cell)."""
    return [(t.block, tuple(t.cell.axes.values())) for t in found.trials if t.role == role]


def test_every_block_holds_a_control_and_the_sentinel():
    """The baseline cell a second time and the sentinel: once in each block, under names and seeds of their own."""
    found = plan("workload: sleep\nmodel: [threads, serial]\nmeasure: {repetitions: 20}\n")
    assert beside(found, "control") == [(k, ("sleep", "serial", "none", None)) for k in range(20)]
    assert beside(found, "sentinel") == [(k, ("cpu_sum", "serial", "none", None)) for k in range(20)]
    assert len({t.id for t in found.trials}) == len({t.seed for t in found.trials}) == len(found.trials) == 80
    # Neither has a place of its own: each comes first now and then, and last.
    for role in ("control", "sentinel"):
        assert {t.position for t in found.trials if t.role == role} == {0, 1, 2, 3}


def test_who_has_a_control():
    """Each workload with many cells, by its baseline; one for all where none has many; without a baseline the first."""
    many = "workload: [sleep, cpu_sum, echo]\nmodel: [threads, serial]\nsweep: {workers: {from: 1, to: 7, step: 1}}\n"
    found = plan(many + "exclude: [workload == echo and workers > 1]\nmeasure: {repetitions: 3}\n")
    expected = [("sleep", "serial"), ("cpu_sum", "serial")]
    assert [(c.workload.label, c.model.label) for c in found.controlled] == expected
    assert len(beside(found, "control")) == 6
    few = plan("workload: [sleep, cpu_sum]\nmodel: [threads, processes]\n")
    assert [(c.workload.label, c.model.label) for c in few.controlled] == [("sleep", "threads")]


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("model: [serial, threads]\nmeasure: {repetitions: 3}\n", {"measured", "control", "sentinel"}),
        ("model: [serial, threads]\nmeasure: {repetitions: 2}\n", {"measured"}),  # no interval of two blocks
        ("model: [serial, threads]\nmeasure: {control: off}\n", {"measured", "sentinel"}),
        ("model: serial\n", {"measured", "sentinel"}),  # nothing to compare
        (
            "model: [simulated, {simulated: {speed: 5}, as: slow}]\n",
            {"measured", "control"},
        ),  # no machine that may drift
    ],
)
def test_where_there_is_neither_control_nor_sentinel(text, roles):
    """Where they could tell nothing, or were not wanted, they cost nothing."""
    assert {t.role for t in plan(f"workload: sleep\n{text}").trials} == roles


def test_a_partial_block_keeps_ids_and_seeds():
    """A block of some cells holds the trials that these cells have in a whole block, the sentinel, and their controls alone."""
    spec = parse_text("workload: sleep\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\n", "x.yaml")
    found = make_plan(spec, 2)
    whole = {t.id: t.seed for t in found.trials if t.block == 9}
    for cells, roles in [
        (found.cells[:1], ["control", "measured", "sentinel"]),
        (found.cells[1:2], ["measured", "sentinel"]),
    ]:
        part = list(block(spec, found, 9, cells))
        assert sorted(t.role for t in part) == roles
        assert {t.id: t.seed for t in part}.items() <= whole.items()
        assert [t.position for t in part] == list(range(len(part)))
        assert part == list(block(spec, found, 9, cells))


def test_a_pilot_of_eight_comes_before_precision():
    """With a precision at least eight whole blocks are planned, and as many as were asked for."""
    head = "workload: sleep\nmodel: [serial, threads]\n"
    for measure, blocks in [
        ("repetitions: 3, precision: 3%", 8),
        ("repetitions: 12, precision: 3%", 12),
        ("repetitions: 3", 3),
    ]:
        found = plan(f"{head}measure: {{{measure}}}\n")
        assert {t.block for t in found.trials} == set(range(blocks))
