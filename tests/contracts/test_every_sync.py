"""What holds for every primitive: made of the model's own tools, and a guard really guards."""

import asyncio
import queue

import pytest

from concexp import catalog
from concexp.trial import tools
from tests.children import trial
from tests.contracts.plugins import REAL_MODELS, assert_described, build, runs

NAMES = catalog.names("sync")
GUARDED = [
    (model, sync)
    for model in REAL_MODELS
    for sync in NAMES
    if build("sync", sync).role == "guard" and runs("counter", model, sync, 2)
]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_described(name):
    """A primitive tells what it is, and what each of its parameters means."""
    assert_described("sync", name)


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_its_role(name):
    """It guards, or it connects, or it is nothing: `none` alone."""
    role = build("sync", name).role
    assert role in ("none", "guard", "channel")
    assert (role == "none") == (name == "none")


@pytest.mark.parametrize("model", REAL_MODELS)
@pytest.mark.parametrize("name", NAMES)
def test_it_is_native_or_unsupported(name, model):
    """It is what the model's own library makes, or there is a reason; asking without building says the same."""
    model, sync = build("model", model), build("sync", name)
    owner, factories, array = model.lends()

    def built():
        return sync.build(tools.Tools(owner, factories, array), 3)

    try:
        sync.build(tools.DryTools(owner, factories, array), 3)
    except tools.Unsupported:
        with pytest.raises(tools.Unsupported, match=f"^{owner} has no "):
            model.inside(built)
        return
    primitive = model.inside(built)
    if name == "none":
        assert primitive is None
    else:
        assert type(primitive).__module__.partition(".")[0] in (owner, "_thread", "queue", "threading")


def test_somebody_lends_it():
    """No primitive is there that no model could make, and threads can make all."""
    assert [name for name in NAMES if not runs("counter", "threads", name, 2)] == [
        name for name in NAMES if build("sync", name).role == "channel"
    ]


@pytest.mark.parametrize("form", ["inline", "call"])
@pytest.mark.parametrize(("model", "sync"), GUARDED)
def test_a_guard_loses_nothing(model, sync, form):
    """Behind a guard every increment arrives, whoever the workers are."""
    ending = trial(("counter", {"form": form}), model, sync, load={"ops": 4000, "scaling": "strong"}, iterations=2)
    assert ending.status == "ok", ending
    assert [iteration["counts"] for iteration in ending.answer["iterations"]] == [{"lost_updates": 0}] * 2


def test_two_permits_let_two_in():
    """A semaphore has as many permits as it was given."""
    primitive = build("sync", "semaphore", permits=2).build(tools.Tools(*build("model", "threads").lends()), 0)
    assert [primitive.acquire(blocking=False) for _ in range(3)] == [True, True, False]


def test_a_channel_holds_what_it_was_given():
    """A queue has the capacity that the workload asked for, in threads and in coroutines."""
    for model, full in (("threads", queue.Full), ("asyncio", asyncio.QueueFull)):
        model = build("model", model)
        channel = model.inside(build("sync", "queue").build, tools.Tools(*model.lends()), 2)
        channel.put_nowait(1)
        channel.put_nowait(2)
        with pytest.raises(full):
            channel.put_nowait(3)
