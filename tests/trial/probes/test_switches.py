"""Switches and contentions: a worker that finds a lock taken is counted, and so is one that gives up its CPU."""

import asyncio
import threading
import time

import pytest

from concexp.trial import tools
from concexp.trial.probes import rusage, switches
from tests.helpers.children import trial
from tests.helpers.plugins import build

LOAD = {"ops": 40, "scaling": "strong"}


def kit(model, sync, workers=2):
    """What a trial with this probe gives to a workload."""
    model = build("model", model)
    lent = tools.Tools(*model.primitives(), model.asynchronous, "", workers)
    native = tools.Kit(lent, build("sync", sync), None, workers, "")
    return switches.Probe().kit(native, None)


def asked(work):
    """What the watcher of a worker that does this once has counted of primitives."""
    watcher = switches.Watcher()
    watcher.around(lambda me, n: work(), None)(None, 1)
    return watcher.seen()["asked"]


@pytest.mark.parametrize("sync", ["lock", "rlock", "semaphore", "bounded_semaphore", "condition"])
@pytest.mark.parametrize("model", ["threads", "processes"])
def test_a_free_lock_is_no_contention(model, sync):
    """Each time it is asked for counts, by `with` as by `acquire`; none of them found it taken."""
    lock = kit(model, sync).new_primitive()

    def work():
        with lock:
            pass
        lock.acquire()
        lock.release()

    assert asked(work) == {f"{sync}.acquire": [2, 0]}


@pytest.mark.parametrize("model", ["threads", "processes"])
def test_a_lock_that_another_holds_is_a_contention(model):
    """The worker waits for it as it would without being watched, and has it then."""
    lock = kit(model, "lock").new_primitive()
    lock.acquire()
    threading.Timer(0.05, lock.release).start()
    begin = time.monotonic()

    def work():
        with lock:
            assert time.monotonic() - begin >= 0.03

    assert asked(work) == {"lock.acquire": [1, 1]}


def test_an_attempt_without_waiting_stays_one():
    """`acquire(False)` of the work's own is made once; where it fails, that is a contention."""
    lock = kit("threads", "lock").new_primitive()

    def work():
        assert lock.acquire(blocking=False) is True
        assert lock.acquire(False) is False
        assert lock.acquire(timeout=0.01) is False

    assert asked(work) == {"lock.acquire": [3, 2]}


def test_coroutines_that_meet_a_taken_lock():
    """Of three coroutines that hold a lock over an await, two find it taken."""
    lock = kit("asyncio", "lock", 3).new_primitive()
    watchers = [switches.Watcher() for _ in range(3)]

    async def work(me, n):
        async with lock:
            await asyncio.sleep(0.001)
        return n

    async def all_of_them():
        await asyncio.gather(*(one.around_async(work, None)(None, 1) for one in watchers))

    asyncio.run(all_of_them())
    seen = [one.seen() for one in watchers]
    assert [one["asked"]["lock.acquire"] for one in seen] == [[1, 0], [1, 1], [1, 1]]


def test_coroutines_count_the_switches_of_their_thread_once():
    """What was counted for the first is not counted for the next: together they have what the thread had."""
    watchers = [switches.Watcher() for _ in range(3)]

    async def work(me, n):
        for _ in range(n):
            await asyncio.sleep(0.001)
        return n

    async def all_of_them():
        before = rusage.thread_switches("self", threading.get_native_id())
        await asyncio.gather(*(one.around_async(work, None)(None, 5) for one in watchers))
        seen = [one.seen() for one in watchers]
        return before, seen, rusage.thread_switches("self", threading.get_native_id())

    before, seen, after = asyncio.run(all_of_them())
    assert 5 <= sum(one["voluntary"] for one in seen) <= after[0] - before[0]


@pytest.mark.parametrize("sync", ["ticket_lock", "rw_lock", "file_lock"])
def test_what_cannot_be_tried_is_used_as_it_is(sync, tmp_path):
    """A lock of several parts has no `acquire`: nothing is counted, and it still excludes."""
    ending = trial(("counter", {"form": "call"}), "threads", sync, load=LOAD, probes=["switches"])
    (iteration,) = ending.answer["iterations"]
    assert (ending.status, [one["asked"] for one in iteration["switches"]]) == ("ok", [{}, {}])


@pytest.mark.parametrize("model", ["serial", "threads", "thread_pool", "processes", "process_pool", "asyncio"])
def test_sleepers_give_up_their_cpu(model):
    """Each sleep is a voluntary switch of a thread; coroutines share theirs, whose loop sleeps for several of them at once."""
    ending = trial(("sleep", {"delay": 0.002}), model, load=LOAD, probes=["switches"])
    assert ending.status == "ok", ending
    (iteration,) = ending.answer["iterations"]
    counts = [one["voluntary"] for one in iteration["switches"] if one]
    assert sum(counts) >= (40 if model != "asyncio" else 15)


def test_the_lock_of_a_trial_is_asked_for_by_each_operation():
    """Of workers that are in the section most of the time, many find it taken; none of their operations goes uncounted."""
    ending = trial(
        ("critical_section", {"inside": 0.002, "outside": 0.001}), "processes", "lock", load=LOAD, probes=["switches"]
    )
    (iteration,) = ending.answer["iterations"]
    counts = [one["asked"]["lock.acquire"] for one in iteration["switches"]]
    assert sum(count for count, _ in counts) == 40
    assert sum(taken for _, taken in counts) >= 5
