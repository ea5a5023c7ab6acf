"""The picture of steadiness: the iterations of each trial, and the verdicts on them."""

import pytest

from concexp import catalog
from concexp.report.plots import steadiness
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import draw


def test_steadiness_has_the_iterations_of_each_trial(tmp_path):
    """As a grouping of all rows by their trials has them; each is relative to its trial's median."""
    view = View(journal_builder.write(tmp_path, **scenarios.courses()))
    frame = view.run.measured
    took = (frame["wall_s"] / frame["ops"]).groupby(frame["trial"], sort=False)
    expected = {}
    for (_, trial), cell in zip(took, view.run.firsts["cell"], strict=True):
        expected.setdefault(cell, []).append((trial / trial.median()).tolist())
    drawn = {cell.point.cell: [one.tolist() for one in cell.trials] for cell in steadiness._cells(view)}
    assert drawn.keys() == expected.keys()
    for cell, series in drawn.items():
        for one, other in zip(series, expected[cell], strict=True):
            assert one == pytest.approx(other, rel=1e-12)


def test_steadiness_shows_the_worst_first(tmp_path):
    """The alt text tells each cell's word, the unsteady one first; short trials are drawn and not judged."""
    plot = catalog.load("plot", "steadiness")()
    alt = draw(plot, View(journal_builder.write(tmp_path / "courses", **scenarios.courses())), tmp_path / "x.png")
    words = ["asyncio: without a steady state", "process_pool: trials disagree", "thread_pool: slowing down",
             "processes: warming up", "threads: flat"]  # fmt: skip
    assert [alt.index(word) for word in words] == sorted(alt.index(word) for word in words)
    cells = [journal_builder.cell()]
    assert not plot.prepare(View(journal_builder.write(tmp_path / "four", cells, iterations=4)))
    five = View(journal_builder.write(tmp_path / "five", cells, iterations=5))
    assert "fewer than 20 iterations: not judged" in draw(plot, five, tmp_path / "y.png")
