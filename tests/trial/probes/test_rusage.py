"""The times of the coordinator apart from those of its workers, of threads and of processes."""

import threading
import time

import pytest

from concexp.trial.probes import rusage
from tests.helpers.children import trial
from tests.helpers.plugins import build

BURNT = 0.03  # CPU seconds
BETWEEN = 0.02  # seconds that one reading may come after the other, on a busy machine


def burn():
    """Uses the CPU in the calling thread, for as long as it gets none to use up."""
    end = time.thread_time() + BURNT
    while time.thread_time() < end:
        pass


@pytest.fixture
def observed():
    """What the probe records while something is done in this process."""

    def observe(work):
        probe = build("probe", "rusage")
        probe.begin([], [])
        work()
        return probe.end([], [])

    return observe


def test_the_main_threads_time_is_part_of_its_process(observed):
    """What the calling thread uses is the main thread's, its process's, and of all."""
    found = observed(burn)
    assert BURNT <= found["main_cpu_s"] <= found["own_cpu_s"] + BETWEEN
    assert found["own_cpu_s"] == found["cpu_s"]  # there are no other processes


def test_another_threads_time_is_not_the_main_threads(observed):
    """A thread that lives on uses CPU time: the process has it, and the calling thread, which waits, has not."""
    over, burnt = threading.Event(), threading.Event()

    def work():
        burn()
        burnt.set()
        over.wait()

    def run():
        threading.Thread(target=work).start()
        burnt.wait()

    try:
        found = observed(run)
    finally:
        over.set()
    assert found["own_cpu_s"] - found["main_cpu_s"] >= BURNT * 0.9
    assert 0 <= found["main_run_queue_wait_s"] <= found["own_run_queue_wait_s"] + BETWEEN


def test_where_the_system_does_not_tell(observed, monkeypatch):
    """Without the kernel's files there is no wait, and the time of the calling thread all the same."""
    monkeypatch.setattr(rusage, "PROC", "/nowhere")
    found = observed(burn)
    assert (found["own_cpu_s"], found["own_run_queue_wait_s"], found["main_run_queue_wait_s"]) == (None, None, None)
    assert found["main_cpu_s"] >= BURNT


@pytest.mark.parametrize("model", ["process_pool", "thread_pool", "processes", "threads", "asyncio"])
def test_workers_apart_from_what_coordinates_them(model):
    """In a real trial each is a part of the whole: the main thread of its process, and that of all."""
    ending = trial("cpu_sum", model, load={"duration": 0.1}, probes=["rusage"])
    (found,) = ending.answer["iterations"]
    assert 0 < found["main_cpu_s"] <= found["own_cpu_s"] + BETWEEN
    assert found["own_cpu_s"] <= found["cpu_s"]
    assert found["main_run_queue_wait_s"] - BETWEEN <= found["own_run_queue_wait_s"] <= found["run_queue_wait_s"]
    shares = {"processes": found["cpu_s"] - found["own_cpu_s"], "threads": found["cpu_s"] - found["main_cpu_s"]}
    assert shares.get(ending.answer["parallel"], found["cpu_s"]) > 0
