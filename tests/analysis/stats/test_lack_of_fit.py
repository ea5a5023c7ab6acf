"""The F test of a law against its trials, beside the textbook's and under noise of every kind."""

import math

import numpy as np
import pytest
from scipy import stats

from concexp.analysis.stats.lack_of_fit import lack_of_fit
from concexp.analysis.stats.scaling_laws import AMDAHL, LINEAR

COUNTS = (1, 2, 4, 8, 16, 32)


def trials(rows, blocks_apart=False):
    """Rows of throughputs (a row per trial) by worker count and block."""
    columns = zip(COUNTS, np.asarray(rows).T, strict=True)
    return {n: {(1000 * n if blocks_apart else 0) + b: float(x) for b, x in enumerate(column)} for n, column in columns}


def noisy(seed, noise, shared=0.0, size=10, curve=lambda n: float(AMDAHL(n, 100, 0.1))):
    rng = np.random.default_rng(seed)
    logs = np.log([curve(n) for n in COUNTS]) + rng.normal(0, shared, (size, 1))
    return np.exp(logs + rng.normal(0, 1, (size, len(COUNTS))) * noise)


def test_one_curve_is_the_textbooks_analysis_of_variance():
    """For a straight line through equal noise, F and p are those of a one-way analysis of variance of X / N."""
    rows = noisy(1, 0.02, curve=lambda n: 100 * n)
    # All columns vary as the first does: scatter that differs between them would cost degrees of freedom.
    shifts = np.array([0.0, 0.01, -0.01, 0.02, 0.0, -0.02])
    equal = np.array(COUNTS) * rows[:, :1] * np.exp(shifts)
    found = lack_of_fit(LINEAR, [100.0], trials(equal, blocks_apart=True))
    assert found == pytest.approx(stats.f_oneway(*np.log(equal / np.array(COUNTS)).T).pvalue, rel=1e-6)


@pytest.mark.parametrize("noise", [0.02, np.array([1, 1, 1, 2, 4, 8]) * 0.01])
@pytest.mark.parametrize("shared", [0.0, 0.1])
@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("size", [3, 10])
def test_size(noise, shared, apart, size):
    """Of 300 true curves at most 7 % have a p-value below 5 %: with equal noise or not, in blocks or without."""
    if apart:
        shared = 0.0
    values = [
        lack_of_fit(AMDAHL, [100.0, 0.1], trials(noisy(seed, noise, shared, size), blocks_apart=apart))
        for seed in range(300)
    ]
    assert sum(value < 0.05 for value in values) <= 21


def test_a_square_root_is_no_law_of_amdahls():
    """The square root of N misses Amdahl's best curve by far more than 2 % of noise explains."""
    assert lack_of_fit(AMDAHL, [100.0, 0.19], trials(noisy(1, 0.02, curve=lambda n: 100 * math.sqrt(n)))) < 1e-9


def test_too_few_trials_test_nothing():
    """Two trials of one count, or trials that never vary, give no p-value."""
    few = trials(noisy(1, 0.02))
    few[8] = dict(list(few[8].items())[:2])
    assert math.isnan(lack_of_fit(AMDAHL, [100.0, 0.1], few))
    assert math.isnan(lack_of_fit(AMDAHL, [100.0, 0.1], trials(noisy(1, 0.0))))
    assert math.isnan(lack_of_fit(AMDAHL, [100.0, 0.1], {n: {0: 1.0, 1: 1.1, 2: 1.2} for n in (1, 2)}))
