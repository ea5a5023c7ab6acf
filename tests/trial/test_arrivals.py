"""The open loop: when operations arrive, who takes them, and that waiting in line counts."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter

import pytest

from concexp import catalog
from concexp.analysis.stats import histogram
from concexp.trial import arrivals, tools
from concexp.trial.models.threads import LENDS
from concexp.trial.passes import Report
from concexp.trial.probes import latency
from concexp.trial.search import growth
from tests.helpers.children import function, trial
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
        self.now, self.cost = 5 * S, cost
        for module in (arrivals, latency):
            monkeypatch.setattr(module, "clock", lambda: self.now)

    def work(self, me, n):
        self.now += self.cost
        return me.first


class Punctual(arrivals.Arrivals):
    """Arrivals of a generator that sends each `late` ns after its time, on a clock that only the work turns."""

    def __init__(self, turning, load, late=0):
        self.turning, self.late = turning, late
        super().__init__(tools.Tools(*LENDS, folder=tempfile.mkdtemp()), load, 1)

    def start(self, rate):
        self.due = arrivals.offsets(rate, *self.given)

    def open(self):
        """Nothing is read."""

    def join(self, readers):
        begun = self.turning.now
        sent = [(number, begun + due, begun + due + self.late) for number, due in enumerate(self.due)]
        self.records = iter([*sent, (arrivals.END, begun, 7)])

    def take(self):
        number, intended, sent = next(self.records)
        if number != arrivals.END:
            self.turning.now = max(self.turning.now, sent)
        return number, intended, sent


def served(monkeypatch, cost, load=None, late=0):
    """(report, service times, what `latency.of_arrivals` makes of the latencies) of one worker; an operation takes `cost` ns."""
    turning = Turning(monkeypatch, cost)
    source = Punctual(turning, load or {"rate": 10.0, "duration": 1.0, "arrivals": "constant"}, late)
    watcher = latency.Watcher()
    me = tools.WorkerView(0, 1, None, None, "", source, (watcher,))
    report = source.serve(watcher.around(turning.work, me), me)
    due, _, _, _, done = [watcher.moments[k::5] for k in range(5)]
    service, response = list(watcher.service), [end - meant for end, meant in zip(done, due, strict=True)]
    return report, service, response, watcher.seen()


def test_a_fast_worker_waits_for_arrivals(monkeypatch):
    """Service in half the gap: latency is the service time, and the pass lasts until the last is done."""
    report, service, response, _ = served(monkeypatch, S // 20)
    assert service == response == [S // 20] * 10
    assert report == Report(5 * S, 5 * S + 9 * S // 10 + S // 20, 0, 10, sum(range(10)))


def test_a_slow_worker_falls_behind_and_it_shows(monkeypatch):
    """Service in twice the gap: each operation stands in line one gap longer than the one before."""
    _, service, response, _ = served(monkeypatch, S // 5)
    assert service == [S // 5] * 10
    assert response == [S // 5 + k * S // 10 for k in range(10)]


def test_a_late_load_counts_as_late_only_while_a_worker_is_free(monkeypatch):
    """Of arrivals that are sent 10 ms late, a worker that is free lost 10 ms each; one that is behind lost none but the first."""
    late = S // 100
    _, _, response, (_, (_, lateness, wake_ups, _), cpu) = served(monkeypatch, S // 20, late=late)
    assert response == [S // 20 + late] * 10
    assert lateness == latency.histogram([late] * 10)
    assert wake_ups == {0: 10}
    assert cpu == 7
    _, _, _, (_, (_, lateness, _, _), _) = served(monkeypatch, S // 5, late=late)
    assert lateness == latency.histogram([late] + [0] * 9)


def test_the_shortest_latency_of_each_fifth_shows_a_growing_line(monkeypatch):
    """With service in twice the gap the shortest grows from fifth to fifth, else it stays; a fifth without arrivals has none."""
    floors = [served(monkeypatch, cost)[3][1][3] for cost in (S // 5, S // 20)]
    assert floors == [[S // 5 + k * S // 5 for k in range(5)], [S // 20] * 5]
    load = {"rate": 2.0, "duration": 1.0, "arrivals": "constant"}
    assert served(monkeypatch, S // 20, load)[3][1][3] == [S // 20, None, S // 20, None, None]


@pytest.mark.parametrize("model", OPEN)
def test_every_model_that_opens_serves_all(model):
    """Every arrival is served once; latency and service time of each are there, and latency is never the smaller."""
    ending = trial(("sleep", {"delay": 0.002}), model, load=LOAD, iterations=2, probes=["rusage", "latency"])
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    for iteration in ending.answer["iterations"]:
        service, response = iteration["service_time"], iteration["latency"]
        assert iteration["ops"] == sum(n for _, n in service) == sum(n for _, n in response) == 40
        assert 40 == sum(n for _, n in iteration["lateness"]) == sum(n for _, n in iteration["wake_up"])
        assert min(iteration["latency_floor_s"]) >= 0.002
        assert 0 < iteration["generator_cpu_s"] < iteration["wall_s"]
        # The last was to come 97.5 ms after the beginning; but no more were served in a second than were to arrive.
        assert iteration["wall_s"] >= 0.1
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


def test_an_overload_is_seen_in_the_shortest_latencies():
    """Four times as many arrivals as one worker can serve: the latency grows by 3 s a second, or more on a slow machine."""
    load = {"rate": 400.0, "duration": 0.3, "arrivals": "constant"}
    (iteration,) = trial(("sleep", {"delay": 0.01}), "threads", workers=1, load=load).answer["iterations"]
    assert growth(iteration["latency_floor_s"], 0.3, iteration["ops"]) > 2.9


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


@pytest.fixture
def source(tmp_path):
    """A function that makes the arrivals of a model, with a real generator; all are stopped after the test."""
    made = []

    def make(model, **load):
        model = catalog.load("model", model)()
        kit = tools.Tools(*model.primitives(), model.asynchronous, str(tmp_path))
        made.append(kit)
        return model, model.inside(arrivals.Arrivals, kit, {**LOAD, **load}, 1, model.in_turns)

    yield make
    for kit in made:
        kit.end()


def view(index, workers, source):
    return tools.WorkerView(index, workers, None, None, "", source, (latency.Watcher(),))


def test_coroutines_take_turns(source):
    """On one loop each arrival is taken once, pass after pass."""
    model, line = source("asyncio", rate=1e5)
    taken = []

    async def work(me, n):
        taken.append(me.first)
        await asyncio.sleep(0)
        return 1

    async def everybody():
        return await asyncio.gather(*[line.serve_async(work, view(i, 5, line)) for i in range(5)])

    for _ in range(2):
        begin = time.perf_counter_ns()
        line.reset()
        taken.clear()
        reports = model.on_loop(everybody())
        assert sum(report.total for report in reports) == len(line) == 10_000
        assert sorted(taken) == list(range(10_000))
        assert len({report.start for report in reports}) == 1
        assert reports[0].start >= begin


def test_no_arrival_lies_in_a_loop_that_is_busy(source):
    """Of two loops in threads one stands still at the first arrival: the other takes all that come meanwhile."""
    _, line = source("threads", rate=1e5)
    taken, over = [], threading.Event()

    async def work(me, n):
        taken.append(me.first)
        if len(taken) == len(line):
            over.set()
        if me.first == 0:
            return over.wait(60)
        await asyncio.sleep(0)
        return 1

    def live(index):
        reports.append(asyncio.run(line.serve_async(work, view(index, 2, line))))

    for _ in range(2):
        reports = []
        line.reset()
        taken.clear()
        over.clear()
        loops = [threading.Thread(target=live, args=(index,)) for index in range(2)]
        for loop in loops:
            loop.start()
        for loop in loops:
            loop.join()
        assert sorted(taken) == list(range(10_000))
        assert sorted((report.done, report.total) for report in reports) == [(1, 1), (9_999, 9_999)]


# Each call notes its process and thread, and does not return before the expected number of calls are in flight.
ROLL_CALL = """\
import asyncio, os, threading

async def work(log, expected):
    with open(log, "a") as file:
        file.write("%d/%d\\n" % (os.getpid(), threading.get_ident()))
    while len(open(log).read().split()) < expected:
        await asyncio.sleep(0.001)
"""


@pytest.mark.parametrize(
    ("model", "workers"), [(("loops", {"limit": 3}), 2), (("hybrid", {"inner": "asyncio"}), 6)], ids=str
)
def test_coroutines_of_all_loops_take_arrivals(model, workers, write, tmp_path):
    """Of six arrivals each of two loops takes three, one for each coroutine: else the trial would wait for ever."""
    load = {"rate": 6000.0, "duration": 0.001, "arrivals": "constant"}
    path, log = write("mine.py", ROLL_CALL), tmp_path / "log"
    workload = function(path, log=str(log), expected=6)
    ending = trial(workload, model, workers=workers, load=load, warmup=0, probes=["latency"])
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    assert list(Counter(log.read_text().split()).values()) == [3, 3]
    assert ending.answer["iterations"][0]["worker_ops"] == [6 // workers] * workers


def test_workers_that_take_turns_wait_one_for_all(source):
    """Where the standard library is patched, one worker waits at the line and the others for it: each arrival is taken once."""
    _, line = source("gevent", rate=2e4)
    taken = []

    def work(me, n):
        taken.append(me.first)
        return 1

    workers = [threading.Thread(target=line.serve, args=(work, view(i, 3, line))) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken) == list(range(2000))


def test_more_arrivals_than_the_line_holds_wait_at_the_generator(source):
    """A worker that comes to the line late finds all arrivals, with the times at which they were meant to come."""
    _, line = source("threads", rate=1e6, duration=0.01)
    line.join(1)
    time.sleep(0.02)  # nothing depends on it: either way all must come
    records = [line.take() for _ in range(10_001)]
    assert [number for number, _, _ in records] == [*range(10_000), arrivals.END]
    begun = records[-1][1]
    assert [intended - begun for _, intended, _ in records[:3]] == [0, 1000, 2000]
    assert all(sent >= intended for _, intended, sent in records[:-1])


def test_nothing_is_left_of_a_generator(tmp_path):
    """At the end of a trial its process has ended, and its descriptors and FIFOs are gone."""
    before = set(os.listdir("/proc/self/fd"))
    kit = tools.Tools(*LENDS, folder=str(tmp_path))
    line = arrivals.Arrivals(kit, LOAD, 1)
    assert sorted(os.listdir(tmp_path)) == ["arrivals", "arrivals-ready"]
    kit.end()
    assert line.generator.returncode == -signal.SIGTERM
    assert os.listdir(tmp_path) == []
    assert set(os.listdir("/proc/self/fd")) == before


DYING = """\
import os, sys
from concexp.trial import arrivals, tools
from concexp.trial.models.threads import LENDS
load = {"rate": 0.01, "duration": 100, "arrivals": "constant"}
source = arrivals.Arrivals(tools.Tools(*LENDS, folder=sys.argv[1]), load, 1)
os._exit(0)
"""


def test_a_generator_ends_with_its_trial(tmp_path):
    """Where the trial's process dies, its generator does too: it would keep the trial's output open."""
    process = subprocess.run([sys.executable, "-c", DYING, str(tmp_path)], capture_output=True, text=True, timeout=60)
    # The generator had standard error, too: that `run` returned means that both have closed it.
    assert process.returncode == 0, process.stderr


def test_a_generator_that_dies_is_no_hang(source):
    """Who waits for an arrival then gets an error, in a thread as on a loop."""
    _, line = source("threads", rate=0.01, duration=100)
    line.generator.kill()
    with pytest.raises(OSError, match="ended before the pass was over"):
        line.take()


def test_a_generator_that_dies_ends_the_wait_of_coroutines(source):
    """As above: every coroutine that waits gets the error."""
    model, line = source("asyncio", rate=0.01, duration=100)

    async def everybody():
        waiting = [asyncio.ensure_future(line.serve_async(None, view(i, 4, line))) for i in range(3)]
        line.generator.kill()
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(error) for error in model.on_loop(everybody())] == [BrokenPipeError] * 3
