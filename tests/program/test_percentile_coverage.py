"""The benchmark of percentiles in small: seeds are fixed and bounds loose, yet a wrong method fails them."""

import importlib.util
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "benchmarks" / "percentile_coverage.py"


@pytest.fixture(scope="module")
def benchmark():
    """The script, loaded as a module; it is in no package."""
    spec = importlib.util.spec_from_file_location("percentile_coverage_benchmark", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


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
