"""The tables of the cells: what a figure is, and which trials it rests on."""

from concexp import report
from concexp.analysis import results
from concexp.report.sections import cells, claims
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


def page(folder, **made):
    """The text of a run's page."""
    return report.write(journal_builder.write(folder, **made), folder).read_text("utf-8")


def test_what_a_figure_is_and_what_its_interval_leaves_out(tmp_path):
    """Once on a page, above the tables: a mean over the trials, and which intervals are shown; else nowhere."""
    text = page(tmp_path / "many", **scenarios.parameters())
    (line,) = [line for line in text.splitlines() if line.startswith("Means over the trials")]
    assert "In brackets: 95 % intervals, if wider than both ±5 % and the noise floor; [cells.csv](" in line
    assert "all operations" not in line
    assert text.index("trials per cell") > text.index(line)
    assert "Means over" not in page(tmp_path / "single", **scenarios.single())


def test_percentiles_are_of_all_operations_together(tmp_path):
    """Where a table has a percentile, the line below says that it is no mean over the trials."""
    facts = {"service_time": journal_builder.histogram(0.005)}
    spec = {"metrics": ["throughput", "service_time_p50_s"]}
    text = page(tmp_path, cells=[journal_builder.cell("echo", "threads", workers=4, facts=facts)], spec=spec)
    (line,) = [line for line in text.splitlines() if line.startswith("Means over")]
    assert "percentiles are of all operations of a cell together" in line


def noticed_by_some(folder):
    """A run in which 3 of 10 trials noticed a fault, and 7 never did."""
    made = [
        journal_builder.cell(status=["failed"] * 3 + ["timeout"] * 7, record={"detected_s": 1.1e-3}),
        journal_builder.cell(model="threads", status="failed", record={"detected_s": 2.2e-3}),
    ]
    spec = {"metrics": ["detection_s"], "claims": [{"expect": "detection_s < 50ms"}]}
    run = journal_builder.write(folder, made, repetitions=10, spec=spec)
    for record in run.of_role("measured"):
        if record["status"] == "timeout":
            record["detected_s"] = None
    return View(results.Run(run.folder, run.header, run.records))


def test_a_number_of_some_trials_says_of_how_many(tmp_path):
    """In the table, in cells.csv, and in the evidence of a claim."""
    view = noticed_by_some(tmp_path)
    (table,) = cells.tables(view)
    place = next(number for number, head in enumerate(table.heads) if head.startswith("time to detect"))
    texts = [row[place] for row in table.rows]
    assert [view.share_of_trials(point, "detection_s") for point in view.points] == ["3 of 10", ""]
    assert view.run.cells["detection_s_n"].tolist() == [3, 10]
    (row,) = claims.claim_rows(view)
    assert row.word == "inconclusive"
    assert "7 of 10 trials did not end well (7 timeout)" in row.nearest
    assert "from 3 of 10 trials" in row.nearest
    assert texts == ["1.10 in 3 of 10", "2.20"]


def test_a_figure_that_was_not_adjusted_is_marked_by_its_own_trials(tmp_path):
    """Half of two cells' trials ran beside a slow CPU: the throughput is adjusted, the times of operations are not, and marked."""
    made = []
    slow_blocks = [{1, 3}, {0, 2}, {1}, {2}, {3}, {0}]
    for count, slow in enumerate(slow_blocks, 1):
        how = {key: lambda block, k, slow=slow: 1.85 if block in slow else 1.0 for key in ("course", "loop")}
        times = {"service_time": [[1000, 1000]]}
        made.append(journal_builder.cell(model="threads", workers=count, rate=1000.0 * count, facts=times, **how))
    spec = {"metrics": ["throughput", "service_time_p50_s"], "baseline": {"workers": 1}}
    run = journal_builder.write(tmp_path, made, repetitions=4, spec=spec)
    view = View(run)
    assert any(trial.raw for sample in run.samples.values() for trial in sample.trials)
    assert [point.mark for point in view.points] == [""] * 6
    (table,) = cells.tables(view)
    places = [place for place, head in enumerate(table.heads) if head.startswith(("throughput", "median"))]
    marked = [[row[place].endswith("‡") for place in places] for row in table.rows]
    assert marked == [[False, True]] * 2 + [[False, False]] * 4
    assert any(line.startswith("‡") for line in cells.marks(view))


def test_the_table_says_of_how_many_trials_a_figure_is(tmp_path):
    """The number of trials behind each metric stands beside it in cells.csv."""
    run = journal_builder.write(tmp_path, **scenarios.partly_withheld())
    cells_of = run.cells[run.cells["doubtful"] > 0]
    assert len(cells_of)
    assert (cells_of["throughput_n"] == cells_of["trials"] - cells_of["doubtful"]).all()


def test_everywhere_means_the_cells_that_are_cut_as_well(tmp_path):
    """Of 201 cells the last has another primitive, and alone lost updates: neither is called the same everywhere."""
    many = [
        journal_builder.cell("counter", "threads", "none" if size else "lock", 2, rate=100.0, axes={"counter.size": size},
                             counts={"lost_updates": 0 if size else 3})
        for size in range(200, -1, -1)
    ]  # fmt: skip
    view = View(journal_builder.write(tmp_path, many, repetitions=1, iterations=1, spec={"baseline": {}}))
    (table,) = cells.tables(view)
    assert len(table.rows) == 200
    assert cells.left_out(view) == 1
    assert table.constant.startswith("workload counter, model threads, workers 2, ")
    assert "lost" not in table.constant
    assert table.heads[:2] == ["sync", "counter.size"]


def test_a_column_that_repeats_another_is_left_out(tmp_path):
    """The speedup per worker is no column; a metric with the figures of another one is named with it."""
    made = journal_builder.sweep(workers=(1, 2), rate=journal_builder.amdahl())
    for one in made:
        one["counts"] = {"returned.a": one["rate"], "returned.b": 1.001 * one["rate"]}
    spec = {"metrics": ["throughput", "speedup", "efficiency", "returned.a", "returned.b"]}
    (table,) = cells.tables(View(journal_builder.write(tmp_path, made, spec=spec)))
    assert [head.partition(",")[0] for head in table.heads] == [
        "model", "workers", "throughput", "speedup", "returned a",
    ]  # fmt: skip
    assert "returned b as returned a" in table.constant


def test_figures_that_hardly_differ_are_lifted_out(tmp_path):
    """A column whose figures differ by less than 5 % stands once, from the lowest to the highest; the primary one stays."""
    made = [
        journal_builder.cell(model="threads", workers=n, rate=1000.0, noise=0.0, counts={"returned": 100.0 + n})
        for n in (1, 2, 4)
    ]
    spec = {"baseline": {}, "metrics": ["throughput", "returned"]}
    (table,) = cells.tables(View(journal_builder.write(tmp_path, made, spec=spec)))
    assert table.heads == ["workers", "throughput, sums/s"]
    assert "returned 101 to 104" in table.constant


def test_a_parameter_that_follows_another_is_no_column(tmp_path):
    """Each size has one number of operations: the line above the table says so."""
    made = [
        journal_builder.cell(model="threads", workers=2, axes={"fib.size": size, "load.ops": ops})
        for size, ops in (("1B", 100), ("1KiB", 10))
    ]
    (table,) = cells.tables(View(journal_builder.write(tmp_path, made)))
    assert table.heads[0] == "fib.size"
    assert "load.ops follows fib.size" in table.constant


def test_narrow_intervals_are_not_shown(tmp_path):
    """An interval is shown where it is wider than 5 %, and than the noise floor of the work; cells.csv has all."""
    made = [
        journal_builder.cell(rate=1000, noise=0.001),
        journal_builder.cell(model="threads", workers=2, rate=2000, noise=0.1),
    ]
    column = {}
    for name, beside in (("calm", []), ("rough", [("control", {**made[0], "rate": 1200.0})])):
        run = journal_builder.write(tmp_path / name, made, spec={"metrics": ["throughput"]}, beside=beside)
        (table,) = cells.tables(View(run))
        column[name] = [row[-1] for row in table.rows]
        assert run.cells["throughput_hi"].notna().all()
    assert ["(" in text for text in column["calm"]] == [False, True]
    assert ["(" in text for text in column["rough"]] == [False, False]
