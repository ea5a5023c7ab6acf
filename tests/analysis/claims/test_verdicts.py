"""Claims on made-up runs: every verdict, and what it rests on."""

import math
import random

import pytest

from concexp.analysis import results
from concexp.analysis.claims.verdicts import judge_claims
from tests.helpers import journal_builder, scenarios

SCALING = {"cells": journal_builder.sweep(workers=(1, 2, 4), rate=journal_builder.amdahl(0.0, 1.9)), "repetitions": 8}


def verdicts(folder, claims, **made):
    """The verdicts on a list of claims of a made-up run."""
    made = made or SCALING
    spec = {**made.pop("spec", {}), "claims": claims} if "spec" in made else {"claims": claims}
    return judge_claims(journal_builder.write(folder, **{**made, "spec": spec}))


def only(folder, claim, **made):
    (found,) = verdicts(folder, [{"expect": claim} if isinstance(claim, str) else claim], **made)
    return found


def words(found):
    return [judged.outcome for judged in found.cases]


THREADS = {"model": "threads"}


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        ({"of": {"model": "threads"}, "expect": "speedup < 1.1"}, "supported"),
        ({"of": {"model": "threads"}, "expect": "speedup > 1.1"}, "refuted"),
        ({"of": {"model": "threads"}, "expect": "speedup > 1"}, "inconclusive"),
        ({"of": {"model": "threads"}, "when": "effective_cpus > 5", "expect": "speedup > 1"}, "skipped"),
        ({"of": {"model": "processes"}, "expect": "speedup >= 0.9 * min(workers, effective_cpus)"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "speedup == min(workers, 1.9) within 5%"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "speedup == min(workers, 1.9) * 1.2 within 5%"}, "refuted"),
        ({"of": {"model": "processes"}, "expect": "speedup == 1.4 within 2x"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "efficiency == speedup / workers within 1%"}, "supported"),
        ({"expect": "throughput[threads] == throughput[serial] within 5%"}, "supported"),
        ({"expect": "throughput[processes, workers=4] >= 1.7 * throughput[threads, workers=4]"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "0.9 < speedup <= 2.2"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "not speedup > 2.2"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "workers == 1 or speedup > 1.7"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "workers in [1, 2] or speedup > 1.7"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "workers > 1 and speedup > 1.7"}, "refuted"),
        ({"of": {"model": "processes"}, "expect": "abs(-speedup) - sqrt(speedup * speedup) < 1e-9"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "log(throughput, 10) > 2.9 and floor(speedup + 0.5) <= 2"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "max(throughput over workers) == 1900/s within 5%"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "min(throughput over workers) == 1000 within 5%"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "spread(throughput over workers) == 1.9 within 5%"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "mean(throughput over workers) == 1534 within 5%"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "mean(throughput over workers) < 1400"}, "refuted"),
        ({"of": {"model": "processes"}, "expect": "first(workers where speedup > 1.5) in [2, 4]"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "2 * first(workers where speedup > 1.5) < 4"}, "refuted"),
        ({"of": {"model": "processes"}, "expect": "max(speedup, 1.5) - min(speedup, 1.5) < 1"}, "supported"),
        ({"of": {"model": "threads"}, "expect": "spread(throughput over workers) < 1.05"}, "supported"),
        ({"of": {"model": "threads"}, "expect": "slope(throughput over workers) == 3000 within 10%"}, "refuted"),
        ({"of": {"model": "processes"}, "expect": "slope(speedup * workers over workers) == 2.2 within 10%"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "r2(throughput over workers) < 0.95"}, "supported"),
        ({"of": {"model": "processes"}, "expect": "first(workers where speedup > 1.5) == 2"}, "supported"),
        ({"of": {"model": "threads"}, "expect": "first(workers where speedup > 1.5) > 1000"}, "supported"),
        ({"of": {"model": "threads"}, "expect": "status == ok and status[serial] in [ok, invalid]"}, "supported"),
        ({"of": {"model": "threads"}, "expect": "status == timeout"}, "refuted"),
        ({"expect": "cpus_used <= cpus and startup_s < 10ms"}, "supported"),
        ({"expect": "speedup / 0 > 1"}, "inconclusive"),
        ({"expect": "log(0 * throughput) > 1 or sqrt(-throughput) > 1"}, "inconclusive"),
        ({"expect": "throughput > serial"}, "inconclusive"),
        ({"expect": "lost_updates == 0"}, "inconclusive"),
        ({"expect": "latency_p99_s[workers=8] < 1"}, "skipped"),
        ({"of": {"workers": 99}, "expect": "throughput > 1"}, "skipped"),
        ({"of": "a <", "expect": "throughput > 1"}, "skipped"),
        ({"expect": "throughput >"}, "skipped"),
    ],
)  # fmt: skip
def test_each_verdict_and_each_operator(tmp_path, claim, word):
    """What is true of the made-up rates is supported, what is false refuted, what is too near inconclusive."""
    made = journal_builder.sweep(workers=(1, 2, 4), rate=journal_builder.amdahl(0.0, 1.9))
    assert only(tmp_path, claim, cells=made, repetitions=8).outcome == word


def test_one_refuted_cell_refutes_the_claim(tmp_path):
    """The claim is for every cell: one that is refuted decides, though others are supported."""
    found = only(tmp_path, {"of": {"model": "processes"}, "expect": "speedup > 1.5"})
    assert (found.outcome, words(found)) == ("refuted", ["refuted", "supported", "supported"])


def test_one_inconclusive_cell_leaves_it_open(tmp_path):
    """Without a refuted cell, one that cannot be told leaves the claim open; the skipped do not count."""
    cells = [
        journal_builder.cell("a", rate=100),
        journal_builder.cell("b", rate=106, noise=0.2),
        journal_builder.cell("c", rate=200),
    ]
    for one in cells:
        one["plugins"] = {"workload": "cpu_sum"}
    claim = {"expect": "throughput > 105", "when": "workload != a"}
    found = only(tmp_path, claim, cells=cells)
    assert (found.outcome, words(found)) == ("inconclusive", ["skipped", "inconclusive", "supported"])
    assert found.cases[0].reason == "it is about workload != a, and workload is a"


def test_few_trials_decide_nothing_on_time(tmp_path):
    """Below 3 trials a claim on time is inconclusive; counts and statuses are exact all the same."""
    cells = [journal_builder.cell(counts={"lost_updates": 0})]
    late, exact = verdicts(
        tmp_path, [{"expect": "throughput > 1"}, {"expect": "lost_updates == 0 and status == ok"}],
        cells=cells, repetitions=2, effective=None,
    )  # fmt: skip
    assert (late.outcome, late.cases[0].reason) == (
        "inconclusive", "only 2 of 2 trials count; a verdict on time needs 3",
    )  # fmt: skip
    assert exact.outcome == "supported"


def test_a_machine_that_withholds_cpus_refutes_nothing(tmp_path):
    """A scaling claim on cells whose trials are all doubtful is inconclusive, with that reason, and never refuted."""
    made = scenarios.withheld()
    found = only(tmp_path, {"of": {"model": "processes"}, "expect": "speedup >= 0.9 * workers"}, **made)
    assert words(found) == ["supported", "inconclusive"]
    assert "doubtful (machine)" in found.cases[1].reason


@pytest.mark.parametrize(
    ("claim", "cpu_s", "word"),
    [
        ("speedup >= 3", 1.0, "inconclusive"),  # twice as many CPUs could give it
        ("speedup == 3 within 10%", 1.0, "inconclusive"),
        ("speedup > 1.5 and speedup < 1.7", 1.0, "refuted"),  # with more CPUs it would be farther off
        ("speedup < 1.2", 1.0, "refuted"),
        ("speedup >= 5", 1.0, "refuted"),  # four CPUs for two would not give that either
        ("speedup >= 1.5", 1.0, "supported"),
        ("speedup < 2.5", 1.0, "supported"),  # what was seen here is true here
        ("throughput >= 3 * throughput[serial]", 1.0, "inconclusive"),
        ("throughput[threads] > throughput[processes]", 1.0, "refuted"),
        ("speedup >= 2 * cpus - 1", 1.0, "refuted"),  # it speaks of the CPUs that there are
        ("speedup >= 3", 0.55, "refuted"),  # something else held them back: a CPU was idle
        ("cpus_used >= 3", 1.0, "refuted"),
    ],
)
def test_too_few_cpus_refute_no_scaling(tmp_path, claim, cpu_s, word):
    """Four workers on two CPUs: a refutation that a CPU for each worker could turn is withheld; all else is decided."""
    rate = journal_builder.amdahl(0.0, 1.9)
    cells = journal_builder.sweep(
        models=("serial", "threads", "processes"), workers=(4,), rate=rate, facts={"cpu_s": cpu_s}
    )
    (judged,) = only(tmp_path, {"of": {"model": "processes"}, "expect": claim}, cells=cells, repetitions=8).cases
    assert judged.outcome == word
    withheld = "this machine gives 2 of the 4 CPUs that its workers could use"
    assert judged.reason == (withheld if word == "inconclusive" else "")
    assert (judged.share is None) == (word == "inconclusive")


def test_doubtful_trials_are_left_out(tmp_path):
    """With enough others, the doubtful do not count for times."""
    found = only(
        tmp_path, {"of": {"model": "processes"}, "expect": "speedup >= 0.9 * workers"}, **scenarios.partly_withheld()
    )
    assert words(found) == ["supported", "supported"]


def test_times_of_wrong_outcomes_count_only_if_that_is_said(tmp_path):
    """`valid: any` lets the throughput of what lost updates be compared; otherwise nothing is decided on it."""
    claim = {
        "of": {"model": "threads", "workload": "counter_call"},
        "expect": "throughput[none] >= 2 * throughput[lock]",
    }
    plain, any_ = verdicts(tmp_path, [claim, {**claim, "valid": "any"}], **scenarios.syncs())
    assert (plain.outcome, any_.outcome) == ("inconclusive", "supported")
    assert plain.cases[0].reason == "every outcome was wrong, and the time of a wrong outcome proves nothing"


def test_counts_and_statuses_of_wrong_outcomes(tmp_path):
    """Lost updates are counted where they are lost, and the status tells of them."""
    made = scenarios.syncs()
    found = verdicts(
        tmp_path,
        [
            {"of": "sync != none", "expect": "lost_updates == 0"},
            {"of": {"workload": "counter_call", "model": "threads", "sync": "none"},
             "expect": "lost_updates > 0 and status == invalid"},
            {"expect": "lost_updates == 0"},
        ],
        **made,
    )  # fmt: skip
    assert [one.outcome for one in found] == ["supported", "supported", "refuted"]
    assert found[0].counts == {"supported": 22, "skipped": 2}
    assert {one.reason for one in found[0].cases if one.outcome == "skipped"} == {"asyncio has no RLock"}


def test_what_has_no_numbers(tmp_path):
    """Cells that crashed are inconclusive where numbers are claimed of them; the reason tells whose and why."""
    found = only(tmp_path, "throughput[processes] > throughput[threads]", **scenarios.bad())
    assert (found.outcome, found.cases[-1].reason) == ("inconclusive", "model processes: it has no numbers: 6 crashed")
    claims = [
        {"of": {"model": "processes"}, "expect": "status == crashed"},
        {"of": {"model": "simulated"}, "expect": "status == ok"},
    ]
    assert [one.outcome for one in verdicts(tmp_path / "b", claims, **scenarios.bad())] == ["supported", "refuted"]


def test_what_is_known_of_trials_that_ended_badly(tmp_path):
    """Processes left behind are counted though the trial has no other number; so is the time until a fault was noticed."""
    cells = [journal_builder.cell(status="failed", record={"orphans": 0, "detected_s": 0.5})]
    claims = [
        {"expect": "orphans == 0 and status == failed"},
        {"expect": "detection_s < 2s"},
        {"expect": "throughput > 1"},
    ]
    found = verdicts(tmp_path, claims, cells=cells)
    assert [one.outcome for one in found] == ["supported", "supported", "inconclusive"]


def test_what_was_not_run_is_skipped(tmp_path):
    """Of an unfinished run nothing is claimed but of the cells that are there."""
    made = {
        "cells": journal_builder.sweep(workers=(1, 2), rate=journal_builder.amdahl()),
        "repetitions": 0,
        "effective": None,
    }
    found = only(tmp_path, "throughput > 1", **made)
    assert (found.outcome, found.cases[0].reason) == ("skipped", "it was not run")


def test_when_knows_facts_and_means(tmp_path):
    """A condition is tested for each cell, with the effective CPUs beside it, parameters, and means of metrics."""
    of = {"model": "processes"}
    found = verdicts(
        tmp_path,
        [
            {"of": of, "when": "effective_cpus >= 1.8 and workers > 1", "expect": "speedup > 1.7"},
            {"of": of, "when": "speedup > 1.5", "expect": "throughput > 1500/s"},
            {"of": of, "when": "load.duration == 500ms and startup == once", "expect": "speedup > 0.9"},
            {"of": of, "when": "load.rate > 5/s", "expect": "speedup > 0.9"},
        ],
    )
    assert [words(one) for one in found] == [
        ["skipped", "supported", "supported"], ["skipped", "supported", "supported"], ["supported"] * 3, ["skipped"] * 3,
    ]  # fmt: skip
    assert found[0].cases[0].reason == "it is about workers > 1, and workers is 1"
    assert found[3].cases[0].reason == "it is about load.rate > 5/s, and load.rate does not apply"


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("cpus >= 4 and effective_cpus >= 3.6", "it takes 4 CPUs, and there are 2"),
        ("cpus >= 2 and effective_cpus >= 2 * 1.8", "it takes 3.6 effective CPUs, and there were 1.9"),
        ("cpus == 4", "it is about cpus == 4, and cpus is 2"),
        (
            "effective_cpus > 5 or cpus >= 8",
            "it is about effective_cpus > 5 or cpus >= 8, and effective_cpus is 1.9, cpus is 2",
        ),
    ],
)
def test_a_false_condition_names_its_first_false_part_and_what_there_is(tmp_path, when, reason):
    """CPUs that are lacking are said as such; and such a case is known as one that the claim is not about."""
    found = only(tmp_path, {"of": {"model": "serial"}, "when": when, "expect": "throughput > 1"})
    assert [(one.outcome, one.reason, one.unmet) for one in found.cases] == [("skipped", reason, True)]
    other = only(tmp_path / "other", {"of": {"model": "serial"}, "expect": "speedup > 0.5"}, cells=[
        journal_builder.cell(status="unsupported", reason="no such thing"), journal_builder.cell(model="threads", workers=1),
    ])  # fmt: skip
    assert [one.unmet for one in other.cases] == [False]


def test_unknown_effective_cpus_skip_what_depends_on_them(tmp_path):
    """Where no spinners ran, a claim that wants CPUs is skipped, with the reason."""
    made = {"cells": journal_builder.sweep(workers=(2,), rate=journal_builder.amdahl()), "effective": None}
    found = only(tmp_path, {"when": "effective_cpus >= 1.8", "expect": "speedup > 5"}, **made)
    assert (found.outcome, found.cases[0].reason) == (
        "skipped",
        "it is about effective_cpus >= 1.8, and effective_cpus is unknown",
    )


def test_a_curve_has_the_cells_for_which_the_condition_holds(tmp_path):
    """`when` leaves values of the axis out of a curve; too few of them decide nothing."""
    of = {"model": "processes"}
    flat, short = verdicts(
        tmp_path,
        [
            {"of": of, "when": "workers >= 2", "expect": "spread(throughput over workers) < 1.1"},
            {"of": of, "when": "workers >= 2", "expect": "r2(throughput over workers) > 0.5"},
        ],
    )
    assert flat.outcome == "supported"
    assert (short.outcome, short.cases[0].reason) == ("inconclusive", "r2 needs 3 values of workers, and there are 2")


def test_a_cell_named_beside_one_for_which_the_condition_fails(tmp_path):
    """A case is skipped if the condition holds for one of the cells that it compares, but not for the other."""
    found = only(
        tmp_path,
        {"of": {"workers": 2}, "when": "speedup > 1.5", "expect": "throughput[processes] > throughput[threads]"},
    )
    assert words(found) == ["skipped"]


def test_evidence_tells_both_sides_and_the_share_of_draws(tmp_path):
    """Each comparison keeps its sides, as intervals where something was drawn, and how often it held."""
    claim = {"of": {"model": "processes", "workers": 4}, "expect": "1 < speedup <= 2.5 and status == ok"}
    (judged,) = only(tmp_path, claim).cases
    chain, status = judged.evidence
    assert [side.mean for side in chain.sides[::2]] == [1, 2.5]
    middle = chain.sides[1]
    assert 1.8 < middle.lo < middle.mean < middle.hi < 2
    assert (status.sides, judged.share) == (("ok", "ok"), pytest.approx(1.0))


def test_the_evidence_is_the_interval_of_the_page(tmp_path):
    """A speedup that is claimed is drawn from what its interval in cells.csv says, paired by block."""
    run = journal_builder.write(
        tmp_path, **SCALING, spec={"claims": [{"of": {"model": "processes"}, "expect": "speedup > 1"}]}
    )
    cells = run.cells[run.cells["model"] == "processes"]
    for judged, (_, row) in zip(judge_claims(run)[0].cases, cells.iterrows(), strict=True):
        side = judged.evidence[0].sides[0]
        expected = (row["speedup"], row["speedup_lo"], row["speedup_hi"])
        assert (side.mean, side.lo, side.hi) == pytest.approx(expected, rel=0.002)


def test_the_same_journal_gives_the_same_verdicts(tmp_path):
    """Judged again from what was written, nothing changes."""
    run = journal_builder.write(tmp_path, **SCALING, spec={"claims": [{"expect": "throughput > 1000"}]})
    first, second = judge_claims(run), judge_claims(results.load(run.folder))
    assert [one.share for one in first[0].cases] == [one.share for one in second[0].cases]


def test_a_claimed_metric_is_in_the_table(tmp_path):
    """A metric that only a claim names is a column of the cells."""
    run = journal_builder.write(tmp_path, **SCALING, spec={"claims": [{"expect": "run_queue_wait_s < 1"}]})
    assert "run_queue_wait_s_lo" in run.cells.columns


def ended(*, model="threads", bad="timeout", good=3, **more):
    """A baseline whose trials all end well, and a cell twice as fast of whose ten trials some end well, the first ones."""
    status = ["ok"] * good + [bad] * (10 - good)
    return [
        journal_builder.cell(rate=1000.0),
        journal_builder.cell(model=model, workers=2, rate=2000.0, status=status, reason="it hung", **more),
    ]


@pytest.mark.parametrize("bad", ["timeout", "crashed", "failed", "invalid"])
def test_survivors_do_not_speak_for_those_that_ended_badly(tmp_path, bad):
    """3 of 10 trials were twice as fast, 7 hung, crashed or were wrong: neither claim on time is decided, and it is told why."""
    claims = [{"of": {"model": "threads"}, "expect": expect} for expect in ("speedup > 1.5", "speedup < 1.5")]
    for found in verdicts(tmp_path, claims, cells=ended(bad=bad), repetitions=10):
        (judged,) = found.cases
        assert (judged.outcome, judged.trials, judged.share) == ("inconclusive", (3, 10), None)
        assert judged.reason.startswith(f"7 of 10 trials did not end well (7 {bad})")
        assert judged.evidence[0].sides[0].mean == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("good", [0, 1, 5])
def test_a_baseline_that_hangs_leaves_its_cells_without_a_verdict(tmp_path, good):
    """What is divided by may be 0: then nothing bounds a speedup, and the reason is the trials that are missing."""
    cells = [
        journal_builder.cell(rate=1000.0, status=["ok"] * good + ["timeout"] * (10 - good), reason="it hung"),
        journal_builder.cell(model="threads", workers=2, rate=2000.0),
    ]
    for number, expect in enumerate(["speedup > 1.5", "throughput / throughput[serial] < 1.5"]):
        found = only(
            tmp_path / str(number), {"of": {"model": "threads"}, "expect": expect}, cells=cells, repetitions=10
        )
        (judged,) = found.cases
        assert judged.outcome == "inconclusive"
        assert "10 trials" in judged.reason
        assert "timeout" in judged.reason


def test_an_ending_that_is_allowed_leaves_the_others_to_speak(tmp_path):
    """`allow:` says that timeouts are what the experiment is about; the claim is about the rest, and shows how few they are."""
    spec = {"allow": [{"model": "threads", "status": ["timeout", "crashed"]}]}
    claim = {"of": {"model": "threads"}, "expect": "speedup > 1.5"}
    (judged,) = only(tmp_path / "a", claim, cells=ended(), repetitions=10, spec=spec).cases
    assert (judged.outcome, judged.trials) == ("supported", (3, 10))
    (other,) = only(tmp_path / "b", claim, cells=ended(bad="failed"), repetitions=10, spec=spec).cases
    assert other.outcome == "inconclusive"


@pytest.mark.parametrize(
    ("expect", "word"),
    [
        ("throughput > 300/s", "refuted"),  # 1,000 operations took nine trials more than 14 s each
        ("throughput < 1500/s", "supported"),  # even with 70/s for each of the nine
        ("throughput > 1/s", "inconclusive"),  # they may have been at it for ever
        ("wall_s > 5s", "supported"),
        ("wall_s < 5s", "refuted"),
        ("wall_s < 60s", "inconclusive"),
        ("cpus_used > 0.1", "inconclusive"),  # nothing is known of that
    ],
)
def test_a_timeout_bounds_what_a_trial_may_have_had(tmp_path, expect, word):
    """A trial that was killed at its timeout took longer than that: so much is certain, and decides what it can."""
    load = {"ops": 1000, "scaling": "strong"}
    made = {"cells": ended(ops=1000, load=load, good=1), "repetitions": 10}
    (judged,) = only(tmp_path, {"of": {"model": "threads"}, "expect": expect}, **made).cases
    assert judged.outcome == word
    assert judged.reason.startswith("9 of 10 trials did not end well (9 timeout)")
    end = {"supported": "true whatever they would have measured", "refuted": "false whatever they would have measured"}
    assert judged.reason.endswith(end.get(word, "do not speak for them"))


@pytest.mark.parametrize(("noticed", "word"), [(10, "supported"), (3, "inconclusive"), (0, "refuted")])
def test_what_is_noticed_in_some_trials_is_not_noticed_soon(tmp_path, noticed, word):
    """A fault that 7 of 10 trials never notice, and 3 within 1.1 ms, is not noticed soon; `allow` excuses no missing value."""
    cells = [
        journal_builder.cell(status=["failed"] * noticed + ["timeout"] * (10 - noticed), record={"detected_s": 1.1e-3})
    ]
    spec = {"allow": [{"status": ["failed", "timeout"]}], "claims": [{"expect": "detection_s < 50ms"}]}
    run = journal_builder.write(tmp_path, cells, repetitions=10, spec=spec)
    for record in run.of_role("measured"):
        if record["status"] == "timeout":
            record["detected_s"] = None
    (found,) = judge_claims(results.Run(run.folder, run.header, run.records))
    assert (found.outcome, found.cases[0].trials) == (word, (noticed, 10))


def test_claims_on_counts_of_one_law_are_not_decided_by_a_hair(tmp_path):
    """Two cells lose 3 to 5 updates: which loses more is open, that both lose some is a fact, and neither loses 10."""
    rng = random.Random(1)

    def lost(_):
        return {"lost_updates": rng.choice([3, 4, 5])}

    claims = [
        "lost_updates[threads] > lost_updates[asyncio]", "lost_updates[threads] < lost_updates[asyncio]",
        "lost_updates > 0", "lost_updates == 0", "lost_updates < 10", "lost_updates != 0 and lost_updates > 10",
    ]  # fmt: skip
    cells = [journal_builder.cell(model=model, workers=2, counts=lost) for model in ("threads", "asyncio")]
    found = verdicts(tmp_path, [{"expect": claim} for claim in claims], cells=cells, repetitions=10)
    assert [one.outcome for one in found] == ["inconclusive"] * 2 + ["supported", "refuted", "supported", "refuted"]


def test_nothing_lost_says_how_often_it_was_tried(tmp_path):
    """A count of 0 is exact, and what it proves depends on the number of operations; unknown where trials did not end."""
    cells = [journal_builder.cell(ops=1000, counts={"lost_updates": 0})]
    (judged,) = only(tmp_path / "a", "lost_updates == 0", cells=cells, repetitions=5).cases
    assert (judged.outcome, judged.share, judged.zero.count, judged.zero.of) == ("supported", None, 10_000, "operation")
    cells = [journal_builder.cell(counts={"lost_updates": 0}, status=["ok"] * 3 + ["timeout"] * 2)]
    (judged,) = only(tmp_path / "b", "lost_updates == 0", cells=cells, repetitions=5).cases
    assert (judged.outcome, judged.trials) == ("inconclusive", (3, 5))
    cells = [journal_builder.cell(counts={"lost_updates": 1}, status=["invalid"] * 3 + ["timeout"] * 2)]
    assert only(tmp_path / "c", "lost_updates == 0", cells=cells, repetitions=5).outcome == "refuted"


def test_one_unlucky_cell_of_many_refutes_nothing(tmp_path):
    """Some of 20 cells that are as fast as claimed are refuted by themselves: among so many that is no wonder."""
    alone = 0
    for luck in range(4):
        cells = [journal_builder.cell(f"w{luck}_{number}", plugins={"workload": "cpu_sum"}) for number in range(20)]
        run = journal_builder.write(
            tmp_path / str(luck), cells, repetitions=6, spec={"claims": [{"expect": "throughput > 1000"}]}
        )
        alone += int((run.cells["throughput_hi"] < 1000).sum())
        assert judge_claims(run)[0].outcome == "inconclusive"
    assert alone


def test_the_level_is_that_of_the_verdicts_too(tmp_path):
    """What lies between the lower ends of a 90 % and a 99 % interval is supported at the one level, and open at the other."""
    cells, measure = (
        [journal_builder.cell()],
        {"warmup": 1, "iterations": 2, "repetitions": 8, "timeout": "60s", "seed": 1},
    )
    limit = float(journal_builder.write(tmp_path / "a", cells, repetitions=8).cells["throughput_lo"].iloc[0])
    found = [
        only(
            tmp_path / level,
            f"throughput > {limit}",
            cells=cells,
            repetitions=8,
            spec={"measure": {**measure, "level": level}},
        )
        for level in ("90%", "99%")
    ]
    assert [(one.outcome, one.level) for one in found] == [("supported", 0.9), ("inconclusive", 0.99)]


def percentiles(slow=0.03, growth=0.0, operations=1000):
    """Two cells of an open loop; of threads the share `slow` of the operations takes 15 ms. The latency grows by `growth`."""
    cells = []
    for model, share in (("threads", slow), ("processes", 0.003)):
        facts = {
            "latency": journal_builder.histogram(share, operations),
            "latency_floor_s": [0.001 + growth * part / 5 for part in range(5)],
            "ops": operations,
        }
        load = {"rate": float(operations), "duration": 1.0, "arrivals": "constant"}
        cells.append(journal_builder.cell("sleep", model, workers=2, wants="io", facts=facts, load=load))
    return {"cells": cells, "repetitions": 5, "spec": {"baseline": {}}}


@pytest.mark.parametrize(
    ("claim", "word", "given"),
    [
        ("latency_p99_s[threads] > 2 * latency_p99_s[processes]", "supported", {}),
        ("latency_p99_s[threads] < 2 * latency_p99_s[processes]", "refuted", {}),
        ("latency_p50_s[threads] == latency_p50_s[processes] within 5%", "supported", {}),
        ("latency_p99_s[threads] > 2 * latency_p99_s[processes]", "inconclusive", {"growth": 0.5}),
        ("latency_p999_s[threads] > latency_p999_s[processes]", "inconclusive", {"operations": 500}),
        ("throughput[threads] > 0 * throughput[processes]", "supported", {"growth": 0.5}),
    ],
)
def test_a_claim_on_a_percentile_rests_on_all_operations(tmp_path, claim, word, given):
    """It is judged by the value of the table, and open where that is withheld, with the reason."""
    found = only(tmp_path, claim, **percentiles(**given))
    assert words(found) == [word], found.cases
    if word == "inconclusive":
        assert ("a matter of chance" if "operations" in given else "more operations arrived") in found.cases[0].reason


def test_too_few_operations_are_what_more_trials_cure(tmp_path):
    """Both cells of the comparison lack as much, also where they stand in the condition; an overload is no lack of trials."""
    claim = "latency_p999_s[threads] > latency_p999_s[processes]"
    short = only(tmp_path / "few", claim, **percentiles(operations=500))
    times = pytest.approx(math.sqrt(10000 / 5000))
    assert list(short.undecided_cells.values()) == [times, times]
    condition = {"expect": "throughput > 0", "when": "latency_p999_s > 0"}
    assert list(only(tmp_path / "when", condition, **percentiles(operations=500)).undecided_cells.values()) == [
        times,
        times,
    ]
    assert only(tmp_path / "over", claim, **percentiles(growth=0.5)).undecided_cells == {}


@pytest.mark.parametrize(
    ("returned", "expect", "word"),
    [
        (lambda block: 14, "returned == 14", "supported"),
        (lambda block: 14, "returned != 14", "refuted"),
        (lambda block: 14, "returned in [13, 14]", "supported"),
        (lambda block: 14, "returned == 13", "refuted"),
        (lambda block: 0.1 + 1e-14, "returned == 0.1", "supported"),
        (lambda block: 13 if block == 2 else 14, "returned == 14", "refuted"),
        (lambda block: 13 if block == 2 else 14, "returned >= 13", "supported"),
        (lambda block: 14, "returned[processes] == returned[process_pool]", "supported"),
        (lambda block: -1 if block % 2 else 1.1, "returned > 0", "inconclusive"),  # its sign is a matter of luck
    ],
)
def test_what_is_returned_is_not_doubted_for_time(tmp_path, returned, expect, word):
    """On a machine that withheld CPUs in all blocks, times are open, and what the code returned is a fact about the trials."""
    cells = [
        journal_builder.cell(model=model, workers=2, counts=lambda block: {"returned": returned(block)})
        for model in ("processes", "process_pool")
    ]
    told, time = verdicts(tmp_path, [{"expect": expect}, {"expect": "throughput > 2000"}], cells=cells, effective=1.1)
    assert (told.outcome, time.outcome) == (word, "inconclusive")
    if word == "supported":
        assert {one.trials for one in told.cases} == {(6, 6)}  # none is left out as doubtful


def test_a_returned_value_is_known_after_one_trial(tmp_path):
    """One trial says what was returned, but no mean; a trial that crashed may have returned anything."""
    cells = [journal_builder.cell(counts={"returned": 14})]
    claims = [{"expect": "returned == 14"}, {"expect": "returned >= 13"}]
    exact, mean = verdicts(tmp_path, claims, cells=cells, repetitions=1)
    assert (exact.outcome, mean.outcome) == ("supported", "inconclusive")
    assert mean.cases[0].reason == "only 1 of 1 trials count; a verdict on a mean needs 3"
    cells = [journal_builder.cell(counts={"returned": 14}, status=["ok"] * 5 + ["crashed"])]
    claims = [{"expect": "returned == 14"}, {"expect": "returned == 13"}]
    found = verdicts(tmp_path / "crashed", claims, cells=cells)
    assert [one.outcome for one in found] == ["inconclusive", "refuted"]
