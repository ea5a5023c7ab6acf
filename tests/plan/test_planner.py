"""Spec + facts -> Plan."""

import pytest

from concexp.errors import EnvironmentRefused, InputError
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan, unsupported_reasons


def plan(text, cpus=2, only="", file="x.yaml"):
    return make_plan(parse_text(text, file), cpus, only)


def measured(found):
    """The trials that are not there to know the measuring itself."""
    return [trial for trial in found.trials if trial.role == "measured"]


def labels(found, *keys):
    return [tuple(cell.axes[key] for key in keys) for cell in found.cells]


def test_an_axis_that_does_not_apply_collapses():
    """serial has no workers: its cells merge into one, with that column empty."""
    found = plan("workload: sleep\nmodel: [serial, threads]\nsweep: {workers: [1, 2, 4]}\n")
    assert labels(found, "model", "workers") == [("serial", None), *(("threads", n) for n in (1, 2, 4))]


def test_a_parameter_reaches_whoever_has_it():
    """`echo.delay` concerns echo alone; sleep's own parameter of that name keeps its default."""
    found = plan("workload: [echo, sleep]\nmodel: serial\nsweep: {echo.delay: [1ms, 2ms]}\n")
    assert labels(found, "workload", "echo.delay") == [("echo", "1ms"), ("echo", "2ms"), ("sleep", None)]
    assert [c.parameters["workload"]["delay"] for c in found.cells] == [0.001, 0.002, 0.005]


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


@pytest.mark.parametrize(
    ("only", "kept"),
    [
        ('workload == "n=100"', ["n=100"]),
        ("workload='n=100'", ["n=100"]),
        ('workload in ["n=100", "n==1"] and workers=2', ["n=100", "n==1"]),
        ('workload != "n==1"', ["n=100"]),
    ],
)
def test_only_takes_labels_with_signs_in_quotes(only, kept):
    """A label that holds `=` is itself, and a single `=` outside it is still a comparison."""
    text = "workload: [{sleep: {}, as: n=100}, {sleep: {}, as: n==1}]\nmodel: threads\nsweep: {workers: [1, 2]}\n"
    assert list(dict.fromkeys(label for (label,) in labels(plan(text, only=only), "workload"))) == kept
    with pytest.raises(InputError) as caught:
        plan(text, only="workload=n=100")
    assert caught.value.problems[0].hint == 'put it in quotes: "n=100"'


@pytest.mark.parametrize("only", ["s.fast=true", "s.fast == True", "s.fast != false", "s.fast in [true]"])
def test_only_names_flags_by_their_words(only, write):
    """The values True and False of an argument are selected as true and false."""
    write("b.py", "def f(fast): pass\n")
    text = "workload: {b.py:f: {fast: True}, as: s}\nmodel: serial\nsweep: {s.fast: [True, False]}\n"
    file = str(write("x.yaml", text))
    assert labels(plan(text, only=only, file=file), "s.fast") == [(True,)]
    excluded = plan(f"{text}exclude: {only.replace('=true', '== true')}\n".replace("[true]", "[true, true]"), file=file)
    assert labels(excluded, "s.fast") == [(False,)]


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


def test_a_whole_number_is_one_value_however_it_is_written():
    """1000, 1e3 and 1000.0 of a float parameter are one cell."""
    found = [
        plan(f"workload: sleep\nmodel: {{simulated: {{speed: {n}}}}}\n").cells[0].id for n in ("1000", "1e3", "1000.0")
    ]
    assert len(set(found)) == 1


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
