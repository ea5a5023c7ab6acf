"""The machine's yardsticks bound how far two runs of the same thing may differ."""

import math

import pytest

from concexp.analysis.comparing.sides import A, B, two_sides
from concexp.analysis.comparing.yardsticks import CellYardsticks, machine
from tests.helpers.journal_builder import cell
from tests.helpers.stored_runs import stored


def between(*runs):
    sides = two_sides(runs[:1], runs[1:])
    return machine(sides, A, B)


def test_a_slower_machine_is_seen_by_all_yardsticks(tmp_path):
    """At two thirds of the speed the same work takes 1.5 times as long; what one process loses is in the range."""
    found = between(stored(tmp_path, 1), stored(tmp_path, 2, speed=2 / 3))
    assert [round(math.exp(one.slower.mean), 1) for one in found.yardsticks] == [1.5, 1.5, 1.5]
    assert found.slower_side == 1
    low, high = found.span((), 1.0, False)
    assert low <= 0
    assert math.exp(high) == pytest.approx(1.5, rel=0.05)


def test_an_equal_machine_is_no_other(tmp_path):
    """Two runs at one speed differ by what the yardsticks' own intervals hold, a percent or two."""
    found = between(stored(tmp_path, 1), stored(tmp_path, 2))
    assert found.slower_side is None
    assert found.other == ()
    low, high = found.span((), 1.02, True)
    assert math.log(1.02) <= high < 0.06
    assert -0.06 < low <= -math.log(1.02)


def test_cpus_that_others_took(tmp_path):
    """Spinners that do the work of 1.1 CPUs where there were 1.9 before, and a sentinel that waits, are a machine short of CPUs."""
    calm, busy = stored(tmp_path, 1), stored(tmp_path, 2, effective=1.1, waiting=0.4)
    found = between(calm, busy)
    assert found.cpus.given == (pytest.approx(1.9), pytest.approx(1.1))
    assert found.cpus.waiting == (0.0, pytest.approx(0.4, abs=0.02))
    assert found.cpus.lacking == found.slower_side == 1
    assert between(busy, calm).cpus.lacking == 0


def test_another_processor_is_another_machine(tmp_path):
    """Processor and usable CPUs make it another machine; the kernel's version does not."""
    one = stored(tmp_path, 1)
    assert between(one, stored(tmp_path, 2, machine={"processor": "Other"})).other == ("processor",)
    assert between(one, stored(tmp_path, 3, machine={"cpus": 4})).other == ("usable CPUs",)
    assert between(one, stored(tmp_path, 4, machine={"system": "Linux 7.0"})).other == ()


def test_three_runs_a_side_need_no_range(tmp_path):
    """Where the spread between runs is estimated, only a yardstick that certainly changed widens the interval."""
    runs = [stored(tmp_path, day, speed=1 + 0.01 * (day % 3), repetitions=4) for day in range(1, 7)]
    found = machine(two_sides(runs[:3], runs[3:]), A, B)
    assert found.is_estimated
    assert found.span((), 1.3, True) == (0.0, 0.0)
    slow = [stored(tmp_path, day, speed=0.7 + 0.01 * (day % 3), repetitions=4) for day in range(11, 14)]
    found = machine(two_sides(runs[:3], slow), A, B)
    assert found.span((), 1.0, True)[1] > 0.3


def test_without_any_yardstick_five_percent_are_assumed(tmp_path):
    """A run without sentinel and spinners shows nothing about its machine."""
    runs = [stored(tmp_path, day, beside=[], effective=None) for day in (1, 2)]
    found = between(*runs)
    assert found.lacks_yardsticks
    assert found.span((), 1.0, False) == (pytest.approx(-math.log(1.05)), pytest.approx(math.log(1.05)))


def test_made_up_numbers_have_no_machine(tmp_path):
    """Of simulated models only the control's floor remains."""
    made = [cell(model="simulated", salt="a"), cell(model="simulated", workers=2)]
    runs = [stored(tmp_path, day, made=made, beside=[]) for day in (1, 2)]
    found = between(*runs)
    assert found.is_simulated
    assert found.span((), 1.0, False) == (0.0, 0.0)


def test_another_amount_of_work_in_an_operation(tmp_path):
    """Where an operation lasts a given time, each run measures how much work that is: a cell has that as a yardstick of its own."""
    one, other = (
        stored(tmp_path, day, shown={"facts": {"counts": {"rounds": rounds}}}) for day, rounds in ((1, 100), (2, 120))
    )
    sides = two_sides([one], [other])
    found = CellYardsticks(sides, A, B).of([one.header["cells"][0]["cell"]] * 2)
    assert [(round(math.exp(mark.slower.mean), 2), mark.unit) for mark in found] == [(1.2, "rounds")]


def test_the_reference_loop_beside_a_cell(tmp_path):
    """A loop that takes 20 % longer beside the windows of a cell widens the range of that cell."""
    runs = [
        stored(tmp_path, day, shown={"loop": lambda block, k, slow=slow: 1e-4 * slow})
        for day, slow in ((1, 1.0), (2, 1.2))
    ]
    found = CellYardsticks(two_sides(runs[:1], runs[1:]), A, B).of([runs[0].header["cells"][0]["cell"]] * 2)
    assert [round(math.exp(one.slower.mean), 2) for one in found] == [1.2]
