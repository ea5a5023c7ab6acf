"""The loop that shows the CPU's speed, and when workers run it."""

import queue

import pytest

from concexp.trial import passes, reference, tools
from tests.helpers.children import trial


def test_the_fastest_run_counts(monkeypatch):
    """Runs that were interrupted are not the CPU's speed."""
    readings = iter([0, 900, 1000, 1300, 2000, 2400])
    monkeypatch.setattr(reference, "clock", lambda: next(readings))
    assert reference.reference_s() == pytest.approx(300e-9)


def test_the_work_is_always_the_same():
    """The loop depends on nothing but its length."""
    assert [reference.steps(n) for n in (0, 1, 2, 5000)] == [reference.steps(n) for n in (0, 1, 2, 5000)]
    assert reference.steps(3) == 7  # ((0 * 5 + 0) * 5 + 1) * 5 + 2


class Quiet(tools.Workload):
    """Does nothing."""

    def work(self, me, n):
        return 0


def references(monkeypatch, index, workers, alone, cpus=4, number=3):
    """What the reports of a member hold, pass by pass; the loop says how often it was run."""
    runs = iter(range(1, 100))
    monkeypatch.setattr(passes, "reference_s", lambda: next(runs))
    monkeypatch.setattr(passes, "usable_cpus", lambda: cpus)
    inbox, said = queue.SimpleQueue(), []
    for order in [*[(0, 1, None)] * number, None]:
        inbox.put(order)
    passes.member(Quiet(), tools.WorkerView(index, workers, None, None, ""), None, inbox.get, said.append, alone)
    return [[one["reference"] for one in report.seen] for kind, report in said if kind == "report"]


def test_a_worker_of_its_own_measures_around_its_passes_but_the_first(monkeypatch):
    """Before the gate and after the pass; the first pass may have a timed start-up, to which nothing is added."""
    assert references(monkeypatch, 0, 2, True) == [[], [(1, 2)], [(3, 4)]]


@pytest.mark.parametrize(("workers", "alone"), [(2, False), (5, True)])
def test_a_worker_that_others_wait_for_measures_before_only(monkeypatch, workers, alone):
    """With one GIL, or more workers than CPUs, a loop at the end would take time from workers that are not done."""
    assert references(monkeypatch, 0, workers, alone) == [[], [(1, None)], [(2, None)]]


def test_only_the_first_workers_measure(monkeypatch):
    """A thousand threads do not delay the gate by a second."""
    assert references(monkeypatch, passes.REFERENCE_WORKERS, 1000, False) == [[], [], []]


@pytest.mark.parametrize(
    ("model", "startup", "before", "after"),
    [
        ("serial", "once", None, None),
        ("threads", "once", 2, None),
        ("processes", "once", 2, 2),
        ("processes", "timed", None, None),
        ("process_pool", "once", None, None),
    ],
)
def test_what_a_real_trial_records(model, startup, before, after):
    """The coordinator around each pass; workers that stay, before it, and after it where each has a CPU and a GIL of its own."""
    (iteration,) = trial("cpu_sum", model, startup=startup).answer["iterations"]
    assert iteration["reference_before_s"] > 0
    assert iteration["reference_after_s"] > 0
    if passes.usable_cpus() < 2:
        after = None
    for name, count in (("worker_reference_before_s", before), ("worker_reference_after_s", after)):
        assert (iteration[name] and len(iteration[name])) == count
        assert all(seconds > 0 for seconds in iteration[name] or ())
