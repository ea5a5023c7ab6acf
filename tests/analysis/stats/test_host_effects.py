"""How hosts differ: effects that were put in are found, chance is not, and parts of blocks do no harm."""

import numpy as np
import pytest

from concexp.analysis.stats.host_effects import HostEffects, host_effects


def made(effects, blocks=8, cells=5, noise=0.02, seed=1):
    """Times by cell and block, and the host of each block; hosts take turns."""
    rng = np.random.default_rng(seed)
    names = list(effects)
    host_of = {block: names[block % len(names)] for block in range(blocks * len(names))}
    times = {
        f"cell{cell}": {
            block: float((cell + 1) * effects[host] * np.exp(rng.normal(0, noise))) for block, host in host_of.items()
        }
        for cell in range(cells)
    }
    return times, host_of


def test_a_slower_host_is_found():
    """Its factor lies within its interval; the hosts differ."""
    found = host_effects(*made({"a": 1.0, "b": 1.0, "c": 1.2}))
    assert found.differ
    mean = 1.2 ** (1 / 3)
    for host, factor in (("a", 1 / mean), ("c", 1.2 / mean)):
        assert found.relative[host].mean == pytest.approx(factor, rel=0.02)
        assert found.relative[host].lo < found.relative[host].mean < found.relative[host].hi
    assert found.spread == pytest.approx(np.std(np.log([1, 1, 1.2]), ddof=1), rel=0.1)


def test_equal_hosts_differ_by_chance_seldom():
    """At a level of 1 %, among 200 runs of equal hosts a few at most."""
    differing = sum(host_effects(*made({"a": 1.0, "b": 1.0}, noise=0.1, seed=seed)).differ for seed in range(200))
    assert differing <= 8


def test_a_difference_that_does_not_matter_is_none():
    """However sure it is: below one per cent."""
    assert not host_effects(*made({"a": 1.0, "b": 1.005}, blocks=50, noise=0.0001)).differ


def test_small_parts_of_blocks_do_not_count():
    """A block with few cells would show which cells these are."""
    times, host_of = made({"a": 1.0, "b": 1.0})
    host_of[99] = "c"
    times["cell0"][99] = 50.0
    assert set(host_effects(times, host_of).relative) == {"a", "b"}


@pytest.mark.parametrize("times", [{}, {"x": {}}, {"x": {0: 1.0}}, {"x": {0: -1.0, 1: float("nan")}}])
def test_without_two_hosts_there_is_nothing_to_say(times):
    assert host_effects(times, {0: "a", 1: "a"}) == HostEffects()
