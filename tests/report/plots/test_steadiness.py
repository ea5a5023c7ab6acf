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
    drawn = {cell.point.cell: [trial.tolist() for trial in cell.trials] for cell in steadiness._cells(view)}
    assert drawn.keys() == expected.keys()
    for cell, series in drawn.items():
        for one, other in zip(series, expected[cell], strict=True):
            assert one == pytest.approx(other, rel=1e-12)


def test_steadiness_shows_the_worst(tmp_path, monkeypatch):
    """In the order of the experiment; the alt text classifies each cell, and short trials are drawn but not classified."""
    plot = catalog.load("plot", "steadiness")()
    view = View(journal_builder.write(tmp_path / "courses", **scenarios.courses()))
    words = {"asyncio": "without a steady state", "process_pool": "trials disagree", "thread_pool": "slowing down",
             "processes": "warming up", "threads": "flat"}  # fmt: skip
    order = [point.model for point in view.points if point.model in words]
    for most, shown in ((6, order), (2, [model for model in order if model in ("asyncio", "process_pool")])):
        monkeypatch.setattr(steadiness, "MAX_PANELS", most)
        alt = draw(plot, view, tmp_path / "x.png")
        places = [alt.index(f"{model}: {words[model]}") for model in shown]
        assert places == sorted(places)
        assert ("not drawn" in alt) is (most == 2)
        assert ("threads: flat" in alt) is (most == 6)
    cells = [journal_builder.cell()]
    assert not plot.prepare(View(journal_builder.write(tmp_path / "four", cells, iterations=4)))
    five = View(journal_builder.write(tmp_path / "five", cells, iterations=5))
    assert "fewer than 20 iterations: not judged" in draw(plot, five, tmp_path / "y.png")
