"""What a function wants -> the cells to measure."""

import pytest

from concexp.commands.trying.kind import Facts
from concexp.commands.trying.models import ALONE, COROUTINES, PROCESSES, THREADS, candidates
from concexp.commands.trying.sweep import Row, default_workers, of_versions, sweep
from concexp.errors import UnknownName

MODELS = candidates()
GROUPS = {model.name: model.group for model in MODELS}
COMPUTES = {"form": "function", "op_s": 0.002, "busy": 1.0, "used": 1.0, "wanted": 1.1, "gain": 1.0}
WAITS = {**COMPUTES, "busy": 0.02, "used": 0.1, "gain": 3.9}


def swept(given, seconds=40.0, workers=(), cpus=4):
    return sweep(Facts(**given), MODELS, workers, cpus, seconds, False)


def first_group(found):
    """The group of the first model that is not the baseline."""
    return GROUPS[found.rows[1].model]


def test_the_likely_best_comes_first_and_something_to_compare_it_with():
    """Processes for what holds the GIL, threads for what waits, coroutines for what awaits."""
    assert first_group(swept(COMPUTES)) == PROCESSES
    assert first_group(swept({**COMPUTES, "used": 3.9, "wanted": 4.0})) == THREADS
    assert first_group(swept(WAITS)) == THREADS
    assert first_group(swept({**WAITS, "form": "coroutine function", "loop_gain": 3.9})) == COROUTINES
    for given in (COMPUTES, WAITS):
        found = swept(given)
        assert found.rows[0].workers == ()
        assert len({GROUPS[row.model] for row in found.rows}) == 3


def test_workers_follow_what_a_call_leaves_of_a_cpu():
    """Two numbers: as many as fill the CPUs, and the next; the most where calls only wait."""
    assert default_workers(4) == [1, 4, 8, 16, 32]
    assert swept(COMPUTES).rows[1].workers == (4, 8)
    assert swept({**COMPUTES, "busy": 0.5}).rows[1].workers == (8, 16)
    assert swept(WAITS).rows[1].workers == (16, 32)
    assert swept(WAITS, workers=(3,)).rows[1].workers == (3,)


def test_less_time_means_fewer_cells_and_never_fewer_than_three_rows():
    """The baseline, the likely best and a rival are measured however short the time is."""
    rows = [len(swept(COMPUTES, seconds).rows) for seconds in (0.0, 30.0, 1000.0)]
    assert rows[0] == 3
    assert rows == sorted(rows)
    assert rows[2] > 3


def test_short_calls_get_a_time_and_long_ones_a_number():
    """A time would cut long calls; there each worker makes some."""
    assert swept(COMPUTES).load == {"duration": "0.3s"}
    assert swept({**COMPUTES, "op_s": 0.1}).load == {"ops": 3, "scaling": "weak"}
    assert swept({**COMPUTES, "op_s": 5.0}).load == {"ops": 1, "scaling": "weak"}


def test_where_results_have_to_be_sent_only_pools_carry_them():
    """Persistent workers keep their results; and no process at all is measured where pools refuse."""
    large = swept({**COMPUTES, "result": 1 << 20, "sending": 0.004}, 1000.0)
    assert {row.model for row in large.rows} == {m.name for m in MODELS if m.pool and m.group == PROCESSES} | {
        next(model.name for model in MODELS if model.group == ALONE),
        next(model.name for model in MODELS if model.group == THREADS and not model.pool),
    }
    refused = swept({**COMPUTES, "refused": "a lambda cannot be pickled"}, 1000.0)
    assert PROCESSES not in {GROUPS[row.model] for row in refused.rows}


def test_versions_are_compared_in_few_cells():
    """Alone and by the likely best model, so that each cell gets many trials; named models and numbers are all measured."""
    found = of_versions(Facts(**COMPUTES), MODELS, (), 4, 1000.0, False)
    assert [row.workers for row in found.rows] == [(), (4,)]
    assert first_group(found) == PROCESSES
    assert found.load == swept(COMPUTES).load
    chosen = candidates(["threads", "serial", "processes"])
    assert len(of_versions(Facts(**COMPUTES), chosen, (2, 3), 4, 1.0, True).rows) == 3
    assert of_versions(Facts(**COMPUTES), MODELS, (2, 3), 4, 1.0, False).rows[1].workers == (2, 3)


def test_named_models_are_all_measured():
    """In the order given; a name that does not exist is an error with a suggestion."""
    chosen = candidates(["threads", "serial"])
    found = sweep(Facts(**COMPUTES), chosen, (2,), 4, 1.0, True)
    assert found.rows == (Row("threads", (2,)), Row("serial", ()))
    with pytest.raises(UnknownName) as caught:
        candidates(["thread"])
    assert caught.value.hint == "did you mean 'threads'?"


def test_of_short_calls_plain_workers_come_before_executors():
    """Handing over a call of 2 ms to an executor costs much of it, so plain workers show what the work allows."""
    pool = {model.name: model.pool for model in MODELS}
    short, long = (swept({**COMPUTES, "op_s": seconds}, 1000.0).rows for seconds in (0.002, 0.1))
    assert not pool[short[1].model]
    assert [row.model for row in long][:2] == [row.model for row in swept({**COMPUTES, "op_s": 5.0}, 1000.0).rows][:2]
    handed_over = [pool[row.model] for row in short if GROUPS[row.model] == PROCESSES]
    assert handed_over == sorted(handed_over)
