"""The speed of the machine reaches every number that rests on times, in one place."""

import math
import random

import numpy as np
import pytest

from concexp import catalog
from concexp.analysis import noise, speed_states
from concexp.analysis.adjustment import ANSWERED
from concexp.analysis.claims.measured import Measured
from concexp.analysis.samples import adjustment, compared
from concexp.analysis.time_breakdown import TimeBreakdown
from concexp.analysis.variance import variations
from tests.helpers import journal_builder

TRUE = 1.5
SERVICE = catalog.load("metric", "service_time_mean_s")


def slowness(cell):
    """Whether the CPU was slow beside a trial: a coin for each trial, always the same."""
    coins = random.Random(cell)
    slow = [1.85 if coins.random() < 0.4 else 1.0 for _ in range(12)]
    return lambda block, k: slow[block]


def two_speeds(folder, repetitions=12, loops=True, **more):
    """A run of two cells, one 1.5 times as fast, on a CPU of two speeds; `loops` says whether they were recorded."""
    cells = []
    for model, rate in (("serial", 1000.0), ("threads", TRUE * 1000.0)):
        slow = slowness(model)
        loop = slow if loops else None
        workers = None if model == "serial" else 2
        cells.append(journal_builder.cell(model=model, workers=workers, rate=rate, course=slow, loop=loop, **more))
    return journal_builder.write(folder, cells, repetitions=repetitions)


def ratio_of(run, raw=False):
    """threads / serial."""
    by_model = {axes["model"]: run.samples[cell] for cell, axes in run.axes_by_cell.items()}
    return compared(by_model["threads"], by_model["serial"], "throughput", raw)


def width(interval):
    return math.log(interval.hi / interval.lo)


def test_a_ratio_is_at_most_half_as_wide_and_right(tmp_path):
    """Two speeds, 12 trials: the interval of the speed-up holds the truth with less than half of the width."""
    run = two_speeds(tmp_path)
    adjusted, raw = ratio_of(run), ratio_of(run, raw=True)
    assert adjusted.lo <= TRUE <= adjusted.hi
    assert width(adjusted) < 0.5 * width(raw)
    assert adjustment(run.trials).fits["sum", "throughput"].explained > 0.9


def test_without_a_recorded_speed_nothing_changes(tmp_path):
    """Older journals have no loops: no column, no adjustment, no raw figures."""
    run = two_speeds(tmp_path, loops=False)
    assert "cpu_speed" not in run.trials
    assert "throughput_raw" not in run.cells
    assert adjustment(run.trials).fits == {}
    assert ratio_of(run) == ratio_of(run, raw=True)


def test_the_figures_as_measured_stand_beside_the_adjusted_ones(tmp_path):
    """cells.csv has both, for the metric and for what compares it; the raw ones are those of a run without recorded speeds."""
    run, plain = two_speeds(tmp_path / "a"), two_speeds(tmp_path / "b", loops=False)
    columns = ["throughput", "throughput_lo", "throughput_hi", "speedup", "speedup_lo", "speedup_hi"]
    for name in columns:
        metric, _, end = name.partition("_")
        raw = run.cells[f"{metric}_raw{f'_{end}' if end else ''}"].to_numpy(float)
        # Where trials beside a slow CPU could not be adjusted, they are left out.
        assert raw == pytest.approx(plain.cells[name].to_numpy(float), nan_ok=True)
    assert (run.cells["throughput"] != run.cells["throughput_raw"]).all()


def test_the_mean_is_that_at_the_runs_mean_speed(tmp_path):
    """All cells are moved to one speed: the mean of the logarithms over all trials stays what it was."""
    run = two_speeds(tmp_path)
    means = {
        raw: [v for s in run.samples.values() for v in s.by_block("throughput", raw=raw).values()] for raw in (0, 1)
    }
    assert np.log(means[0]).mean() == pytest.approx(np.log(means[1]).mean())


def test_an_adjusted_metric_is_not_doubted_for_its_speed(tmp_path):
    """The column keeps the doubt; no trial is left out of the metric for it once that is adjusted, nor of what compares it."""
    run = two_speeds(tmp_path)
    assert set(run.trials["doubts"]) == {"", ANSWERED}
    for name in ("throughput", "speedup"):
        assert all(len(sample.timing_trials(name)) == 12 for sample in run.samples.values())
    assert set(run.cells["doubtful"]) == {0}


def test_what_is_not_adjusted_is_doubted_for_the_speed(tmp_path):
    """Times of operations are not adjusted: beside an adjusted throughput they still leave out the trials beside a slow CPU."""
    cells = []
    for model, share in (("serial", 0.3), ("threads", 0.0), ("asyncio", 0.2), ("processes", 0.3)):
        slow = [round(10 * share) > block for block in random.Random(model).sample(range(10), 10)]
        times = {block: {"service_time": [[1200 if slow[block] else 1000, 1000]]} for block in range(10)}
        how = {name: lambda block, k, slow=slow: 1.85 if slow[block] else 1.0 for name in ("course", "loop")}
        workers = None if model == "serial" else 2
        cells.append(journal_builder.cell(model=model, workers=workers, by_block=times, **how))
    run = journal_builder.write(tmp_path, cells, repetitions=10)
    assert ("sum", "throughput") in adjustment(run.trials).fits
    means = {sample.interval("service_time_mean_s", SERVICE()).mean for sample in run.samples.values()}
    assert max(means) == pytest.approx(min(means))
    for sample in run.samples.values():
        slow = {trial.block for trial in sample.trials if ANSWERED in trial.doubts}
        assert len(slow) <= 3
        assert set(sample.by_block("throughput")) == set(range(10))
        for name in ("service_time_p50_s", "service_time_mean_s", "cpus_used"):
            assert set(sample.by_block(name)) == set(range(10)) - slow
    measured = Measured(run)
    (one,) = [cell for cell, axes in run.axes_by_cell.items() if axes["model"] == "processes"]
    sure = {
        name: len(measured.basis(one, name, catalog.load("metric", name)(), any_outcome=False).sure)
        for name in ("throughput", "service_time_mean_s", "cpus_used")
    }
    assert sure == {"throughput": 10, "service_time_mean_s": 7, "cpus_used": 7}


def test_what_is_read_from_the_rows_leaves_out_trials_beside_a_slow_cpu(tmp_path):
    """The rows are as measured: their variance and where the time went come from the other trials, though the mean is adjusted."""
    run = two_speeds(tmp_path)
    slow = {cell: {t.block for t in sample.trials if t.doubts} for cell, sample in run.samples.items()}
    assert any(slow.values())
    assert all(one.split.counts[-1] == 12 - len(slow[one.cell]) for one in variations(run))
    assert len(variations(run)) == 2
    breakdown = TimeBreakdown(run)
    assert all(set(breakdown._worker_seconds(cell)) == set(range(12)) - slow[cell] for cell in slow)


def test_only_times_and_rates_of_the_work_are_adjusted(tmp_path):
    """Memory, switches and the time that workers took to start do not follow the speed of the work, even where they seem to."""
    rows = {model: slowness(model) for model in ("serial", "threads")}
    cells = []
    for model, slow in rows.items():
        seeming = {block: {"startup_s": 0.01 * slow(block, 0), "involuntary_switches": 100 * slow(block, 0),
                           "peak_rss_bytes": 1e7 * slow(block, 0)} for block in range(12)}  # fmt: skip
        workers = None if model == "serial" else 2
        cells.append(journal_builder.cell(model=model, workers=workers, course=slow, loop=slow, by_block=seeming))
    run = journal_builder.write(tmp_path, cells, repetitions=12)
    assert "peak_rss_bytes" in run.trials
    assert {name for _, name in adjustment(run.trials).fits} == {"throughput"}


def test_a_slow_trial_is_left_out_where_nothing_is_adjusted(tmp_path):
    """With too few trials for a slope, those beside a slow CPU do not count for timings, in all cells alike."""

    def slow_in(slow):
        return {name: lambda block, k: 1.85 if block == slow else 1.0 for name in ("course", "loop")}

    cells = [journal_builder.cell(**slow_in(1)), journal_builder.cell(model="threads", workers=2, **slow_in(2))]
    run = journal_builder.write(tmp_path, cells, repetitions=4)
    assert adjustment(run.trials).fits == {}
    kept = [{trial.block for trial in run.samples[cell["id"]].timing_trials("throughput")} for cell in cells]
    assert kept == [{0, 2, 3}, {0, 1, 3}]


def test_counts_are_never_adjusted(tmp_path):
    """A count is what it is, however fast the CPU was."""
    run = two_speeds(tmp_path, counts={"lost_updates": 3})
    assert not any(name == "lost_updates" for _, name in adjustment(run.trials).fits)


def test_interpreters_have_no_common_speed(tmp_path):
    """A run of several interpreters is left as it is: their loops cannot be compared."""
    cells = [
        journal_builder.cell(axes={"python": label}, course=slowness(label), loop=slowness(label))
        for label in ("3.11", "3.13")
    ]
    run = journal_builder.write(tmp_path, cells, repetitions=12)
    assert adjustment(run.trials).fits == {}


def test_the_sentinel_is_never_adjusted(tmp_path):
    """It is there to show the machine's speed."""
    sentinel = journal_builder.cell(workload="sleep", ops=100, course=slowness("x"), loop=slowness("x"))
    cells = [journal_builder.cell(course=slowness("y"), loop=slowness("y"))]
    run = journal_builder.write(tmp_path, cells, repetitions=12, beside=[("sentinel", sentinel)])
    times = noise.sentinel_times(run)
    assert max(times.values()) / min(times.values()) > 1.7


def test_two_speeds_are_seen_in_a_run(tmp_path):
    """The states of its trials, their factor, and each trial's speed relative to the mean."""
    states = speed_states.speed_states(two_speeds(tmp_path))
    assert states.factor == pytest.approx(1.85, rel=0.01)
    slow = sum(slowness(model)(block, 0) > 1 for model in ("serial", "threads") for block in range(12))
    assert int(states.is_low.sum()) == slow


def test_the_workers_own_loops_count_for_them(tmp_path):
    """Each CPU has its own speed: where workers measured it, the coordinator's loop says nothing."""
    facts = {"worker_reference_before_s": [1e-3, 4e-3], "reference_before_s": 9e-3, "reference_after_s": 9e-3}
    run = journal_builder.write(tmp_path, [journal_builder.cell(model="processes", workers=2, facts=facts)])
    assert run.trials["reference_s"].tolist() == pytest.approx([2e-3] * len(run.trials))


def test_a_control_is_adjusted_as_the_cell_that_it_repeats(tmp_path):
    """Else the noise floor would be what the machine's speed does, and hide every difference."""
    cells = [
        journal_builder.cell(course=slowness("y"), loop=slowness("y")),
        journal_builder.cell(model="threads", workers=2),
    ]
    cells[1] |= {"course": slowness("z"), "loop": slowness("z")}
    control = {**cells[0], "course": slowness("x"), "loop": slowness("x")}
    run = journal_builder.write(tmp_path, cells, repetitions=12, beside=[("control", control)])
    assert adjustment(run.trials).fits
    (floor,) = noise.noise_floors(run)
    assert floor.factor < 1.1
