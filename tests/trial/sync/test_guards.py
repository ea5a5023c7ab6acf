"""Guards that are made of several parts: their order, their sides, their naps, and that they let go."""

import asyncio
import fcntl
import multiprocessing
import pickle
import threading
import time

import pytest

from concexp import catalog
from concexp.trial import tools
from concexp.trial.sync import try_lock
from tests.helpers.plugins import METHODS, build, lent

LONG = 30  # seconds: no test lasts so long unless it fails
BARE = tools.DryTools(*build("model", "threads").primitives())
COMPOSITES = [
    name
    for name in catalog.names("sync")
    if build("sync", name).interface == "guard" and build("sync", name).build(BARE, 0) is not None
]
WHERE = [("threads", {}), *(("processes", {"start_method": method}) for method in METHODS)]


def make(name, where, folder="", **parameters):
    """A primitive of a model that is given as (name, parameters)."""
    return build("sync", name, **parameters).build(lent(where[0], folder, **where[1]), 0)


def until(condition):
    """Wait for what another thread or process is about to do."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.001)


async def idle():
    """Let all coroutines go on until each waits for something."""
    for _ in range(20):
        await asyncio.sleep(0)


def start(where, target, *arguments):
    """A thread or a process, as the model has it, that can be joined."""
    kind = threading.Thread
    if where[0] == "processes":
        kind = multiprocessing.get_context(where[1]["start_method"]).Process
    worker = kind(target=target, args=arguments, daemon=True)
    worker.start()
    return worker


def gone(worker):
    """Whether a worker comes to its end."""
    worker.join(LONG)
    return not worker.is_alive()


def enter(guard):
    with guard:
        pass


def fall(guard):
    try:
        with guard:
            raise LookupError
    except LookupError:
        pass


@pytest.mark.parametrize("where", WHERE, ids=str)
@pytest.mark.parametrize("name", COMPOSITES)
def test_whoever_raises_inside_lets_go(name, where, tmp_path):
    """An exception inside the guarded block releases the guard for others, and is not swallowed."""
    guard = make(name, where, tmp_path)
    with pytest.raises(LookupError), guard:
        raise LookupError
    assert gone(start(where, fall, guard))
    assert gone(start(("threads", {}), enter, guard))


@pytest.mark.parametrize("name", COMPOSITES)
def test_a_coroutine_that_raises_inside_lets_go(name, tmp_path):
    """The same for coroutines, of which one is cancelled inside and another while it waits."""

    async def main():
        guard = make(name, ("asyncio", {}), tmp_path)
        with pytest.raises(LookupError):
            async with guard:
                raise LookupError

        async def stay():
            async with guard:
                await asyncio.Event().wait()

        inside, waiting = asyncio.ensure_future(stay()), asyncio.ensure_future(stay())
        await idle()
        for task in (waiting, inside):
            task.cancel()
        await asyncio.wait([waiting, inside])
        assert waiting.cancelled()
        assert inside.cancelled()

        async def pass_through():
            async with guard:
                pass

        await asyncio.wait_for(pass_through(), LONG)

    asyncio.run(main())


@pytest.mark.parametrize("name", COMPOSITES)
def test_coroutines_exclude_each_other(name, tmp_path):
    """Also where the holder awaits something, nobody else is inside."""

    async def main():
        guard = make(name, ("asyncio", {}), tmp_path)
        inside, most = 0, 0

        async def work():
            nonlocal inside, most
            for _ in range(3):
                async with guard:
                    inside += 1
                    most = max(most, inside)
                    await asyncio.sleep(0)
                    inside -= 1

        await asyncio.wait_for(asyncio.gather(*(work() for _ in range(5))), LONG)
        assert most == 1

    asyncio.run(main())


def note(guard, log, who):
    """Write one's name into a shared log, whose first number is how many stand there."""
    with guard:
        log[0] += 1
        log[log[0]] = who


@pytest.mark.parametrize("where", WHERE, ids=str)
def test_tickets_are_served_in_their_order(where):
    """Who waits gets the lock in the order of coming, and who has just released it comes last, not first."""
    lent_tools = lent(where[0], **where[1])
    lock, log = build("sync", "ticket_lock").build(lent_tools, 0), lent_tools.array(6)
    crew = []
    with lock:
        for who in range(4):
            crew.append(start(where, note, lock, log, who))
            until(lambda: lock.numbers[0] == len(crew) + 1)
        assert log[0] == 0
    note(lock, log, 99)
    assert all(gone(worker) for worker in crew)
    assert list(log) == [5, 0, 1, 2, 3, 99]


def test_tickets_of_coroutines_are_served_in_their_order():
    """The same in an event loop."""

    async def main():
        lock, log = make("ticket_lock", ("asyncio", {})), []

        async def note(who):
            async with lock:
                log.append(who)
                await asyncio.sleep(0)

        async with lock:
            crew = [asyncio.ensure_future(note(who)) for who in range(4)]
            await idle()
            assert log == []
        await note("again")
        await asyncio.gather(*crew)
        assert log == [0, 1, 2, 3, "again"]

    asyncio.run(main())


@pytest.mark.parametrize("late", [False, True])
def test_a_ticket_that_is_given_up_holds_nobody_up(late):
    """A coroutine that is cancelled in the queue is passed over, also where its turn has come in the same moment."""

    async def main():
        lock, log = make("ticket_lock", ("asyncio", {})), []

        async def note(who):
            async with lock:
                log.append(who)

        async with lock:
            crew = [asyncio.ensure_future(note(who)) for who in range(4)]
            await idle()
            assert log == []
            if not late:
                crew[0].cancel()
                crew[2].cancel()
                await idle()
        if late:
            crew[0].cancel()
            crew[2].cancel()
        await asyncio.wait_for(asyncio.wait(crew), LONG)
        assert log == [1, 3]
        assert [task.cancelled() for task in crew] == [True, False, True, False]
        assert list(lock.numbers) == [5, 5]
        assert not lock.given_up

    asyncio.run(main())


class Watched(threading.Condition):
    """A condition that counts who waits for it."""

    waiting = 0

    def wait(self, timeout=None):
        self.waiting += 1
        try:
            return super().wait(timeout)
        finally:
            self.waiting -= 1


@pytest.fixture
def watched():
    """A readers-writer lock of threads, whose condition is watched."""
    owner, factories, array = build("model", "threads").primitives()
    return build("sync", "rw_lock").build(tools.Tools(owner, {**factories, "Condition": Watched}, array), 0)


def test_a_writer_shuts_out_everybody(watched):
    """While a writer is inside nobody comes in; the next writer comes before the reader."""
    log, threads = [0] * 3, ("threads", {})
    with watched:
        crew = [start(threads, note, side, log, who) for side, who in ((watched.reader, 1), (watched, 2))]
        until(lambda: watched.changed.waiting == 2)
        assert log[0] == 0
    assert all(gone(worker) for worker in crew)
    assert log == [2, 2, 1]


def test_a_waiting_writer_comes_before_a_new_reader(watched):
    """Readers are inside: a writer waits for them, and a reader that comes after it waits for the writer."""
    log, threads = [0] * 3, ("threads", {})
    with watched.reader:
        crew = [start(threads, note, watched, log, 2)]
        until(lambda: watched.changed.waiting == 1)
        crew.append(start(threads, note, watched.reader, log, 1))
        until(lambda: watched.changed.waiting == 2)
        assert log[0] == 0
    assert all(gone(worker) for worker in crew)
    assert log == [2, 2, 1]


def test_a_reader_that_raises_lets_the_writer_in(watched):
    """The reader's side lets go, too."""
    with pytest.raises(LookupError), watched.reader:
        raise LookupError
    assert gone(start(("threads", {}), enter, watched))


def meet(side, barrier):
    with side:
        barrier.wait(LONG)


@pytest.mark.parametrize("where", WHERE, ids=str)
def test_readers_are_inside_together(where):
    """Two readers meet inside, which neither leaves before; then a writer can come."""
    lock, barrier = make("rw_lock", where), make("barrier", (where[0], {**where[1], "workers": 2}))
    crew = [start(where, meet, lock.reader, barrier) for _ in range(2)]
    assert all(gone(worker) for worker in crew)
    assert not barrier.broken
    assert gone(start(where, enter, lock))
    assert list(lock.state) == [0, 0, 0]


def test_readers_and_writers_of_one_loop():
    """Coroutines: readers together, writers alone and first; a writer that gives up lets the readers in."""

    async def main():
        lock, log = make("rw_lock", ("asyncio", {})), []

        async def stay(side, who, leave):
            async with side:
                log.append(who)
                await leave.wait()

        leave = asyncio.Event()
        readers = [asyncio.ensure_future(stay(lock.reader, "reader", leave)) for _ in range(2)]
        await idle()
        assert log == ["reader", "reader"]
        impatient = asyncio.ensure_future(stay(lock, "impatient writer", leave))
        await idle()
        readers.append(asyncio.ensure_future(stay(lock.reader, "late reader", leave)))
        await idle()
        assert log == ["reader", "reader"]
        impatient.cancel()
        await idle()
        assert log == ["reader", "reader", "late reader"]
        writer = asyncio.ensure_future(stay(lock, "writer", leave))
        await idle()
        readers.append(asyncio.ensure_future(stay(lock.reader, "last reader", leave)))
        await idle()
        assert len(log) == 3
        leave.set()
        await asyncio.wait_for(asyncio.gather(*readers, writer), LONG)
        assert log[3:] == ["writer", "last reader"]
        assert lock.state == [0, 0, 0]

    asyncio.run(main())


def naps_of(guard, attempts, monkeypatch):
    """How long somebody naps who gets a held lock at that attempt, s."""
    naps = []

    def nap(seconds):
        naps.append(seconds)
        if len(naps) == attempts:
            guard.lock.release()

    async def nap_async(seconds):
        nap(seconds)

    monkeypatch.setattr(try_lock, "sleep", nap)
    monkeypatch.setattr(asyncio, "sleep", nap_async)
    return naps


@pytest.mark.parametrize(
    ("first", "longest", "naps"),
    [(0.001, 0.005, [0.001, 0.002, 0.004, 0.005, 0.005]), (0.1, 0.01, [0.01] * 5), (0.0, 1.0, [0.0] * 5)],
)
def test_each_nap_is_twice_as_long(first, longest, naps, monkeypatch):
    """Naps double up to the longest; who finds the lock free does not nap at all."""
    guard = make("try_lock", ("threads", {}), first=first, longest=longest)
    napped = naps_of(guard, 5, monkeypatch)
    with guard:
        assert napped == []
        enter(guard)  # the last nap releases it
        assert napped == naps
        assert guard.lock.acquire(False)

    async def main():
        guard = make("try_lock", ("asyncio", {}), first=first, longest=longest)
        napped = naps_of(guard, 5, monkeypatch)
        async with guard:
            assert napped == []
            async with guard:
                assert napped == naps
            await guard.lock.acquire()

    asyncio.run(main())


@pytest.mark.parametrize("where", [("threads", {}), ("asyncio", {})], ids=str)
def test_a_copy_of_a_file_lock_is_the_same_lock(where, tmp_path):
    """What is pickled is the path: another process gets the same lock. Another lock of the trial has another file."""
    lock, other = make("file_lock", where, tmp_path), make("file_lock", where, tmp_path)
    copy = pickle.loads(pickle.dumps(lock))
    assert type(copy) is type(lock)
    assert copy.path == lock.path != other.path


def test_a_file_lock_excludes_its_copy(tmp_path):
    """Two objects that have only the path in common: while one is held, the other is waited for."""
    lock, log = make("file_lock", ("threads", {}), tmp_path), [0] * 3
    copy = pickle.loads(pickle.dumps(lock))
    with lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(copy.take(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        waiting = start(("threads", {}), note, copy, log, 2)
        log[0], log[1] = 1, 1
    assert gone(waiting)
    assert log == [2, 1, 2]


def refused(lock, held):
    """End well if the lock, which was inherited unlocked, cannot be had now."""
    held.wait(LONG)
    try:
        fcntl.flock(lock.take(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    raise AssertionError("a child got what its parent holds")


@pytest.mark.parametrize("method", METHODS)
def test_a_child_does_not_share_its_parents_file_lock(method, tmp_path):
    """A descriptor that was inherited by a fork would lock for both: the child opens the file anew."""
    where = ("processes", {"start_method": method})
    lock, held = make("file_lock", where, tmp_path), make("event", where)
    enter(lock)
    assert len(lock.free) == 1  # which a fork inherits
    child = start(where, refused, lock, held)
    with lock:
        held.set()
        assert gone(child)
    assert child.exitcode == 0


def test_descriptors_are_used_again(tmp_path):
    """A file lock opens as many descriptors as ever wanted it at the same time, however often it is taken."""
    lock = make("file_lock", ("threads", {}), tmp_path)
    for _ in range(50):
        enter(lock)
    assert len(lock.free) == 1


def test_waiting_for_a_file_does_not_stop_the_loop(tmp_path):
    """While another process, or whoever uses the file, holds the lock, coroutines that want it let the others run."""

    async def main():
        lock = make("file_lock", ("asyncio", {}), tmp_path)
        elsewhere, got = make("file_lock", ("threads", {}), tmp_path), []
        elsewhere.path = lock.path

        async def take(who):
            async with lock:
                got.append(who)

        with elsewhere:
            crew = [asyncio.ensure_future(take(who)) for who in range(10)]
            for _ in range(100):
                await asyncio.sleep(0)
            assert got == []
            assert len(lock.free) == 1  # none of the ten keeps a descriptor
        await asyncio.wait_for(asyncio.gather(*crew), LONG)
        assert sorted(got) == list(range(10))

    asyncio.run(main())
