"""How long the rest of a run takes."""

import random

import pytest

from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.run.durations import Durations, with_spins
from concexp.run.outlook import Outlook

COUNTED = """\
workload: [cpu_sum, sleep]
model: [serial, threads, processes]
sweep: {workers: [1, 2, 4]}
load: {ops: 10, scaling: strong}
measure: {repetitions: 30}
"""


def plan_of(text):
    return make_plan(parse_text(text, "x.yaml"), 2)


def test_each_kind_of_cell_counts_by_itself():
    """After the first block, the rest is what each cell took, times its trials, with the spinners between."""
    plan = plan_of(COUNTED.replace("repetitions: 30", "repetitions: 20"))
    outlook = Outlook(plan, Durations())
    per_block = len(plan.trials) // 20
    assert outlook.unknown == len(plan.trials) - 20  # all but the sentinels
    took = {cell.id: 0.5 * number for number, cell in enumerate(plan.cells, 1)}
    for trial in plan.trials[:per_block]:
        outlook.ended(trial, 0.2 if trial.role == "sentinel" else took[trial.cell.id])
    assert outlook.unknown == 0
    one_block = sum(0.2 if t.role == "sentinel" else took[t.cell.id] for t in plan.trials[:per_block])
    assert outlook.seconds == pytest.approx(with_spins(19 * one_block), rel=0.02)


@pytest.mark.parametrize("seed", range(20))
def test_ten_trials_foretell_the_whole_run(seed):
    """Whatever the order of the block, ten trials of cells that differ fourfold foretell the rest within a factor of 1.5."""
    rng = random.Random(seed)
    plan = plan_of(COUNTED.replace("repetitions: 30", f"repetitions: 30, seed: {seed}"))
    took = {cell.id: rng.uniform(1, 4) for cell in plan.cells}

    def seconds(trial):
        return 0.2 if trial.role == "sentinel" else took[trial.cell.id] * rng.uniform(0.9, 1.1)

    outlook = Outlook(plan, Durations())
    for trial in plan.trials[:10]:
        outlook.ended(trial, seconds(trial))
    truth = with_spins(sum(seconds(trial) for trial in plan.trials[10:]))
    assert truth / 1.5 < outlook.seconds < 1.5 * truth


def test_a_resumed_run_has_the_rest_to_do():
    """What the journal has already is not foretold again; at the end the last spinners are left."""
    plan = plan_of(COUNTED.replace("ops: 10, scaling: strong", "duration: 1s"))
    outlook = Outlook(plan, Durations())
    whole = outlook.seconds
    outlook.begin(len(plan.trials) // 2)
    assert outlook.seconds == pytest.approx(whole / 2, rel=0.05)
    outlook.begin(len(plan.trials))
    assert outlook.seconds == with_spins(0)


def test_a_simulated_run_spins_nothing():
    """No child, no spinners."""
    assert Outlook(plan_of("workload: cpu_sum\nmodel: simulated\nload: {ops: 10}\n"), Durations()).seconds == 0
