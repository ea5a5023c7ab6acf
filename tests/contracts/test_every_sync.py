"""What holds for every primitive: it is made of the model's own library alone, and does what its interface promises."""

import asyncio
import ctypes
import multiprocessing
import queue
import threading

import pytest

from concexp import catalog
from concexp.testing.described import assert_described
from concexp.trial import tools
from tests.helpers.forks import trial
from tests.helpers.plugins import METHODS, REAL_MODELS, SMALL, build, lent, runs

NAMES = catalog.names("sync")
INTERFACES = {name: build("sync", name).interface for name in NAMES}
GUARDED = [
    (model, sync)
    for model in [*REAL_MODELS, *(("processes", {"start_method": method}) for method in METHODS)]
    for sync in NAMES
    if INTERFACES[sync] == "guard" and runs("counter", model if isinstance(model, str) else model[0], sync, 2)
]
# Modules that a library's primitives may use beside its own.
FRIENDS = {
    "threading": {"threading", "_thread", "queue", "_queue", "multiprocessing", "socket"},
    "multiprocessing": {"multiprocessing", "socket", "_thread"},
    "asyncio": {"asyncio", "socket"},
}
OURS = "concexp.trial"


# Every factory that some model lends, or could lend.
LENT = {name for model in REAL_MODELS for name in build("model", model).primitives()[1]} | {"InterpreterQueue"}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_described(name):
    """Its docstring explains what it is and what each of its parameters means."""
    assert_described("sync", name)


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_its_interface(name):
    """Its interface is one of the known ones, and `none` alone has the interface none."""
    assert INTERFACES[name] in ("none", "guard", "channel", "stream", "signal", "shards", "state")
    assert (INTERFACES[name] == "none") == (name == "none")


def parts(thing):
    """Yields the native parts of a primitive: looks into our own classes and containers, and takes a method for its object."""
    if type(thing).__module__.startswith(OURS):
        names = getattr(thing, "__slots__", None) or vars(thing)
        for name in names:
            yield from parts(getattr(thing, name))
    elif callable(thing) and getattr(thing, "__self__", None) is not None:
        yield from parts(thing.__self__)
    elif isinstance(thing, tuple | list | set | ctypes.Array):
        for value in thing:
            yield from parts(value)
    elif not isinstance(thing, int | float | str | None):
        yield thing


@pytest.mark.parametrize("model", REAL_MODELS)
@pytest.mark.parametrize("name", NAMES)
def test_it_is_native_or_unsupported(name, model, tmp_path):
    """All parts come from the model's own library, or it is unsupported with a reason; a dry run agrees with building."""
    model, sync = build("model", model), build("sync", name)
    owner, factories, array = model.primitives()
    lender = tools.Tools(owner, factories, array, model.asynchronous, str(tmp_path), 2)

    def built():
        return sync.build(lender, 3)

    try:
        sync.build(tools.DryTools(owner, factories, array, model.asynchronous, workers=2), 3)
    except tools.Unsupported:
        with pytest.raises(tools.Unsupported, match=f"^{owner} has no "):
            model.inside(built)
        return
    primitive, refused = None, ""
    try:
        primitive = model.inside(built)
    except tools.Unsupported as error:  # a model may refuse it for what the primitive would do there
        refused = str(error)
    if refused:
        assert refused == model.refuses(build("workload", "primitive_loop"), sync, 2, SMALL)
        return
    try:
        assert (primitive is None) == (name == "none")
        for part in parts(primitive):
            assert type(part).__module__.partition(".")[0] in FRIENDS.get(owner, {owner}), part
    finally:
        lender.end()


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_asking_builds_nothing(name, asynchronous):
    """A dry run builds nothing, and reports each part that a library lacks as the reason."""
    sync, wanted = build("sync", name), []

    class Noting(tools.DryTools):
        def make(self, name, *arguments, **named):
            wanted.append(name)
            return super().make(name, *arguments, **named)

    def never(*arguments, **named):
        raise AssertionError("something was built")

    factories = dict.fromkeys(LENT, never)
    primitive = sync.build(Noting("nobody", factories, never, asynchronous), 3)
    assert list(parts(primitive)) == []
    for part in set(wanted):
        without = {other: never for other in factories if other != part}
        with pytest.raises(tools.Unsupported, match=f"^nobody has no {part}$"):
            sync.build(tools.DryTools("nobody", without, never, asynchronous), 3)


def test_some_workload_uses_it():
    """Every primitive is used by some workload on some model, and every guard can guard a counter in threads."""
    for name in NAMES:
        if name != "interpreter_queue":  # needs a newer Python
            assert any(runs(w, m, name, 2) for w in catalog.names("workload") for m in REAL_MODELS), name
        assert INTERFACES[name] != "guard" or runs("counter", "threads", name, 2)


@pytest.mark.parametrize("form", ["inline", "call"])
@pytest.mark.parametrize(("model", "sync"), GUARDED, ids=str)
def test_a_guard_loses_nothing(model, sync, form):
    """Behind a guard no increment is lost, whatever the workers are."""
    ending = trial(("counter", {"form": form}), model, sync, load={"ops": 4000, "scaling": "strong"}, iterations=2)
    assert ending.status == "ok", ending
    assert [iteration["counts"] for iteration in ending.answer["iterations"]] == [{"lost_updates": 0}] * 2


# Waits of a worker in one use of a primitive, by its interface, or by its name for signals. A channel is put into and got from.
WAITS_PER_USE = {"guard": 1, "shards": 1, "channel": 2, "event": 1, "barrier": 1}
OBSERVED = [
    (model, sync)
    for model in [*REAL_MODELS, *(("processes", {"start_method": method}) for method in METHODS)]
    for sync in NAMES
    if INTERFACES[sync] != "none" and runs("primitive_loop", model if isinstance(model, str) else model[0], sync, 2)
]


@pytest.mark.parametrize(("model", "sync"), OBSERVED, ids=str)
def test_its_waits_can_be_observed(model, sync):
    """When observed it still does its work, and each use is counted as one wait of the worker that used it."""
    load = {"ops": 20, "scaling": "strong"}
    ending = trial("primitive_loop", model, sync, load=load, iterations=2, probes=["waits"])
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    workers = 2 if model != "serial" else 1
    each = WAITS_PER_USE.get(INTERFACES[sync]) or WAITS_PER_USE[sync]
    for iteration in ending.answer["iterations"]:
        waits = iteration["worker_waits"]
        assert [sum(count for count, _ in one.values()) for one in waits] == [20 // workers * each] * workers
        assert {name.partition(".")[0] for one in waits for name in one} == {sync}
        assert iteration["waits"] == sum(count for _, count in iteration["wait_time"]) == 20 * each
        assert 0 < iteration["waited_s"] <= iteration["worked_s"]


@pytest.mark.parametrize(("model", "sync"), GUARDED, ids=str)
def test_an_observed_guard_guards(model, sync):
    """Behind an observed guard no increment is lost either."""
    load = {"ops": 2000, "scaling": "strong"}
    ending = trial(("counter", {"form": "call"}), model, sync, load=load, probes=["waits"])
    assert ending.status == "ok", ending
    (iteration,) = ending.answer["iterations"]
    assert (iteration["counts"], iteration["waits"]) == ({"lost_updates": 0}, 2000)


@pytest.mark.parametrize("name", ["semaphore", "bounded_semaphore"])
def test_two_permits_let_two_in(name):
    """A semaphore has the number of permits that it was given."""
    primitive = build("sync", name, permits=2).build(lent("threads"), 0)
    assert [primitive.acquire(blocking=False) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("model", ["threads", "processes", "asyncio"])
def test_a_bounded_semaphore_notices_a_release_too_many(model):
    """With all permits returned, one more release is an error; for a plain semaphore it is not."""
    owner = build("model", model)
    bounded, plain = (
        owner.inside(build("sync", name, permits=2).build, lent(model), 0)
        for name in ("bounded_semaphore", "semaphore")
    )
    with pytest.raises(ValueError, match="released too many times"):
        bounded.release()
    plain.release()


def test_a_channel_holds_what_it_was_given():
    """A queue has the capacity that the workload asked for, in threads and in coroutines."""
    for model, full in (("threads", queue.Full), ("asyncio", asyncio.QueueFull)):
        channel = build("model", model).inside(build("sync", "queue").build, lent(model), 2)
        channel.put_nowait(1)
        channel.put_nowait(2)
        with pytest.raises(full):
            channel.put_nowait(3)


def test_an_event_wakes_a_thread():
    """An event that one thread sets wakes another."""
    event = build("sync", "event").build(lent("threads"), 0)
    assert not event.is_set()
    threading.Thread(target=event.set).start()
    assert event.wait(30)


@pytest.mark.parametrize("method", METHODS)
def test_an_event_wakes_a_process(method):
    """An event that a child sets wakes its parent."""
    event = build("sync", "event").build(lent("processes", start_method=method), 0)
    assert not event.is_set()
    child = multiprocessing.get_context(method).Process(target=event.set)
    child.start()
    assert event.wait(30)
    child.join()


def test_an_event_wakes_a_coroutine():
    """An event that one coroutine sets wakes another."""

    async def main():
        event = build("sync", "event").build(lent("asyncio"), 0)
        waiter = asyncio.ensure_future(event.wait())
        await asyncio.sleep(0)
        assert not waiter.done()
        event.set()
        await asyncio.wait_for(waiter, 30)

    asyncio.run(main())


def test_threads_meet_at_a_barrier():
    """All workers must arrive before any goes on; twice, since a barrier can be used again."""
    barrier = build("sync", "barrier").build(lent("threads", workers=3), 0)
    places = []
    crew = [
        threading.Thread(target=lambda: places.extend([barrier.wait(30), barrier.wait(30)]))
        for _ in range(barrier.parties)
    ]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert sorted(places) == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("method", METHODS)
def test_processes_meet_at_a_barrier(method):
    """The same for processes: all end with exit code 0, which they would not if one were missing."""
    barrier = build("sync", "barrier").build(lent("processes", workers=3, start_method=method), 0)
    crew = [
        multiprocessing.get_context(method).Process(target=barrier.wait, args=(30,)) for _ in range(barrier.parties)
    ]
    for process in crew:
        process.start()
    for process in crew:
        process.join()
    assert [process.exitcode for process in crew] == [0, 0, 0]
    assert not barrier.broken


def test_coroutines_meet_at_a_barrier():
    """The same for coroutines."""

    async def main():
        barrier = build("sync", "barrier").build(lent("asyncio", workers=3), 0)
        crew = [asyncio.ensure_future(barrier.wait()) for _ in range(2)]
        await asyncio.sleep(0)
        assert not any(one.done() for one in crew)
        crew.append(asyncio.ensure_future(barrier.wait()))
        assert sorted(await asyncio.wait_for(asyncio.gather(*crew), 30)) == [0, 1, 2]

    asyncio.run(main())


@pytest.mark.parametrize(
    "model", [m for m in REAL_MODELS if "Barrier" in lent(m).factories and runs("primitive_loop", m, "barrier", 2)]
)
def test_a_barrier_is_for_all_workers(model):
    """A trial's barrier has one party per worker."""
    barrier = build("model", model).inside(build("sync", "barrier").build, lent(model, workers=5), 0)
    assert barrier.parties == 5


@pytest.mark.parametrize("model", ["threads", "processes"])
def test_shards_are_independent(model):
    """There are as many locks as shards, and while one is held all others are free."""
    locks = build("sync", "sharded_lock", shards=3).build(lent(model), 0)
    with locks[1]:
        assert [lock.acquire(False) for lock in locks] == [True, False, True]


def test_shards_are_independent_in_a_loop():
    """The same for coroutines."""

    async def main():
        locks = build("sync", "sharded_lock", shards=3).build(lent("asyncio"), 0)
        async with locks[1]:
            assert [lock.locked() for lock in locks] == [False, True, False]

    asyncio.run(main())
