"""The recorded timeline: complete, in order, on one clock, bounded; of every model, and of workers that wait."""

import asyncio
import itertools
import multiprocessing
import threading
import time

import pytest

from concexp.trial import tools
from concexp.trial.probes import timeline, waits
from tests.helpers.children import trial
from tests.helpers.plugins import HERE, build
from tests.helpers.waiting import has_asked, held

OPS = 5
SLACK = 1_000_000  # ns: the kernel tells it by another clock
# Models whose workers come into being in another way, or do their tasks in another way.
WAYS = [
    *((name, {}) for name in HERE if name != "processes"),
    *(("processes", {"start_method": method}) for method in multiprocessing.get_all_start_methods()),
    ("asyncio", {"spawn": "gather"}),
    ("hybrid", {"inner": "asyncio"}),
    ("threads", {"schedule": "queue"}),
]


def recorded(*what, **asked):
    """The timeline of one real trial."""
    ending = trial(*what, probes=["timeline"], **asked)
    assert ending.status == "ok", ending
    return ending.answer["iterations"][0]["timeline"]


def spans(worker):
    """(begin, end) of a worker's segments."""
    return [(begin, end) for begin, end, *_ in worker["segments"]]


def assert_whole(found):
    """Of each worker: work, waits and idle time fill what lies between its coming and the end, in order."""
    for worker in found["workers"]:
        ends = [worker["came"], *itertools.chain.from_iterable(spans(worker)), found["end"]]
        assert ends == sorted(ends)
        assert worker["made"] <= worker["came"]
        assert worker["grain"] == 0
        assert worker["lined"] is None or 0 <= worker["lined"] <= found["end"] - worker["came"] + SLACK
        for begin, end, _, worked, cpu, waited in worker["segments"]:
            assert 0 <= cpu <= worked
            assert worked + sum(waited.values()) <= end - begin


@pytest.mark.parametrize(("model", "parameters"), WAYS, ids=[" ".join((name, *how.values())) for name, how in WAYS])
def test_every_model(model, parameters):
    """Whatever the workers are: each task is there once with its time, by one of the workers, and nothing overlaps."""
    load = {"ops": OPS, "scaling": "strong"}
    workers = 2 if build("model", model).needs_workers else 1
    found = recorded(("sleep", {"delay": 0.001}), (model, parameters), load=load, workers=workers)
    assert_whole(found)
    bodies = build("model", model, **parameters).bodies(workers)
    assert [worker["index"] for worker in found["workers"]] == list(range(bodies))
    tasks = [segment for worker in found["workers"] for segment in worker["segments"]]
    assert [done for _, _, done, *_ in tasks] == [1] * OPS
    assert all(worked >= 900_000 for _, _, _, worked, *_ in tasks)  # the clock of a sleep is another one


def test_coroutines_overlap_and_processes_share_the_clock():
    """While one coroutine sleeps the other does; a process's times lie within the pass that the coordinator saw."""
    load = {"ops": 2, "scaling": "strong"}
    one, two = recorded(("sleep", {"delay": 0.01}), "asyncio", load=load)["workers"]
    ((first, first_end),), ((second, second_end),) = spans(one), spans(two)
    assert max(first, second) < min(first_end, second_end)
    found = recorded(("sleep", {"delay": 0.01}), ("processes", {"start_method": "spawn"}), load=load)
    for worker in found["workers"]:
        ((begin, end),) = spans(worker)
        assert worker["made"] < 0 < worker["came"] <= begin < end < found["end"]


def test_who_has_no_task_is_idle_and_who_is_many_is_counted():
    """One task for more workers than are recorded: one works, the others of the first 32 are idle, the rest is a number."""
    found = recorded(("sleep", {"delay": 0.01}), "asyncio", workers=40, load={"ops": 1, "scaling": "strong"})
    assert_whole(found)
    assert [len(worker["segments"]) for worker in found["workers"]] == [1] + 31 * [0]
    assert found["more"] == 8


@pytest.mark.parametrize(("model", "sync"), [("threads", "barrier"), ("processes", "queue"), ("asyncio", "queue")])
def test_workers_that_share_state_show_where_they_wait(model, sync):
    """A pair that hands something to and fro waits for each other, at what the experiment names; their work is one stretch."""
    found = recorded("ping_pong", model, sync, load={"ops": 10, "scaling": "strong"})
    assert_whole(found)
    for worker in found["workers"]:
        assert sum(done for _, _, done, *_ in worker["segments"]) > 0
        waited = {label: ns for *_, waits in worker["segments"] for label, ns in waits.items()}
        assert waited.keys() <= {"Barrier.wait", "queue.put", "queue.get"}
        assert sum(waited.values()) > 0


def test_workers_that_are_replaced_cannot_tell():
    """A model that loses its workers on the way says so, and shows no half of a timeline."""
    model = build("model", "process_pool", start_method="spawn", max_tasks_per_child=1)
    with pytest.raises(tools.Unsupported, match="replaced cannot be asked"):
        model.on_every_worker("watch")


def test_a_wait_lies_between_work():
    """One worker holds the lock for a known time while another asks: work, one wait at least so long, work."""
    native = tools.Tools(*build("model", "threads").primitives(), False, "", 2)
    probe = timeline.Probe()
    lock = probe.kit(
        tools.Kit(native, build("sync", "lock"), None, 2, ""), build("workload", "counter")
    ).new_primitive()

    def work(me, n):
        with lock:
            time.sleep(0.001)
        return n

    me = tools.WorkerView(1, 2, None, None, "")
    watcher = probe.watcher()
    probe.begin([], [])
    thread = threading.Thread(target=watcher.around(work, me), args=(me, 3))
    with lock:  # nobody watches this thread
        thread.start()
        while not has_asked(thread):
            time.sleep(0.001)
        begin, end = held()
    thread.join()
    probe.end([], [])
    (worker,) = probe.merged([watcher.seen()])["timeline"]["workers"]
    before, wait, after = worker["segments"]
    assert wait[2:] == [0, 0, 0, {"lock.acquire": wait[1] - wait[0]}]
    assert wait[0] <= begin - probe.begun < end - probe.begun <= wait[1]
    assert (before[1], before[2], after[0], after[2]) == (wait[0], 0, wait[1], 3)
    assert after[3] == after[1] - after[0] >= 900_000  # all of it is work, though it slept
    assert waits.WATCHER.get() is None


def test_it_is_bounded():
    """However many tasks there are: so many segments, and nothing is lost but where one ends and the next begins."""
    watcher = timeline.Watcher(True, 30)
    me = tools.WorkerView(0, 1, None, None, "")
    calls = []

    def work(me, n):
        calls.append(me.first)
        return n

    assert watcher.around(work, me)(me, 5000) == 5000
    assert calls == list(range(5000))
    assert me.first == 0
    *_, grain, events, segments = watcher.seen()
    assert len(segments) <= 30
    assert grain > 0
    assert events == sum(done for _, _, done, *_ in segments) == 5000
    assert all(one[1] == other[0] for one, other in itertools.pairwise(segments))
    assert sum(worked for *_, worked, _, _ in segments) == segments[-1][1] - segments[0][0]


def test_a_long_stretch_stays_what_it_is():
    """Only what is short is put together, and its waits add up by place."""
    short = [[k, k + 1, 1, 1, 0, {"lock.acquire": 1}] for k in range(4)]
    assert timeline.together([*short, [4, 104, 1, 100, 90, {}], [104, 105, 0, 0, 0, {"a": 1}]], 10) == [
        [0, 4, 4, 4, 0, {"lock.acquire": 4}],
        [4, 104, 1, 100, 90, {}],
        [104, 105, 0, 0, 0, {"a": 1}],
    ]


def test_a_coroutine_has_the_cpu_time_of_its_turns():
    """Who computes while another waits: no time is told of both, and the wait, a cancellation and a value come through."""

    async def main():
        there = asyncio.Event()

        async def compute(me, n):
            until = time.thread_time_ns() + 3_000_000
            while time.thread_time_ns() < until:
                pass
            there.set()
            return n

        async def wait(me, n):
            await there.wait()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.sleep(60)
            return 7 * n

        watchers = [timeline.Watcher(True, 9) for _ in range(2)]
        mes = [tools.WorkerView(index, 2, None, None, "") for index in range(2)]
        watched = [
            watcher.around_async(work, me) for watcher, work, me in zip(watchers, (wait, compute), mes, strict=True)
        ]
        waiting, computing = (asyncio.ensure_future(work(me, 1)) for work, me in zip(watched, mes, strict=True))
        assert await computing == 1
        for _ in range(3):  # rounds of the loop: now the other one has gone on, to its sleep
            await asyncio.sleep(0)
        waiting.cancel()
        assert await waiting == 7
        return [watcher.seen()[-1] for watcher in watchers]

    before = time.thread_time_ns()
    ((waited,), (computed,)) = asyncio.run(main())
    assert waited[4] + computed[4] <= time.thread_time_ns() - before
    assert computed[4] >= 3_000_000
    assert waited[3] == waited[1] - waited[0]
