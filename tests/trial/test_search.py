"""The search for the highest rate that is served, and when a step is too much: by a line that grows to the end."""

import math
import random

import pytest

from concexp.trial.probes.latency import added, histogram
from concexp.trial.search import OVERLOAD, Search, growth, objective
from tests.helpers.children import trial

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
    assert growth(given, 1.0, 100) is None


def step(rate, duration, service, workers=1, lateness=0):
    """The facts of a step: `workers` that take `service` seconds for each operation."""
    arrivals = [number / rate for number in range(int(rate * duration))]
    scale = duration / DURATION
    found = floors([one / scale for one in arrivals], lambda: service / scale, workers)
    busy = max(1.0, rate * service / workers)
    latencies = [int(1e9 * (service + (busy - 1) * one)) for one in arrivals]
    return {
        "latency_floor_s": [floor * scale for floor in found],
        "latency": added([histogram(latencies)]),
        "lateness": added([histogram([int(lateness * one) for one in latencies])]),
        "ops": len(arrivals),
        "wall_s": duration * busy,
    }


def searched(first, service, workers=1, until="overloaded", within=0.05, seed=1):
    """The finished search on such workers."""
    search = Search(first, 1.0, until, within, seed)
    while search.note(step(search.rate, 1.0, service, workers)):
        assert len(search.steps) < 40
    return search


@pytest.mark.parametrize("first", [50.0, 100.0, 370.0, 1000.0, 5000.0])
def test_it_finds_the_rate_that_can_be_served(first):
    """Four workers that take 10 ms serve 400 a second: wherever the search begins, it ends within a tenth of that."""
    search = searched(first, 0.01, workers=4)
    assert 380 < search.served < 430
    assert search.served < search.too_much <= 1.05 * search.served
    assert search.best["offered_rate"] == search.served
    assert search.served in [one["rate"] for one in search.steps if not one["too_much"]]


def test_trials_search_on_grids_of_their_own():
    """Seeds spread the answers over the share that the search leaves open; the same seed gives the same rates again."""
    found = [searched(100.0, 0.0025, seed=seed).served for seed in range(20)]
    assert len({round(rate) for rate in found}) > 10
    assert max(found) < 1.06 * min(found)
    assert found == [searched(100.0, 0.0025, seed=seed).served for seed in range(20)]


def test_a_finer_search_takes_more_steps():
    """`within` is how close the two ends come."""
    coarse, fine = (searched(100.0, 0.0021, within=within) for within in (0.3, 0.02))
    assert len(coarse.steps) < len(fine.steps)
    assert fine.too_much <= 1.02 * fine.served


def test_a_limit_on_a_percentile_ends_it_as_well():
    """A step whose 99th percentile is beyond the limit is too much although all is served."""
    search = Search(1000.0, 1.0, "latency_p99_s > 0.02", 0.5, 1)
    first = search.rate
    slow = {**step(1000.0, 1.0, 0.0001), "latency": added([histogram([10**6] * 985 + [30 * 10**6] * 15)])}
    assert search.note(step(1000.0, 1.0, 0.0001))
    assert search.rate == 2 * first
    assert search.note(slow)
    assert [one["too_much"] for one in search.steps] == [False, True]
    assert search.steps[1]["growth"] == 0


@pytest.mark.parametrize(
    ("until", "found"),
    [("overloaded", None), ("latency_p99_s > 0.05", (0.99, 0.05)), ("latency_p999_s > 1.0", (0.999, 1.0))],
)
def test_what_ends_it(until, found):
    """The text of the YAML in SI units is a percentile and a limit."""
    assert objective(until) == found


def test_a_rate_that_cannot_be_sent_is_an_error():
    """Where most of the latency is the lateness of the generator, it is the generator that is overloaded."""
    with pytest.raises(RuntimeError, match="the load generator cannot send 1000 arrivals per second"):
        Search(1000.0, 1.0, "overloaded", 1e-9, 1).note(step(1000.0, 1.0, 0.01, lateness=0.9))


def test_it_gives_up_where_nothing_can_be_served():
    """After ten halvings the first rate was far too high."""
    search = Search(1000.0, 1.0, "overloaded", 1e-9, 1)
    for halvings in range(10):
        assert search.rate == pytest.approx(1000.0 / 2**halvings)
        assert search.note(step(1000.0, 1.0, 0.01))
    with pytest.raises(RuntimeError, match=r"even 0\.97\d+ operations per second are more than can be served"):
        search.note(step(1000.0, 1.0, 0.01))


def test_a_percentile_needs_operations_in_a_step():
    """The first step must have ten beyond it; an axis may bring loads together that no reader of the YAML has seen."""
    assert Search(1000.0, 1.0, "latency_p99_s > 0.05", 0.05, 1).limit == (0.99, 0.05)
    with pytest.raises(ValueError, match="99 % of 900 operations in a step is a matter of chance"):
        Search(900.0, 1.0, "latency_p99_s > 0.05", 0.05, 1)


@pytest.mark.parametrize("model", ["serial", "threads", "processes", "asyncio", "thread_pool"])
@pytest.mark.parametrize("startup", ["once", "each"])
def test_a_trial_searches(model, startup):
    """A real trial answers with the pass at the highest rate that was served, and with all steps."""
    load = {"rate": 100.0, "duration": 0.25, "arrivals": "constant", "until": "overloaded", "within": 0.5}
    ending = trial(("sleep", {"delay": 0.01}), model, load=load, startup=startup, probes=["latency"], iterations=3)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    (iteration,), steps = ending.answer["iterations"], ending.answer["steps"]
    served = [one["rate"] for one in steps if not one["too_much"]]
    assert iteration["offered_rate"] == max(served)
    assert max(served) <= 100 * (1 if model == "serial" else 2) * 1.3  # more than that nobody can serve
    assert iteration["ops"] == int(0.25 * max(served))
