"""The picture of lost time: bars of exactly 100 %, and bars that are one thing in a sentence."""

import pytest

from concexp import catalog
from concexp.analysis.stats.time_breakdown import USEFUL
from concexp.report.plots import cost_breakdown
from concexp.report.sections import time_breakdown
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import draw, figure_of


def faster(folder, factor):
    """A run in which two processes do `factor` times what one does, and two threads the same as one."""

    def rate(_, model, workers):
        return 1000.0 * (factor if model == "processes" and workers == 2 else 1)

    return View(journal_builder.write(folder, journal_builder.sweep(workers=(1, 2), rate=rate, noise=0.001)))


@pytest.mark.parametrize("factor", [1.5, 2.2])
def test_bars_have_100_percent(tmp_path, factor, monkeypatch):
    """None is below 0 or beyond 100, whatever more than twice the baseline the workers did."""
    view = faster(tmp_path, factor)
    bars = [bar for _, own in time_breakdown.bars(view) for bar in own]
    assert bars
    for bar in bars:
        shares = cost_breakdown._shares(bar)
        assert sum(shares.values()) == pytest.approx(100)
        assert min(shares.values()) >= 0
    for axes in figure_of(monkeypatch, catalog.load("plot", "cost_breakdown")(), view).axes:
        low, high = axes.get_xlim()
        assert low == 0
        assert high < 101


def test_a_bar_that_is_one_thing_is_a_sentence(tmp_path):
    """Processes that lose nothing are said to be useful, and only the threads are drawn."""
    view = faster(tmp_path, 2.0)
    alt = draw(catalog.load("plot", "cost_breakdown")(), view, tmp_path / "x.png")
    assert "At least 95 % useful: processes ×2." in alt
    assert "threads ×2 50 % useful" in alt
    assert "processes ×2 1" not in alt


def test_no_picture_where_every_bar_is_one_thing(tmp_path):
    """Nothing is lost, so there is nothing to see."""
    cells = journal_builder.sweep(
        models=("serial", "processes"), workers=(1, 2), rate=lambda *one: 1000.0 * one[-1], noise=0.001
    )
    view = View(journal_builder.write(tmp_path, cells))
    assert [bar.split.share(USEFUL).mean for _, own in time_breakdown.bars(view) for bar in own] == pytest.approx(
        [1.0], abs=0.05
    )
    assert not catalog.load("plot", "cost_breakdown")().prepare(view)


def test_the_scenario_has_reasons(tmp_path):
    """The largest part of the loss stands in the alt text."""
    view = View(journal_builder.write(tmp_path, **scenarios.scaling()))
    assert "threads ×4 2" in draw(catalog.load("plot", "cost_breakdown")(), view, tmp_path / "x.png")
