"""Where the variance lies, from journals that say it, and the plan that follows."""

import math
import random

import numpy as np
import pytest

from concexp.analysis.stats.intervals import half_width
from concexp.analysis.stats.variance import trials_needed, variance_components, worthwhile
from concexp.analysis.variance import variations
from tests.helpers import journal_builder


def made(folder, between, within, iterations=4, repetitions=12, **more):
    """A run of one cell with these standard deviations of the logarithm of the rate."""
    course = lambda block, k: math.exp(random.Random(f"{block} {k}").gauss(0, within))  # noqa: E731
    cells = [journal_builder.cell(noise=between, course=course, **more.pop("cell", {}))]
    return journal_builder.write(folder, cells, repetitions=repetitions, iterations=iterations, **more)


def test_numbers_are_those_of_the_statistics(tmp_path):
    """The split, the iterations worth their time and the trials needed are those of `stats.variance` on the records."""
    run = made(tmp_path, 0.03, 0.1, iterations=2)
    (found,) = variations(run)
    passes = [
        [i["ops"] / i["wall_s"] for i in r["answer"]["iterations"]] for r in run.records if r["role"] == "measured"
    ]
    walls = [i["wall_s"] for r in run.records if r["role"] == "measured" for i in r["answer"]["iterations"]]
    expected = variance_components(np.log(passes))
    assert found.split.added == pytest.approx(expected.added)
    within, between = expected.adds
    assert found.between == pytest.approx(between / (within + between))
    around = 1.5 - 2 * np.median(walls)  # a made-up trial takes 1.5 s
    assert found.costs == pytest.approx((np.median(walls), around), rel=0.01)
    assert found.iterations == worthwhile(expected, found.costs)[0]
    assert found.repetitions(5, 0.03) == trials_needed(expected.variance([5]), math.asinh(0.03))


@pytest.mark.parametrize(("between", "within", "low", "high"), [(0.1, 0.01, 0.9, 1.0), (0.0, 0.1, 0.0, 0.35)])
def test_where_it_lies(tmp_path, between, within, low, high):
    """Noise between trials is found between them, noise within in them; blocks differ by 2 % besides."""
    (found,) = variations(made(tmp_path, between, within))
    assert low <= found.between <= high


def test_the_plan_keeps_its_promise(tmp_path):
    """With the trials that it asks for, most runs have an interval no wider than asked for."""
    (found,) = variations(made(tmp_path / "pilot", 0.05, 0.05, repetitions=15))
    needed = found.repetitions(4, 0.03)
    (again,) = variations(
        made(tmp_path / "again", 0.05, 0.05, repetitions=needed, cell={"workers": 2, "model": "threads"})
    )
    assert math.sinh(half_width(math.sqrt(again.split.spread[-1]), needed)) < 0.03 * 1.35


def test_what_has_no_variance_to_be_seen(tmp_path):
    """One iteration per trial, two trials, or doubtful trials alone: nothing is said of the cell."""
    assert variations(made(tmp_path / "one", 0.1, 0.1, iterations=1)) == []
    assert variations(made(tmp_path / "two", 0.1, 0.1, repetitions=2)) == []
    doubtful = made(tmp_path / "doubtful", 0.1, 0.1, cell={"facts": {"server_cpu_s": 0.5}})
    assert variations(doubtful) == []


def test_trials_that_lack_an_iteration_are_left_out(tmp_path):
    """Most trials have four iterations: one with three does not bend the array."""
    run = made(tmp_path, 0.03, 0.03)
    trial = next(r for r in run.records if r["role"] == "measured")
    trial["answer"]["iterations"] = trial["answer"]["iterations"][:-1]
    run.__dict__.pop("trials", None)
    (found,) = variations(run)
    assert found.split.counts == (4, 11)


def test_no_number_at_all(tmp_path):
    """Where every trial failed there is nothing to be split."""
    assert variations(made(tmp_path, 0.1, 0.1, cell={"status": "failed", "reason": "no"})) == []


@pytest.mark.parametrize(
    ("primary", "count"), [("service_time_p99_s", 0), ("service_time_mean_s", 0), ("throughput", 1)]
)
def test_a_percentile_of_all_operations_has_no_such_plan(tmp_path, primary, count):
    """Its interval is no mean's of iterations: repetitions computed from these would be wrong."""
    times = [[1000 + k, 100] for k in range(20)]
    run = made(tmp_path, 0.05, 0.05, cell={"facts": {"service_time": times}}, spec={"primary": primary})
    assert len(variations(run)) == count
