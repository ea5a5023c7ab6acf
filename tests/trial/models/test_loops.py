"""Event loops in threads: how many coroutines are in flight, where they run, and what they cannot share."""

import pytest

from concexp.trial.tools import unsupported
from tests.helpers.children import function
from tests.helpers.forks import trial
from tests.helpers.plugins import SMALL, build

# Counts the calls in flight in each thread, and does not return before as many are there as are expected.
IN_FLIGHT = """\
import asyncio, threading

here = threading.local()

async def work(expected):
    here.calls = getattr(here, "calls", 0) + 1
    while here.calls < expected:
        await asyncio.sleep(0.001)
    return here.calls
"""


@pytest.mark.parametrize(("workers", "limit"), [(1, 1), (2, 1), (1, 6), (2, 3)])
def test_each_loop_has_its_coroutines_in_flight(workers, limit, write):
    """All of them are in their first call at the same time, and none more: else the trial would wait for ever, or count more."""
    path = write("mine.py", IN_FLIGHT)
    load = {"ops": workers * limit, "scaling": "strong"}
    ending = trial(function(path, expected=limit), ("loops", {"limit": limit}), workers=workers, load=load, warmup=0)
    assert ending.status == "ok", ending
    (iteration,) = ending.answer["iterations"]
    assert iteration["counts"]["returned"] == limit
    assert iteration["worker_ops"] == [limit] * workers


def test_a_worker_is_a_thread_in_the_record():
    """Facts of single workers have one number for each thread, whatever its coroutines did."""
    ending = trial("echo", ("loops", {"limit": 5}), workers=2, load={"ops": 40, "scaling": "strong"})
    (iteration,) = ending.answer["iterations"]
    assert (iteration["worker_ops"], len(iteration["worker_s"])) == ([20, 20], 2)


def test_weak_scaling_counts_threads():
    """Operations per worker are operations per thread."""
    ending = trial(("cpu_sum", {"size": 10}), ("loops", {"limit": 4}), workers=2, load={"ops": 8, "scaling": "weak"})
    assert [iteration["ops"] for iteration in ending.answer["iterations"]] == [16]


@pytest.mark.parametrize("sync", ["lock", "queue"])
def test_loops_share_no_primitive(sync):
    """A lock between threads would stop a whole loop; asyncio's are not for several loops."""
    workload = build("workload", "counter" if sync == "lock" else "bounded_buffer")
    reason = unsupported(workload, build("model", "loops"), build("sync", sync), 2, SMALL)
    assert reason.startswith("a primitive between threads blocks the worker that waits for it")


def test_a_background_has_all_its_coroutines():
    """As the second role too, each worker carries as many coroutines as its limit says."""
    second = {"workload": {"name": "sleep", "parameters": {"delay": 0.001}},
              "model": {"name": "loops", "parameters": {"limit": 3}}, "workers": 2}  # fmt: skip
    ending = trial(("cpu_sum", {"size": 10}), "threads", background=second, load={"duration": 0.1})
    assert ending.status == "ok", ending
    assert ending.answer["iterations"][0]["background_ops"] > 6
