"""Grids -> cells: an axis is one entry of the table, and everything else follows from it."""

from dataclasses import replace

import pytest

from concexp.errors import InputError
from concexp.experiment import parse_text
from concexp.experiment.axis_table import AXES, KnownAxis, runtime
from concexp.experiment.axis_values import at_least
from concexp.plan.planner import make_plan
from concexp.plan.support import SupportCheck

NICE = KnownAxis(
    at_least(0),
    runtime("nice"),
    label=lambda value: f"nice {value}",
    numeric=True,
    variable="NICE",
    unsupported=lambda value, facts: "too nice" if value > facts["limit"] else "",
)


def plan(sweep):
    """A plan for an interpreter that is nice up to 10."""
    spec = parse_text(f"workload: sleep\nmodel: threads\nsweep: {sweep}\n", "x.yaml")
    return make_plan(spec, 2, "", {"current": SupportCheck({"limit": 10}, lambda cells: [""] * len(cells))})


def test_a_new_axis_is_one_entry_of_the_table(monkeypatch):
    """It is read, put on the cells, labelled, part of the id, passed to the trial, and refused where it is not supported."""
    with pytest.raises(InputError, match="there is no axis 'nice'"):
        plan("{nice: 3}")
    monkeypatch.setitem(AXES, "nice", NICE)
    cells = plan("{workers: 1, nice: [0, 5, 'cpus + 9']}").cells
    assert [cell.axes["nice"] for cell in cells] == ["nice 0", "nice 5", "nice 11"]
    assert [cell.runtime.settings["nice"] for cell in cells] == [0, 5, 11]
    assert [cell.runtime.variables() for cell in cells] == [{"NICE": "0"}, {"NICE": "5"}, {"NICE": "11"}]
    assert len({cell.id for cell in cells}) == 3
    assert [cell.reason for cell in cells] == ["", "", "too nice"]
    with pytest.raises(InputError, match="expected a whole number from 0 on, not -1"):
        plan("{nice: -1}")
    with pytest.raises(InputError, match=r"expected a whole number from 0 on, not -1 \(from `cpus - 3`\)"):
        plan("{nice: cpus - 3}")
    with pytest.raises(InputError, match="did you mean 'nice'"):
        plan("{nicer: 1}")


def test_what_cells_have_in_common_is_worked_out_once(monkeypatch):
    """A value is read once, however many cells have it, and cells of one load share it; a formula of another axis is none."""
    read = []
    monkeypatch.setitem(AXES, "nice", replace(NICE, read=lambda value: read.append(value) or NICE.read(value)))
    spec = parse_text(
        "workload: sleep\nmodel: [threads, processes]\nload: {ops: 4, scaling: strong}\n"
        "sweep: {workers: [1, 2, 4], nice: [0, cpus + 1, workers]}\n",
        "x.yaml",
    )
    read.clear()  # they were checked
    cells = make_plan(spec, 2, "", {"current": SupportCheck({"limit": 10}, lambda cells: [""] * len(cells))}).cells
    assert [cell.runtime.settings["nice"] for cell in cells] == [0, 3, 1, 0, 3, 2, 0, 3, 4] * 2
    assert sorted(read) == [0, 1, 1, 2, 2, 3, 4, 4]
    assert all(cell.load is cells[0].load for cell in cells[: len(cells) // 2])
    assert cells[0].load == {"ops": 4, "scaling": "strong"}


def test_cells_of_other_loads_and_entries_do_not_mix():
    """Axes of the load, and of parameters that only one workload has, stay on the cells that have them."""
    spec = parse_text(
        "workload: [sleep, cpu_sum]\nmodel: threads\n"
        "sweep: {workers: 1, load.duration: [1s, 2s], cpu_sum.size: [10, 20]}\n",
        "x.yaml",
    )
    found = [(c.axes["workload"], c.load["duration"], c.axes["cpu_sum.size"]) for c in make_plan(spec, 2).cells]
    assert found == [
        ("sleep", 1.0, None), ("sleep", 2.0, None), ("cpu_sum", 1.0, 10), ("cpu_sum", 1.0, 20), ("cpu_sum", 2.0, 10),
        ("cpu_sum", 2.0, 20),
    ]  # fmt: skip
