"""The benchmark of coverage in small: seeds are fixed and bounds loose, yet a wrong method fails them."""

from collections import Counter

import numpy as np
import pytest

from concexp.plan.schedule import block
from tests.helpers.benchmarks import loaded
from tests.helpers.lab import Lab


@pytest.fixture(scope="module")
def coverage():
    """The script, as a module."""
    with loaded("coverage") as module:
        yield module


@pytest.mark.parametrize("noise", ["normal", "lognormal", "skewed", "drift"])
@pytest.mark.parametrize("trials", [5, 10])
def test_intervals(coverage, noise, trials):
    """Of 500 intervals of a metric, and of a paired ratio, over 89 % hold the truth."""
    assert coverage.single(getattr(coverage, noise), trials, 500)[0] > 89
    assert coverage.paired(getattr(coverage, noise), trials, 500)[0] > 91


def test_large_samples(coverage):
    """Of 300 intervals of 30 skewed trials, where bootstrap-t is used, over 91 % hold the truth."""
    assert coverage.single(coverage.skewed_trials, 30, 300)[0] > 91


def test_a_wrong_method_would_fail(coverage):
    """The percentile bootstrap of 5 trials covers less than 88 %: the bounds above would show it."""
    assert coverage.single(coverage.lognormal, 5, 500, coverage.by_way(coverage.percentile))[0] < 88


def test_equal_cells(coverage):
    """Of 150 experiments of 12 equal cells, at most 8 % name a difference; without adjustment it would be a third."""
    assert coverage.same(coverage.lognormal, 10, 150)[0] <= 8


def test_the_best_of_equal_cells(coverage):
    """Of 100 experiments, at most 6 % name the best of 12 equal cells different; corrected for its own pairs, twice as many."""
    own, every = (coverage.best(coverage.normal, 10, 100, all_pairs)[0] for all_pairs in (False, True))
    assert every <= 6
    assert own >= 2 * every
    assert own > 8


@pytest.mark.parametrize("kind", ["one cell", "two cells, same blocks", "two cells, other blocks"])
def test_claims_on_their_boundary(coverage, kind):
    """Of 300 claims on their boundary at most 5 % are called supported."""
    assert coverage.boundary(kind, 5, 300)[0] <= 5


def test_adaptive(coverage):
    """Of 100 adaptive runs over 90 % of all intervals hold the truth, for fewer trials than the widest cell needs."""
    hits, trials = coverage.adaptive(100)
    assert hits.mean() > 0.90
    assert (trials[:-1] < trials[1:]).all()
    assert trials.mean() < 25


def test_the_product_stops_where_the_benchmark_does(coverage):
    """An adaptive run of cells that have nothing to do with one another makes as many trials as the benchmark counts."""
    sweep = f"sweep: {{workers: 1, model.noise: {list(coverage.SPREADS)}}}\nmodel: simulated\n"
    lab = Lab(
        f"precision: {coverage.PRECISION:.0%}, repetitions: 8, iterations: 1, control: off", sweep, "baseline: {}\n"
    )
    made = Counter(record["cell"] for record in lab.whole())
    for cell in lab.plan.cells:
        every = [
            lab.measured(trial)
            for k in range(coverage.DEFAULT_MAX_BLOCKS)
            for trial in block(lab.spec, lab.plan, k, [cell])
        ]
        passes = [record["answer"]["iterations"][0] for record in every]
        assert made[cell.id] == coverage.stopped(np.array([one["ops"] / one["wall_s"] for one in passes]))
    assert len(set(made.values())) > 2


def test_table(coverage):
    """A line of the table says whether its target is met, and has no verdict without a target."""
    line = str(coverage.Row("claim", "one cell", "5", 3.4, 0.4, None, 3))
    assert line == "| claim | one cell | 5 | 3.4 ± 0.4 | ≤ 3 | **no** |"
    assert coverage.Row("interval", "normal", "5", 95.0, 0.5, 93, 97).met == "yes"
    assert coverage.Row("interval", "normal", "5", 98.0, 0.5, 93, 97).met == "**no**"
    assert coverage.Row("a limit", "x", "5", 80.0, 0.9).met == "–"


def test_the_rejected_interval(coverage):
    """BCa agrees with t on normal values, leans to the skewed side, and covers less often than bootstrap-t."""
    values = np.random.default_rng(3).normal(100, 5, 200)
    lo, hi = coverage.by_t(values)
    assert coverage.bca(values) == pytest.approx((lo, hi), abs=0.06 * (hi - lo))
    values = np.random.default_rng(4).exponential(1, 30)
    lo, hi = coverage.bca(values)
    assert hi - values.mean() > 1.2 * (values.mean() - lo)
    assert coverage.bca(np.full(20, 0.1)) == (0.1, 0.1)
    assert coverage.bca(np.array([1.0, 2.0])) is None
    hits = dict.fromkeys((coverage.bootstrap_t, coverage.bca), 0)
    for values in np.random.default_rng(7).exponential(1, (600, 20)):
        for way in hits:
            lo, hi = way(values)
            hits[way] += lo <= 1 <= hi
    assert hits[coverage.bootstrap_t] > hits[coverage.bca]


@pytest.mark.parametrize(
    "noise", ["10 % of trials 1.85x", "phases of 5 slow trials", "5 % of trials 3x", "blocks with memory 0.8"]
)
@pytest.mark.parametrize("repetitions", [5, 10])
def test_a_figure_that_disturbances_make_unsure_is_said_to_be(coverage, noise, repetitions):
    """Of 60 disturbed runs over 92 % have an interval that holds the truth, or a page that says that it cannot be told."""
    held, _, either = coverage.disturbed.single(coverage.disturbed.NOISES[noise], repetitions, 60)
    assert either[0] > 92
    assert held[0] <= either[0]


def test_a_quiet_run_is_not_said_to_be_unsure(coverage):
    """Of 100 quiet runs of 5 blocks at most 4 % are called disturbed: the sentence is no cloak for all pages."""
    assert coverage.disturbed.single(coverage.disturbed.quiet, 5, 100)[1][0] <= 4


def test_two_speeds_are_taken_out(coverage):
    """On a CPU of two speeds the adjusted interval of a speed-up holds the truth with less than half of the width."""
    _, adjusted, width = coverage.disturbed.speeds(2, 12, 60)
    assert adjusted[0] > 89
    assert width < 50


def test_a_run_with_a_precision_does_not_stop_before_it_has_met_what_others_met(coverage):
    """With rare slow trials a cell that met none by chance goes on as long as the others."""
    _, either, trials = coverage.disturbed.adaptive(coverage.disturbed.rare, 8)
    assert trials > 40
    assert either[0] == 100
