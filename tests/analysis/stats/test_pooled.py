"""Percentiles of all operations of a cell: their value, that trials are the unit of their interval, and how it is compared."""

import math

import numpy as np
import pytest

from concexp.analysis.stats import histogram
from concexp.analysis.stats.intervals import mean_interval
from concexp.analysis.stats.pooled import Pool
from concexp.analysis.stats.ratios import p_value, ratio
from concexp.trial.probes import latency

MS = 10**6


def made(values):
    """The recorded histogram of times in ns."""
    return latency.added([latency.histogram(map(int, values))])


def test_a_percentile_is_that_of_all_operations_together():
    """Seven trials at 1 ms and three at 1 s: the 99th percentile is 1 s, not the 8 ms between them; the mean is 0.3 s."""
    pool = Pool({block: made([MS if block < 7 else 1000 * MS] * 100) for block in range(10)})
    assert len(pool) == 1000
    assert pool.interval(0.99).mean == pytest.approx(1.0, rel=0.01)
    assert pool.interval(0.5).mean == pytest.approx(0.001, rel=0.01)
    assert pool.interval(None).mean == pytest.approx(0.3007, rel=0.01)
    assert pool.interval(None).lo < 0.3 < pool.interval(None).hi


def trials(rng, count, spread, operations=400):
    """Trials whose operations are exponential, with a mean of their own each."""
    means = MS * np.exp(rng.normal(0, spread, count))
    return {block: made(rng.exponential(mean, operations)) for block, mean in enumerate(means)}


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, None])
@pytest.mark.parametrize("count", [3, 8, 19])
def test_the_values_of_trials_carry_the_percentile_and_its_interval(share, count):
    """The geometric mean of the values is the percentile of all operations, and more scatter of trials widens the interval.

    The upper end is never nearer than the lower one, and the values' own interval reaches as far on both sides.
    """
    widths = []
    for spread in (0.02, 0.3):
        given = trials(np.random.default_rng(count), count, spread)
        pool = Pool(given)
        found = mean_interval(list(pool.values(share).values()), log=True)
        assert found.mean == pytest.approx(pool.estimate(share))
        assert found.lo * found.hi == pytest.approx(found.mean**2)
        skewed = pool.interval(share)
        assert (skewed.mean, skewed.hi) == pytest.approx((found.mean, found.hi))
        assert found.lo * (1 - 1e-9) <= skewed.lo < skewed.mean
        assert skewed.lo == pytest.approx(pool.skewed(np.array([found.lo]), share)[0])
        sure, surer = (Pool(given, level).interval(share) for level in (0.9, 0.99))
        # An end that is read off the operations is one of their times, and so may be the same at two levels.
        assert surer.lo <= skewed.lo <= sure.lo < sure.hi <= skewed.hi <= surer.hi
        widths.append(math.log(found.hi / found.lo))
    assert widths[1] > widths[0] > 0


def test_the_estimate_is_the_quantile_of_the_histogram():
    """Pooling changes nothing in what a quantile is."""
    given = trials(np.random.default_rng(1), 4, 0.2)
    both = histogram.pooled(given.values())
    for share in (0.1, 0.5, 0.99, 0.999):
        assert Pool(given).estimate(share) == histogram.quantile(both, share)
    assert Pool(given).estimate(None) == pytest.approx(histogram.mean(both))


def test_equal_trials_have_no_width_and_two_have_no_interval():
    """Where no trial differs from the others there is nothing to resample; below three trials there is no interval."""
    same = made([MS, 2 * MS, 3 * MS])
    assert len(set(Pool(dict.fromkeys(range(5), same)).values(0.5).values())) == 1
    found = Pool({0: made([MS]), 1: made([2 * MS])}).interval(0.5)
    assert found.has_value
    assert not found.bounded


def test_times_of_zero_have_a_percentile():
    """A function that times itself may say 0."""
    found = Pool({block: made([0, 0, block]) for block in range(4)}).interval(0.5)
    assert 0 < found.mean < 1e-9


def test_what_disturbs_both_cells_of_a_block_cancels():
    """The ratio of two cells in the same blocks is far surer than either percentile, and its p-value says the same."""
    rng = np.random.default_rng(5)
    weather = np.exp(rng.normal(0, 0.5, 12))
    one, other = (
        Pool({b: made(rng.exponential(factor * MS * w, 2000)) for b, w in enumerate(weather)}) for factor in (1.5, 1.0)
    )
    found = ratio(one.values(0.9), other.values(0.9))
    single = one.interval(0.9)
    assert found.lo < 1.5 < found.hi
    assert math.log(found.hi / found.lo) < math.log(single.hi / single.lo) / 2
    assert p_value(one.values(0.9), other.values(0.9)) < 0.01
    assert not found.lo <= 1 <= found.hi


def test_a_percentile_beside_a_jump_reaches_across_it_and_not_below_all_times():
    """Where about 1 % of the operations take 300 ms, the 99th percentile may be 8 ms or 300, and is no less than the shortest."""
    slow = [2, 15, 3, 20, 6]
    given = {b: made([300 * MS] * n + [8 * MS] * (1000 - n)) for b, n in enumerate(slow)}
    found = Pool(given).interval(0.99)
    assert found.mean == pytest.approx(0.008, rel=0.02)
    assert found.hi > 0.25
    assert found.lo == pytest.approx(0.008, rel=0.02)
    assert Pool(given).skewed(np.array([0.001, 0.2, 0.3]), 0.99).tolist() == pytest.approx([0.008, 0.2, 0.3], rel=0.02)


@pytest.mark.parametrize(("share", "operations"), [(0.5, 200), (0.99, 500)])
def test_coverage(share, operations):
    """In 100 experiments of ten trials the interval contains the truth in at least 90 % (the share is known to 3 %)."""
    rng = np.random.default_rng(20)
    truth = np.quantile(rng.exponential(MS, 400_000) * np.exp(rng.normal(0, 0.1, 400_000)), share) / 1e9
    hits = 0
    for _ in range(100):
        found = Pool(trials(rng, 10, 0.1, operations)).interval(share)
        hits += found.lo <= truth <= found.hi
    assert 90 <= hits <= 100
