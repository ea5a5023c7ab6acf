"""Controls and the sentinel: which cells they are of, and in which blocks."""

import pytest

from concexp.experiment import parse_text
from concexp.plan.planner import make_plan


def plan(text):
    return make_plan(parse_text(text, "x.yaml"), 2)


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


def test_of_many_blocks_every_few_have_the_sentinel():
    """The first and the last too; the order of all other trials is what it would be beside one."""
    few, many = (plan(f"workload: sleep\nmodel: serial\nmeasure: {{repetitions: {n}, seed: 3}}\n") for n in (20, 50))
    assert [block for block, _ in beside(many, "sentinel")] == [*range(0, 50, 3), 49]
    assert [block for block, _ in beside(few, "sentinel")] == list(range(20))
    assert {t.id for t in few.trials if t.role != "sentinel"} < {t.id for t in many.trials}
    long = plan(
        "workload: sleep\nmodel: [serial, threads]\nsweep: {workers: [1, 2, 3, 4]}\nmeasure: {repetitions: 50, seed: 3}\n"
    )
    short = plan(
        "workload: sleep\nmodel: [serial, threads]\nsweep: {workers: [1, 2, 3, 4]}\nmeasure: {repetitions: 20, seed: 3}\n"
    )
    for found in (1, 2, 4):
        order = [[t.id for t in one.trials if t.block == found and t.role != "sentinel"] for one in (long, short)]
        assert order[0] == order[1]


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
