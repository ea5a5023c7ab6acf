"""Grids -> cells: an axis is one entry of the table, and everything else follows from it."""

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
