"""Spec + facts -> Plan."""

import hashlib
import json
import time

import pytest

from concexp.errors import EnvironmentRefused, InputError
from concexp.plan import make_plan
from concexp.spec import parse_text


def plan(text, cpus=2, only="", file="x.yaml"):
    return make_plan(parse_text(text, file), cpus, only)


def labels(found, *keys):
    return [tuple(cell.axes[key] for key in keys) for cell in found.cells]


def test_an_id_is_the_hash_of_labels_and_parameters():
    """The id of a cell, recomputed by hand; it must never change, or runs could not be compared."""
    (cell,) = plan("workload: sleep\nmodel: threads\nsweep: {workers: 2}\nload: {ops: 8}\n").cells
    identity = {
        "axes": {"workload": "sleep", "model": "threads", "sync": "none", "workers": 2},
        "parameters": {"workload": {"delay": 0.005}, "model": {}, "sync": {}},
        "load": {"ops": 8, "scaling": "strong"},
        "startup": "once",
    }
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    assert cell.id == hashlib.sha256(text.encode()).hexdigest()[:12] == "b1e5be820c5b"


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
    blocks = [[t.cell.id for t in found.trials if t.block == k] for k in range(4)]
    assert all(sorted(block) == sorted(c.id for c in found.cells) for block in blocks)
    assert len({tuple(block) for block in blocks}) == 4
    assert [t.id for t in plan(text).trials] == [t.id for t in found.trials]
    assert [t.id for t in plan(text + "", only="").trials] != [
        t.id for t in plan(text.replace("4}", "4, seed: 2}")).trials
    ]
    assert len({t.id for t in found.trials}) == len({t.seed for t in found.trials}) == len(found.trials)


def test_impossible_cells_are_kept_with_their_reason():
    """asyncio has no RLock: the cell is there, says so, and is not run."""
    found = plan("workload: counter\nmodel: [threads, asyncio]\nsync: rlock\n")
    assert [c.reason for c in found.cells] == ["", "asyncio has no RLock"]
    assert {t.cell.model.label for t in found.trials} == {"threads"}


def test_nothing_runnable_is_refused_with_the_reasons():
    """No cell can run: an error that says why."""
    with pytest.raises(EnvironmentRefused, match="asyncio has no RLock"):
        plan("workload: counter\nmodel: asyncio\nsync: rlock\n")


def test_a_huge_sweep_is_refused_without_building_it():
    """Ten to the ninth cells are counted, not made."""
    axes = ", ".join(f"{k}: {{from: 1, to: 1000, step: 1}}" for k in ("workers", "seed", "measure.iterations"))
    started = time.process_time()
    with pytest.raises(InputError, match="1,000,000,000 cells"):
        plan(f"workload: sleep\nmodel: threads\nsweep: {{{axes}}}\n")
    # Not a claim about speed: building them would take minutes and all memory.
    assert time.process_time() - started < 10


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
