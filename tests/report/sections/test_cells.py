"""The tables of the cells: what a figure is, and which trials it rests on."""

from concexp import report
from concexp.analysis import results
from concexp.report.answer import answer
from concexp.report.sections import cells, claims
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


def page(folder, **made):
    """The text of a run's page."""
    return report.write(journal_builder.write(folder, **made), folder).read_text("utf-8")


def test_what_a_figure_is_and_what_its_interval_leaves_out(tmp_path):
    """Once on a page, below the tables: a geometric mean over fresh processes of one run; without intervals, nowhere."""
    text = page(tmp_path / "many", **scenarios.parameters())
    (line,) = [line for line in text.splitlines() if line.startswith("A figure is the mean")]
    assert (
        "the mean over the cell's trials (of times and rates the geometric mean); each trial is a fresh process" in line
    )
    assert "all are of this one run" in line
    assert "all operations" not in line
    assert "not what differs from day to day" in line
    assert text.index("| trials |") < text.index(line)
    assert "A figure is the mean" not in page(tmp_path / "single", **scenarios.single())


def test_percentiles_are_of_all_operations_together(tmp_path):
    """Where a table has a percentile, the line below says that it is no mean over the trials."""
    facts = {"service_time": journal_builder.histogram(0.005)}
    spec = {"metrics": ["throughput", "service_time_p50_s"]}
    text = page(tmp_path, cells=[journal_builder.cell("echo", "threads", workers=4, facts=facts)], spec=spec)
    (line,) = [line for line in text.splitlines() if line.startswith("A figure is the mean")]
    assert "percentiles and means of the times of single operations are those of all operations of its trials" in line


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
    place = next(number for number, head in enumerate(table.heads) if head.startswith("detection"))
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
    marked = [[text.endswith("‡") for text in row[-3:-1]] for row in table.rows]
    assert marked == [[False, True]] * 2 + [[False, False]] * 4
    assert any(line.startswith("‡") for line in cells.marks(view))


def test_a_figure_without_the_doubtful_says_of_how_many_trials(tmp_path):
    """The number of trials behind each metric stands beside it in cells.csv."""
    run = journal_builder.write(tmp_path, **scenarios.partly_withheld())
    cells_of = run.cells[run.cells["doubtful"] > 0]
    assert len(cells_of)
    assert (cells_of["throughput_n"] == cells_of["trials"] - cells_of["doubtful"]).all()
    text = "\n".join(answer(View(run)))
    best = cells_of.sort_values("throughput").iloc[-1]
    assert f"from {best['throughput_n']} of {best['trials']} trials" in text


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
