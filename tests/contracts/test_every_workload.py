"""What holds for every workload: real trials, each in a fork of a sealed child.

By default the combinations with a model and a primitive are a cover of all pairs; `make contracts` tries every triple.
"""

import inspect

import pytest

from concexp import catalog
from concexp.testing.described import assert_described
from concexp.trial import passes, tools
from concexp.trial.models.threads import Model as Threads
from concexp.trial.window import FEW
from tests.helpers.forks import trial
from tests.helpers.plugins import (
    ALONE,
    PACE,
    SMALL,
    TIMED,
    build,
    cover,
    harmless,
    pairs,
    races,
    runs,
    selected,
    triples,
)

NAMES = catalog.names("workload")
OBSERVED = tuple(t for t in triples(2) if t[1] in ("threads", "processes", "asyncio") and t[2] != "none")
# One primitive for each workload and model: how time is measured does not depend on the primitive.
FOR_A_TIME = {
    (workload, model): (workload, model, sync)
    for workload, model, sync in triples(2)
    if "duration" in build("workload", workload).load and runs(workload, model, sync, 2, TIMED)
}
WITH_FIVE_WORKERS = tuple(t for t in triples(5) if t[1] in ("threads", "processes"))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_described(name):
    """Its docstring explains what it does and what each of its parameters means."""
    assert_described("workload", name)


@pytest.mark.parametrize("name", NAMES)
def test_what_it_draws_follows_the_block(name):
    """It says what it draws if it has the dice in its hand, and has no randomness but theirs."""
    source = inspect.getsource(inspect.getmodule(catalog.load("workload", name)))
    assert ("self.dice(" in source or "self.luck" in source) == bool(build("workload", name).draws)
    assert "import random" not in source
    assert "Random(" not in source


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_itself(name):
    """Its shape, resource, unit, default load and the primitives that it takes are among the known words."""
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


@pytest.mark.parametrize("name", ALONE)
def test_threads_can_run_it(name):
    """At least one primitive is supported with threads."""
    assert [triple for triple in triples(2) if triple[:2] == (name, "threads")]


@pytest.mark.parametrize("triples", [triples(2), OBSERVED, WITH_FIVE_WORKERS], ids=["two", "observed", "five"])
def test_the_cover_has_every_pair(triples):
    """What is run by default is a part of all triples, and has each pair of plug-ins that some triple has."""
    chosen = cover(triples)
    assert set(chosen) <= set(triples)
    assert set().union(*map(pairs, chosen)) == set().union(*map(pairs, triples))


@pytest.mark.parametrize(("workload", "model", "sync"), selected(triples(2)))
def test_it_runs_in_every_combination(workload, model, sync):
    """Every combination that is not refused does its operations, passes its check and leaves nothing behind."""
    ending = trial(harmless(workload), model, sync, load=SMALL, iterations=2)
    # Without a guard, workers that run in parallel may lose updates: that is data, not an error.
    assert ending.status in (("ok", "invalid") if races(workload, model, sync) else ("ok",)), ending
    assert ending.left_behind == 0
    assert [iteration["ops"] for iteration in ending.answer["iterations"]] == [20, 20]


@pytest.mark.parametrize(
    ("workload", "model", "sync"),
    selected(OBSERVED),
)
def test_it_runs_with_primitives_that_are_observed(workload, model, sync):
    """With a primitive whose waits are observed it does the same work, and at least one wait is recorded."""
    ending = trial(harmless(workload), model, sync, load=SMALL, probes=["waits"])
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    (iteration,) = ending.answer["iterations"]
    assert iteration["ops"] == 20
    assert iteration["waits"] >= 1


@pytest.mark.parametrize(("workload", "model", "sync"), FOR_A_TIME.values())
def test_it_runs_for_a_given_time(workload, model, sync):
    """With a duration as load it does at least one operation, at a rate that is taken from most of it, and passes its check."""
    ending = trial(harmless(workload), model, sync, load=TIMED)
    assert ending.status in (("ok", "invalid") if races(workload, model, sync) else ("ok",)), ending
    iteration = ending.answer["iterations"][0]
    assert iteration["ops"] >= 1
    assert TIMED["duration"] / 2 <= iteration["window_s"]
    # Of all bodies of two workers: then the rate is that of the whole pass.
    few = iteration["ops"] < FEW * build("model", model).bodies(2)
    assert iteration["window_s"] < TIMED["duration"] or few
    assert iteration["wall_s"] > 0


@pytest.mark.parametrize("error", [+1, -1])
@pytest.mark.parametrize("name", ALONE)
def test_its_check_notices_a_wrong_outcome(name, error, tmp_path):
    """Its check accepts the number of operations that were done, and neither one more nor one less."""
    workload, model = build("workload", name, **harmless(name)[1]), Threads()
    sync = build("sync", next(triple[2] for triple in triples(2) if triple[:2] == (name, "threads")))
    kit = tools.Kit(tools.Tools(*model.primitives(), False, str(tmp_path), 2), sync, None, 2, str(tmp_path), 20, PACE)
    kit.primitive = sync.build(kit.tools, getattr(workload, "capacity", 0))
    shared = workload.prepare(kit)
    try:
        model.open(tools.Job(workload, 2, kit.primitive, shared, str(tmp_path)))
        workload.reset(shared)
        reports = model.run([(first, n, None) for first, n in workload.shares(20, 2)])
        model.close()
        outcome = passes.Outcome(reports, 1e9, 2)  # a window long enough for any time spent waiting
        assert workload.check(shared, outcome)[0] == ""
        outcome.total += error
        assert workload.check(shared, outcome)[0] != ""
    finally:
        workload.release(shared)


@pytest.mark.parametrize(("workload", "model", "sync"), selected(WITH_FIVE_WORKERS))
def test_it_runs_with_five_workers(workload, model, sync):
    """An odd number of workers, some of which have less to do than others, makes no difference."""
    ending = trial(harmless(workload), model, sync, workers=5, load={"ops": 8, "scaling": "strong"})
    assert ending.status in (("ok", "invalid") if races(workload, model, sync) else ("ok",)), ending
    assert ending.answer["iterations"][0]["ops"] == 8


def test_impossible_sleep_is_noticed():
    """The check of `sleep` refuses more sleep than all workers together had time for."""
    sleep = build("workload", "sleep", delay=0.1)
    reports = [passes.Report(0, 10**9, 0, 11, 11)]
    assert "of sleep in" in sleep.check(None, passes.Outcome(reports, 1.0, 1))[0]
    assert sleep.check(None, passes.Outcome(reports, 1.2, 1))[0] == ""


def test_the_counter_counts_lost_updates():
    """The check of `counter` counts the lost updates, and reports them with the total."""
    counter = build("workload", "counter")
    outcome = passes.Outcome([passes.Report(0, 1, 0, 10, 10), passes.Report(0, 1, 10, 10, 10)], 1.0, 2)
    assert counter.check([17], outcome) == ("3 of 20 increments were lost", {"lost_updates": 3})
    assert counter.check([20], outcome) == ("", {"lost_updates": 0})
