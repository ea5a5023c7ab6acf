"""The self-test: its verdicts on made-up runs with a known truth, and one small real run."""

import json
import random
import re

import pytest

from concexp.analysis.stats.intervals import Interval
from concexp.commands import selftest
from concexp.trial.probes.latency import added, histogram
from tests.helpers import journal_builder
from tests.helpers.program import concexp

SCALING, THREADS, PROCESSES, SLEEPERS, PART, LATENCY, SAME = range(7)
# The right rates on a machine whose spinners get 1.9 of 2 CPUs.
TRUE = {
    ("computing", "processes", 1): 1000, ("computing", "processes", 2): 1900,
    ("all_under_one_lock", "threads", 1): 2000, ("all_under_one_lock", "threads", 2): 1900,
    ("all_under_one_lock", "processes", 1): 2000, ("all_under_one_lock", "processes", 2): 1500,
    ("sleeping", "threads", 1): 200, ("sleeping", "threads", 8): 1590,
    ("three_quarters_under_one_lock", "threads", 1): 1200, ("three_quarters_under_one_lock", "threads", 4): 1600,
    ("served_for_5_ms", "threads", 4): 40,
    ("one_arm", "serial", None): 1000, ("the_same_again", "serial", None): 1003,
}  # fmt: skip


def verdicts(folder, rates=None, latency=0.0052, cell=None, noise=0.002, **more):
    """The verdicts on a made-up run; `cell` maps (workload, model, workers) to further arguments."""
    cells = []
    for key, rate in {**TRUE, **(rates or {})}.items():
        workload, model, workers = key
        io = workload in ("sleeping", "served_for_5_ms")
        given = {"rate": rate, "noise": noise, "wants": "io" if io else "cpu", "plugins": {"workload": "sleep"}}
        if workload == "served_for_5_ms":
            seen = added([histogram([round(latency * 1e9)] * 20)])
            given["facts"] = {"latency": seen, "service_time": seen}
            given["load"] = {"rate": 40.0, "duration": 0.5, "arrivals": "constant"}
        cells.append(journal_builder.cell(workload, model, workers=workers, **{**given, **(cell or {}).get(key, {})}))
    run = journal_builder.write(folder, cells, spec={"baseline": {}}, **more)
    return selftest.compare_with_known(selftest.Answers(run))


def words(*arguments, **more):
    return [one.verdict for one in verdicts(*arguments, **more)]


def test_a_machine_that_gives_all_known_answers(tmp_path):
    """Every check is ok, shows the known answer and the measured interval, and has no reason."""
    found = verdicts(tmp_path)
    assert [one.verdict for one in found] == ["ok"] * 7
    assert all(one.known and not one.why for one in found)
    assert re.fullmatch(r"1\.\d+x \(1\.\d+–1\.\d+\)", found[SCALING].measured)
    assert found[SCALING].known.startswith("1.90x")
    assert not selftest.any_wrong(found)


@pytest.mark.parametrize(
    ("check", "rates", "latency"),
    [
        (SCALING, {("computing", "processes", 2): 1300}, 0.0052),  # the spinners got 1.9
        (SCALING, {("computing", "processes", 2): 2600}, 0.0052),  # more than there is
        (THREADS, {("all_under_one_lock", "threads", 2): 2200}, 0.0052),
        (PROCESSES, {("all_under_one_lock", "processes", 2): 2200}, 0.0052),
        (SLEEPERS, {("sleeping", "threads", 8): 1300}, 0.0052),
        (SLEEPERS, {("sleeping", "threads", 8): 1540}, 0.0052),  # each lost a nap of thirty
        (SLEEPERS, {("sleeping", "threads", 8): 1700}, 0.0052),
        (PART, {("three_quarters_under_one_lock", "threads", 4): 2400}, 0.0052),  # a half
        (LATENCY, {}, 0.0048),  # shorter than the service
        (LATENCY, {}, 0.0062),
        (SAME, {("the_same_again", "serial", None): 1100}, 0.0052),
    ],
)
def test_each_wrong_answer_is_found(tmp_path, check, rates, latency):
    """One wrong number makes its own check WRONG, and no other."""
    assert words(tmp_path, rates, latency) == ["WRONG" if number == check else "ok" for number in range(7)]


def test_a_machine_that_withholds_cpus(tmp_path):
    """If spinners get 1 of 2 CPUs, checks that need CPU are withheld and say so, whatever they measured; sleeping is judged."""
    found = verdicts(tmp_path, {("computing", "processes", 2): 1000, ("sleeping", "threads", 8): 1590}, effective=1.0)
    assert [one.verdict for one in found] == ["withheld", "withheld", "withheld", "ok", "withheld", "ok", "ok"]
    assert found[SCALING].why == "this machine gives 1.00 of 2 CPUs"
    assert not selftest.any_wrong(found)


def test_on_a_machine_that_withholds_cpus_no_time_is_wrong(tmp_path):
    """Work that needs no CPU may be late there, too: that is not a mistake of the tool."""
    found = verdicts(tmp_path, {("sleeping", "threads", 8): 1300}, 0.0062, effective=1.0)
    assert "WRONG" not in [one.verdict for one in found]
    assert found[LATENCY].why == found[SLEEPERS].why == "this machine gives 1.00 of 2 CPUs"


def test_other_doubts_are_explained(tmp_path):
    """A doubt that is not about the machine gives its meaning as the reason."""
    skew = {("sleeping", "threads", 8): {"facts": {"start_skew_s": 0.3}}}
    found = verdicts(tmp_path, cell=skew)
    assert (found[SLEEPERS].verdict, found[SLEEPERS].why) == ("withheld", "the workers did not start together")


def test_trials_that_differ_too_much(tmp_path):
    """An interval that is too wide proves nothing."""
    loud = {("one_arm", "serial", None): {"noise": 0.6}}
    found = verdicts(tmp_path, cell=loud)
    assert (found[SAME].verdict, found[SAME].why) == ("withheld", "the trials differ too much for a verdict")


def test_below_three_trials_nothing_is_judged(tmp_path):
    """Without an interval there is no verdict."""
    found = verdicts(tmp_path, {("sleeping", "threads", 8): 400}, repetitions=2)
    assert {one.verdict for one in found} == {"withheld"}


@pytest.mark.parametrize("effective", [1.9, 1.0])
def test_a_trial_that_ended_badly_is_wrong_on_any_machine(tmp_path, effective):
    """Outcomes are exact: an update lost under a lock does not depend on timing."""
    lost = {"status": ["ok", "invalid", "ok", "ok", "ok", "ok"], "reason": "3 of 9 updates were lost"}
    found = verdicts(tmp_path, cell={("all_under_one_lock", "processes", 2): lost}, effective=effective)
    assert (found[PROCESSES].verdict, found[PROCESSES].why) == ("WRONG", "invalid: 3 of 9 updates were lost")
    assert selftest.any_wrong(found)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (Interval(1.01, 1.0, 1.02, 6), "ok"),
        (Interval(1.05, 1.03, 1.07, 6), "withheld"),  # outside at 95 %, inside at 99.9 %
        (Interval(1.05, 1.045, 1.055, 6), "WRONG"),
        (Interval(1.05, float("nan"), float("nan"), 2), "withheld"),
        (Interval(1.05, 0.9, 1.3, 6), "withheld"),
    ],
)
def test_wrong_needs_more_than_chance(tmp_path, value, verdict):
    """One sound machine in twenty lies outside a 95 % interval: that is withheld, not WRONG."""
    cells = [journal_builder.cell("x", "serial", plugins={"workload": "sleep"})]
    answers = selftest.Answers(journal_builder.write(tmp_path, cells, spec={"baseline": {}}))
    found = selftest.Measured(value, 0.98, 1.02, "1x", "", answers.samples("x"))
    assert selftest.judge("same", found, answers).verdict == verdict


def test_verdicts_as_text_and_data():
    """The text has two lines per check and the number of each verdict; the data is the same."""
    found = [
        selftest.Verdict("a", "1x", "1.01x", "ok"),
        selftest.Verdict("b", "2x", "1.02x", "withheld", "this machine gives 1 of 2 CPUs"),
    ]
    assert selftest.verdicts_text(found).splitlines() == [
        "ok        a",
        "          known: 1x; measured: 1.01x",
        "withheld  b",
        "          known: 2x; measured: 1.02x; this machine gives 1 of 2 CPUs",
        "",
        "1 ok, 1 withheld",
    ]
    assert selftest.verdicts_data(found)[1]["why"] == "this machine gives 1 of 2 CPUs"


def test_the_whole_command(tmp_path):
    """One real run: every trial ends well, every check has a verdict, and the run is kept with its page."""
    done = concexp(tmp_path, "selftest", "--repetitions", "1", "--out", "kept", "--json", "--progress", "none")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert [one["check"] for one in found] == [check for check, _ in selftest.CHECKS]
    assert {one["verdict"] for one in found} == {"withheld"}  # one trial makes no interval
    assert (tmp_path / "kept/selftest/README.md").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_machine_of_two_speeds_is_judged_all_the_same(tmp_path):
    """Two fifths of the trials are 1.85 times slower, and the loop beside them shows it: at least 6 of 7 checks are decided, and
    none is wrong. Without the loop most of them are withheld.
    """
    cell, blind = {}, {}
    for key in TRUE:
        coins = random.Random(str(key))
        slow = [1.85 if coins.random() < 0.4 else 1.0 for _ in range(8)]
        if key[0] in ("computing", "all_under_one_lock", "one_arm", "the_same_again"):
            blind[key] = {"course": lambda block, k, slow=slow: slow[block]}
            cell[key] = {**blind[key], "loop": lambda block, k, slow=slow: 2e-4 * slow[block]}
    found = words(tmp_path / "seen", cell=cell, repetitions=8)
    assert found.count("ok") >= 6
    assert "WRONG" not in found
    assert words(tmp_path / "blind", cell=blind, repetitions=8).count("withheld") >= 3


def test_one_spoilt_trial_of_ten_spoils_no_check(tmp_path):
    """A trial that is far off in one block makes the mean useless, and the median of the blocks says what is known."""
    off = {("one_arm", "serial", None): {"course": lambda block, k: 4.0 if block == 3 else 1.0}}
    assert words(tmp_path / "ten", cell=off, repetitions=10) == ["ok"] * 7
    assert words(tmp_path / "five", cell=off, repetitions=5)[SAME] == "withheld"
