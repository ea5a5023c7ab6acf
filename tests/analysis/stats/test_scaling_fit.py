"""Scaling laws, against published fits and exact curves."""

import math

import numpy as np
import pytest

from concexp.analysis.stats.batch_fit import refit
from concexp.analysis.stats.intervals import UNKNOWN
from concexp.analysis.stats.scaling_fit import Scaling, aicc, fit, scaling, undescribed
from concexp.analysis.stats.scaling_laws import AMDAHL, GUSTAFSON, LINEAR, USL, Law, karp_flatt, peak

# R package `usl`, data set specsdm91: throughput of the SPEC SDM benchmark by number of users.
SPEC_N = [1, 18, 36, 72, 108, 144, 216]
SPEC_X = [64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2]
EXACT_N, EXACT_X = [1, 2, 4, 6, 8, 10], [1, 1.8868, 3.0769, 3.5294, 3.5398, 3.3557]
# A series that no law describes: MFLOPS by threads.
WILD_N, WILD_X = [1, 2, 4, 8, 16, 32], [491, 691, 1282, 3016, 2205, 426]
COUNTS = [1, 2, 4, 8, 16, 32]


def noisy(law, parameters, noise=0.02, trials=10, counts=COUNTS, seed=1, shared=0.0):
    """Trials of a known curve by worker count and block, with log-normal noise; `shared` by all counts of a block."""
    rng = np.random.default_rng(seed)
    weather = rng.normal(0, shared, trials)
    return {
        n: dict(enumerate(float(law(n, *parameters)) * np.exp(weather + rng.normal(0, noise, trials)))) for n in counts
    }


def test_specsdm91():
    """Parameters, standard errors, residuals and fitted values are those that R's `usl` prints."""
    found = fit(USL, SPEC_N, SPEC_X)
    values = [found.parameters[name] for name in "gab"]
    assert [value.value for value in values] == pytest.approx([90.00, 0.02773, 1.044e-4], rel=5e-4)
    assert [value.error for value in values] == pytest.approx([14.21, 0.009122, 1.988e-5], rel=5e-4)
    assert found.sd == pytest.approx(82.85, abs=0.005)
    assert found.degrees == 4
    assert found.fitted == pytest.approx([90, 1078, 1541, 1850, 1879, 1822, 1646], abs=0.5)
    assert peak({name: found.parameters[name].value for name in "ab"}) == pytest.approx(96.52, abs=0.005)
    assert found.at([36]) == pytest.approx([1541], abs=0.5)


def test_specsdm91_intervals():
    """A parameter's interval is t on n - 3 degrees of freedom: 2.7764 standard errors either way."""
    a = fit(USL, SPEC_N, SPEC_X).parameters["a"]
    assert (a.interval.lo, a.interval.hi) == pytest.approx(
        (0.02773 - 2.7764 * 0.009122, 0.02773 + 2.7764 * 0.009122), rel=2e-3
    )


def test_exact_curve():
    """An exact curve gives back its parameters and its peak at 7, from single values."""
    found = fit(USL, EXACT_N, EXACT_X)
    assert [value.value for value in found.parameters.values()] == pytest.approx([1, 0.02, 0.02], abs=1e-5)
    told = scaling({n: [x] for n, x in zip(EXACT_N, EXACT_X, strict=True)})
    assert told.fit.law is USL
    assert told.peak.mean == pytest.approx(7, abs=1e-3)


def test_a_series_to_refuse():
    """A series that no law describes is refused in words, with R^2 75 %, and has no peak."""
    found = fit(USL, WILD_N, WILD_X)
    assert found.r2 == pytest.approx(0.75, abs=0.005)
    assert undescribed(found).startswith("USL does not describe the data")
    told = scaling({n: [x] for n, x in zip(WILD_N, WILD_X, strict=True)})
    assert "does not describe the data" in told.refusal
    assert told.peak == UNKNOWN


def test_it_is_refused_with_trials_too():
    """More trials make the same series no better described."""
    trials = {n: [x * 0.99, x, x * 1.01] * 3 for n, x in zip(WILD_N, WILD_X, strict=True)}
    assert "does not describe the data" in scaling(trials).refusal


def test_amdahl_and_gustafson():
    """Textbook figures: 10 % serial work gives 3.0769 on 4 and 4.7059 on 8; if the work grows, 7.3 on 8."""
    assert AMDAHL([4, 8], 1, 0.1) == pytest.approx([3.0769, 4.7059], abs=5e-5)
    assert GUSTAFSON(8, 1, 0.1) == pytest.approx(7.3)


def test_karp_flatt():
    """Of the published Mandelbrot times the serial share rises: overhead, not a fixed serial part."""
    times = np.array([12.7925, 6.5261, 3.8395, 2.5221, 2.2243])
    found = karp_flatt(times[0] / times, [1, 2, 4, 8, 16])
    assert math.isnan(found[0])
    assert found[1:] == pytest.approx([0.020, 0.067, 0.083, 0.119], abs=6e-4)


def test_karp_flatt_of_amdahl():
    """Of Amdahl's own curve it is the serial share at every count."""
    assert karp_flatt(AMDAHL([2, 5, 100], 1, 0.07), [2, 5, 100]) == pytest.approx([0.07] * 3)


@pytest.mark.parametrize(
    ("law", "parameters", "weak"),
    [
        (LINEAR, (100,), False),
        (AMDAHL, (100, 0.05), False),
        (USL, (100, 0.05, 0.002), False),
        (GUSTAFSON, (100, 0.2), True),
        (LINEAR, (100,), True),
        (USL, (100, 0.05, 0.002), True),
    ],
)
def test_the_law_is_found(law, parameters, weak):
    """Of 20 noisy curves of a known law, at least 16 are told to follow it: AICc takes one parameter too many now and then."""
    told = [scaling(noisy(law, parameters, seed=seed), weak, refits=50) for seed in range(20)]
    assert sum(one.fit.law is law for one in told) >= 16
    assert sum(bool(one.refusal) for one in told) <= 2


@pytest.mark.parametrize(
    ("law", "parameters", "weak"),
    [
        (LINEAR, (100,), False),
        (AMDAHL, (100, 0.1), False),
        (AMDAHL, (100, 0.5), False),
        (AMDAHL, (100, 1.0), False),
        (USL, (100, 0.05, 0.002), False),
        (GUSTAFSON, (100, 0.2), True),
    ],
)
@pytest.mark.parametrize("trials", [5, 10])
def test_a_true_law_is_not_rejected(law, parameters, weak, trials):
    """Of 100 curves that follow a law, within noisy blocks, the trials reject at most 5."""
    told = [
        scaling(noisy(law, parameters, 0.02, trials, seed=seed, shared=0.03), weak, refits=1)
        for seed in range(100, 200)
    ]
    assert sum(bool(one.refusal) for one in told) <= 5


@pytest.mark.parametrize("curve", [lambda n: 1 + math.log(n), math.sqrt])
@pytest.mark.parametrize(("noise", "trials"), [(0.01, 5), (0.02, 10)])
def test_curves_without_a_limit_fit_no_law(curve, noise, trials):
    """1 + log N and the square root of N look like Amdahl's law: of 100, at least 95 are told as fitting none."""
    other = Law("other", ("g",), lambda n, g: g * np.vectorize(curve)(n))
    told = [scaling(noisy(other, (100,), noise, trials, seed=seed), refits=1) for seed in range(100)]
    assert sum(one.refusal.startswith("none of the laws fits") for one in told) >= 95


@pytest.mark.parametrize("shared", [0.0, 0.1])
def test_intervals_from_trials(shared):
    """Of 100 curves with 5 trials a point, the intervals from the trials hold a, b and the peak in over 89 %."""
    truth = {"a": 0.05, "b": 0.002}
    truth["peak"] = float(peak(truth))
    hits = dict.fromkeys(truth, 0)
    for seed in range(100):
        told = scaling(noisy(USL, (100, 0.05, 0.002), 0.03, 5, seed=seed, shared=shared), refits=400)
        assert told.fit.law is USL
        found = {name: told.fit.parameters[name].resampled for name in "ab"} | {"peak": told.peak}
        for name, interval in found.items():
            hits[name] += interval.lo <= truth[name] <= interval.hi or (name == "peak" and told.peak == UNKNOWN)
    assert all(count / 100 > 0.89 for count in hits.values()), hits


def test_flat_curve():
    """Threads that gain nothing are Amdahl's with a serial share of 1: described, with neither peak nor refusal."""
    told = scaling(noisy(AMDAHL, (100, 1.0), 0.01))
    assert not told.refusal
    assert told.fit.parameters["a"].value == pytest.approx(1, abs=0.05)
    assert told.peak == UNKNOWN


def test_falling_curve():
    """Threads that only hinder each other have their peak at one worker."""
    told = scaling(noisy(AMDAHL, (100, 1.5), 0.01))
    assert told.peak.mean == 1


def test_peak_beyond_what_was_measured():
    """A peak beyond the largest worker count is not told, however sure the law is of it."""
    trials = noisy(USL, (100, 0.05, 0.0002), 0.001)
    told = scaling(trials)
    assert told.fit.law is USL
    assert told.peak == UNKNOWN


def test_peak_that_chance_may_have_made():
    """Where b's interval touches 0 there is no peak to tell."""
    trials = {n: [x * (1 + e) for e in (-0.3, 0.3, 0.0)] for n, x in zip(EXACT_N, EXACT_X, strict=True)}
    told = scaling(trials)
    assert told.peak == UNKNOWN


def test_fewer_than_five_counts():
    """Four worker counts are too few, and so are those that are left within the effective CPUs."""
    trials = noisy(AMDAHL, (100, 0.05))
    told = scaling({n: trials[n] for n in COUNTS[:4]})
    assert isinstance(told, Scaling)
    assert (told.fit, told.refusal) == (None, "4 worker counts: a law needs 5")
    assert scaling(trials, limit=1.95).refusal == "2 worker counts within 1.95 effective CPUs: a law needs 5"
    assert scaling({}).refusal == "0 worker counts: a law needs 5"


def test_limit():
    """Points beyond the effective CPUs do not bend the law: a machine's end is not the program's."""
    trials = noisy(LINEAR, (100,), counts=[1, 2, 3, 4, 5, 6, 12, 24])
    for count in (12, 24):
        trials[count] = trials[6]
    assert scaling(trials).fit.law is not LINEAR
    told = scaling(trials, limit=5.8)
    assert told.fit.law is LINEAR
    assert max(told.fit.workers) == 6


def test_unusable_values():
    """Zeros and what is not finite are left out, with a point that has nothing else."""
    trials = noisy(AMDAHL, (100, 0.05)) | {64: [0.0, math.nan]}
    told = scaling(trials)
    assert max(told.fit.workers) == 32
    assert scaling(trials) == told


def test_single_values_have_no_interval_from_trials():
    """One trial a point leaves the t interval of the curve only."""
    told = scaling({n: [float(AMDAHL(n, 100, 0.05)) * (1 + 0.01 * (-1) ** k)] for k, n in enumerate(COUNTS)})
    assert told.fit.law is AMDAHL
    assert told.fit.parameters["a"].interval.bounded
    assert not told.tested
    assert not told.fit.parameters["a"].resampled.bounded


@pytest.mark.parametrize("law", [LINEAR, AMDAHL, USL, GUSTAFSON])
def test_many_fits_at_once(law):
    """Fitting many curves at once gives the sums of squares of fitting each with scipy, also on the bounds."""
    rng = np.random.default_rng(3)
    counts = np.array(COUNTS, float)
    rows = LINEAR(counts, 100) * np.exp(rng.normal(0, 0.1, (30, 6))) * np.repeat([[1], [0.5], [1]], 10, 0)
    rows[20:] = USL(counts, 100, 0.1, 0.01) * np.exp(rng.normal(0, 0.05, (10, 6)))
    for row, values in zip(rows, refit(law, counts, rows), strict=True):
        assert (values >= 0).all()
        one = ((law(counts, *values) - row) ** 2).sum()
        assert one == pytest.approx((fit(law, counts, row).sd ** 2) * (6 - len(values)), rel=1e-6)


def test_aicc():
    """The criterion by hand: 7 values, 4 parameters with the variance."""
    found = fit(USL, SPEC_N, SPEC_X)
    squares = 4 * found.sd**2
    assert aicc(found) == pytest.approx(7 * math.log(squares / 7) + 8 + 40 / 2)
    assert aicc(fit(USL, EXACT_N[:5], EXACT_X[:5])) == math.inf


def test_too_few_points():
    """As many points as parameters are an error, as is a throughput that is not positive."""
    with pytest.raises(ValueError, match="more than 3 positive points"):
        fit(USL, [1, 2, 3], [1, 2, 3])
    with pytest.raises(ValueError, match="positive points"):
        fit(LINEAR, [1, 2, 3], [1, 0, 3])
