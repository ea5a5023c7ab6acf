"""The table of cells, and which cell is the baseline of another."""

import math

import pytest

from concexp.analysis import results
from concexp.analysis.cells import Baseline
from concexp.analysis.stats.intervals import t_quantile
from tests.helpers import journal_builder, scenarios


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


def test_an_overload_is_why_latencies_are_empty(tmp_path):
    """A column says which cells of an open loop had more to do than they could; without an open loop there is none."""
    load = {"rate": 400.0, "duration": 1.0, "arrivals": "constant"}
    cells = [
        journal_builder.cell(
            "echo", model, workers=4, wants="io", load=load,
            facts={"latency": journal_builder.histogram(0.05), "latency_floor_s": floor, "ops": 390},
        )
        for model, floor in (("threads", [0.01, 0.2, 0.4, 0.6, 0.8]), ("processes", [0.01] * 5))
    ]  # fmt: skip
    cells.append(journal_builder.cell("echo", "asyncio", status="unsupported", reason="it cannot"))
    run = journal_builder.write(tmp_path / "open", cells)
    found = run.cells.set_index("model")
    assert found["overloaded"].isna().to_dict() == {"threads": False, "processes": False, "asyncio": True}
    assert found["overloaded"].fillna(False).to_dict() == {"threads": True, "processes": False, "asyncio": False}
    assert found["latency_p50_s"].isna().to_dict() == {"threads": True, "processes": False, "asyncio": True}
    results.write(run)
    (line,) = [line for line in (run.folder / "cells.csv").read_text().splitlines() if "threads" in line]
    assert ",True," in line
    assert "overloaded" not in journal_builder.write(tmp_path / "closed", [journal_builder.cell()]).cells


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
