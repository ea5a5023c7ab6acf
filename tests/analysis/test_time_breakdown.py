"""Where the workers' time went, from journals in which one reason is behind the whole loss."""

import pytest

from concexp.analysis.time_breakdown import TimeBreakdown, comparable
from concexp.run.storage.journal import Record
from tests.helpers import journal_builder
from tests.helpers.workers import FREE, LOCK, WALL, busy, cell, pair

CELLS = [
    *pair("processes", 2, 800, "startup", 0.8, startup="timed", more={"startup_s": 0.6 * WALL, **busy(0.4, 0.4)}),
    *pair("processes", 2, 1500, "imbalance", 1.5, more=busy(1, 0.5)),
    *pair("processes", 2, 1000, "waiting", 1, more=busy(1, 1), **LOCK),
    *pair("threads", 2, 1000, "turns", 1, more=busy(1, 1)),
    *pair("processes", 8, 4000, "oversubscription", 4, queued=4, more=busy(*[1] * 8)),
    *pair("processes", 2, 1000, "overhead", 2, more=busy(1, 1)),
    *pair("processes", 2, 1000, "residual", 1, more=busy(1, 1), sync="lock"),
    *pair("asyncio", 2, 1000, "serial in one thread", 1, more=busy(0.1, 0.6)),
    *pair("threads", 2, 1000, "free threads", 1, more=busy(1, 1), answer={"gil": False}),
]


def shares(run):
    """Of each cell with a split, by its label: all shares above 1 %, in percent."""
    losses = TimeBreakdown(run)
    found = {}
    for one in run.header["cells"]:
        split = losses.of_cell(one["cell"])
        if split is not None:
            parts = {name: share.mean for name, share in split.parts.items()} | {"residual": split.residual.mean}
            assert split.useful.mean + sum(parts.values()) == pytest.approx(1)
            found[one["axes"]["workload"]] = {n: round(100 * share) for n, share in parts.items() if share > 0.01}
    return found


def test_each_reason(tmp_path):
    """The reason for the whole loss is found, with its size, and nothing else is blamed."""
    found = shares(journal_builder.write(tmp_path, CELLS, effective=4.0, machine=FREE))
    assert found == {
        "startup": {"startup": 60},
        "imbalance": {"imbalance": 25},
        "waiting": {"waiting": 50},
        "turns": {"turns": 50},
        "oversubscription": {"oversubscription": 50},
        "overhead": {"overhead": 50},
        "residual": {"residual": 50},
        "serial in one thread": {"turns": 50},
        "free threads": {"residual": 50},
    }


def test_a_coordinator_apart_from_its_workers(tmp_path):
    """A pool's coordinator, which uses a CPU too, makes two workers on two CPUs queue: not as if they were too many."""
    own = {"own_cpu_s": 0.4 * WALL, "own_run_queue_wait_s": 0.1 * WALL, "worker_ops": None}
    cells = pair("process_pool", 2, 1600, "pool", 2.0, queued=0.5, more=own)
    assert shares(journal_builder.write(tmp_path, cells, effective=2.0)) == {"pool": {"coordinator": 20}}


def test_a_main_thread_apart_from_its_workers(tmp_path):
    """Of threads the main one hands out the work: while it runs the others stand, and the rest are their turns at the GIL."""
    main = {"own_cpu_s": WALL, "main_cpu_s": 0.2 * WALL, "main_run_queue_wait_s": 0.0, "worker_ops": None}
    cells = pair("thread_pool", 2, 800, "pool", 1.0, more=main)
    found = shares(journal_builder.write(tmp_path, cells, effective=4.0, machine=FREE))
    assert found == {"pool": {"coordinator": 20, "turns": 40}}


def test_an_older_journal_of_a_pool(tmp_path):
    """Where the coordinator was not recorded apart, what a pool's workers did is unknown; of others it only waited."""
    cells = pair("process_pool", 2, 1600, "pool", 2.0, queued=0.5, more={"worker_ops": None})
    cells += pair("processes", 2, 1000, "overhead", 2, more=busy(1, 1))
    run = journal_builder.write(tmp_path, cells, effective=4.0, machine=FREE)
    assert shares(run) == {"pool": {"residual": 20}, "overhead": {"overhead": 50}}
    assert "overhead" in TimeBreakdown(run).of_cell(cells[1]["id"]).unmeasured


def test_cpus_withheld(tmp_path):
    """Two of four CPUs are gone, to another program (the workers queue) or to a sibling thread (their CPUs are slow)."""
    cells = [
        *pair("processes", 4, 2000, "queued", 2, queued=2, more=busy(1, 1, 1, 1)),
        *pair("processes", 4, 2000, "slow", 4, more=busy(1, 1, 1, 1)),
    ]
    found = shares(journal_builder.write(tmp_path, cells, effective=2.0, machine=FREE))
    assert found == {"queued": {"missing": 50}, "slow": {"missing": 50}}


def test_what_has_no_split(tmp_path):
    """An open loop, a function that times itself, a background, and what has no baseline of one worker are left out."""
    two = {"more": busy(1, 1)}
    cells = [
        *pair("threads", 2, 1000, "open loop", 1, load={"rate": 900, "duration": 0.5}, **two),
        *pair("threads", 2, 1000, "times itself", 1, counts={"self_timed_rate": 5.0}, **two),
        *pair("threads", 2, 1000, "background", 1, more={**busy(1, 1), "background_ops": 7}),
        cell("threads", 2, 1000, "alone", 1, **two),
        *pair("threads", 2, 1000, "compares", 1, **two),
    ]
    run = journal_builder.write(tmp_path, cells, effective=4.0, machine=FREE)
    assert list(shares(run)) == ["compares"]


def test_only_trials_that_tell_the_time_enter(tmp_path):
    """Doubtful and failed trials are left out, with those of their blocks on the other side."""
    cells = pair("threads", 2, 1000, "turns", 1, more=busy(1, 1))
    cells[1]["status"] = ["ok", "crashed", "ok", "ok", "ok", "ok"]
    spun = [4.0, 4.0, 4.0, 1.5, 1.5, 1.5, 4.0]  # beside blocks 3 and 4 two threads could not both have run
    run = journal_builder.write(tmp_path, cells, effective=spun, machine=FREE)
    split = TimeBreakdown(run).of_cell(cells[1]["id"])
    assert len(split.trials) == 3
    assert split.share("turns").bounded


@pytest.mark.parametrize("model", ["threads", "simulated"])
@pytest.mark.parametrize(
    "wrong",
    [{"wall_s": 0.0}, {"wall_s": 1e-300}, {"wall_s": 1e300}, {"cpu_s": 1e200}, {"run_queue_wait_s": 1e200}],
    ids=str,
)
def test_times_that_cannot_be_divided(tmp_path, model, wrong):
    """No time at all, or more than clocks count, is measured or made up: the cell has no breakdown, and nothing fails."""
    cells = pair(model, 2, 1000, "turns", 1, more={**busy(1, 1), **wrong})
    run = journal_builder.write(tmp_path, cells, effective=4.0, machine=FREE)
    split = TimeBreakdown(run).of_cell(cells[1]["id"])
    assert split is None or 0 < split.useful.mean < 1


@pytest.mark.parametrize(
    ("passes", "able"),
    [
        ([{"wall_s": 1.0, "ops": 5}, {"wall_s": 1.0, "ops": 4}], True),
        ([{"wall_s": 1.0, "ops": 5}, {"wall_s": 1.0, "ops": 0}], False),
        ([{"wall_s": 1.0, "ops": 5}, {}], False),  # as in a damaged journal
    ],
)
def test_only_passes_with_operations_can_be_compared(passes, able):
    """A pass that did nothing, or of which nothing is known, says nothing of where the time went."""
    assert comparable(Record({"load": {"ops": 5}, "answer": {"iterations": passes}})) == able
