"""The cells that a claim is about, and those that it names beside them."""

import pytest

from concexp.errors import InputError
from concexp.experiment import parse_text
from concexp.plan.claim_cases import Cells, Impossible, check, expected_statuses
from concexp.plan.planner import make_plan

HEAD = (
    "name: x\nworkload: counter\nmodel: [serial, threads, processes]\nsync: [none, lock]\nsweep: {workers: [1, 2, 4]}\n"
)


def cells_of(claim, head=HEAD, cpus=2):
    """A claim, and the cells of the experiment in which it stands, with no plan to look at it."""
    spec = parse_text(f"{head}claims:\n  - {claim}\n", "x.yaml")
    plain = parse_text(head, "x.yaml")
    return spec.claims[0], Cells({cell.id: cell.axes for cell in make_plan(plain, cpus).cells}, cpus)


def cases(claim, head=HEAD):
    """The labels of a claim's cases, those that vary, and what is missing."""
    found, cells = cells_of(claim, head)
    return [
        (
            tuple(label for key, label in case.labels.items() if key != "workload" and label is not None),
            case.reason if isinstance(case, Impossible) else "",
        )
        for case in cells.cases(found)
    ]


def complete(*labels):
    return [(one, "") for one in labels]


@pytest.mark.parametrize(
    ("of", "count"),
    [
        ("{model: threads}", 6),
        ("{model: [threads, processes], sync: lock}", 6),
        ("workers > 1", 8),
        ("workers >= cpus and sync == lock", 4),
        ("{workers: '2'}", 4),
    ],
)
def test_of_selects_cells(of, count):
    """A map of labels, any of a list, or a condition, which may know the number of CPUs."""
    claim, cells = cells_of(f"{{of: {of}, expect: throughput > 1}}")
    assert len(cells.selected(claim)) == count


def test_a_claim_is_for_every_cell():
    """A metric without brackets makes a case of each cell of `of`."""
    assert cases("{of: {model: threads, sync: lock}, expect: throughput > 1}") == complete(
        ("threads", "lock", 1), ("threads", "lock", 2), ("threads", "lock", 4)
    )


def test_axes_that_every_metric_names_are_not_looped_over():
    """Two primitives compared: a case for each model and number of workers; serial has cells of its own."""
    found = cases("expect: throughput[none] >= throughput[sync=lock]")
    expected = [("serial",)] + [(model, workers) for model in ("threads", "processes") for workers in (1, 2, 4)]
    assert found == complete(*expected)


def test_an_axis_that_one_metric_does_not_name_is_looped_over():
    """One side in brackets, the other this cell's."""
    found = cases("{of: {model: threads, workers: 2}, expect: 'throughput <= throughput[none]'}")
    assert found == complete(("threads", "none", 2), ("threads", "lock", 2))


def test_an_axis_that_is_looked_at_is_looped_over():
    """The number of workers itself in an expression, or in a bracket's formula, needs a case for each."""
    found = cases(
        "{of: {model: threads, sync: lock}, expect: 'throughput[workers=4] > workers * throughput[workers=1]'}"
    )
    assert [labels[-1] for labels, _ in found] == [1, 2, 4]
    found = cases("{of: {model: threads, sync: lock}, expect: 'throughput[workers=2*workers] > 1'}")
    assert [(labels[-1], missing[:50]) for labels, missing in found] == [
        (1, ""), (2, ""), (4, "the axis 'workers' has no value '8': it has 1, 2, "),
    ]  # fmt: skip


def test_the_other_cell_is_alike_on_all_axes_that_apply_to_it():
    """Threads are compared with serial, which has no workers; serial is compared with nothing, and is no case."""
    found = cases("{of: {sync: lock}, expect: 'throughput[threads] > throughput[serial]'}")
    assert found == complete(("lock", 1), ("lock", 2), ("lock", 4))


def test_a_curve_is_no_case_for_each_of_its_cells():
    """Over an axis there is one case for what is alike beside it."""
    claim, cells = cells_of("{of: 'workers > 1 and sync == lock', expect: max(throughput over workers) > 1}")
    found = cells.cases(claim)
    assert [case.labels["model"] for case in found] == ["threads", "processes"]
    assert [cells.curve(claim, case, "workers") for case in found] == [[2, 4], [2, 4]]


def test_a_curve_beside_this_cells_metric():
    """Where the axis is looped over as well, the curve has all cells of `of` that are alike."""
    claim, cells = cells_of(
        "{of: {model: threads, sync: lock}, expect: throughput >= 0.9 * max(throughput over workers)}"
    )
    found = cells.cases(claim)
    assert [cells.curve(claim, case, "workers") for case in found] == [[1, 2, 4]] * 3


def test_what_was_excluded_is_missing():
    """A cell that is to be compared with one that does not exist is a case, with that reason."""
    head = HEAD + "exclude: [{model: processes, sync: lock, workers: 4}]\n"
    found = cases("{of: {model: processes}, expect: 'throughput[none] > throughput[lock]'}", head)
    assert found == [
        (("processes", 1), ""), (("processes", 2), ""), (("processes", 4), "there is no cell with sync lock beside it"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "column", "says"),
    [
        ("{of: workers > 5, expect: throughput > 1}", 10, "there is no cell with workers > 5"),
        ("{of: {workers: 9}, expect: throughput > 1}", 32, "there is no cell with workers 9"),
        (
            "{of: {model: serial}, expect: 'throughput < throughput[threads]'}",
            36,
            "no cell with model threads beside it",
        ),
        ("expect: throughput[workers=8*cpus] > 1", 13, "the axis 'workers' has no value '16': it has 1, 2, 4"),
        ("{of: '1 < sync', expect: throughput > 1}", 10, "1 < 'none' cannot be compared"),
    ],
)
def test_a_plan_tells_what_a_claim_cannot_be_about(claim, column, says):
    """What only a plan knows: no cell is selected, or none that the claim names exists; with the place and the key."""
    spec = parse_text(f"{HEAD}claims:\n  - {claim}\n", "x.yaml")
    with pytest.raises(InputError) as caught:
        make_plan(spec, 2)
    (found,) = caught.value.problems
    assert (found.line, found.column) == (7, column)
    assert says in found.message
    assert found.path.startswith("claims[0].")


def test_a_value_of_two_axes_that_only_a_plan_knows():
    """A number of workers that is also another axis's: told when the numbers are computed."""
    head = "name: x\nworkload: sleep\nmodel: threads\nsweep: {workers: [1, cpus], load.ops: [2, 9]}\nload: {scaling: weak}\n"
    claim, cells = cells_of("expect: throughput[2] > 1", head.replace("load: {scaling: weak}\n", "").replace(
        "load.ops: [2, 9]", "load.ops: [2, 9], load.scaling: [weak]"))  # fmt: skip
    with pytest.raises(InputError, match=r"the axes workers and load\.ops have the value '2'"):
        check([claim], cells)


@pytest.mark.parametrize(
    ("expect", "pairs"),
    [
        ("status == timeout", {("none", "timeout"), ("lock", "timeout")}),
        ("status in [ok, invalid]", {(s, w) for s in ("none", "lock") for w in ("ok", "invalid")}),
        ("status[none] == invalid", {("none", "invalid")}),
        ("status[none] == invalid and throughput[lock] > 1", {("none", "invalid")}),
        ("status != timeout", set()),
        ("not status == timeout", set()),
        ("throughput > 1", set()),
    ],
)
def test_the_statuses_that_a_claim_expects(expect, pairs):
    """Those that it says are so, of the cells of which it says so; not those that it says are not."""
    claim, cells = cells_of(f"{{of: {{model: threads, workers: 2}}, expect: '{expect}'}}")
    assert {(cells.axes[cell]["sync"], status) for cell, status in expected_statuses(claim, cells)} == pairs
