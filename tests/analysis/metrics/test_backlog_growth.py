"""When an open loop counts as overloaded: by a line that grows to the end, and not by bursts, stalls and chance."""

import math
import random

import pytest

from concexp.analysis.metrics.backlog_growth import growth
from concexp.analysis.samples import OVERLOAD

DURATION = 2.0


def floors(arrivals, service, workers=1, stall=(0.0, 0.0)):
    """The shortest latency of each fifth of DURATION: first come, first served; `stall` is when service stands still."""
    free = [0.0] * workers
    found = [math.inf] * 5
    for arrival in arrivals:
        worker = free.index(min(free))
        begin = max(arrival, free[worker])
        if stall[0] <= begin < stall[1]:
            begin = stall[1]
        free[worker] = begin + service()
        part = int(arrival / DURATION * 5)
        found[part] = min(found[part], free[worker] - arrival)
    return found


def evenly(rate):
    return [number / rate for number in range(int(rate * DURATION))]


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(("load", "grows"), [(0.5, False), (0.95, False), (1.1, True), (2.08, True), (10, True)])
def test_a_line_grows_by_what_arrives_too_much(workers, load, grows):
    """At 1.1 times what can be served the latency grows by 0.1 s a second; below that it does not grow."""
    service = 0.005
    arrivals = evenly(load * workers / service)
    found = growth(floors(arrivals, lambda: service, workers), DURATION, len(arrivals))
    assert (found > OVERLOAD) is grows
    assert found == pytest.approx(load - 1 if grows else 0.0, rel=0.02)


@pytest.mark.parametrize("begin", [0.3, 0.7, 1.0, 1.3, 1.5, 1.8, 1.9])
def test_a_stall_is_no_overload(begin):
    """Service that stands still for a while builds a line, which becomes shorter as soon as it goes on: also at the end."""
    arrivals = evenly(100)
    found = floors(arrivals, lambda: 0.002, stall=(begin, begin + 0.5))
    assert growth(found, DURATION, len(arrivals)) <= OVERLOAD


@pytest.mark.parametrize("when", [0.5, 1.2, 1.7, 1.95])
def test_a_burst_is_no_overload(when):
    """A tenth of all operations at once, at any time, is no overload."""
    arrivals = sorted(evenly(100) + [when] * 20)
    assert growth(floors(arrivals, lambda: 0.004), DURATION, len(arrivals)) <= OVERLOAD


def test_chance_is_no_overload():
    """At 80 % of what can be served, with random arrivals and services, at most one pass in twenty looks overloaded."""
    found = []
    for seed in range(200):
        rng = random.Random(seed)
        arrivals = sorted(rng.uniform(0, DURATION) for _ in range(320))
        found.append(growth(floors(arrivals, lambda rng=rng: rng.expovariate(200)), DURATION, 320) > OVERLOAD)
    assert sum(found) <= 10


def test_few_operations_are_no_overload():
    """With a few operations the shortest latency of a fifth is that of two or three, and so a matter of chance."""
    assert growth([0.1, 0.1, 0.14, 0.17, 0.2], 1.0, 20) == 0
    assert growth([0.1, 0.1, 0.14, 0.17, 0.2], 1.0, 200) == pytest.approx(0.15)


@pytest.mark.parametrize("given", [None, [], [0.1, None, 0.1, 0.2, 0.3]])
def test_what_was_not_recorded_is_unknown(given):
    """Journals without the fact, closed loops and fifths without an arrival tell nothing."""
    assert math.isnan(growth(given, 1.0, 100))
