"""Cells of several runs are matched by what they are, and each that has no partner says why."""

from concexp.analysis.comparing.matching import match_cells
from concexp.analysis.comparing.sides import two_sides
from tests.helpers.journal_builder import cell
from tests.helpers.stored_runs import stored


def matching(folder, one, other, across=()):
    a, b = (stored(folder, day, made=made, beside=[], repetitions=1) for day, made in enumerate((one, other), 1))
    return match_cells(two_sides([a], [b]), across)


def test_by_id(tmp_path):
    """Cells with the same labels and parameters are the same, whatever the order of the plan."""
    one = [cell(model="serial"), cell(model="threads", workers=2)]
    found = matching(tmp_path, one, [cell(model="threads", workers=2), cell(model="serial")])
    assert [match.labels["model"] for match in found.matches] == ["serial", "threads"]
    assert all(match.cells[0] == match.cells[1] for match in found.matches)
    assert found.unmatched == []
    assert found.across == {}


def test_an_axis_on_which_each_run_has_one_label_is_what_is_compared(tmp_path):
    """Two runs of one interpreter each: their cells match, and the page can say across what."""
    one = [cell(model=model, axes={"python": "3.11"}) for model in ("serial", "threads")]
    other = [cell(model=model, axes={"python": "3.13"}) for model in ("serial", "threads")]
    found = matching(tmp_path, one, other)
    assert found.across == {"python": ["3.11", "3.13"]}
    assert [match.labels["model"] for match in found.matches] == ["serial", "threads"]
    assert all("python" not in match.labels for match in found.matches)


def test_labels_that_only_one_run_has(tmp_path):
    """A cell at a number of workers that the other run did not measure names that number."""
    one = [cell(model="threads", workers=count) for count in (1, 2, 4)]
    found = matching(tmp_path, one, [cell(model="threads", workers=count) for count in (1, 2)])
    (lonely,) = found.unmatched
    assert (lonely.side, lonely.axes) == ("A", {"workers": 4})
    assert len(found.matches) == 2


def with_id(one, ops):
    """The cell with another load, and so with another id."""
    return {**one, "load": {"ops": ops, "scaling": "strong"}, "id": f"{ops:012x}"}


def test_the_same_labels_with_another_load(tmp_path):
    """A cell whose parameters differ says which, with both values."""
    found = matching(tmp_path, [with_id(cell(), 64)], [with_id(cell(), 128)])
    assert found.matches == []
    assert {(one.side, one.parameters) for one in found.unmatched} == {
        ("A", (("load.ops", 64, 128),)),
        ("B", (("load.ops", 128, 64),)),
    }


def test_an_axis_that_is_named(tmp_path):
    """`across` matches cells whose runs differ on purpose in a parameter that is no axis."""
    found = matching(tmp_path, [with_id(cell(), 64)], [with_id(cell(), 128)], ["load.ops"])
    assert len(found.matches) == 1


def test_a_combination_that_only_one_run_has(tmp_path):
    """Where all labels exist on both sides, the combination is what is missing."""
    one = [cell(model="serial"), cell("sleep", "threads", workers=2), cell(model="threads", workers=2)]
    other = [cell("sleep", "threads", workers=2), cell(model="serial")]
    (lonely,) = matching(tmp_path, one, other).unmatched
    assert (lonely.labels["workload"], lonely.labels["model"]) == ("cpu_sum", "threads")
    assert (lonely.axes, lonely.parameters) == ({}, ())
