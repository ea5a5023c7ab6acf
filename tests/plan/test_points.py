"""Ranges and formulas -> the values of axes."""

import pytest

from concexp.errors import InputError
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan


def plan(text):
    return make_plan(parse_text(text, "x.yaml"), 2)


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
        ("{workers: 1e300*1e300*cpus}", "which is not a number"),
        ("{workers: '[cpus, 1]'}", "expected a whole number"),
        ("{workers: (cpus == 2)}", "gives true, which is not a number"),
        ("{workers: seed, seed: workers}", "depends on itself"),
        ("{workers: load.duration*2, load.duration: 1s}", "'1s' is not a number"),
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
