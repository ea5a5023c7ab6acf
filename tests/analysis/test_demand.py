"""What a workload wants is measured; the word of its author is a hint, unless the experiment says it."""

import pytest

from concexp.analysis import demand
from tests.helpers import journal_builder

HALF = {"wall_s": 0.5, "ops": 25, "voluntary_switches": 30, "run_queue_wait_s": 0.0}
WAITS = {**HALF, "cpu_s": 0.005}
COMPUTES = {**HALF, "cpu_s": 0.5, "voluntary_switches": 0}
BLOCKED_CPU = {**HALF, "cpu_s": 0.1, "run_queue_wait_s": 0.4}
MIXED = {**HALF, "cpu_s": 0.25}


def found(folder, cells, **more):
    """(wants, share) of the run's workload, the same in all its trials."""
    trials = journal_builder.write(folder, cells, repetitions=3, **more).trials
    (pair,) = {(w, round(s, 2)) for w, s in zip(trials["wants"], trials["cpu_share"].astype(float), strict=True)}
    return pair


@pytest.mark.parametrize(
    ("facts", "declared", "wanted"),
    [
        (WAITS, "cpu", ("io", 0.01)),
        (COMPUTES, "io", ("cpu", 1.0)),
        (BLOCKED_CPU, "io", ("cpu", 1.0)),  # it stood in the run queue
        (MIXED, "cpu", ("cpu", 0.5)),  # in between the declared word decides, and the share is kept
        (MIXED, "io", ("io", 0.5)),
        ({**MIXED, "voluntary_switches": 0}, "io", ("cpu", 1.0)),  # it was stopped, and waited for nothing
        ({**MIXED, "steal_s": 0.25}, "cpu", ("cpu", 1.0)),  # the host took the rest
        ({**WAITS, "steal_s": 0.5}, "cpu", ("io", 0.02)),  # from others
    ],
)
def test_one_worker_shows_it(tmp_path, facts, declared, wanted):
    """CPU time and the wait for a CPU are what work wants; voluntary switches tell a wait from a stop."""
    assert found(tmp_path, [journal_builder.cell(wants=declared, facts=facts)]) == wanted


def test_the_fewest_workers_decide(tmp_path):
    """Sixteen threads under the GIL look as if they waited, and so many naps as if they computed: one worker shows it."""
    many = journal_builder.cell(model="threads", workers=16, facts={**HALF, "cpu_s": 0.6, "voluntary_switches": 900})
    assert found(tmp_path, [many, journal_builder.cell(facts=WAITS)]) == ("io", 0.01)


@pytest.mark.parametrize(
    ("model", "workers", "cpu", "wanted"),
    [
        ("processes", 4, 0.04, ("io", 0.02)),
        ("processes", 4, 1.0, ("cpu", 0.5)),
        ("threads", 16, 0.5, ("cpu", 1.0)),  # they took turns at the GIL
        ("threads", 16, 0.15, ("io", 0.03)),
        ("asyncio", 16, 0.02, ("io", 0.0)),
    ],
)
def test_several_workers_show_it_where_there_is_no_single_one(tmp_path, model, workers, cpu, wanted):
    """Processes have a CPU each; under the GIL one CPU is all that Python code can want."""
    facts = {**HALF, "ops": 400, "cpu_s": cpu, "voluntary_switches": 400}
    assert found(tmp_path, [journal_builder.cell(model=model, workers=workers, facts=facts)]) == wanted


@pytest.mark.parametrize("missing", ["cpu_s", "run_queue_wait_s"])
def test_what_was_not_recorded_leaves_the_declared_word(tmp_path, missing):
    """Older journals and other systems lack these facts."""
    run = journal_builder.write(tmp_path, [journal_builder.cell(wants="io", facts={**COMPUTES, missing: None})])
    assert set(run.trials["wants"]) == {"io"}
    assert run.trials["cpu_share"].isna().all()
    assert set(demand.shares_by_cell(run.firsts).values()) == {0.0}


def test_arrivals_do_not_show_it(tmp_path):
    """In an open loop workers also wait for arrivals, which says nothing about the work."""
    load = {"rate": 50.0, "duration": 0.5, "arrivals": "constant"}
    run = journal_builder.write(tmp_path, [journal_builder.cell(facts=WAITS, load=load)])
    assert set(run.trials["wants"]) == {"cpu"}


def test_the_experiment_has_the_last_word(tmp_path):
    """`wants:` beside a workload beats every measurement."""
    assert found(tmp_path, [journal_builder.cell(wants="io", fixed=True, facts=COMPUTES)]) == ("io", 0.0)


def test_who_waits_is_not_doubted_for_a_neighbour(tmp_path):
    """A machine that gives half of its CPUs is no reason to doubt a wait of 20 ms, and is one to doubt computing."""
    waits = journal_builder.cell("nap", "threads", workers=16, facts=WAITS, plugins={"workload": "sleep"})
    facts = {**COMPUTES, "cpu_s": 0.9}
    works = journal_builder.cell("parse", "threads", workers=16, facts=facts, plugins={"workload": "sort"})
    run = journal_builder.write(tmp_path, [waits, works], effective=0.925)
    doubted = run.trials.groupby("workload")["doubts"].agg(lambda codes: any("machine" in one for one in codes))
    assert dict(doubted) == {"nap": False, "parse": True}
