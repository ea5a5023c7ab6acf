"""The picture of latencies: what it is called, when it is drawn, and that its percentile is that of cells.csv."""

import csv
import re

import pytest

from concexp import catalog
from concexp.analysis import results
from concexp.report.sections import latency
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import agrees, alt_text, draw, figure_of

SECONDS = {"s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
FIGURE = r"([\d.]+) (s|ms|µs|ns)\b"


def histogram(place):
    """The classes of 1,000 operations: 988 fast ones, and 12 slow ones in class `place`."""
    return [[900, 988], [place, 12]]


def run_with_uneven_passes(folder, metrics):
    """Trials of two passes, one with a slower slow end, so that the pooled percentile is not the mean of the percentiles."""
    cells = []
    for model, slow in (("threads", 1100), ("processes", 1200)):
        cell = journal_builder.cell("echo", model, workers=2, unit="message", facts={"service_time": histogram(1000)})
        first, second = journal_builder._answer(cell, 0, 2, 0.0)["iterations"]
        cells.append({**cell, "answer": {"iterations": [first, {**second, "service_time": histogram(slow)}]}})
    return journal_builder.write(folder, cells, spec={"baseline": {}, "metrics": metrics})


def figures_in(text):
    """The times of a text, as (number, seconds of its unit)."""
    return [(number, SECONDS[unit]) for number, unit in re.findall(FIGURE, text)]


def cells_csv(run):
    """The 99th percentiles of cells.csv, seconds."""
    results.write(run)
    with (run.folder / "cells.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = [name for name in ("service_time_p99_s", "latency_p99_s") if name in rows[0]]
    return [float(row[name]) for row in rows for name in columns if row[name]]


@pytest.mark.parametrize(("open_loop", "kind"), [(True, "latency"), (False, "service time")])
def test_latency_is_named_for_what_it_is(tmp_path, open_loop, kind):
    """Only of an open loop is it latency; the 99th percentiles are those of the table, and follow the data."""
    text = alt_text(tmp_path, "latency", **scenarios.recorded(slow=0.005, open_loop=open_loop))
    assert text.startswith(f"Percentiles of the {kind}, one line per cell.")
    assert "size 1KiB, the 99th percentile: threads 5.01 ms to asyncio 5.01 ms." in text
    slower = alt_text(tmp_path / "slower", "latency", **scenarios.recorded(slow=0.05, open_loop=open_loop))
    assert "size 1KiB, the 99th percentile: threads 5.01 ms to asyncio 14.7 ms." in slower


def test_latency_needs_enough_operations(tmp_path):
    """A curve needs ten operations beyond the 90th percentile, and its 99th percentile is told where it has ten, too."""
    few = [journal_builder.cell(facts={"service_time": [[1000, 5]]})]
    assert alt_text(tmp_path, "latency", cells=few) is None
    some = [journal_builder.cell(facts={"service_time": [[1000, 50]]})]
    assert alt_text(tmp_path / "some", "latency", cells=some).endswith("Too few operations for a 99th percentile.")
    enough = [journal_builder.cell(facts={"service_time": [[1000, 100]]})]
    assert "The 99th percentile: serial 1.71 ms." in alt_text(tmp_path / "enough", "latency", cells=enough)


@pytest.mark.parametrize("open_loop", [True, False])
def test_alt_text_and_sentences_have_the_percentiles_of_cells_csv(tmp_path, open_loop):
    """Picture, table and sentences give the same 99th percentile."""
    run = journal_builder.write(tmp_path, **scenarios.recorded(open_loop=open_loop))
    view = View(run)
    alt = draw(catalog.load("plot", "latency")(), view, tmp_path / "x.png")
    percentiles = cells_csv(run)
    figures = figures_in(alt) + figures_in(" ".join(latency.sentences(view)))
    assert len(figures) >= 8
    for number, unit in figures:
        assert any(agrees(number, value / unit) for value in percentiles), (number, unit)


def test_a_percentile_that_the_table_leaves_out_is_the_same(tmp_path):
    """Where the experiment lists other metrics, the alt text has what cells.csv would have."""
    listed = run_with_uneven_passes(tmp_path / "listed", ["throughput", "service_time_p99_s"])
    left_out = run_with_uneven_passes(tmp_path / "left_out", ["throughput", "service_time_p50_s"])
    alts = [draw(catalog.load("plot", "latency")(), View(run), tmp_path / "x.png") for run in (listed, left_out)]
    assert "service_time_p99_s" not in View(left_out).metrics
    assert alts[0] == alts[1]
    for number, unit in figures_in(alts[0]):
        assert any(agrees(number, value / unit) for value in cells_csv(listed))


def test_single_curves_that_differ_in_a_number_are_lines_of_one_panel(tmp_path):
    """A panel for each kind of background, with a line for each number of its workers; without any, in each of them."""
    cells = []
    for background, counts in ((None, [0]), ("regex", [1, 2]), ("sort", [1, 2])):
        for count in counts:
            axes = {"background": background, "background.workers": count}
            facts = {"service_time": histogram(1000 + 50 * count)}
            cells.append(journal_builder.cell("echo", "threads", workers=1, axes=axes, facts=facts))
    text = alt_text(tmp_path, "latency", cells=cells, spec={"baseline": {}})
    for background in ("regex", "sort"):
        assert re.search(f"{background}, the 99th percentile: workers 0 [^.]*[\\d.]+ ms.* to workers 2 ", text)


def test_loads_stand_side_by_side(tmp_path, monkeypatch):
    """Closed and open loops in columns, workloads in rows; marks stand at the named percentiles only."""
    cells = [
        journal_builder.cell(
            workload, "threads", workers=2, axes={"load": load}, facts={"service_time": histogram(1100)}
        )
        for workload in ("steady", "paused")
        for load in ("closed", "200/s")
    ]
    for one in cells:
        one["plugins"] = {"workload": "echo"}
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {}}))
    figure = figure_of(monkeypatch, catalog.load("plot", "latency")(), view)
    assert [one.get_title(loc="left") for one in figure.axes] == [
        "steady\nclosed",
        "steady\n200/s",
        "paused\nclosed",
        "paused\n200/s",
    ]
    for axes in figure.axes:
        assert [label.get_text() for label in axes.get_xticklabels()] == ["p50", "p90", "p99", "p99.9"]
        (line,) = axes.lines
        marked = [line.get_xdata()[place] for place in line.get_markevery()]
        assert marked == pytest.approx([2, 10, 100, 1000][: len(marked)])
