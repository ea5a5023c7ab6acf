"""The benchmark of percentiles in small: seeds are fixed and bounds loose, yet a wrong method fails them."""

import pytest

from tests.helpers.benchmarks import loaded


@pytest.fixture(scope="module")
def benchmark():
    """The script, as a module."""
    with loaded("percentile_coverage") as module:
        yield module


@pytest.mark.parametrize("name", ["lognormal, trials differ", "slow operations", "trials differ by 30 %"])
def test_intervals_hold_the_percentile(benchmark, name):
    """Of 40 experiments of ten trials, at least 34 contain the 99th percentile."""
    covered, _ = benchmark.single(benchmark.CASES[name], 10, 0.99, 40)
    assert covered >= 85


def test_histograms_are_those_of_the_probe(benchmark):
    """Whole arrays are counted into the classes that the child makes one by one."""
    from concexp.trial.probes import latency

    times = benchmark.wide(benchmark.np.random.default_rng(1), 2, 500) * 10
    for block, row in enumerate((times * benchmark.MILLISECOND).astype(int)):
        assert benchmark.histograms(times)[block] == latency.added([latency.histogram(row.tolist())])
