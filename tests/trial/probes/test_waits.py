"""Waits at primitives: how many, how long, whose, and that nobody looks where nobody asked."""

import asyncio
import multiprocessing
import queue
import sys
import threading
import time

import pytest

from concexp import catalog
from concexp.trial import tools
from concexp.trial.probes import waits
from concexp.trial.verbs import measure
from tests.helpers.children import request
from tests.helpers.plugins import build
from tests.helpers.waiting import HOLD, has_asked, held

SECOND = 1_000_000_000


def kit(model, sync, workers=2, **parameters):
    """What an observed trial gives to a workload."""
    model = build("model", model, **parameters)
    lent = tools.Tools(*model.primitives(), model.asynchronous, "", workers)
    return waits.Kit(tools.Kit(lent, build("sync", sync), None, workers, ""))


def report(watcher):
    """(seconds of work, {where: (count, seconds)}) of what a watcher saw."""
    worked, seen = watcher.seen()
    return worked / SECOND, {label: (count, ns / SECOND) for label, (count, ns, _) in seen.items()}


def in_a_thread(work):
    """Start a watched worker; (thread, watcher)."""
    watcher = waits.Watcher()
    thread = threading.Thread(target=watcher.around(work, None), args=(None, 1))
    thread.start()
    return thread, watcher


def test_a_thread_waits_as_long_as_another_holds_the_lock():
    """One worker holds the lock for a known time while another asks: one wait, at least so long, and within its work."""
    lock = kit("threads", "lock").new_primitive()

    def work(me, n):
        with lock:
            return n

    with lock:  # nobody watches this thread: its own acquisition is nobody's wait
        thread, watcher = in_a_thread(work)
        while not has_asked(thread):
            time.sleep(0.001)
        begin, end = held()
    thread.join()
    worked, seen = report(watcher)
    assert list(seen) == ["lock.acquire"]
    count, waited = seen["lock.acquire"]
    assert count == 1
    assert (end - begin) / SECOND <= waited <= worked


def wait_for_the_change(condition, asked, answers):
    """A worker process: say that it is there while holding the condition, and wait for the other side."""
    watcher = waits.Watcher()

    def work(me, n):
        with condition:
            asked.value = 1
            condition.wait()
            return n

    watcher.around(work, None)(None, 1)
    answers.put(watcher.seen())


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_process_waits_as_long_as_nothing_changes(method):
    """Whatever way the wrapped condition came into the process: its wait is told, apart from its taking the lock."""
    context = multiprocessing.get_context(method)
    condition = kit("processes", "condition", start_method=method).new_primitive()
    asked, answers = context.Value("i", 0), context.SimpleQueue()
    worker = context.Process(target=wait_for_the_change, args=(condition, asked, answers))
    worker.start()
    there = False
    while not there:
        with condition:  # who holds it and sees the flag knows that the other one waits
            there = bool(asked.value)
        time.sleep(0.001)
    begin, end = held()
    with condition:
        condition.notify_all()
    worked, seen = answers.get()
    worker.join()
    assert {label: count for label, (count, _, _) in seen.items()} == {"condition.acquire": 1, "condition.wait": 1}
    assert end - begin <= seen["condition.wait"][1] <= worked


def test_a_coroutine_waits_as_long_as_another_holds_the_lock():
    """The same for coroutines, each of which has waits of its own though they share a thread."""

    async def main():
        lock = kit("asyncio", "lock").new_primitive()
        asked = asyncio.Event()
        times = []

        async def hold(me, n):
            async with lock:
                await asked.wait()
                times.extend(held())
                return n

        async def ask(me, n):
            asked.set()
            async with lock:  # at once: nothing is awaited in between
                return n

        holder, asker = waits.Watcher(), waits.Watcher()
        await asyncio.gather(holder.around_async(hold, None)(None, 1), asker.around_async(ask, None)(None, 1))
        return times, report(holder), report(asker)

    (begin, end), (held_for, holding), (worked, asking) = asyncio.run(main())
    assert [one["lock.acquire"][0] for one in (holding, asking)] == [1, 1]
    assert (end - begin) / SECOND <= asking["lock.acquire"][1] <= worked
    assert holding["lock.acquire"][1] <= held_for - (end - begin) / SECOND


def test_who_gives_up_has_waited_too():
    """A time limit that passes is a wait as long as the limit, counted as the others."""
    lock, channel = kit("threads", "lock").new_primitive(), kit("threads", "queue").new_primitive(1)

    def work(me, n):
        assert lock.acquire(True, HOLD) is False
        channel.put("the only place")
        with pytest.raises(queue.Full):
            channel.put("one too many", True, HOLD)
        assert channel.get() == "the only place"
        return n

    with lock:
        thread, watcher = in_a_thread(work)
        thread.join()
    _, seen = report(watcher)
    assert {label: count for label, (count, _) in seen.items()} == {"lock.acquire": 1, "queue.put": 2, "queue.get": 1}
    assert min(seen["lock.acquire"][1], seen["queue.put"][1]) >= HOLD * 0.9  # the clock of a time limit is another one


def test_a_lock_of_parts_is_one_primitive():
    """A ticket lock waits at its condition, a try-lock naps: either is one wait per acquisition, from asking to having."""
    for name in ("ticket_lock", "try_lock", "rw_lock"):
        lock = kit("threads", name).new_primitive()

        def work(me, n, lock=lock):
            with lock:
                return n

        with lock:
            thread, watcher = in_a_thread(work)
            while not waiting_inside(thread):
                time.sleep(0.001)
            begin, end = held()
        thread.join()
        worked, seen = report(watcher)
        assert {label: count for label, (count, _) in seen.items()} == {f"{name}.acquire": 1}
        assert (end - begin) / SECOND <= seen[f"{name}.acquire"][1] <= worked


def waiting_inside(thread):
    """Whether a thread has come through the wrapper's `with` into the lock itself."""
    frame = sys._current_frames().get(thread.ident)
    while frame is not None and frame.f_code is not waits.Plain.__enter__.__code__:
        inner, frame = frame, frame.f_back
        if frame is not None and frame.f_code is waits.Plain.__enter__.__code__:
            return "begin" in frame.f_locals and inner.f_code.co_name == "__enter__"
    return False


def test_both_sides_of_a_lock_are_told_apart():
    """Readers and writers of one lock wait at the same primitive, by different doors."""
    lock = kit("threads", "rw_lock").new_primitive()

    def work(me, n):
        with lock, pytest.raises(ZeroDivisionError):
            1 / 0  # noqa: B018
        for _ in range(n):
            with lock.reader:
                pass
        return n

    watcher = waits.Watcher()
    watcher.around(work, None)(None, 3)
    assert {label: count for label, (count, _) in report(watcher)[1].items()} == {
        "rw_lock.acquire": 1,
        "rw_lock.reader.acquire": 3,
    }


def test_what_a_primitive_can_do_it_still_can():
    """The wrapper hides nothing: flags, sizes, attempts and errors are the native object's."""
    event, channel = kit("threads", "event").new_primitive(), kit("threads", "queue").new_primitive(1)
    lock, permit = kit("threads", "lock").new_primitive(), kit("threads", "bounded_semaphore").new_primitive()
    event.set()
    channel.put(1)
    assert (event.is_set(), channel.full(), channel.qsize()) == (True, True, 1)
    assert (lock.acquire(False), lock.acquire(False), lock.locked()) == (True, False, True)
    lock.release()
    with pytest.raises(ValueError, match="released too many times"):
        permit.release()
    with pytest.raises(AttributeError, match="no attribute 'unlock'"):
        lock.unlock()


def test_nothing_is_told_twice():
    """What was seen in one pass is not seen again in the next."""
    lock = kit("threads", "lock").new_primitive()
    watcher = waits.Watcher()

    def work(me, n):
        with lock:
            return n

    watcher.around(work, None)(None, 1)
    assert watcher.seen()[1]["lock.acquire"][0] == 1
    assert watcher.seen() == (0, {})


def test_facts_are_sums_over_workers():
    """Workers' waits add up, histograms too; each worker's own are kept apart."""
    one = (4 * SECOND, {"lock.acquire": (2, SECOND, {5: 1, 7: 1}), "lock.wait": (1, SECOND, {7: 1})})
    two = (2 * SECOND, {"lock.acquire": (1, SECOND, {7: 1})})
    assert waits.Probe().merged([one, two]) == {
        "waits": 4,
        "waited_s": 3.0,
        "worked_s": 6.0,
        "wait_time": [(5, 1), (7, 3)],
        "worker_waits": [{"lock.acquire": (2, 1.0), "lock.wait": (1, 1.0)}, {"lock.acquire": (1, 1.0)}],
    }


def prepared(folder, probes, **asked):
    """A trial that has built its primitive and its shared state, and nothing else."""
    trial = measure.Trial(request(folder=str(folder), probes=probes, **asked))
    trial.model.set_up()
    trial.model.inside(trial.prepare)
    return trial


@pytest.mark.parametrize("model", ["threads", "asyncio", "processes"])
def test_a_measured_trial_uses_the_native_object(model, tmp_path):
    """Without the probe the primitive is of the very type that the model's library makes; with it, it is wrapped."""
    usual = [name for name in catalog.names("probe") if not catalog.load("probe", name).own_trials]
    native = build("model", model).inside(build("model", model).primitives()[1]["Lock"])
    asked = {"workload": "counter", "model": model, "sync": "lock"}
    assert type(prepared(tmp_path, usual, **asked).kit.primitive) is type(native)
    wrapped = prepared(tmp_path, ["waits"], **asked).kit.primitive
    assert type(wrapped.primitive) is type(native)


def test_what_a_workload_makes_is_observed_and_what_a_model_makes_is_not(tmp_path):
    """The buffer's own semaphores are the work's; the lock by which a schedule hands out operations is the model's."""
    load = {"ops": 8, "scaling": "strong"}
    _, free, filled = prepared(
        tmp_path, ["waits"], workload="bounded_buffer", model="threads", sync="semaphore", load=load
    ).shared
    assert (type(free), free.name, type(filled)) == (waits.Plain, "Semaphore", waits.Plain)
    model = ("threads", {"schedule": "chunk"})
    guard = prepared(tmp_path, ["waits"], workload="cpu_sum", model=model, load=load).source.guard
    assert type(guard) is type(threading.Lock())


def test_it_looks_where_there_is_a_primitive():
    """Where nothing guards or connects, there is nothing to see, and no trial is run for it."""
    assert not waits.Probe.applies_to(build("sync", "none"))
    assert waits.Probe.applies_to(build("sync", "queue"))
