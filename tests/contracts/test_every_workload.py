"""What holds for every workload, in every combination that exists: real trials, each in a fork of a sealed child."""

import pytest

from concexp import catalog
from concexp.trial import passes, tools
from concexp.trial.models.threads import Model as Threads
from tests.helpers.forks import trial
from tests.helpers.plugins import SMALL, TIMED, assert_described, build, races, runs, triples, well

NAMES = catalog.names("workload")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_described(name):
    """A workload tells what it does, and what each of its parameters means."""
    assert_described("workload", name)


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_itself(name):
    """Its shape, what it wants, its unit, its load and what it takes are words that others understand."""
    workload = build("workload", name)
    assert workload.shape in ("tasks", "workers")
    assert workload.resource in ("cpu", "io")
    assert workload.unit
    assert set(workload.load) in ({"duration"}, {"ops", "scaling"})
    assert workload.takes
    assert set(workload.takes) <= {
        "none",
        "guard",
        "channel",
        "stream",
        "shards",
        "signal",
        "state",
        *catalog.names("sync"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_somebody_can_run_it(name):
    """Of all combinations, at least one with threads exists."""
    assert [triple for triple in triples(2) if triple[:2] == (name, "threads")]


@pytest.mark.parametrize(("workload", "model", "sync"), triples(2))
def test_it_runs_in_every_combination(workload, model, sync):
    """Every combination that is not refused does its operations, passes its check and leaves nothing behind."""
    ending = trial(well(workload), model, sync, load=SMALL, iterations=2)
    # Without a guard, workers that really run at the same time may lose updates: that is data, not an error.
    assert ending.status in (("ok", "invalid") if races(workload, model, sync) else ("ok",)), ending
    assert ending.left_behind == 0
    assert [iteration["ops"] for iteration in ending.answer["iterations"]] == [20, 20]


@pytest.mark.parametrize(
    ("workload", "model", "sync"),
    [t for t in triples(2) if t[1] in ("threads", "processes", "asyncio") and t[2] != "none"],
)
def test_it_runs_with_primitives_that_are_observed(workload, model, sync):
    """Whatever it does with a primitive, it can do with one whose waits are observed: there are some, and all goes well."""
    ending = trial(well(workload), model, sync, load=SMALL, probes=["waits"])
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    (iteration,) = ending.answer["iterations"]
    assert iteration["ops"] == 20
    assert iteration["waits"] >= 1


# One primitive for each pair: how time is kept does not depend on it.
KEPT = {
    (w, m): (w, m, s) for w, m, s in triples(2) if runs(w, m, s, 2, TIMED) and "duration" in build("workload", w).load
}


@pytest.mark.parametrize(("workload", "model", "sync"), KEPT.values())
def test_it_runs_for_a_given_time(workload, model, sync):
    """Where time is given, something is done, for as long as was asked at least, and the check agrees."""
    ending = trial(well(workload), model, sync, load=TIMED)
    assert ending.status in (("ok", "invalid") if races(workload, model, sync) else ("ok",)), ending
    iteration = ending.answer["iterations"][0]
    assert iteration["ops"] >= 1
    assert iteration["wall_s"] >= TIMED["duration"]


@pytest.mark.parametrize("error", [+1, -1])
@pytest.mark.parametrize("name", NAMES)
def test_its_check_notices_a_wrong_outcome(name, error, tmp_path):
    """The check agrees with what was done, and with nothing that is off by one."""
    workload, model = build("workload", name, **well(name)[1]), Threads()
    sync = build("sync", next(sync for workload, model, sync in triples(2) if (workload, model) == (name, "threads")))
    kit = tools.Kit(tools.Tools(*model.primitives(), False, str(tmp_path), 2), sync, None, 2, str(tmp_path), 20)
    kit.primitive = sync.build(kit.tools, getattr(workload, "capacity", 0))
    shared = workload.prepare(kit)
    try:
        model.open(tools.Job(workload, 2, kit.primitive, shared, str(tmp_path)))
        workload.reset(shared)
        reports = model.run([(first, n, None) for first, n in workload.shares(20, 2)])
        model.close()
        outcome = passes.Outcome(reports, 1e9, 2)  # a window so long that no waiting can have been too much
        assert workload.check(shared, outcome)[0] == ""
        outcome.total += error
        assert workload.check(shared, outcome)[0] != ""
    finally:
        workload.release(shared)


@pytest.mark.parametrize(("workload", "model", "sync"), [t for t in triples(5) if t[1] in ("threads", "processes")])
def test_it_runs_with_five_workers(workload, model, sync):
    """An odd number of workers, more than there is work for some of them, is no special case."""
    ending = trial(well(workload), model, sync, workers=5, load={"ops": 8, "scaling": "strong"})
    assert ending.status in (("ok", "invalid") if races(workload, model, sync) else ("ok",)), ending
    assert ending.answer["iterations"][0]["ops"] == 8


def test_naps_that_nobody_can_have_taken_are_noticed():
    """Sleeping longer than all workers together were there is a wrong outcome."""
    sleep = build("workload", "sleep", delay=0.1)
    reports = [passes.Report(0, 10**9, 0, 11, 11)]
    assert "of sleep in" in sleep.check(None, passes.Outcome(reports, 1.0, 1))[0]
    assert sleep.check(None, passes.Outcome(reports, 1.2, 1))[0] == ""


def test_the_counter_tells_how_many_were_lost():
    """The check counts the lost updates, and says how many of how many."""
    counter = build("workload", "counter")
    outcome = passes.Outcome([passes.Report(0, 1, 0, 10, 10), passes.Report(0, 1, 10, 10, 10)], 1.0, 2)
    assert counter.check([17], outcome) == ("3 of 20 increments were lost", {"lost_updates": 3})
    assert counter.check([20], outcome) == ("", {"lost_updates": 0})
