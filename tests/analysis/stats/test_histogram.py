"""The child's classes and the parent's reading of them belong together."""

import itertools
import random

import pytest

from concexp.analysis.stats import histogram
from concexp.trial.probes import latency


def made(values):
    """The histogram of values in ns as it is in a journal."""
    return latency.added([latency.histogram(values)])


@pytest.mark.parametrize("octave", range(62))
def test_a_class_is_never_far_from_its_values(octave):
    """Whatever the size: the middle of its class is at most 1 % from a value, exact below 128 ns."""
    for value in {(1 << octave) + (1 << octave) * k // 37 for k in range(37)}:
        ((index, count),) = made([value])
        assert count == 1
        assert abs(histogram.middle(index) - value) <= value / 128
        assert value >= 128 or histogram.middle(index) == value


def test_classes_follow_each_other():
    """Each value falls into the same class as the one before or into the next: no gap, no overlap."""
    classes = [made([value])[0][0] for value in range(1, 5000)]
    assert all(b - a in (0, 1) for a, b in itertools.pairwise(classes))


def test_histograms_can_be_added():
    """The sum of two workers' histograms is that of all their values."""
    one, two = [5, 900, 10**6], [5, 10**9]
    assert latency.added([latency.histogram(one), latency.histogram(two)]) == made(one + two)


def test_coordinated_omission_in_numbers():
    """The published example: 10,000 times 1 ms and once 100 s, raw and with what was omitted (HdrHistogram)."""
    ms, s = 10**6, 10**9
    raw = made([ms] * 10_000 + [100 * s])
    assert sum(count for _, count in raw) == 10_001
    for share in (0.5, 0.99, 0.9999):
        assert histogram.quantile(raw, share) == pytest.approx(0.001, rel=0.01)
    whole = made([ms] * 10_000 + [k * 10 * ms for k in range(10_000, 0, -1)])
    for share, seconds in [(0.5, 0.001), (0.75, 50), (0.9, 80), (0.99, 98)]:
        assert histogram.quantile(whole, share) == pytest.approx(seconds, rel=0.01)


def test_quantiles_and_means_of_many():
    """Quantiles and mean are within the classes' error of those of the values themselves."""
    rng = random.Random(1)
    values = sorted(int(rng.lognormvariate(12, 2)) for _ in range(4001))
    found = made(values)
    for share in (0.0, 0.1, 0.5, 0.9, 0.99, 1.0):
        exact = values[max(1, -(-int(share * 4001 * 1000) // 1000)) - 1]
        assert histogram.quantile(found, share) == pytest.approx(exact * 1e-9, rel=0.02)
    assert histogram.mean(found) == pytest.approx(sum(values) / 4001 * 1e-9, rel=0.01)


def test_nothing_has_no_quantile():
    """An empty histogram is an error, not a zero."""
    with pytest.raises(ValueError, match="empty"):
        histogram.quantile([], 0.5)


def test_pooled_and_beyond():
    """Histograms add up, missing ones count nothing; beyond a percentile are the values on its shorter side."""
    both = histogram.pooled([made([5, 7]), None, [], made([7] * 98)])
    assert both == made([5] + [7] * 99)
    assert histogram.beyond(both, 0.9) == pytest.approx(10)
    assert histogram.beyond(both, 0.9) >= 10
    assert histogram.beyond(both, 0.25) == pytest.approx(25)
