"""Which trials a cell's numbers come from, and which cell is its baseline."""

import math

import pytest

from concexp.analysis.cells import Baseline
from concexp.analysis.samples import samples
from concexp.analysis.stats.intervals import t_quantile
from tests.helpers import journal_builder, scenarios


def sample(folder, effective=1.9, repetitions=6, **cell):
    """The sample of a run with one cell."""
    one = journal_builder.cell(**{"model": "processes", "workers": 2, **cell})
    return samples(journal_builder.write(folder, [one], repetitions=repetitions, effective=effective).trials)[one["id"]]


def test_doubtful_trials_are_left_out_of_timings(tmp_path):
    """With enough trials beyond doubt, timings come from those alone; counts keep all."""
    found = sample(tmp_path, effective=[1.9, 1.9, 1.9, 1.0, 1.9, 1.9, 1.9], counts={"lost_updates": 0})
    assert (found.count, len(found.doubtful), found.enough_clean_trials) == (6, 2, True)
    assert sorted(found.by_block("throughput")) == [0, 1, 4, 5]
    assert sorted(found.by_block("lost_updates", counted=True)) == [0, 1, 2, 3, 4, 5]
    assert found.effective_cpus == 1.9


def test_too_few_beyond_doubt(tmp_path):
    """With fewer than three left, the numbers come from all trials, and the cell is not trusted."""
    found = sample(tmp_path, effective=[1.9, 1.9, 1.0, 1.0, 1.0, 1.9, 1.9])
    assert not found.enough_clean_trials
    assert len(found.by_block("throughput")) == 6


def test_a_single_trial_may_be_trusted(tmp_path):
    """One trial beyond doubt is trusted, though it has no interval."""
    found = sample(tmp_path, repetitions=1, effective=[1.9, 1.9])
    assert found.enough_clean_trials


def test_observed_trials_give_their_own_metrics_and_no_others(tmp_path):
    """Throughput is that of the trials run as they are, the waits' share that of those which looked: neither has the other's."""
    run = journal_builder.write(tmp_path, **scenarios.observed())
    cells = {row["sync"]: row for row in run.cells.to_dict("records")}
    assert [cells[sync]["throughput"] for sync in cells] == pytest.approx([9000, 5000, 4000], rel=0.1)
    assert [cells[sync]["wait_share"] for sync in ("lock", "condition")] == pytest.approx([0.6, 0.25])
    assert cells["lock"]["wait_share_lo"] == pytest.approx(0.6) == cells["lock"]["wait_share_hi"]
    assert math.isnan(cells["none"]["wait_share"])
    assert cells["lock"]["wait_p50_s"] < cells["lock"]["wait_p99_s"]
    assert {row["trials"] for row in cells.values()} == {6}


def test_an_observed_trial_that_ended_badly_leaves_the_others_as_they_are(tmp_path):
    """The cell's status is that of its measured trials; the share comes from the observed ones that have numbers."""
    run = journal_builder.write(tmp_path, **scenarios.observed())
    (found,) = [s for s in run.samples.values() if any(trial.status == "timeout" for trial in s.observed)]
    assert (found.status, found.count) == ("ok", 6)
    assert sorted(found.by_block("wait_share")) == [0, 1, 3, 4, 5]
    assert sorted(found.by_block("throughput")) == [0, 1, 2, 3, 4, 5]


def test_doubtful_observed_trials_are_left_out_too(tmp_path):
    """With enough observed trials beyond doubt, waits come from those alone, whatever the doubts of the measured ones."""
    facts = scenarios.observed()["cells"][1]["observed"]["facts"]
    one = journal_builder.cell(
        "counter", "threads", "lock", 2, observed={"facts": facts, "answer": {"traced": True}}, facts={"waits": None}
    )
    found = samples(journal_builder.write(tmp_path / "all", [one]).trials)[one["id"]]
    assert not found.doubtful
    assert len(found.by_block("wait_share")) == 6  # all are doubtful: they are all there is
    frame = journal_builder.write(tmp_path / "some", [{**one, "observed": {"facts": facts}}]).trials
    hit = (frame["role"] == "observed") & (frame["block"] < 2)
    found = samples(frame.assign(doubts=frame["doubts"].mask(hit, "traced")))[one["id"]]
    assert sorted(found.by_block("wait_share")) == [2, 3, 4, 5]
    assert len(found.by_block("throughput")) == 6


def test_a_cell_that_was_only_looked_at_is_missing(tmp_path):
    """Until a cell has a trial run as it is, it has none."""
    frame = journal_builder.write(tmp_path, **scenarios.observed()).trials
    assert samples(frame[frame["role"] == "observed"]) == {}


def test_interval_is_of_trials(tmp_path):
    """The table's interval is Student's t on the logarithms of the trials' means, with trials - 1 degrees of freedom."""
    run = journal_builder.write(tmp_path, [journal_builder.cell(noise=0.1)], repetitions=5, iterations=4)
    frame = run.trials
    logs = frame["throughput"].map(math.log).groupby(frame["trial"]).mean()
    half = t_quantile(4) * logs.std(ddof=1) / math.sqrt(5)
    row = run.cells.iloc[0]
    assert math.log(row["throughput"]) == pytest.approx(logs.mean())
    assert math.log(row["throughput_hi"]) == pytest.approx(logs.mean() + half)
    assert math.log(row["throughput_lo"]) == pytest.approx(logs.mean() - half)


def baseline_of(folder, cells, wanted):
    run = journal_builder.write(folder, cells, spec={"baseline": wanted})
    labels = {cell["cell"]: cell["axes"] for cell in run.header["cells"]}
    return [labels.get(Baseline(run.header).of(axes)) for axes in labels.values()]


def test_baseline_is_alike_on_all_axes_that_apply(tmp_path):
    """Each workload has its own serial cell as baseline, whatever the number of workers."""
    cells = journal_builder.sweep(workloads=("cpu_sum", "primes"), workers=(1, 2), rate=journal_builder.amdahl())
    found = baseline_of(tmp_path, cells, {"model": "serial"})
    assert [axes["workload"] for axes in found] == ["cpu_sum"] * 5 + ["primes"] * 5
    assert {axes["model"] for axes in found} == {"serial"}


def test_baseline_of_several_labels(tmp_path):
    """A baseline may name any axes: here one thread, for all numbers of workers and all models."""
    cells = journal_builder.sweep(models=("threads", "processes"), workers=(1, 2), rate=journal_builder.amdahl())
    found = baseline_of(tmp_path, cells, {"model": "threads", "workers": 1})
    assert {(axes["model"], axes["workers"]) for axes in found} == {("threads", 1)}


def test_baseline_with_an_axis_of_its_own(tmp_path):
    """An axis that applies to the baseline must be alike: a cell of another size has that size's baseline."""
    cells = [
        journal_builder.cell(model=model, workers=workers, axes={"cpu_sum.n": size})
        for size in (1, 2)
        for model, workers in (("serial", None), ("threads", 2))
    ]
    found = baseline_of(tmp_path, cells, {"model": "serial"})
    assert [axes["cpu_sum.n"] for axes in found] == [1, 1, 2, 2]


def test_no_baseline(tmp_path):
    """Without a baseline, or where none is alike, there is no speedup rather than a wrong one."""
    cells = [journal_builder.cell("cpu_sum", "serial"), journal_builder.cell("primes", "threads", workers=2)]
    assert baseline_of(tmp_path / "a", cells, {}) == [None, None]
    assert baseline_of(tmp_path / "b", cells, {"model": "serial"})[1] is None


def test_invalid_numbers_are_kept(tmp_path):
    """A wrong outcome keeps its numbers, and its status."""
    run = journal_builder.write(tmp_path, **scenarios.bad())
    row = run.cells[run.cells["model"] == "threads"].iloc[0]
    assert row["status"] == "invalid"
    assert row["speedup"] == pytest.approx(9, rel=0.02)


def test_listed_metrics_only(tmp_path):
    """An experiment that lists metrics gets those, and the primary one."""
    run = journal_builder.write(tmp_path, [journal_builder.cell()], spec={"metrics": ["cpus_used"]})
    shown = [name for name in run.cells.columns if f"{name}_lo" in run.cells.columns]
    assert shown == ["throughput", "cpus_used"]
