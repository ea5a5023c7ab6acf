"""The picture of scaling: marks stand where values are, one metric, lines that are the same are told as one."""

import pytest

from concexp import catalog
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import draw, figure_of


def marks(axes):
    """The x of all marks of a panel."""
    return [x for line in axes.lines if line.get_marker() not in ("None", None, "") for x in line.get_xdata()]


def test_marks_stand_at_the_number_of_workers(tmp_path, monkeypatch):
    """Also where the lines of several models lie on one another."""
    view = View(journal_builder.write(tmp_path, **scenarios.scaling()))
    (axes,) = figure_of(monkeypatch, catalog.load("plot", "scaling")(), view).axes
    assert len(marks(axes)) >= 15
    assert set(marks(axes)) == {1, 2, 4}


def test_panels_show_one_metric_on_one_scale(tmp_path, monkeypatch):
    """The gain over the baseline where there is one; each panel has the same vertical axis."""
    view = View(journal_builder.write(tmp_path, **scenarios.parameters()))
    axes = figure_of(monkeypatch, catalog.load("plot", "scaling")(), view).axes
    assert [one.get_title(loc="left") for one in axes] == ["size 4 KiB", "size 1 MiB"]
    assert axes[0].get_ylabel() == "speedup over serial, ×"
    assert axes[0].get_ylim() == axes[1].get_ylim()


def test_a_throughput_without_a_baseline(tmp_path, monkeypatch):
    """Without gains the primary metric is drawn."""
    made = scenarios.scaling()
    view = View(journal_builder.write(tmp_path, **made, spec={"baseline": {}}))
    (axes,) = figure_of(monkeypatch, catalog.load("plot", "scaling")(), view).axes
    assert axes.get_ylabel() == "throughput, M sums/s"


def test_equal_lines_are_told_as_one(tmp_path, monkeypatch):
    """Two models with the same rate share a label and a sentence of the alt text; a third does not."""

    def rate(_, model, workers):
        return 1000.0 * (min(workers, 2) if model == "processes" else 1)

    cells = journal_builder.sweep(
        models=("serial", "threads", "asyncio", "processes"), workers=(1, 2), rate=rate, noise=0.01
    )
    view = View(journal_builder.write(tmp_path, cells))
    plot = catalog.load("plot", "scaling")()
    (axes,) = figure_of(monkeypatch, plot, view).axes
    texts = [" ".join(text.get_text().split()) for text in axes.texts]
    assert any(text.startswith(("threads, asyncio: the same, 1", "threads, asyncio: the same, 0.9")) for text in texts)
    assert any(text.startswith("processes ") for text in texts)
    monkeypatch.undo()
    assert "The same within their intervals: threads, asyncio." in draw(plot, view, tmp_path / "x.png")


def test_conditions_of_one_model_are_lines_of_one_panel(tmp_path, monkeypatch):
    """Nothing else can be compared there; the alt text has each of them."""
    cells = journal_builder.sweep(("cpu_sum", "sleep"), ("threads",), (1, 2), rate=lambda work, _, n: n * 100.0)
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {"workers": 1}}))
    plot = catalog.load("plot", "scaling")()
    (axes,) = figure_of(monkeypatch, plot, view).axes
    assert axes.get_ylabel() == "speedup over one worker, ×"
    monkeypatch.undo()
    alt = draw(plot, view, tmp_path / "x.png")
    assert alt.startswith(
        "speedup against the number of workers, one line per condition. cpu_sum: the highest is threads at 2"
    )
    assert "sleep: the highest is threads at 2 with " in alt


@pytest.mark.parametrize(("baseline", "one"), [({"workers": 16}, 16), ({"model": "serial"}, 1)])
def test_the_ideal_begins_at_the_baseline(tmp_path, monkeypatch, baseline, one):
    """Sixteen times as many workers as it has are ideally sixteen times as fast, not as many times as there are workers."""
    cells = [journal_builder.cell(rate=100.0)]
    cells += [journal_builder.cell(model="threads", workers=count, rate=6.0 * count) for count in (16, 256)]
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": baseline}))
    (axes,) = figure_of(monkeypatch, catalog.load("plot", "scaling")(), view).axes
    (ideal,) = [line for line in axes.lines if len(line.get_xdata()) == 200]
    x, y = ideal.get_xdata(), ideal.get_ydata()
    assert (y * one).tolist() == pytest.approx(x.tolist())
