"""How narrow the intervals of the last run were."""

import pytest

from concexp.analysis import results
from concexp.run.earlier_intervals import widths
from tests.helpers import journal_builder


def test_the_widths_of_the_latest_table(tmp_path):
    """Half of each interval as a share of its mean, by cell and metric, as cells.csv has it."""
    run = journal_builder.write(tmp_path, [journal_builder.cell(), journal_builder.cell(model="threads", workers=2)])
    results.write(run)
    found = widths(tmp_path / "runs")
    for row in run.cells.to_dict("records"):
        half = (row["throughput_hi"] - row["throughput_lo"]) / 2 / row["throughput"]
        assert found[row["cell"], "throughput"] == pytest.approx(half, rel=1e-3)
    assert all(width >= 0 for width in found.values())


def test_nothing_is_known_without_a_run(tmp_path):
    """No folder, no table; a table that someone cut gives what it has."""
    assert widths(tmp_path / "runs") == {}
    folder = tmp_path / "runs" / "one"
    folder.mkdir(parents=True)
    (folder / "cells.csv").write_text("cell,x,x_lo,x_hi\na,1,0.9\nb,2,1.8,2.2\nc,,,\n")
    assert widths(tmp_path / "runs") == {("b", "x"): pytest.approx(0.1)}
