"""Runs over time: steps of the code, and steps of the machine."""

import pytest

from concexp.analysis.comparing.comparison import compare
from concexp.analysis.comparing.sides import history
from tests.helpers.stored_runs import MODELS, stored


def over_time(folder, *runs):
    """The comparison of runs, each given by the arguments of `stored`, in another order than that of their time."""
    made = [stored(folder, day, repetitions=4, **how) for day, how in enumerate(runs, 1)]
    return compare(history(made[::-1]))


def steps(found):
    return {
        series.match.labels["model"]: [(step.at, step.word, step.is_machine) for step in series.steps]
        for series in found.series
    }


def test_a_step_of_the_code(tmp_path):
    """One cell loses a third from the fourth run on: a step there, of this cell alone."""
    slow = {"factors": {"threads": 0.67}}
    found = over_time(tmp_path, {}, {}, {}, slow, slow, slow)
    assert steps(found) == {"serial": [], "threads": [(3, "worse", False)], "processes": []}
    (step,) = found.series[1].steps
    assert step.ratio.mean == pytest.approx(0.67, rel=0.03)
    assert found.sides.runs[0].manifest["started_at"].startswith("2026-01-01")


def test_a_step_of_the_machine(tmp_path):
    """Everything loses a third, the sentinel too: the steps are there, and the machine may explain them."""
    found = over_time(tmp_path, {}, {}, {}, *[{"speed": 0.67}] * 3)
    assert steps(found) == {model: [(3, "worse", True)] for model in MODELS}


def test_equal_runs_have_no_step(tmp_path):
    """A history of equal runs shows none."""
    assert steps(over_time(tmp_path, *[{}] * 5)) == {model: [] for model in MODELS}


def test_a_cell_needs_three_runs(tmp_path):
    """A cell that only two of the runs have is in no series."""
    crashed = {"shown": {"status": "crashed", "reason": "x"}}
    found = over_time(tmp_path, {}, {}, crashed, crashed)
    assert found.series == []
