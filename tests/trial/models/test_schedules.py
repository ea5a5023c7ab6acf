"""Every way of handing out operations hands out each of them once, whoever asks and in whatever order."""

import random
import threading

import pytest

from concexp import catalog
from concexp.trial import tools
from concexp.trial.models import _schedules
from concexp.trial.models.threads import LENDS
from tests.helpers.forks import trial

NAMES = sorted(_schedules.NAMES)


def build(name, ops=20, workers=3, chunk=2, costs=None):
    """A schedule of threads, put back to its beginning."""
    found = _schedules.NAMES[name](tools.Tools(*LENDS), ops, workers, chunk, costs or [1.0] * ops)
    found.reset()
    return found


def numbers(shares):
    return [number for first, n in shares for number in range(first, first + n)]


def test_the_parameter_names_them_all():
    """What the YAML may say is `block` and every schedule that there is."""
    for model in ("threads", "processes"):
        choices = catalog.parameters(catalog.load("model", model))["schedule"].choices
        assert sorted(choices) == sorted(["block", *NAMES])


@pytest.mark.parametrize("ops", [1, 2, 7, 64])
@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("name", NAMES)
def test_each_operation_is_handed_out_once(name, workers, ops):
    """Whatever the order in which workers ask, every operation is done, and none twice; also in the second pass."""
    schedule = build(name, ops, workers, 3)
    for seed in range(3):
        schedule.reset()
        asking = {index: schedule.shares(index) for index in range(workers)}
        done, choose = [], random.Random(seed)
        while asking:
            index = choose.choice(sorted(asking))
            share = next(asking[index], None)
            if share is None:
                del asking[index]
            else:
                done.append(share)
        assert sorted(numbers(done)) == list(range(ops))


@pytest.mark.parametrize("name", NAMES)
def test_threads_that_ask_at_the_same_time_get_different_ones(name):
    """Real threads, which ask as fast as they can, share the operations without loss or repetition."""
    workers, ops = 4, 2000
    schedule = build(name, ops, workers, 1)
    found = [[] for _ in range(workers)]
    begin = threading.Barrier(workers)

    def ask(index):
        begin.wait()
        found[index] = numbers(schedule.shares(index))

    crew = [threading.Thread(target=ask, args=(index,)) for index in range(workers)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert sorted(number for own in found for number in own) == list(range(ops))


def test_cyclic_takes_turns():
    """Worker i gets i, i + N, i + 2N."""
    assert numbers(build("cyclic", 8, 3).shares(1)) == [1, 4, 7]


def test_a_chunk_is_a_chunk():
    """The next `chunk` operations, and at the end what is left."""
    assert list(build("chunk", 7, 2, 3).shares(0)) == [(0, 3), (3, 3), (6, 1)]


def test_guided_shares_shrink():
    """A share is the N-th part of what is left, and never less than the chunk, but for the last."""
    assert [n for _, n in build("guided", 20, 2, 3).shares(0)] == [10, 5, 3, 2]


def test_the_longest_goes_first():
    """Operations in the order of falling costs, one at a time."""
    assert numbers(build("longest_first", 4, 2, 4, [1.0, 3.0, 2.0, 5.0]).shares(1)) == [3, 1, 2, 0]


def test_a_thief_takes_the_back_half_of_the_richest():
    """Who has done his own takes half of the most that somebody has left; the owner goes on in front."""
    schedule = build("stealing", 24, 3, 1)
    mine = schedule.shares(0)
    assert [next(mine)[0] for _ in range(8)] == list(range(8))
    theirs = schedule.shares(2)
    assert [next(theirs)[0] for _ in range(4)] == [16, 17, 18, 19]
    assert next(mine) == (12, 1)  # 8 … 15 are untouched: the back half of them
    assert next(schedule.shares(1)) == (8, 1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("model", ["threads", "processes"])
def test_it_runs(model, name):
    """Real workers do all operations in two passes, and their check finds each done once."""
    ending = trial(
        ("uneven_tasks", {"distribution": "linear", "mean": 1e-5}), (model, {"schedule": name, "chunk": 2}),
        workers=3, load={"ops": 30, "scaling": "strong"}, iterations=2,
    )  # fmt: skip
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    for iteration in ending.answer["iterations"]:
        assert sum(iteration["worker_ops"]) == iteration["ops"] == 30
        assert iteration["largest_share"] == pytest.approx(30 / 465)


@pytest.mark.parametrize("start_method", ["forkserver", "spawn"])
def test_it_travels(start_method):
    """A schedule's shared parts reach processes that were not forked."""
    model = "processes", {"schedule": "stealing", "start_method": start_method}
    assert trial("cpu_sum", model, load={"ops": 8, "scaling": "strong"}).status == "ok"


@pytest.mark.parametrize(
    ("workload", "load", "name", "reason"),
    [
        ("sleep", {"duration": 1.0}, "chunk", "give load.ops"),
        ("sleep", {"ops": 8, "scaling": "weak"}, "longest_first", "sleep does not say"),
        ("counter", {"ops": 8, "scaling": "weak"}, "cyclic", "the workers of counter share state"),
        ("sleep", {"duration": 1.0}, "block", ""),
        ("sleep", {"ops": 8, "scaling": "weak"}, "queue", ""),
    ],
)
def test_what_cannot_be_scheduled_has_a_reason(workload, load, name, reason):
    """A schedule needs independent operations of a known number, and the longest first their lengths."""
    model = catalog.load("model", "threads")(schedule=name)
    found = model.refuses(catalog.load("workload", workload)(), None, 2, load)
    assert reason in found
    assert bool(reason) == bool(found)
