"""The primitive of a cell as an argument of the user's function."""

import pytest

from tests.helpers.children import function
from tests.helpers.forks import trial

# Each body adds to the count of those inside, and says how many it met there: with a guard never more than it lets in.
INSIDE = """\
import threading, time

inside = []

def work(sync):
    with sync:
        inside.append(1)
        time.sleep(0.001)
        most = len(inside)
        inside.pop()
    return most

async def awaiting(sync):
    import asyncio
    async with sync:
        inside.append(1)
        await asyncio.sleep(0.001)
        most = len(inside)
        inside.pop()
    return most

def unlocked(sync):
    assert not sync
    return work(sync)

class Holder:
    def __init__(self, sync):
        self.sync = sync

    def run(self):
        return work(self.sync)
"""
CHANNEL = """\
def there_and_back(sync):
    sync.put(7)
    return sync.get()

async def awaited(sync):
    await sync.put(7)
    return await sync.get()
"""
OPS = {"ops": 60, "scaling": "strong"}


def outcome(write, name, model, sync="none", source=INSIDE, workers=3, load=OPS):
    workload, parameters = function(write("mine.py", source), name)
    return trial((workload, {**parameters, "takes_sync": True}), model, sync, workers=workers, load=load)


def returned(*arguments, **named):
    """The mean of what the calls returned."""
    ending = outcome(*arguments, **named)
    assert ending.status == "ok", ending
    return ending.answer["iterations"][0]["counts"]["returned"]


@pytest.mark.parametrize("sync", ["lock", "rlock", ("semaphore", {"permits": 1}), "condition"])
@pytest.mark.parametrize("name", ["work", "Holder"])
def test_a_guard_lets_one_in_at_a_time(write, name, sync):
    """A function and the objects of a class get the same native primitive in all workers."""
    assert returned(write, name, "threads", sync) == 1


def test_a_semaphore_lets_in_as_many_as_it_has_permits(write):
    """Two of three workers at a time: more than one, and never three."""
    assert 1 < returned(write, "work", "threads", ("semaphore", {"permits": 2})) <= 2


@pytest.mark.parametrize("name", ["work", "unlocked"])
def test_none_guards_nothing(write, name):
    """`with sync` does nothing, and `sync` is false."""
    assert returned(write, name, "threads") > 1


@pytest.mark.parametrize(("model", "most"), [("asyncio", 1), ("threads", 1)])
def test_a_coroutine_function_awaits_it_everywhere(write, model, most):
    """`async with` and `await` do for asyncio's primitives and for those that block."""
    assert returned(write, "awaiting", model, "lock") == most
    assert returned(write, "awaiting", model) > most


@pytest.mark.parametrize("name", ["there_and_back", "awaited"])
@pytest.mark.parametrize("model", ["threads", "processes", "asyncio"])
def test_a_channel_carries_items(write, name, model):
    """Queues of threads, of processes and of asyncio, each as the function uses it."""
    if (name, model) == ("there_and_back", "asyncio"):
        ending = outcome(write, name, model, "queue", CHANNEL)
        assert ending.status == "unsupported"
        assert ending.reason.startswith("there_and_back has the event loop to itself, and cannot wait for a primitive")
        return
    assert returned(write, name, model, "queue", CHANNEL) == 7


def test_a_process_gets_it_by_inheritance(write):
    """Locks of multiprocessing cannot be pickled as arguments: each worker finds the one that it was started with."""
    ending = outcome(write, "work", ("processes", {"start_method": "spawn"}), "lock", workers=2)
    assert ending.status == "ok", ending


def test_without_the_parameter_there_is_nothing_to_guard(write):
    """A function that does not ask for a primitive still gets none."""
    ending = trial(function(write("mine.py", "def work(): pass\n")), "threads", "lock", load=OPS)
    assert ending.status == "unsupported"
    assert "shares nothing between its workers" in ending.reason


ROLES = """\
made = []

def make(sync):
    sync.put(len(made))
    made.append(1)

def take(sync):
    return sync.get()

async def make_async(sync):
    await sync.put(1)

async def take_async(sync):
    return await sync.get()
"""


def in_roles(write, model, sync="queue", names=("make", "take"), workers=2, load=OPS):
    path = write("mine.py", ROLES)
    consumer = {"path": str(path), "function": names[1], "takes_sync": True}
    _, producer = function(path, names[0])
    return trial(
        ("_roles", {**producer, "takes_sync": True, "consumer": consumer}), model, sync, workers=workers, load=load
    )


@pytest.mark.parametrize("workers", [2, 5])
@pytest.mark.parametrize("model", ["threads", "processes", "process_pool"])
def test_two_roles_pass_items(write, model, workers):
    """Half of the workers produce, the others consume: as many items are taken as were put."""
    ending = in_roles(write, model, workers=workers)
    assert ending.status == "ok", ending
    assert ending.answer["iterations"][0]["ops"] == 60


def test_two_roles_of_coroutines(write):
    """Both await, in one event loop."""
    assert in_roles(write, "asyncio", names=("make_async", "take_async")).status == "ok"


@pytest.mark.parametrize(
    ("names", "model", "workers", "load", "reason"),
    [
        (("make", "take_async"), "threads", 2, OPS, "both roles have to await, or neither"),
        (("make", "take"), "serial", 1, OPS, "serial has one worker"),
        (("make", "take"), "threads", 1, OPS, "two roles need at least 2 workers"),
        (("make", "take"), "threads", 2, {"duration": 0.1}, "two roles count the items that pass: give load.ops"),
    ],
)
def test_roles_that_cannot_be(write, names, model, workers, load, reason):
    """Each with its reason."""
    ending = in_roles(write, model, names=names, workers=workers, load=load)
    assert ending.status == "unsupported"
    assert reason in ending.reason
