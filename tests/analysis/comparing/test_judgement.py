"""What is said of two sides: real differences, and none that the machine or chance made."""

import random

import pytest

from concexp.analysis.comparing import judgement
from concexp.analysis.comparing.comparison import compare
from concexp.analysis.comparing.sides import two_sides
from tests.helpers.journal_builder import cell
from tests.helpers.stored_runs import MODELS, cells, stored


def by_model(found):
    return {one.match.labels["model"]: one for one in found.cells}


def pair(folder, one=None, other=None, **how):
    a, b = (stored(folder, day, **(more or {})) for day, more in ((1, one), (2, other)))
    return compare(two_sides([a], [b]), **how)


def test_a_cell_that_became_slower_is_named_and_the_others_are_not(tmp_path):
    """A rate that fell by 20 % on an equal machine is worse, and a regression; all others are not."""
    found = by_model(pair(tmp_path, None, {"factors": {"threads": 0.8}}))
    assert (found["threads"].word, found["threads"].check) == ("worse", "regression")
    assert found["threads"].ratio.mean == pytest.approx(0.8, rel=0.02)
    assert found["threads"].within.lo > found["threads"].ratio.lo
    assert {found[model].is_named for model in ("serial", "processes")} == {False}


def test_better_is_better(tmp_path):
    """What became faster by a fifth is better and passes a check."""
    found = by_model(pair(tmp_path, None, {"factors": {"threads": 1.2}}))
    assert (found["threads"].word, found["threads"].check) == ("better", "passed")


def test_for_a_time_less_is_better(tmp_path):
    """The direction of a metric decides: a longer makespan is worse."""
    shown = {"ops": 500, "load": {"ops": 500, "scaling": "strong"}}
    spec = {"primary": "makespan_s"}
    one = {"shown": shown, "spec": spec}
    found = by_model(pair(tmp_path, one, {**one, "factors": {"threads": 0.8}}))
    assert found["threads"].word == "worse"
    assert found["threads"].ratio.mean == pytest.approx(1.25, rel=0.02)


def test_the_same_within_the_tolerance(tmp_path):
    """Equal cells of quiet runs are the same within 10 %."""
    found = pair(tmp_path, {"shown": {"noise": 0.002}}, {"shown": {"noise": 0.002}}, tolerance=0.1)
    assert {one.word for one in found.cells} == {"same"}
    assert {one.check for one in found.cells} == {"passed"}


def test_a_slower_machine_makes_no_regression(tmp_path):
    """All cells at two thirds of the speed, as the sentinel: none is named, and each says that the machine was slower."""
    found = pair(tmp_path, None, {"speed": 2 / 3})
    assert {(one.word, one.reason, one.side) for one in found.cells} == {("cannot tell", judgement.MACHINE, 1)}
    assert {one.check for one in found.cells} == {"inconclusive"}


def test_what_is_faster_on_a_slower_machine_is_better(tmp_path):
    """A slower machine excuses what is slower, and not what is faster."""
    found = by_model(pair(tmp_path, None, {"speed": 0.8, "factors": {"threads": 2.0}}))
    assert found["threads"].word == "better"


def test_ratios_within_the_runs_of_a_slower_machine(tmp_path):
    """Speed cancels in what is relative to the baseline: a cell that fell behind it is named there."""
    found = pair(tmp_path, None, {"speed": 2 / 3, "factors": {"threads": 0.7}})
    relative = {one.match.labels["model"]: one for one in found.relative}
    assert relative.keys() == {"threads", "processes"}
    assert relative["threads"].word == "worse"
    assert relative["threads"].ratio.mean == pytest.approx(0.7, rel=0.03)
    assert not relative["processes"].is_named


def test_a_machine_short_of_cpus_names_nothing(tmp_path):
    """Where CPUs were withheld, neither figures nor ratios within the run are told from that."""
    other = {"effective": 1.1, "waiting": 0.4, "speed": 0.6, "factors": {"processes": 0.6}}
    found = pair(tmp_path, None, other)
    assert {one.word for one in found.compared} == {"cannot tell"}
    assert {one.reason for one in found.compared} == {judgement.MACHINE, judgement.DOUBTFUL}


def test_different_machines_have_no_absolute_verdict(tmp_path):
    """On another processor no figure is judged by itself; with other usable CPUs no ratio of several workers either."""
    found = pair(tmp_path, None, {"machine": {"processor": "Other"}, "speed": 2.0, "factors": {"threads": 0.7}})
    assert {one.reason for one in found.cells} == {judgement.OTHER_MACHINE}
    assert {one.match.labels["model"]: one.word for one in found.relative}["threads"] == "worse"
    found = pair(tmp_path / "b", None, {"machine": {"cpus": 4}})
    assert {one.reason for one in found.relative} == {judgement.OTHER_MACHINE}


def test_without_a_baseline_cells_are_relative_to_their_workload(tmp_path):
    """Different machines and no baseline: each cell is compared with the mean of its workload."""
    spec = {"baseline": {}}
    other = {"machine": {"processor": "Other"}, "speed": 2.0, "factors": {"threads": 0.5}, "spec": spec}
    found = pair(tmp_path, {"spec": spec}, other)
    assert {one.relative for one in found.relative} == {"workload"}
    relative = {one.match.labels["model"]: one for one in found.relative}
    assert relative["threads"].ratio.mean == pytest.approx(0.5 ** (2 / 3), rel=0.03)


def test_trials_that_end_badly_in_b_are_a_regression(tmp_path):
    """All trials of a cell crash where none did before: no figure, and a regression; few survivors of many are not judged."""
    crashed = [
        *cells(2, models=("serial", "processes")),
        cell(model="threads", workers=2, status="crashed", reason="x"),
    ]
    found = by_model(pair(tmp_path, None, {"made": crashed}))
    assert (found["threads"].reason, found["threads"].check) == (judgement.ENDED, "regression")
    one_of_six = cell(model="threads", workers=2, rate=980, status=["timeout", *["ok"] * 5], reason="x")
    found = by_model(pair(tmp_path / "b", None, {"made": [*cells(2, models=("serial", "processes")), one_of_six]}))
    assert (found["threads"].reason, found["threads"].check) == (judgement.ENDED, "inconclusive")


def test_doubtful_trials_name_nothing(tmp_path):
    """A cell whose trials the machine disturbed is not judged."""
    made = cells(2, factors={"threads": 0.5})
    made[1] = {**made[1], "facts": {"run_queue_wait_s": 0.4}}
    found = by_model(pair(tmp_path, None, {"made": made}))
    assert (found["threads"].word, found["threads"].reason, found["threads"].side) == ("cannot tell", "doubtful", 1)


def test_too_few_trials(tmp_path):
    """Two trials have no interval, so nothing is said."""
    found = pair(tmp_path, None, {"repetitions": 2})
    assert {(one.word, one.reason, one.side) for one in found.cells} == {("cannot tell", judgement.FEW, 1)}


def test_three_runs_a_side_show_the_spread_between_runs(tmp_path):
    """Runs of one side that differ by 5 % keep a difference of 5 % from being named, however sure each run is of itself."""
    luck = random.Random(1)
    runs = [
        stored(tmp_path, day, own={model: luck.gauss(0, 0.05) for model in MODELS}, repetitions=4)
        for day in range(1, 7)
    ]
    found = compare(two_sides(runs[:3], runs[3:]))
    assert not any(one.is_named for one in found.cells)
    assert all(one.tau > 0.01 for one in found.cells)
    assert all(one.ratio.hi / one.ratio.lo > 1.05 for one in found.cells)


def simulated_pair(folder, number, factors=None, weather=0.04):
    """Two runs whose machine differs by `weather`, and each of whose cells by 1 %, from run to run."""
    runs = []
    for side in (1, 2):
        luck = random.Random(f"{number} {side}")
        own = {model: luck.gauss(0, 0.01) for model in MODELS}
        how = factors if side == 2 else None
        day = 2 * number + side
        runs.append(
            stored(folder / str(number), day, luck.gauss(1, weather), how, own, repetitions=6, shown={"noise": 0.02})
        )
    return compare(two_sides(runs[:1], runs[1:]))


@pytest.mark.slow
def test_no_false_regressions_among_equals(tmp_path):
    """Of 60 pairs of equal programs at most 5 % name any difference, and a check fails in no more than that."""
    named = regressions = covered = 0
    for number in range(60):
        found = simulated_pair(tmp_path, number)
        named += any(one.is_named for one in found.compared)
        regressions += any(one.check == "regression" for one in found.cells)
        covered += sum(one.ratio.lo <= 1 <= one.ratio.hi for one in found.cells)
    assert named <= 3
    assert regressions <= 3
    assert covered >= 0.95 * 3 * 60


@pytest.mark.slow
def test_a_planted_slowdown_of_ten_percent_is_found(tmp_path):
    """A cell that lost 10 % between runs whose machine differed by 1 % is named worse in at least 80 % of the pairs."""
    pairs = [simulated_pair(tmp_path, number, {"threads": 0.9}, 0.01) for number in range(40)]
    assert sum(by_model(found)["threads"].word == "worse" for found in pairs) >= 32
    assert sum(one.is_named for found in pairs for one in found.cells if one.match.labels["model"] != "threads") <= 2
