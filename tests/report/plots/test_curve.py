"""An axis of many numbers is one curve; a picture with a panel per number shows the lowest, the middle and the highest."""

import re

import pytest

from concexp import catalog
from concexp.report.long_axes import long_axes, quantity
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import alt_text, draw, figure_of


def test_fifty_values_are_one_curve(tmp_path):
    """The alt text tells where each line begins and ends; it is the first picture of the page."""
    view = View(journal_builder.write(tmp_path, **scenarios.fifty()))
    plot = catalog.load("plot", "curve")()
    assert len(plot.prepare(view).panels) == 1
    alt = draw(plot, view, tmp_path / "x.png")
    assert alt.startswith("throughput over 50 values of sleep.delay, one line per model at its best number of workers.")
    assert re.search(r"threads from [\d,.]+ k \(.*?\) at 1ms to [\d,.]+ \(.*?\) at 50ms", alt)
    assert "serial from " in alt
    assert plot.order < min(catalog.load("plot", name).order for name in catalog.names("plot") if name != "curve")


@pytest.mark.parametrize(
    ("name", "kept"), [("comparison", "delay 1ms.*delay 26ms.*delay 50ms"), ("scaling", "delay 50ms")]
)
def test_pictures_with_panels_show_three_of_fifty(tmp_path, name, kept):
    """And say that others are not drawn."""
    alt = alt_text(tmp_path, name, **scenarios.fifty())
    assert re.search(kept, alt)
    assert "delay 2ms" not in alt
    assert re.search(r"47 more (panels|comparisons) are not drawn", alt)


def test_eight_values_are_panels(tmp_path):
    """Few numbers, words, and numbers of workers are no long axis."""
    made = scenarios.fifty()
    made["cells"] = [one for one in made["cells"] if int(one["axes"]["sleep.delay"].removesuffix("ms")) <= 8]
    assert long_axes(View(journal_builder.write(tmp_path / "few", **made))) == []
    words = [journal_builder.cell(axes={"cpu_sum.kind": f"kind {k}"}) for k in range(20)]
    assert long_axes(View(journal_builder.write(tmp_path / "words", words))) == []
    workers = [journal_builder.cell(model="threads", workers=count) for count in range(1, 51)]
    view = View(journal_builder.write(tmp_path / "workers", workers, repetitions=1))
    assert long_axes(view) == []
    assert draw(catalog.load("plot", "scaling")(), view, tmp_path / "x.png")


@pytest.mark.parametrize(
    ("label", "found"),
    [(3, ("", 3)), ("0.5", ("", 0.5)), ("10us", ("s", 1e-5)), ("4 KiB", ("bytes", 4096)), ("5/ms", ("1/s", 5000)),
     ("50%", ("%", 50)), (True, None), ("fork", None), ("3 sizes", None), ("nan", None), (None, None)],
)  # fmt: skip
def test_numbers_with_units(label, found):
    """What a label says, in SI units."""
    told = quantity(label)
    assert (told is None) == (found is None)
    if found:
        assert told == (found[0], pytest.approx(found[1]))


def test_numbers_that_compete_are_one_curve(tmp_path):
    """Few of them as well, also a model's own: one line for the model, whatever the number."""
    cells = [
        journal_builder.cell(
            "sleep", "process_pool", workers=2, rate=rate, axes={"process_pool.chunk": chunk}, wants="io"
        )
        for chunk, rate in {1: 100, 16: 300, 64: 310, 256: 290}.items()
    ]
    alt = alt_text(tmp_path, "curve", cells=cells, spec={"baseline": {}})
    assert alt.startswith("throughput over 4 values of process_pool.chunk, ")
    assert re.search(r"process_pool from 10\d?.* at 1 to 2[89]\d.* at 256", alt)
    assert alt.count("process_pool from") == 1


def test_each_condition_that_is_asked_for_has_a_panel(tmp_path):
    """Where the answer is one for each number of workers, the best number alone would hide the others; on one scale."""
    cells = [
        journal_builder.cell("sleep", "threads", workers=workers, rate=rate, axes={"sleep.delay": f"{delay}ms"})
        for workers, rate in ((1, 100), (4, 60))
        for delay in (1, 2, 3, 4)
    ]
    spec = {"baseline": {}, "answer": {"compete": ["sleep.delay"], "for_each": ["workers"]}}
    view = View(journal_builder.write(tmp_path, cells, spec=spec))
    plot = catalog.load("plot", "curve")()
    assert [panel.labels["workers"] for panel in plot.prepare(view).panels] == [1, 4]
    first, second = figure_of(pytest.MonkeyPatch(), plot, view).axes
    assert [one.get_title(loc="left") for one in (first, second)] == ["workers 1", "workers 4"]
    assert first.get_ylim() == second.get_ylim()
