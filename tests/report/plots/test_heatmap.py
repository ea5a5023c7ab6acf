"""The heat map: which axes it takes, and what its alt text says."""

import re

import pytest

from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import alt_text


@pytest.mark.parametrize(("size", "highest"), [("1KiB", r"(39|40)\d k/s"), ("64KiB", r"(19|20|21)\d k/s")])
def test_heatmap_tells_its_extremes(tmp_path, size, highest):
    """The lowest and the highest field of each panel, each in its own unit; and the best of each column."""
    text = alt_text(tmp_path, "heatmap", **scenarios.recorded(size=size))
    assert text.startswith("throughput by echo.size and workers, one panel per model.")
    field = "processes: from workers 1, echo.size 1MiB: 1[01]\\d/s to workers 4, echo.size 1KiB: "
    assert re.search(field + highest + "; best 4 at 1KiB, 4 at 64KiB, 4 at 1MiB", text)


def test_heatmap_of_gains(tmp_path):
    """Where most cells have a baseline other than themselves, the field is the gain over it."""
    made = scenarios.recorded()
    made["spec"]["baseline"] = {"workers": 1}
    made["spec"]["metrics"] = ["throughput", "speedup"]
    text = alt_text(tmp_path, "heatmap", **made)
    assert text.startswith("speedup by echo.size and workers")
    assert re.search(r"threads: from workers 1, echo.size 1KiB: 1.00x to workers 4, echo.size \w+: (1.9|2.0)\dx;", text)


def test_heatmap_against_primitives(tmp_path):
    """A swept number against primitives: the best primitive of each number is named, an impossible one is hatched."""
    cells = [
        journal_builder.cell("ring", "processes", sync, 2, rate=rate * (9 if size == "1B" else 1), unit="message",
                       axes={"ring.size": size, "load.ops": ops},
                       **({"status": "unsupported", "reason": "too large"} if (sync, size) == ("pipe", "1MiB") else {}))
        for sync, rate in (("queue", 100), ("pipe", 300), ("socketpair", 200))
        for size, ops in (("1B", 90), ("1KiB", 90), ("1MiB", 5))
    ]  # fmt: skip
    text = alt_text(tmp_path, "heatmap", cells=cells, spec={"baseline": {}})
    assert text.startswith("throughput by ring.size and sync, one panel per condition. From sync queue, ring.size 1")
    assert "best pipe at 1B, pipe at 1KiB, socketpair at 1MiB." in text


@pytest.mark.parametrize(
    ("axis", "labels"),
    [
        ("sleep.delay", ["1ms", "2ms", "3ms"]),
        ("load.ops", [4, 8, 16]),
        ("load.rate", ["100/s", "200/s", "400/s"]),
        ("background.workers", [0, 1, 2]),
        ("measure.iterations", [2, 5, 9]),
    ],
)
def test_one_model_has_no_workers(tmp_path, axis, labels):
    """`serial` and one other model: any number of workers means the other one, whose panel has its name."""
    cells = [
        journal_builder.cell("sleep", model, workers=workers, axes={axis: label})
        for model, workers in (("serial", None), ("threads", 1), ("threads", 2))
        for label in labels
    ]
    assert f"{axis} and workers, one panel per model. threads: from " in alt_text(tmp_path, "heatmap", cells=cells)


@pytest.mark.parametrize("make", [scenarios.scaling, scenarios.syncs, scenarios.waiting, scenarios.parameters])
def test_heatmap_needs_two_ordered_axes(tmp_path, make):
    """Workers alone, primitives alone, and two sizes are no map."""
    assert alt_text(tmp_path, "heatmap", **make()) is None


@pytest.mark.parametrize(
    ("rates", "best"), [((100, 300), "best 2 at "), ((100, 101), "/s."), ((300, 100), "best 1 at ")]
)
def test_a_best_is_framed_only_where_it_is_resolved(tmp_path, rates, best):
    """Neither of two equal ones is called best."""
    cells = [
        journal_builder.cell("echo", "threads", workers=workers, rate=rate, noise=0.05, axes={"echo.size": size})
        for size in ("1KiB", "2KiB", "4KiB")
        for workers, rate in zip((1, 2), rates, strict=True)
    ]
    text = alt_text(tmp_path, "heatmap", cells=cells, spec={"baseline": {}})
    assert best in text
    assert ("best" in text) is (best != "/s.")


def test_a_doubtful_field_may_be_the_best(tmp_path):
    """Where it is higher, no other field of its column is framed."""
    cells = [
        journal_builder.cell(model="processes", workers=workers, rate=100 * workers, axes={"cpu_sum.size": size},
                             facts={"run_queue_wait_s": 0.21 * ((size, workers) == ("4KiB", 2))})
        for size in ("1KiB", "2KiB", "4KiB")
        for workers in (1, 2)
    ]  # fmt: skip
    text = alt_text(tmp_path, "heatmap", cells=cells, spec={"baseline": {}})
    assert text.endswith("best 2 at 1KiB, 2 at 2KiB.")
