"""Which facts make a trial's timing doubtful, and which do not: each limit from both sides."""

import pytest

from concexp.analysis import doubt_codes
from concexp.trial.probes import latency as probe
from tests.helpers import journal_builder

QUIET = {"model": "processes", "workers": 2}
COUNTED = {"window_s": None}
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
        ("", {"facts": {"run_queue_wait_s": 0.11, "voluntary_switches": 2000}}),  # short waits of workers that wake each other
        ("", {"facts": {"run_queue_wait_s": 9.0}, "workers": 4}),  # they stand in each other's way
        ("", {"facts": {"run_queue_wait_s": 9.0, "worker_ops": None}}),  # so do a pool's own threads
        ("", {"facts": {"run_queue_wait_s": 9.0, "cpu_s": 0.6}, "workers": 1}),  # more than one worker can use
        ("machine", {"facts": {"run_queue_wait_s": 9.0}, "wants": "io"}),  # who stands in the run queue wants a CPU
        ("", {"facts": {"run_queue_wait_s": 9.0}, "wants": "io", "fixed": True}),
        ("skew", {"facts": {"start_skew_s": 0.06, **COUNTED}}),
        ("", {"facts": {"start_skew_s": 0.04, **COUNTED}}),
        ("", {"facts": {"start_skew_s": 0.4}, "model": "asyncio"}),
        ("", {"facts": {"start_skew_s": 0.24}}),  # a window in a given time begins when all are at work
        ("skew", {"facts": {"start_skew_s": 0.26}}),
        ("coarse", {"rate": 28.0}),  # two workers: an operation takes more than an eighth of half a second
        ("", {"rate": 36.0}),
        ("coarse", {"rate": 13.0, "model": "asyncio"}),  # taking turns, they do one operation at a time
        ("", {"rate": 19.0, "model": "asyncio"}),
        ("coarse", {"rate": 28.0, "model": "asyncio", "wants": "io"}),  # waiting, they are all at one
        ("", {"rate": 31.0, "load": {"ops": 16, "scaling": "strong"}}),
        ("", {"rate": 31.0, "load": {"rate": 31.0, "duration": 0.5, "arrivals": "constant"}}),
        ("coarse", {"rate": 370.0, "facts": {"window_s": None}}),  # an older journal: of a hundred, one was lost
        ("", {"rate": 430.0, "facts": {"window_s": None}}),
        ("", {"rate": 100.0, "facts": {"window_s": None}, "workers": 1}),  # the first finisher lost none
        ("too_short", {"load": {"duration": 0.24}, "model": "threads"}),  # 50 switch intervals of 5 ms
        ("", {"facts": {"wall_s": 0.26, **COUNTED}, "model": "threads"}),
        ("", {"facts": {"wall_s": 0.24, **COUNTED}, "model": "threads", "answer": {"switch_interval": 0.001}}),
        ("too_short", {"facts": {"wall_s": 0.24, **COUNTED}, "model": "threads", "answer": {"switch_interval": None}}),
        ("", {"facts": {"wall_s": 0.011, **COUNTED}, "model": "threads", "wants": "io", "fixed": True}),
        ("", {"facts": {"wall_s": 0.011, **COUNTED}, "model": "threads", "workers": 1}),
        ("too_short", {"facts": {"wall_s": 0.009, **COUNTED}}),
        ("server_bound", {"facts": {"server_cpu_s": 0.36}}),
        ("", {"facts": {"server_cpu_s": 0.34}}),
        ("", {"effective": 1.8}),  # at a limit is within it, here and below
        ("", {"facts": {**HALF, "run_queue_wait_s": 0.1}}),
        ("", {"facts": {**HALF, **COUNTED, "start_skew_s": 0.05}}),
        ("", {"facts": {**HALF, "server_cpu_s": 0.35}}),
        ("", {"facts": {"wall_s": 0.25, **COUNTED}, "model": "threads"}),
        ("", {"facts": {"wall_s": 0.01, **COUNTED}}),
        ("machine", {"facts": {**HALF, "steal_s": 0.11}}),  # of two CPUs for half a second
        ("", {"facts": {**HALF, "steal_s": 0.1}}),
        ("machine", {"facts": {**HALF, "steal_s": 0.06}, "workers": 1}),
        ("", {"facts": {**HALF, "steal_s": 0.1}, "workers": 8}),  # eight can use two CPUs
        ("", {"facts": {**HALF, "steal_s": 0.9}, "wants": "io"}),
        ("throttled", {"facts": {**HALF, "throttled_s": 0.006}}),
        ("", {"facts": {**HALF, "throttled_s": 0.005}}),
        ("throttled", {"facts": {**HALF, "throttled_s": 0.006}, "wants": "io", "workers": 64, "rate": 2000.0}),
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
        ("stopped", {"facts": {"continued": 1}, "wants": "io"}),
        ("", {"facts": {"continued": 0}}),
        ("stopped", {"record": {"stopped": True, "leaked": []}, "wants": "io"}),
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
        ("machine,skew", {"effective": 1.0, "facts": {"start_skew_s": 0.06, **COUNTED}}),
    ],
)  # fmt: skip
def test_each_limit(tmp_path, code, given):
    """A fact beyond its limit gives its code, one within none."""
    assert codes(tmp_path, **given) == {code}


@pytest.mark.parametrize(
    ("code", "beyond", "given"),
    [
        ("too_short", 0.8, {"rate": 1000.0, "ops": 10}),  # 8 ms or 12 ms
        (
            "timer",
            0.8,
            {"rate": 50.0, "ops": 100, "load": {"ops": 100, "scaling": "strong"}, "facts": {"service_time": [(1, 1)]}},
        ),  # 32 ms or 48 ms an operation
        ("coarse", 1.2, {"rate": 32.0}),  # 50 ms or 75 ms of half a second
    ],
)
@pytest.mark.parametrize(("short", "doubtful"), [(2, 0), (3, 6)])
def test_what_depends_on_the_outcome_is_judged_by_cell(tmp_path, code, beyond, given, short, doubtful):
    """Two of six trials beyond the limit are kept with the others; of three, all six are doubtful: none is selected."""
    cell = journal_builder.cell(
        **QUIET, **given, noise=0.0, course=lambda block, k: beyond if block < short else 2 - beyond
    )
    manifest = SLOW_CLOCK if code == "timer" else None
    run = journal_builder.write(tmp_path, [cell], effective=1.9, repetitions=6, manifest=manifest)
    assert sorted(run.firsts["doubts"]) == [""] * (6 - doubtful) + [code] * doubtful


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


@pytest.mark.parametrize(("fast", "code"), [(2, ""), (4, "late_load")])
def test_a_late_load_selects_no_fast_trials(tmp_path, fast, code):
    """Each arrival was 0.2 ms late: a twentieth of a latency of 4 ms, so it is judged by the latency of all the cell's trials."""
    of_trial = {
        block: late(1.0, lateness=200_000, latency=3_300_000 if block < fast else 5_000_000) for block in range(6)
    }
    cell = journal_builder.cell(model="threads", wants="io", workers=2, by_block=of_trial)
    run = journal_builder.write(tmp_path, [cell], repetitions=6, iterations=1)
    assert set(run.trials["doubts"]) == {code}


def test_leftover(tmp_path):
    """A trial that left processes behind is doubtful."""
    assert codes(tmp_path, status="invalid", record={"left_behind": 1}) == {"leftover"}


def test_unknown_facts_are_no_reason(tmp_path):
    """What the system did not tell makes nothing doubtful."""
    facts = dict.fromkeys(
        ("run_queue_wait_s", "server_cpu_s", "start_skew_s", "cpu_s", "all_active", "involuntary_switches",
         "voluntary_switches", "migrations", "major_faults", "throttled_s", "steal_s", "swapped_in", "continued")
    )  # fmt: skip
    answer = dict.fromkeys(("gil", "gil_end", "traced", "parallel", "threads_at_fork"))
    unknown = {"facts": facts, "answer": answer, "effective": None, "shape": None, "manifest": {"clocks": {}}}
    assert codes(tmp_path, **unknown) == {""}


def test_trials_that_ended_badly_have_none(tmp_path):
    """A trial without numbers has no timing to doubt."""
    assert codes(tmp_path, status="failed", effective=1.0, wants="io") == {""}


def test_every_code_is_explained():
    """Each code that can be given has a meaning for the page."""
    assert set(doubt_codes.MEANING) == {
        "machine", "slow_cpu", "speed_changed", "queue", "stopped", "throttled", "preempted", "paged", "skew", "apart",
        "too_short", "coarse", "calibration", "timer", "server_bound", "late_load", "gil_changed", "traced", "changed",
        "leftover", "unsteady",
    }  # fmt: skip
    assert set(doubt_codes.IN_BRIEF) == set(doubt_codes.MEANING)


def disturbed(folder, values, **cell):
    """The doubts of a cell's trials, block by block, whose facts differ: one dict for each trial."""
    blocks = iter(values)
    facts = {block: next(blocks) for block in range(len(values))}
    given = {**QUIET, **cell}
    run = journal_builder.write(
        folder, [journal_builder.cell(**given, by_block=facts)], repetitions=len(values), iterations=1
    )
    return run.trials.sort_values("block")["doubts"].tolist()


@pytest.mark.parametrize(
    "cell",
    [
        {"workers": 2},
        {"workers": 2, "wants": "io"},
        {"workers": 8},
        {"workers": 2, "facts": {**HALF, "worker_ops": None}, "model": "process_pool"},
        {"workers": 64, "wants": "io", "model": "threads"},
        {"workers": None, "model": "serial"},
    ],
)
def test_a_queue_is_judged_against_the_cells_own_trials(tmp_path, cell):
    """A trial that waits for CPUs longer than its cell's others is doubted, for every kind of work, model and number of workers;
    a wait that all of them have is the cell's own.
    """
    usual = 0.04
    seconds = [usual, usual, usual + 0.25, usual, usual]
    found = disturbed(tmp_path, [{"run_queue_wait_s": s} for s in seconds], **{"facts": HALF, **cell})
    assert ["queue" in codes for codes in found] == [False, False, True, False, False]


def test_a_queue_that_always_differs_is_no_doubt(tmp_path):
    """Where a cell's own workers wait now more and now less, a trial in between is one of them."""
    seconds = [0.1, 0.9, 0.4, 0.7, 0.2, 1.1]
    found = disturbed(tmp_path, [{"run_queue_wait_s": s} for s in seconds], workers=8, facts=HALF)
    assert not any("queue" in codes for codes in found)


SLOW_THIRD = [1e-3, 1.01e-3, 1.85e-3, 0.99e-3, 1.08e-3]


@pytest.mark.parametrize(("wants", "doubted"), [("cpu", [False, False, True, False, False]), ("io", [False] * 5)])
def test_a_slow_cpu_is_found_by_the_loop_beside_the_trial(tmp_path, wants, doubted):
    """Where the loop took more than a tenth longer than beside most trials, a CPU-bound trial is doubted."""
    cell = journal_builder.cell(wants=wants, loop=lambda block, k: SLOW_THIRD[block])
    run = journal_builder.write(tmp_path, [cell], repetitions=5, iterations=1)
    assert [codes == "slow_cpu" for codes in run.trials.sort_values("block")["doubts"]] == doubted


@pytest.mark.parametrize("quick", ["reference_before_s", "reference_after_s", "worker_reference_before_s"])
def test_a_cpu_that_was_fast_at_any_reading_was_not_slow_throughout(tmp_path, quick):
    """One reading as fast as usual is enough: readings are disturbed one by one, a slow CPU slows down all of them."""
    slow = {"reference_before_s": 2e-3, "reference_after_s": 2e-3, "worker_reference_before_s": [2e-3, 2e-3]}
    usual = {"reference_before_s": 1e-3, "reference_after_s": 1e-3, "worker_reference_before_s": [1e-3, 1e-3]}
    by_block = dict.fromkeys(range(5), usual) | {1: slow, 3: {**slow, quick: usual[quick]}}
    run = journal_builder.write(tmp_path, [journal_builder.cell(wants="cpu", by_block=by_block)], 5, 1)
    codes = run.trials.sort_values("block")["doubts"]
    assert ["slow_cpu" in text for text in codes] == [False, True, False, False, False]


def test_a_trials_own_time_is_no_reason_to_doubt_it(tmp_path):
    """A trial that took twice as long beside a steady loop is kept: to drop it for its time would be to choose the result."""
    cell = journal_builder.cell(course=lambda block, k: 2 if block == 2 else 1, loop=lambda block, k: 1e-3)
    run = journal_builder.write(tmp_path, [cell], repetitions=5, iterations=1)
    assert set(run.trials["doubts"]) == {""}


def test_spinners_on_one_side_are_no_evidence(tmp_path):
    """The CPUs have to be missing both before and after a trial."""
    run = journal_builder.write(
        tmp_path, [journal_builder.cell(**QUIET)], repetitions=4, effective=[1.9, 1.2, 1.2, 1.9, 1.9]
    )
    assert run.trials.sort_values("block").groupby("block")["doubts"].first().tolist() == ["", "machine", "", ""]


@pytest.mark.parametrize(
    ("after", "wants", "code"),
    [
        (1.2e-3, "cpu", "speed_changed"),
        (0.8e-3, "cpu", "speed_changed"),
        (1.05e-3, "cpu", ""),
        (1.2e-3, "io", ""),
    ],
)
def test_a_speed_that_changes_meanwhile_is_found(tmp_path, after, wants, code):
    """The loop took another time after the window than before it: how much of the window was slow is not known."""
    facts = {block: {"reference_before_s": 1e-3, "reference_after_s": 1e-3} for block in range(5)}
    facts[3]["reference_after_s"] = after
    run = journal_builder.write(
        tmp_path, [journal_builder.cell(wants=wants, by_block=facts)], repetitions=5, iterations=2
    )
    assert run.trials.sort_values(["block", "iteration"])["doubts"].tolist() == [""] * 6 + [code] * 2 + [""] * 2


def test_workers_that_measured_only_before_have_no_change(tmp_path):
    """A coordinator on another CPU says nothing about a change of the worker's."""
    facts = {"reference_before_s": 1e-3, "reference_after_s": 2e-3, "worker_reference_before_s": [1e-3, 1e-3]}
    assert codes(tmp_path, facts=facts) == {""}


@pytest.mark.parametrize(
    ("used", "more", "code"),
    [
        (0.42, {}, "stopped"),
        (0.47, {}, ""),
        (0.42, {"wants": "io", "fixed": True}, ""),
        (0.42, {"shape": "workers"}, ""),
    ],
)
def test_workers_that_were_stopped(tmp_path, used, more, code):
    """Tasks that neither ran nor stood in the queue for a tenth of their time were stopped from outside."""
    facts = [{"cpu_s": 0.5}] * 3 + [{"cpu_s": used}] + [{"cpu_s": 0.5}]
    found = disturbed(tmp_path, facts, **{"model": "serial", "workers": None, "facts": HALF, **more})
    assert found == ["", "", "", code, ""]


def test_time_in_the_queue_is_not_idle(tmp_path):
    """A trial that waited for a CPU was not stopped: that is the other doubt."""
    facts = [{"cpu_s": 0.5, "run_queue_wait_s": 0.0}] * 4 + [{"cpu_s": 0.42, "run_queue_wait_s": 0.08}]
    found = disturbed(tmp_path, facts, model="serial", workers=None, facts=HALF)
    assert found == ["", "", "", "", "machine,queue"]


def test_few_trials_do_not_judge_each_other(tmp_path):
    """Of four trials nobody knows which one is unlike its cell."""
    facts = [{"run_queue_wait_s": s} for s in (0.01, 0.01, 0.25, 0.01)]
    assert disturbed(tmp_path, facts, workers=4, facts=HALF) == [""] * 4


def test_another_amount_of_work_is_doubted(tmp_path):
    """A trial whose operation was more than 1 % off what most trials of the same work did is doubtful, in any model."""
    work = {"plugins": {"workload": "spin"}}
    rounds = {"serial": 1000, "threads": 1000, "asyncio": 1000, "thread_pool": 1009, "processes": 1011}
    cells = [journal_builder.cell("spinning", m, workers=2, counts={"rounds": n}, **work) for m, n in rounds.items()]
    other = journal_builder.cell("spinning_less", "threads", workers=2, counts={"rounds": 10}, **work)
    trials = journal_builder.write(tmp_path, [*cells, other], repetitions=3).trials
    doubted = trials.groupby(["workload", "model"])["doubts"].unique().to_dict()
    assert doubted.pop(("spinning", "processes")) == ["calibration"]
    assert all(list(found) == [""] for found in doubted.values())
