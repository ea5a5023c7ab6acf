"""A CPU that changes its speed all the time: then that is no doubt, for all cells or for none."""

import numpy as np
import pandas as pd
import pytest

from concexp.analysis import restless
from concexp.analysis.results import Run
from concexp.experiment.statuses import CONTROL, MEASURED
from tests.helpers import journal_builder

CHANGED, SLOW, NONE = "speed_changed", "slow_cpu", ""


def first_rows(doubts, role=MEASURED, wants="cpu", status="ok"):
    """The first row of each trial of each cell: a list of doubts per cell."""
    rows = [
        {"cell": str(cell), "role": role, "wants": wants, "status": status, "doubts": codes}
        for cell, own in enumerate(doubts)
        for codes in own
    ]
    return pd.DataFrame(rows)


def test_many_cells_with_too_few_trials_at_one_speed():
    """A quarter of the cells; then all trials of cells that have enough count, also of the cells that need it not."""
    lacking, enough = [CHANGED] * 6 + [NONE] * 2, [CHANGED] * 5 + [NONE] * 3
    assert restless.counts_anyway(first_rows([lacking, enough, enough, enough])).all()
    assert not restless.counts_anyway(first_rows([lacking, enough, enough, enough, enough])).any()
    assert restless.counts_anyway(first_rows([[SLOW] * 8])).all()


def test_cells_with_few_trials():
    """Seven are too few for an interval that knows how much the speed changes: they stay doubtful, and say nothing of the run."""
    found = restless.counts_anyway(first_rows([[CHANGED] * 8, [CHANGED] * 7]))
    assert found.tolist() == [True] * 8 + [False] * 7
    assert not restless.counts_anyway(first_rows([[CHANGED] * 7])).any()


@pytest.mark.parametrize("more", [{"wants": "io"}, {"status": "crashed"}, {"role": CONTROL}])
def test_who_does_not_tell(more):
    """Trials that wait, that have no numbers, or that repeat others."""
    assert not restless.counts_anyway(first_rows([[CHANGED] * 10], **more)).any()


def run(tmp_path, repetitions, change):
    """Two cells of equal work; `change` is how many times longer the loop took after each window than before."""
    rng = np.random.default_rng(3)
    slow = {model: rng.random(repetitions) for model in ("serial", "threads")}
    cells = [
        journal_builder.cell(
            model=model, workers=None if model == "serial" else 2, rate=1000.0,
            course=lambda block, _, model=model: 1 + 0.85 * slow[model][block],
            facts={"reference_before_s": 0.001, "reference_after_s": 0.001 * change},
        )
        for model in slow
    ]  # fmt: skip
    return journal_builder.write(tmp_path, cells, repetitions=repetitions)


def test_the_interval_says_it_instead(tmp_path):
    """All trials count, without a doubt, and the interval is wide; of too few trials none does."""
    found = run(tmp_path / "many", 10, 1.85)
    assert found.is_restless
    (sample,) = [one for cell, one in found.samples.items() if found.axes_by_cell[cell]["model"] == "threads"]
    assert sample.enough_clean_trials()
    assert len(sample.timing_trials()) == 10
    assert not any(trial.doubts_about("throughput") for trial in sample.trials)
    assert all("speed_changed" in trial.doubts for trial in sample.trials)  # that stays known
    row = found.cells.set_index("model").loc["threads"]
    assert row["throughput_hi"] / row["throughput_lo"] > 1.1
    few = run(tmp_path / "few", 7, 1.85)
    assert not few.is_restless
    assert not any(sample.enough_clean_trials() for sample in few.samples.values())
    assert not run(tmp_path / "steady", 10, 1.0).is_restless


def test_other_doubts_stay(tmp_path):
    """A trial that the machine kept from a CPU is doubtful as before."""
    facts = {"reference_before_s": 0.001, "reference_after_s": 0.00185, "swapped_in": 99}
    found: Run = journal_builder.write(tmp_path, [journal_builder.cell(facts=facts)], repetitions=10)
    (sample,) = found.samples.values()
    assert {trial.doubts_about("throughput") for trial in sample.trials} == {("paged",)}
