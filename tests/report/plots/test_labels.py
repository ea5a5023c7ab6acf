"""What pictures call cells and quantities."""

import pytest

from concexp.report.plots._labels import axis_name, cell_label, quantity_label, value_text
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


@pytest.mark.parametrize(
    ("made", "labels"),
    [
        ({"models": ("threads", "processes"), "workers": (2,)}, ["threads", "processes"]),
        ({"models": ("threads",), "workers": (1, 2)}, ["1 worker", "2 workers"]),
        (
            {"models": ("threads", "processes"), "workers": (1, 2)},
            ["threads ×1", "threads ×2", "processes ×1", "processes ×2"],
        ),
        ({"models": ("threads",), "workers": (2,)}, ["threads"]),
    ],
)
def test_what_never_varies_is_not_in_labels(tmp_path, made, labels):
    """Neither the model nor the number of workers; where nothing varies, the model stands for itself."""
    cells = journal_builder.sweep(rate=lambda *_: 100.0, **made)
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {}}))
    assert [cell_label(view, point) for point in view.points] == labels


def test_a_primitive_that_the_work_decides_is_no_label(tmp_path):
    """Where each workload has one primitive, its name says it."""
    cells = [journal_builder.cell("cpu_sum", model, workers=2) for model in ("threads", "processes")]
    cells += [journal_builder.cell("counter", model, "lock", 2) for model in ("threads", "processes")]
    view = View(journal_builder.write(tmp_path / "decided", cells, spec={"baseline": {}}))
    assert [cell_label(view, point) for point in view.points] == ["threads", "processes"] * 2
    view = View(journal_builder.write(tmp_path / "free", **scenarios.syncs()))
    assert cell_label(view, view.points[1]) == "threads, lock"


def test_quantities(tmp_path):
    """Titles instead of columns, with their unit; the gain with what it is over."""
    view = View(journal_builder.write(tmp_path, **scenarios.scaling()))
    assert quantity_label(view, "throughput", "M", "sum") == "throughput, M sums/s"
    assert quantity_label(view, "speedup", "x") == "speedup over serial, ×"
    view = View(journal_builder.write(tmp_path / "more", **scenarios.recorded()))
    assert quantity_label(view, "service_time_p99_s", "ms") == "p99 service time, ms"
    assert quantity_label(view, "peak_rss_bytes", "M") == "peak memory, MB"
    assert axis_name(view, "echo.size") == "size"


@pytest.mark.parametrize(
    ("prefix", "unit", "text"),
    [
        ("k", "1/s", "5 k/s"),
        ("", "1/s", "5/s"),
        ("ms", "s", "5 ms"),
        ("x", "x", "5x"),
        ("M", "bytes", "5 MB"),
        ("", "", "5"),
    ],
)
def test_figures_have_units(prefix, unit, text):
    """Each in the unit in which it is drawn."""
    assert value_text("5", prefix, unit) == text
