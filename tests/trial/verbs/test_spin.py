"""Spinners: the shape of the answer and its bounds by definition, never a speed."""

import os

import psutil
import pytest

from concexp.trial.probes import rusage
from concexp.trial.verbs import spin
from tests.helpers.children import ask

REQUEST = {"verb": "spin", "spinners": 2, "seconds": 0.02, "rounds": 3}


def test_the_answer_of_a_real_child():
    """The answer says how many CPUs were there for how many spinners, with their CPU time and their waiting."""
    ending = ask(REQUEST)
    assert ending.status == ""
    assert set(ending.answer) == {"alone", "together", "spinners", "cpu_s", "run_queue_wait_s", "spun_s"}
    assert ending.answer["spinners"] == 2
    assert ending.answer["spun_s"] == pytest.approx(0.06)
    # 0 where the machine was too busy to run them at all in that time
    assert len(ending.answer["alone"]) == len(ending.answer["together"]) == 3
    assert all(work >= 0 for work in ending.answer["alone"] + ending.answer["together"])
    assert ending.answer["cpu_s"] is None or ending.answer["cpu_s"] >= 0
    assert ending.left_behind == 0


def test_work_is_counted_by_round(monkeypatch):
    """Work of one alone and of all together, a number a round; CPU time and waiting are summed up."""
    works = iter([[100], [90, 60], [80], [70, 70], [500], [1, 2]])
    monkeypatch.setattr(spin, "crowd", lambda spinners, seconds: [(w, 0.25, 0.5) for w in next(works)])
    answer = spin.answer(REQUEST)
    assert (answer["alone"], answer["together"]) == ([100, 80, 500], [150, 140, 3])
    assert (answer["cpu_s"], answer["run_queue_wait_s"]) == (1.5, 3.0)


def test_what_the_system_does_not_tell_is_none(monkeypatch):
    """Without schedstat there is no CPU time and no waiting, but still the work."""
    monkeypatch.setattr(spin, "crowd", lambda spinners, seconds: [(10, None, None)] * spinners)
    answer = spin.answer(REQUEST)
    assert (answer["together"], answer["cpu_s"], answer["run_queue_wait_s"]) == ([20, 20, 20], None, None)


def test_spinners_are_processes_that_end():
    """Each spinner answers for itself, and none is left, not even to be reaped."""
    before = {p.pid for p in psutil.Process().children()}
    crew = spin.crowd(3, 0.01)
    assert len(crew) == 3
    assert all(isinstance(work, int) and work >= 0 for work, _, _ in crew)
    assert {p.pid for p in psutil.Process().children()} <= before


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="this system has no schedstat")
def test_the_cpu_time_of_the_reader_itself_is_up_to_date():
    """Work that took less than a tick of the kernel is seen too; nothing ever falls."""
    before = rusage.thread_times(os.getpid())
    sum(range(1000))
    after = rusage.thread_times(os.getpid())
    assert after[0] > before[0]
    assert after[1] >= before[1]


def test_a_process_that_is_gone_tells_nothing():
    """No such process: None, not an error and not zero."""
    assert rusage.thread_times(2**22 + 1) is None
