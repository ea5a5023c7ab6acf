"""The picture of what conditions do to work in which nothing competes."""

import re

from concexp import catalog
from concexp.report.view import View
from tests.helpers import journal_builder
from tests.helpers.pages import draw


def cell(work, count, rate):
    """One thread beside a background of so many workers."""
    axes = {"background.workers": count}
    return journal_builder.cell(work, "threads", workers=1, rate=rate, noise=0.01, axes=axes)


def view_of(folder, cells):
    return View(journal_builder.write(folder, cells, spec={"baseline": {}}))


def test_each_condition_has_its_figure(tmp_path):
    """The lowest and the highest are told in words; what hardly differs is not drawn."""
    cells = [cell("sleep", count, 1000 / factor) for count, factor in ((0, 1), (1, 50), (2, 60))]
    cells += [cell("cpu_sum", count, 500) for count in (0, 1, 2)]
    view = view_of(tmp_path, cells)
    plot = catalog.load("plot", "conditions")()
    assert [effect.workload for effect in plot.prepare(view)] == ["sleep"]
    alt = draw(plot, view, tmp_path / "x.png")
    assert alt.startswith("throughput under each condition, with 95 % intervals")
    assert re.search(r"sleep from 16\.\d/s at background.workers 2 to \d+/s at background.workers 0\.", alt)
    assert "cpu_sum" not in alt


def test_not_where_something_competes(tmp_path):
    """Models under two conditions are a comparison."""
    cells = [
        journal_builder.cell("sleep", model, workers=2, rate=rate, noise=0.01, axes={"background.workers": count})
        for count, rate in ((0, 1000), (1, 20))
        for model in ("threads", "processes")
    ]
    assert not catalog.load("plot", "conditions")().prepare(view_of(tmp_path, cells))


def test_what_claims_are_about_is_drawn(tmp_path):
    """Where they are about nothing but what the code returned: of several such numbers that which differs most."""
    cells = [
        journal_builder.cell(
            "serve", rate=100.0 + places, noise=0.001, axes={"serve.places": places}, plugins={"workload": "cpu_sum"},
            counts=lambda block, places=places: {"returned.items": 800.0 + places, "returned.wait": places * 1.5 + block % 2},
        )
        for places in (1, 8, 64)
    ]  # fmt: skip
    claims = [{"says": "so", "expect": f"returned.{name} > 0"} for name in ("items", "wait")]
    spec = {"baseline": {}, "claims": claims, "metrics": ["throughput", "returned.items", "returned.wait"]}
    view = View(journal_builder.write(tmp_path, cells, spec=spec))
    alt = draw(catalog.load("plot", "conditions")(), view, tmp_path / "x.png")
    assert alt.startswith("returned wait under each condition")
    assert "at places 64" in alt
