"""Which facts make a trial's timing doubtful, and which do not: each limit from both sides."""

import pytest

from concexp.analysis import doubts
from concexp.trial.probes import latency as probe
from tests.helpers import journal_builder

QUIET = {"model": "processes", "workers": 2}
HALF = {"wall_s": 0.5}  # a window of just that length: limits that are shares of it can be met exactly
WORKERS = {"shape": "workers"}
SLOW_CLOCK = {"clocks": {"current": {"timer_cost_s": 2.0**-9}}}
TIMED = {"service_time": [(1, 1)], "wall_s": 0.5}


def op(seconds):
    """Facts of two workers whose every operation was timed and took so long."""
    return {**TIMED, "ops": round(1.0 / seconds)}


def codes(folder, effective=1.9, manifest=None, **cell):
    """The doubts of the one cell's trials."""
    cells = [journal_builder.cell(**{**QUIET, **cell})]
    run = journal_builder.write(folder, cells, effective=effective, repetitions=3, manifest=manifest)
    return set(run.trials["doubts"])


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("", {}),
        ("machine", {"effective": 1.79}),
        ("", {"effective": 1.81}),
        ("", {"effective": 1.0, "wants": "io"}),
        ("", {"effective": 1.0, "workers": 1}),
        ("", {"effective": 1.0, "model": "asyncio"}),  # one thread of execution can use one CPU
        ("machine", {"effective": 1.0, "model": "threads", "workers": 8}),  # eight could use both
        ("machine", {"facts": {"run_queue_wait_s": 0.11}}),
        ("", {"facts": {"run_queue_wait_s": 0.09}}),
        ("", {"facts": {"run_queue_wait_s": 9.0}, "workers": 4}),  # they stand in each other's way
        ("", {"facts": {"run_queue_wait_s": 9.0, "worker_ops": None}}),  # so do a pool's own threads
        ("", {"facts": {"run_queue_wait_s": 9.0, "cpu_s": 0.6}, "workers": 1}),  # more than one worker can use
        ("", {"facts": {"run_queue_wait_s": 9.0}, "wants": "io"}),
        ("skew", {"facts": {"start_skew_s": 0.06}}),
        ("", {"facts": {"start_skew_s": 0.04}}),
        ("", {"facts": {"start_skew_s": 0.4}, "model": "asyncio"}),
        ("too_short", {"facts": {"wall_s": 0.24}, "model": "threads"}),  # 50 switch intervals of 5 ms
        ("", {"facts": {"wall_s": 0.26}, "model": "threads"}),
        ("", {"facts": {"wall_s": 0.24}, "model": "threads", "answer": {"switch_interval": 0.001}}),
        ("too_short", {"facts": {"wall_s": 0.24}, "model": "threads", "answer": {"switch_interval": None}}),
        ("", {"facts": {"wall_s": 0.011}, "model": "threads", "wants": "io"}),
        ("", {"facts": {"wall_s": 0.011}, "model": "threads", "workers": 1}),
        ("too_short", {"facts": {"wall_s": 0.009}}),
        ("server_bound", {"facts": {"server_cpu_s": 0.36}}),
        ("", {"facts": {"server_cpu_s": 0.34}}),
        ("", {"effective": 1.8}),  # at a limit is within it, here and below
        ("", {"facts": {**HALF, "run_queue_wait_s": 0.1}}),
        ("", {"facts": {**HALF, "start_skew_s": 0.05}}),
        ("", {"facts": {**HALF, "server_cpu_s": 0.35}}),
        ("", {"facts": {"wall_s": 0.25}, "model": "threads"}),
        ("", {"facts": {"wall_s": 0.01}}),
        ("machine", {"facts": {**HALF, "steal_s": 0.11}}),  # of two CPUs for half a second
        ("", {"facts": {**HALF, "steal_s": 0.1}}),
        ("machine", {"facts": {**HALF, "steal_s": 0.06}, "workers": 1}),
        ("", {"facts": {**HALF, "steal_s": 0.1}, "workers": 8}),  # eight can use two CPUs
        ("", {"facts": {**HALF, "steal_s": 0.9}, "wants": "io"}),
        ("throttled", {"facts": {**HALF, "throttled_s": 0.006}}),
        ("", {"facts": {**HALF, "throttled_s": 0.005}}),
        ("throttled", {"facts": {**HALF, "throttled_s": 0.006}, "wants": "io", "workers": 64}),
        ("preempted", {"facts": {**HALF, "involuntary_switches": 501}}),
        ("", {"facts": {**HALF, "involuntary_switches": 500}}),
        ("preempted", {"facts": {**HALF, "involuntary_switches": 251}, "model": "asyncio"}),  # one thread of execution
        ("preempted", {"facts": {**HALF, "involuntary_switches": 251}, "model": "threads", "workers": 1}),
        ("", {"facts": {**HALF, "involuntary_switches": 9999}, "workers": 3}),  # they take the CPUs from each other
        ("", {"facts": {**HALF, "involuntary_switches": 9999, "voluntary_switches": 9500}, "model": "threads"}),  # the GIL
        ("preempted", {"facts": {**HALF, "involuntary_switches": 9999, "voluntary_switches": 9498}}),
        ("", {"facts": {**HALF, "involuntary_switches": 9999}, "wants": "io"}),
        ("paged", {"facts": {"swapped_in": 11}}),
        ("", {"facts": {"swapped_in": 10, "major_faults": 10}}),
        ("paged", {"facts": {"major_faults": 11}, "wants": "io"}),
        ("apart", {"facts": {"all_active": 0.49}, **WORKERS}),
        ("", {"facts": {"all_active": 0.5}, **WORKERS}),
        ("", {"facts": {"all_active": 0.0}}),  # tasks may be unequal
        ("", {"facts": {"all_active": 0.0}, **WORKERS, "model": "asyncio"}),
        ("", {"facts": {"all_active": 0.0}, **WORKERS, "workers": 1}),
        ("timer", {"facts": op(2.0**-5), "manifest": SLOW_CLOCK}),  # a sixteenth of the operation
        ("", {"facts": op(2.0**-4), "manifest": SLOW_CLOCK}),
        ("timer", {"manifest": SLOW_CLOCK}),  # two milliseconds of each batch of one
        ("timer", {"manifest": {"clocks": {"current": {"timer_cost_s": 0.000051}}}}),
        ("", {"manifest": {"clocks": {"current": {"timer_cost_s": 0.00005}}}}),
        ("gil_changed", {"answer": {"gil_end": False}}),
        ("", {"answer": {"gil_end": None}}),
        ("traced", {"answer": {"traced": True}}),
        ("machine,skew", {"effective": 1.0, "facts": {"start_skew_s": 0.06}}),
    ],
)  # fmt: skip
def test_each_limit(tmp_path, code, given):
    """A fact beyond its limit gives its code, one within none."""
    assert codes(tmp_path, **given) == {code}


def late(share, of=1000, lateness=2_000_000, latency=10_000_000):
    """Facts of an open loop: `share` of its operations took `latency` ns, of which `lateness` was the generator's."""
    some = round(share * of)
    return {
        "latency": probe.added([probe.histogram([1000] * (of - some) + [latency] * some)]),
        "lateness": probe.added([probe.histogram([0] * (of - some) + [lateness] * some)]),
    }


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("late_load", late(0.02)),  # a fifth of the 99th percentile
        ("", late(0.005)),  # it is beyond all percentiles that are looked at
        ("", late(0.02, lateness=490_000)),  # less than a twentieth
        ("late_load", late(0.02, lateness=520_000)),
        ("", late(0.02, lateness=95_000, latency=100_000)),  # less than matters
        ("late_load", late(0.6, of=24)),  # the median has ten operations beyond
        ("", late(0.1, of=24)),  # the 99th percentile has not
        ("", {"latency": late(0.02)["latency"]}),  # an old journal
    ],
)
def test_a_late_load_generator(tmp_path, code, given):
    """A load is late where it makes out a good part of a percentile that enough operations have."""
    assert codes(tmp_path, facts=given, model="threads", wants="io") == {code}


def test_leftover(tmp_path):
    """A trial that left processes behind is doubtful."""
    assert codes(tmp_path, status="invalid", record={"left_behind": 1}) == {"leftover"}


def test_unknown_facts_are_no_reason(tmp_path):
    """What the system did not tell makes nothing doubtful."""
    facts = dict.fromkeys(
        ("run_queue_wait_s", "server_cpu_s", "start_skew_s", "cpu_s", "all_active", "involuntary_switches",
         "voluntary_switches", "migrations", "major_faults", "throttled_s", "steal_s", "swapped_in")
    )  # fmt: skip
    answer = dict.fromkeys(("gil", "gil_end", "traced", "parallel", "threads_at_fork"))
    unknown = {"facts": facts, "answer": answer, "effective": None, "shape": None, "manifest": {"clocks": {}}}
    assert codes(tmp_path, **unknown) == {""}


def test_trials_that_ended_badly_have_none(tmp_path):
    """A trial without numbers has no timing to doubt."""
    assert codes(tmp_path, status="failed", effective=1.0, wants="io") == {""}


def test_every_code_is_explained():
    """Each code that can be given has a meaning for the page."""
    assert set(doubts.MEANING) == {
        "machine", "throttled", "preempted", "paged", "skew", "apart", "too_short", "timer", "server_bound", "gil_changed",
        "traced", "leftover", "unsteady", "late_load",
    }  # fmt: skip
