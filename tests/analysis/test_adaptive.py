"""What the records so far decide about the next block."""

import math
import random
from dataclasses import replace
from types import SimpleNamespace

import pytest

from concexp.analysis.adaptive import afford, needs, worst
from concexp.analysis.claims.verdicts import judge_claims
from concexp.analysis.costs import Costs
from concexp.analysis.noise import disturbed
from concexp.analysis.precision import cautious_widths, cells_without_interval, precision_shortfall, widths
from concexp.analysis.results import Run
from concexp.analysis.stats.sequential import SETTLED
from concexp.run.storage.journal import Record
from tests.helpers.lab import Lab


def test_trials_go_where_the_interval_is_too_wide():
    """Who is narrow after the pilot gets no more; who is not goes on until it is, or to the limit."""
    lab = Lab("precision: 3%, repetitions: 8, max_repetitions: 40")
    records = lab.whole()
    count = lab.of(records)
    assert (count["calm"], count["wild"]) == (8, 40)
    assert 8 < count["uneasy"] < 40
    half = widths(Run(None, lab.header, records))
    by_model = {cell.axes["model"]: half[cell.id] for cell in lab.plan.cells}
    assert max(by_model["calm"], by_model["uneasy"]) <= 0.03 < by_model["wild"]
    # It stopped at once: without its last trial it was not narrow enough.
    own = [r for r in records if r["axes"]["model"] == "uneasy" and r["role"] == "measured"]
    before = [r for r in records if r["block"] < own[-1]["block"]]
    assert widths(Run(None, lab.header, before))[own[0]["cell"]] > 0.03


def test_a_long_run_looks_at_each_record_once(monkeypatch):
    """What is decided on a block with a budget does not take all records before it into account once more."""
    looked_at = []
    monkeypatch.setattr("concexp.analysis.costs._took", lambda record: looked_at.append(record["trial"]) or 1.0)
    records = Lab("budget: 1h, repetitions: 30").whole()
    assert len(records) > 4 * 30
    assert len(looked_at) == len(set(looked_at)) <= len(records)


def test_the_control_goes_with_its_cell():
    """A control is measured where its cell is, and nowhere else; no trial is there twice, a repetition is its block."""
    records = Lab("precision: 3%, repetitions: 8, max_repetitions: 20").whole()
    pairs = {role: {(r["cell"], r["block"]) for r in records if r["role"] == role} for role in ("measured", "control")}
    controlled = {cell for cell, _ in pairs["control"]}
    assert pairs["control"] == {pair for pair in pairs["measured"] if pair[0] in controlled}
    assert len({r["trial"] for r in records}) == len(records)
    assert all(r["repetition"] == r["block"] for r in records)


def test_a_partial_block_holds_both_sides():
    """With a baseline each later block holds it; without one, the best of those that do the same work."""
    for baseline, other in [("baseline: {model: calm}\n", "calm"), ("baseline: {}\n", "base")]:
        records = Lab("precision: 3%, repetitions: 8, max_repetitions: 12", more=baseline).whole()
        later = [r for r in records if r["block"] >= 8 and r["role"] == "measured"]
        blocks = {k: {r["axes"]["model"] for r in later if r["block"] == k} for k in range(8, 12)}
        assert all({"wild", other} <= block for block in blocks.values())
        assert ({"calm", "base"} - {other}).isdisjoint(set().union(*blocks.values()))


@pytest.mark.parametrize(
    ("measure", "claim"),
    [
        ("precision: 3%, repetitions: 8, max_repetitions: 12", ""),
        (
            "precision: 99%, repetitions: 8, max_repetitions: 12",
            "claims: {expect: 'throughput[wild] > throughput[uneasy]'}\n",
        ),
        ("precision: 3%, budget: 55s, repetitions: 8", ""),
        ("budget: 20s", ""),
        ("repetitions: 4, max_repetitions: 9", ""),
    ],
)
def test_a_run_that_is_cut_anywhere_goes_on_as_if_it_had_not_been(measure, claim):
    """From the first n records alone, for every third n, the same trials follow in the same order to the same end."""
    lab = Lab(measure, more=f"baseline: {{model: base}}\n{claim}")
    whole = lab.whole()
    for cut in range(0, len(whole), 3):  # blocks are of other lengths: every place in one is met
        following = lab.course().next_trials(whole[:cut])
        assert [t.id for t in following] == [r["trial"] for r in whole[cut : cut + len(following)]], cut
    assert lab.course().next_trials(whole) == []


def test_a_run_that_is_cut_again_and_again_ends_the_same():
    """Killed after every few trials, with spinners that are turned anew each time: nothing is lost, nothing is there twice."""
    lab, rng = Lab("precision: 3%, repetitions: 8, max_repetitions: 12"), random.Random(4)
    expected = [r["trial"] for r in lab.whole()]
    records, spins = [], 0
    while trials := lab.course().next_trials(records):
        records.append(Record(trial=f"spin-{spins:04d}", role="machine", block=trials[0].block, effective_cpus=2.0))
        spins += 1
        records += [lab.measured(trial) for trial in trials[: rng.randint(1, 4)]]
    assert [r["trial"] for r in records if r["role"] != "machine"] == expected


def test_the_budget_ends_a_plan_at_a_whole_block():
    """20 s for blocks of 5 trials of 1 s: four blocks. Less than one block: one all the same."""
    for budget, blocks in [("20s", 4), ("24.9s", 4), ("25s", 5), ("1s", 1), ("1000s", 10)]:
        lab = Lab(f"budget: {budget}")
        assert len(lab.whole()) == 5 * blocks


def test_a_budget_that_was_overrun_when_nothing_is_lacking():
    """The last trials took longer than foreseen: the run ends all the same where all is narrow enough, and where it is not."""
    for precision in ("99%", "0.1%"):
        lab = Lab(f"precision: {precision}, repetitions: 8, budget: 40s")
        records = [lab.measured(trial) for trial in lab.plan.trials]
        records[-1]["duration_s"] = 5.0
        assert lab.course().next_trials(records) == []


def test_what_the_machine_was_asked_counts():
    """The spinners' time is of the budget as well, and that of each block."""
    lab = Lab("budget: 20s")
    course, records = lab.course(), []
    while trials := course.next_trials(records):
        asked = {"block": trials[0].block, "effective_cpus": 2.0, "duration_s": 1.5}
        records.append(Record(trial=f"spin-{len(records)}", role="machine", **asked))
        records += [lab.measured(trial) for trial in trials]
    assert Costs(records).spent == 3 * 6.5
    assert Costs(records).between == 1.5


def test_a_short_budget_goes_to_the_widest():
    """What is left after the pilot does not do for all: the widest gets it, with its other side."""
    lab = Lab("precision: 0.5%, repetitions: 8, budget: 52s")
    records = lab.whole()
    assert len(records) <= 52
    later = lab.of([r for r in records if r["block"] >= 8])
    assert later["wild"] == 4  # three trials each: its own, the baseline's, the control
    assert later["uneasy"] == 0


def test_a_cell_that_ends_badly_is_left_alone():
    """Nothing is gained by more trials of what has no number."""
    models = "sweep: {workers: 1}\nmodel: [{simulated: {noise: 0.4}, as: wild}, {simulated: {outcome: crashed}, as: broken}]\n"
    lab = Lab("precision: 3%, repetitions: 8, max_repetitions: 20", models, more="")
    count = lab.of(lab.whole())
    assert (count["wild"], count["broken"]) == (20, 8)


class DisturbedLab(Lab):
    """The trials of `calm` in these blocks were stopped by a quota for a tenth of their time; `facts` are in their records."""

    def __init__(self, measure, disturbed, facts=None):
        super().__init__(measure)
        self.disturbed, self.facts = disturbed, facts or {}

    def measured(self, trial):
        record = super().measured(trial)
        if trial.cell.axes["model"] == "calm" and trial.block in self.disturbed:
            for one in record["answer"]["iterations"]:
                one["throttled_s"] = one["wall_s"] / 10
            record |= self.facts
        return record


@pytest.mark.parametrize(
    ("disturbed", "count", "says"),
    [
        ((), 5, "after 5 repetitions no cell was disturbed"),
        ((1, 3), 7, "after 5 repetitions 1 of 4 cells were disturbed and are measured again: about 2.0 s"),
        ((0, 4, 5), 8, "after 5 repetitions 1 of 4 cells"),
        (range(99), 12, "after 5 repetitions 1 of 4 cells"),
    ],
)
def test_what_the_machine_disturbed_is_measured_again(disturbed, count, says):
    """Until as many trials as wanted are undisturbed, or to the limit; with its comparator, and nothing else."""
    lab = DisturbedLab("repetitions: 5, max_repetitions: 12", disturbed)
    assert lab.of(lab.whole()) == {"calm": count, "base": count, "uneasy": 5, "wild": 5}
    (said,) = lab.messages
    assert said.startswith(says)


def test_what_a_quiet_machine_would_not_change_is_not_measured_again():
    """A trial that leaves a process behind would do so the next time as well."""
    lab = DisturbedLab("repetitions: 5, max_repetitions: 12", range(99), {"leaked": [{"sure": True}]})
    run = Run(None, lab.header, lab.whole())
    (calm,) = (cell.id for cell in lab.plan.cells if cell.axes["model"] == "calm")
    assert [trial.doubts for trial in run.samples[calm].trials] == [("throttled", "leftover")] * 5


def test_without_a_limit_nothing_is_measured_again():
    """By default each cell has as many trials as were asked for."""
    lab = DisturbedLab("repetitions: 5", range(99))
    assert lab.spec.measure.open_ended == {}
    assert set(lab.of(lab.whole()).values()) == {5}


def claiming(claim, most=40):
    """An experiment whose intervals are all narrow enough, with a claim; its records, and how many trials each model had."""
    measure = f"precision: 99%, repetitions: 8, max_repetitions: {most}"
    lab = Lab(measure, more=f"baseline: {{model: base}}\nclaims: [{claim}]\n")
    records = lab.whole()
    return lab, records, lab.of(records)


def shares(lab, records):
    return [case.share for verdict in judge_claims(Run(None, lab.header, records)) for case in verdict.cases]


def test_trials_go_to_a_claim_that_is_open():
    """A noise of 5 % leaves a claim open that is 2 % off: its cell goes on until it is settled, and no longer."""
    lab, records, count = claiming("{of: {model: uneasy}, expect: throughput > 970}")
    assert 8 < count["uneasy"] < 40
    assert count["calm"] == count["wild"] == 8
    (share,) = shares(lab, records)
    assert share >= SETTLED
    last = max(record["block"] for record in records)
    (before,) = shares(lab, [record for record in records if record["block"] < last])
    assert 1 - SETTLED < before < SETTLED


def test_both_sides_of_a_claim_get_trials():
    """A comparison rests on two cells; one that lies on its boundary takes all that a cell may have, and stops there."""
    _, _, count = claiming("{expect: 'throughput[wild] > throughput[uneasy]'}", most=12)
    assert (count["wild"], count["uneasy"], count["calm"]) == (12, 12, 8)


def test_a_relative_metric_rests_on_the_baseline_too():
    """A speedup is settled by trials of its cell and of what it is relative to."""
    _, _, count = claiming("{of: {model: wild}, expect: speedup > 0.111}", most=12)
    assert (count["wild"], count["base"], count["uneasy"]) == (12, 12, 8)


@pytest.mark.parametrize(
    "claim",
    [
        "{of: {model: wild}, expect: throughput > 10}",
        "{of: {model: wild}, expect: throughput > 1e6}",
        "{of: {model: wild}, expect: lost_updates == 0}",
        "{of: {model: wild}, expect: status == ok}",
        "{of: {model: wild}, when: cpus > 2, expect: throughput > 1000}",
        "{of: {model: [wild, calm]}, expect: throughput > 1000 and model == wild}",
    ],
)
def test_a_claim_that_trials_would_not_change_gets_none(claim):
    """Settled by the pilot, either way; a count, a status; skipped; refuted for good by one of its cases."""
    _, _, count = claiming(claim)
    assert set(count.values()) == {8}


def test_a_claim_takes_nothing_from_an_interval_that_is_wider():
    """On its boundary a claim lacks more than any number of trials gives: with a short budget the wide interval comes first."""
    more = "baseline: {model: base}\nclaims: [{of: {model: uneasy}, expect: throughput > 1000}]\n"
    lab = Lab("precision: 2%, repetitions: 8, budget: 46s", more=more)
    later = lab.of([r for r in lab.whole() if r["block"] >= 8])
    assert (later["wild"], later["uneasy"]) == (2, 0)


def test_what_it_will_take_is_told_after_the_pilot():
    """How many cells need more, for how long, what the budget leaves, and who has no interval; once."""
    models = (
        "sweep: {workers: 1}\nmodel: [{simulated: {noise: 0.4}, as: wild}, {simulated: {noise: 0.001}, as: calm}, "
        "{simulated: {outcome: crashed}, as: broken}]\n"
    )
    lab = Lab("precision: 1%, repetitions: 8, budget: 40s", models, more="")
    lab.whole()
    (said,) = lab.messages
    assert said == (
        "after 8 repetitions 1 of 3 cells need more: about 84 s, and the budget leaves 8.0 s, for those that lack most; "
        "1 cell without an interval of throughput can get none by more trials"
    )


def test_what_was_not_reached():
    """Intervals that stayed too wide, cells that have none, and open claims, each by its cell or its claim; else nothing."""
    models = (
        "sweep: {workers: 1}\nmodel: [{simulated: {noise: 0.4}, as: wild}, {simulated: {noise: 0.001}, as: calm}, "
        "{simulated: {outcome: crashed}, as: broken}]\n"
    )
    more = "claims: [{of: {model: wild}, expect: throughput > 1000}, {of: {model: calm}, expect: throughput > 500}]\n"
    lab = Lab("precision: 3%, repetitions: 8, max_repetitions: 9", models, more)
    run = Run(None, lab.header, lab.whole())
    found = precision_shortfall(run, judge_claims(run), 0.03)
    name = {cell.id: cell.axes["model"] for cell in lab.plan.cells}
    assert [name[cell] for cell in found.wide] == ["wild"]
    assert [name[cell] for cell in found.without_interval] == ["broken"]
    assert [one.claim.of for one in found.claims] == [{"model": "wild"}]
    assert found.text == (
        "not reached: 1 cell with a wider interval than wanted, 1 cell without an interval, 1 inconclusive claim; "
        "the report names them"
    )
    calm = Lab("precision: 99%, repetitions: 8, max_repetitions: 9")
    assert precision_shortfall(Run(None, calm.header, calm.whole()), (), 0.99).text == ""


def test_a_primary_metric_that_compares_cells():
    """The interval of a speedup is what has to be narrow; the baseline has none, and is there in every block."""
    lab = Lab("precision: 5%, repetitions: 8, max_repetitions: 12", more="baseline: {model: base}\nprimary: speedup\n")
    count = lab.of(lab.whole())
    assert (count["base"], count["calm"], count["wild"]) == (12, 8, 12)
    assert cells_without_interval(Run(None, lab.header, lab.whole())) == []


def test_the_first_block_that_can_be_afforded():
    """Candidates are tried from the largest on; the worst cells are those with at least half of the largest need."""
    costs = SimpleNamespace(of=len)
    assert afford(iter([["a", "b", "c"], ["a", "b"], ["a"]]), 2.5, costs) == ["a", "b"]
    assert afford(iter([["a"]]), 0.5, costs) == afford(iter([]), 9.0, costs) == []
    assert worst({"a": 4.0, "b": 2.0, "c": 1.9}) == {"a": 4.0, "b": 2.0}
    assert worst({}) == {}


class TimedLab(Lab):
    """A lab whose trials time 100 operations each; with further facts of their iterations."""

    def __init__(self, *given, facts=None):
        super().__init__(*given)
        self.facts = facts or {}

    def measured(self, trial):
        record = super().measured(trial)
        record["load"] = {"rate": 33.0, "duration": 1.0}
        for operations, one in zip((34, 33, 33), record["answer"]["iterations"], strict=True):
            one |= {"service_time": [[1000, operations]], "latency": [[1000, operations]], **self.facts}
        return record


TWO_MODELS = "sweep: {workers: 1}\nmodel: [{simulated: {}, as: one}, {simulated: {}, as: other}]\n"


def test_a_percentile_of_too_few_operations_gets_the_trials_that_it_takes():
    """8 trials of 100 operations have no 99th percentile, 10 have one: the run goes on until then, and says so."""
    more = "primary: service_time_p99_s\nbaseline: {}\n"
    lab = TimedLab("precision: 99%, repetitions: 8, max_repetitions: 30", TWO_MODELS, more)
    pilot = [lab.measured(trial) for trial in lab.plan.trials]
    run = Run(None, lab.header, pilot)
    assert needs(lab.spec, lab.plan, run) == dict.fromkeys(
        [cell.id for cell in lab.plan.cells], pytest.approx(math.sqrt(1000 / 800))
    )
    found = precision_shortfall(run, (), 0.99)
    assert (list(found.short.values()), found.without_interval) == ([1.25, 1.25], [])
    assert found.text == "not reached: 2 cells with too few operations for an interval; the report names them"
    assert lab.of(lab.whole()) == {"one": 10, "other": 10}
    (said,) = lab.messages
    assert said.startswith("after 8 repetitions 2 of 2 cells need more: about ")
    assert "can get none" not in said


def test_a_claim_on_a_percentile_gets_the_trials_that_it_takes():
    """All cells that it compares, in the same blocks; until then it is among what was not reached."""
    more = "claims: {expect: 'service_time_p99_s[one] == service_time_p99_s[other] within 50%'}\nbaseline: {}\n"
    lab = TimedLab("precision: 99%, repetitions: 8, max_repetitions: 30", TWO_MODELS, more)
    records = lab.whole()
    assert lab.of(records) == {"one": 10, "other": 10}
    run = Run(None, lab.header, records)
    assert [one.outcome for one in judge_claims(run)] == ["supported"]
    pilot = Run(None, lab.header, [record for record in records if record["block"] < 8])
    (claim,) = precision_shortfall(pilot, judge_claims(pilot), 0.99).claims
    assert list(claim.undecided_cells.values()) == [pytest.approx(math.sqrt(1.25))] * 2


def test_an_overloaded_cell_can_get_no_percentile():
    """Its latency grows as long as the load lasts, however many trials there are: it is left alone, and the reason is told."""
    growing = {"latency_floor_s": [0.001 + part / 10 for part in range(5)]}
    lab = TimedLab("precision: 99%, repetitions: 8, max_repetitions: 30", TWO_MODELS, "baseline: {}\n", facts=growing)
    primary = "latency_p99_s"  # of open loops, which no simulated trial has
    lab.spec = replace(lab.spec, primary=primary)
    lab.header = {**lab.header, "spec": {**lab.header["spec"], "primary": primary}}
    assert lab.of(lab.whole()) == {"one": 8, "other": 8}
    assert lab.messages == [
        "after 8 repetitions no cell needs more; 2 cells without an interval of latency_p99_s can get none by more trials "
        "(2 overloaded)"
    ]


@pytest.mark.parametrize(("level", "quantile"), [("90%", 1.895), ("95%", 2.365), ("99%", 3.499)])
def test_a_run_with_a_disturbance_goes_on_to_its_own_level(level, quantile):
    """A calm cell counts as if it had met it: t at the level times the scatter of all, over the root of 8 trials."""
    models = TWO_MODELS.replace("{}", "{noise: 0.01}")
    lab = Lab(f"precision: 3%, repetitions: 8, level: {level}", models, "baseline: {}\n")
    records = [lab.measured(trial) for trial in lab.plan.trials]
    of = {name: [one for one in records if one["axes"]["model"] == name] for name in ("one", "other")}
    for one in of["one"][0]["answer"]["iterations"]:
        one["wall_s"] *= 3
        one["cpu_s"] *= 3
    run = Run(None, lab.header, records)
    found = disturbed(run)
    assert found.apart == 1
    width = cautious_widths(run)[of["other"][0]["cell"]]
    assert width == pytest.approx(quantile * found.pooled / math.sqrt(8), rel=1e-3)
