"""The open loop: when operations arrive, who takes them, and that waiting in line counts."""

import asyncio
import itertools
import time

import pytest

from concexp import catalog
from concexp.analysis.stats import histogram
from concexp.trial import arrivals, tools
from concexp.trial.models.threads import LENDS
from concexp.trial.passes import Report
from concexp.trial.probes import latency
from tests.helpers.children import trial
from tests.helpers.plugins import HERE, build

S = arrivals.SECOND
LOAD = {"rate": 400.0, "duration": 0.1, "arrivals": "constant"}
OPEN = [name for name in HERE if build("model", name).opens]


def test_constant_arrivals_are_evenly_spaced():
    """Rate times duration of them, one gap apart, the first at once."""
    assert list(arrivals.offsets(4.0, 1.5, "constant", 1)) == [0, S // 4, S // 2, 3 * S // 4, S, 5 * S // 4]


def test_poisson_arrivals_are_seeded_and_have_the_rate():
    """The same seed gives the same times, another seed others; gaps are exponential: mean and deviation 1 / rate."""
    one = list(arrivals.offsets(1000.0, 20.0, "poisson", 1))
    assert (
        one == list(arrivals.offsets(1000.0, 20.0, "poisson", 1)) != list(arrivals.offsets(1000.0, 20.0, "poisson", 2))
    )
    assert one == sorted(one)
    assert one[-1] < 20 * S
    gaps = [(b - a) / S for a, b in itertools.pairwise(one)]
    mean = sum(gaps) / len(gaps)
    assert mean == pytest.approx(0.001, rel=0.05)  # 20,000 gaps: the standard error is 0.7 %
    assert (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5 == pytest.approx(0.001, rel=0.1)


@pytest.mark.parametrize("kind", ["constant", "poisson"])
def test_there_is_always_one(kind):
    """A rate so low that nothing would come in that time still has one operation: a pass of nothing measures nothing."""
    assert len(arrivals.offsets(0.001, 0.1, kind, 1)) == 1


class Turning:
    """Work that takes a given time of a clock that only it turns."""

    def __init__(self, monkeypatch, cost):
        self.now, self.cost, self.slept = 0, cost, []
        for module in (arrivals, latency):
            monkeypatch.setattr(module, "clock", lambda: self.now)
        monkeypatch.setattr(arrivals, "sleep", self.sleep)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += round(seconds * S)

    def work(self, me, n):
        self.now += self.cost
        return me.first


def served(monkeypatch, cost, load=None):
    """(report, service times, latencies) of one worker whose operations take `cost` ns."""
    turning = Turning(monkeypatch, cost)
    turning.now = 5 * S
    source = arrivals.Arrivals(tools.Tools(*LENDS), load or {"rate": 10.0, "duration": 1.0, "arrivals": "constant"}, 1)
    source.reset()
    watcher = latency.Watcher()
    me = tools.WorkerView(0, 1, None, None, "", source, (watcher,))
    report = source.serve(watcher.around(turning.work, me), me)
    return report, list(watcher.service), list(watcher.response)


def test_a_fast_worker_waits_for_arrivals(monkeypatch):
    """Service in half the gap: latency is the service time, and the pass lasts until the last is done."""
    report, service, response = served(monkeypatch, S // 20)
    assert service == response == [S // 20] * 10
    assert report == Report(5 * S, 5 * S + 9 * S // 10 + S // 20, 0, 10, sum(range(10)))


def test_a_slow_worker_falls_behind_and_it_shows(monkeypatch):
    """Service in twice the gap: each operation stands in line one gap longer than the one before."""
    _, service, response = served(monkeypatch, S // 5)
    assert service == [S // 5] * 10
    assert response == [S // 5 + k * S // 10 for k in range(10)]


@pytest.mark.parametrize("model", OPEN)
def test_every_model_that_opens_serves_all(model):
    """Every arrival is served once; latency and service time of each are there, and latency is never the smaller."""
    ending = trial(("sleep", {"delay": 0.002}), model, load=LOAD, iterations=2, probes=["rusage", "latency"])
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    for iteration in ending.answer["iterations"]:
        service, response = iteration["service_time"], iteration["latency"]
        assert iteration["ops"] == sum(n for _, n in service) == sum(n for _, n in response) == 40
        # The last was to come 97.5 ms after the beginning.
        assert iteration["wall_s"] >= 0.0975
        assert histogram.quantile(response, 0) >= histogram.quantile(service, 0) >= 0.002 * 127 / 128
        assert histogram.mean(response) >= histogram.mean(service) * 127 / 128


def test_blocking_work_in_a_coroutine_is_served_too():
    """Work without an asynchronous form arrives at its time as well, and blocks the loop meanwhile."""
    ending = trial(("cpu_sum", {"size": 10}), "asyncio", load=LOAD)
    assert (ending.status, ending.answer["iterations"][0]["ops"]) == ("ok", 40)


def test_a_line_that_grows_is_seen_in_the_latency():
    """Twice as many arrivals as one worker can serve: the last stood in line about as long as all the work took."""
    load = {"rate": 200.0, "duration": 0.2, "arrivals": "constant"}
    (iteration,) = trial(("sleep", {"delay": 0.01}), "threads", workers=1, load=load).answer["iterations"]
    assert histogram.quantile(iteration["latency"], 1) > 0.15  # 40 × 10 ms of work, the last arrived after 195 ms
    assert histogram.quantile(iteration["service_time"], 0.5) < 0.1


@pytest.mark.parametrize(
    ("workload", "model", "reason"),
    [
        ("counter", "threads", "operations that do not wait for each other"),
        ("sleep", "threads", ""),
    ],
)
def test_what_cannot_arrive_has_a_reason(workload, model, reason):
    """Workers that share state have no operations that could come from outside."""
    found = tools.unsupported(build("workload", workload), build("model", model), build("sync", "none"), 2, LOAD)
    assert reason in found
    assert bool(reason) == bool(found)


def test_a_model_that_cannot_open_says_so():
    """Where a model hides its operations, an open loop is refused with its name."""
    model = build("model", "threads")
    model.opens = False
    found = tools.unsupported(build("workload", "sleep"), model, build("sync", "none"), 2, LOAD)
    assert found == "threads has no open loop"


def test_coroutines_take_turns_without_a_guard():
    """On one loop each arrival is taken once though nothing guards the counter."""
    model = catalog.load("model", "asyncio")()
    source = model.inside(arrivals.Arrivals, tools.Tools(*model.primitives(), True), {**LOAD, "rate": 1e5}, 1)
    source.reset()
    assert source.guard is None

    async def work(me, n):
        await asyncio.sleep(0)
        return 1

    async def everybody():
        views = [tools.WorkerView(i, 5, None, None, "", source, (latency.Watcher(),)) for i in range(5)]
        return await asyncio.gather(*[source.serve_async(work, me) for me in views])

    begin = time.perf_counter_ns()
    reports = model.on_loop(everybody())
    assert sum(report.total for report in reports) == len(source) == 10_000
    assert len({report.start for report in reports}) == 1
    assert reports[0].start >= begin
