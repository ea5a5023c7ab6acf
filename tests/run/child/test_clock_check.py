"""What the parent makes of a trial's clock: the same times as its own, or an invalid trial without times."""

import pytest

from concexp.run.child import clock_check
from tests.helpers.children import function, trial

S = 1_000_000_000
AGREES = {"begin_ns": 11 * S, "end_ns": 13 * S, "elapsed_s": 2.0, "outside_ns": 0}


def problem(status="ok", iterations=({"wall_s": 1.0, "ops": 5},), **clock):
    """What is wrong with an answer that the parent waited for from 10 s to 14 s."""
    answer = {"status": status, "clock": {**AGREES, **clock}, "iterations": list(iterations)}
    return clock_check.problem(answer, 10 * S, 14 * S)


@pytest.mark.parametrize(
    "clock", [{}, {"elapsed_s": 2.2}, {"begin_ns": 10 * S - 1, "elapsed_s": 3}, {"outside_ns": 99}]
)
def test_clocks_that_agree(clock):
    """Small differences are those of two readings."""
    assert problem(**clock) == ""


@pytest.mark.parametrize(
    ("clock", "says"),
    [
        ({"end_ns": 15 * S, "elapsed_s": 4.0}, "by it the trial lasted 4 s, of 4 s"),
        ({"begin_ns": 0, "end_ns": 0, "elapsed_s": 0.0}, "lasted 0 s, of 4 s"),
        ({"end_ns": 11 * S}, "lasted 0 s, by the kernel's 2 s"),
        ({"end_ns": 12 * S}, "lasted 1 s, by the kernel's 2 s"),
        ({"begin_ns": 13 * S, "end_ns": 11 * S}, "lasted -2 s"),
        ({"outside_ns": S}, "a worker's differs from the trial's by 1 s"),
        ({"end_ns": None}, "it shows no time"),
    ],
)
def test_clocks_that_differ_more_than_they_can(clock, says):
    """Each difference has its sentence."""
    found = problem(**clock)
    assert found.startswith("the clock was changed by the code under test: ")
    assert says in found


def test_a_clock_that_stood_still():
    """Operations take some time, however short; a time that is no number is none."""
    assert "stood still" in problem(iterations=[{"wall_s": 1.0}, {"wall_s": 0}])
    assert "stood still" in problem(iterations=[{"wall_s": -1.0}])
    assert problem(iterations=[{"wall_s": None}, {}, 5]) == ""


def test_only_times_are_judged():
    """A trial that failed has none, and answers of other verbs neither."""
    assert problem(status="failed", end_ns=0) == ""
    assert clock_check.problem({"version": "3.11"}, 0, 1) == ""
    assert clock_check.problem({"status": "ok", "iterations": 5}, 0, 1) == ""


CHEAT = """\
from concexp.trial import own_time, passes, reference
from concexp.trial.verbs import measure

class Work:
    def setup(self):
        real = own_time.perf_counter_ns
        def changed():
            return {changed}
        for module in (own_time, passes, measure):
            for name in ("clock", "perf_counter_ns"):
                if hasattr(module, name):
                    setattr(module, name, changed)
    def run(self):
        pass
"""


@pytest.mark.parametrize("changed", ["5", "real() // 2", "real() + 10**18"])
@pytest.mark.parametrize("model", ["serial", "processes"])
def test_code_that_changes_even_the_trials_own_clock(write, changed, model):
    """The trial is invalid and has no times; what was counted stays."""
    path = write("mine.py", CHEAT.format(changed=changed))
    ended = trial(function(path, "Work"), model, load={"ops": 100, "scaling": "strong"}, warmup=0)
    assert (ended.status, ended.reason.partition(":")[0]) == ("invalid", clock_check.REASON)
    assert [set(one) for one in ended.answer["iterations"]] == [{"ops", "counts", "invalid"}]
    assert "clock" not in ended.answer
