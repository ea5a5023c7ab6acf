"""Which cells are compared with which, and what a model looks like."""

import pytest

from concexp import catalog
from concexp.analysis import results
from concexp.report import styles
from concexp.report.answer import answer
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


@pytest.fixture
def view(tmp_path):
    """The view of made-up cells."""

    def make(cells, **more):
        return View(journal_builder.write(tmp_path, cells, repetitions=3, **more))

    return make


def test_contests_are_of_one_work(view):
    """Models, primitives and numbers of workers compete; workloads and their parameters do not."""
    cells = [
        journal_builder.cell(workload, model, sync, workers, axes={"cpu_sum.n": size})
        for workload in ("cpu_sum",)
        for size in ("1", "9")
        for model, workers in (("serial", None), ("threads", 2))
        for sync in ("none", "lock")
    ]
    found = view(cells)
    assert [comparison.labels for comparison in found.comparisons] == [
        {"workload": "cpu_sum", "cpu_sum.n": "1"},
        {"workload": "cpu_sum", "cpu_sum.n": "9"},
    ]
    assert {len(comparison.points) for comparison in found.comparisons} == {4}
    assert len(found.panels) == 4


def test_titles_shorten_no_name_to_that_of_another_axis(view):
    """`n 9` is short for `cpu_sum.n 9`; the workers of a background are not the workers, however many of these there are."""
    cells = [
        journal_builder.cell("cpu_sum", "threads", "none", 2, axes={"cpu_sum.n": size, "background.workers": beside})
        for size in ("1", "9")
        for beside in (0, 1)
    ]
    title = view(cells).title({"workload": "cpu_sum", "cpu_sum.n": "9", "background.workers": 1})
    assert title == "n 9 · background.workers 1"


def test_every_comparison_has_a_title(view):
    """Payloads say which work is `echo`; the work that has none is called by its name."""
    cells = [
        journal_builder.cell(workload, model, "none", workers, axes={"echo.payload": payload})
        for workload, payload in (("noop", None), ("echo", "64B"), ("echo", "1KiB"))
        for model, workers in (("serial", None), ("threads", 2))
    ]
    found = view(cells)
    assert [found.title(comparison.labels) for comparison in found.comparisons] == [
        "noop",
        "payload 64B",
        "payload 1KiB",
    ]


def test_parameters_of_models_and_primitives_are_choices(view):
    """A swept start method makes lines, not comparisons; so does a parameter of a primitive."""
    cells = [
        journal_builder.cell(model="processes", sync="semaphore", workers=2,
                       axes={"processes.start_method": method, "sync.permits": permits})
        for method in ("fork", "spawn") for permits in (1, 2)
    ]  # fmt: skip
    found = view(cells)
    assert len(found.comparisons) == 1
    assert list(found.series(found.points)) == ["processes fork", "processes spawn"]
    assert {found.primitive(point) for point in found.points} == {"permits 1", "permits 2"}


def test_cells_without_an_axis_join(view):
    """A cell to which a condition does not apply is compared with all that are like it otherwise."""
    cells = [journal_builder.cell(model="serial", axes={"switch_interval": None})]
    cells += [journal_builder.cell(model="threads", workers=2, axes={"switch_interval": s}) for s in ("1ms", "5ms")]
    found = view(cells)
    assert [[p.model for p in comparison.points] for comparison in found.comparisons] == [["serial", "threads"]] * 2


def test_nothing_without_numbers(view):
    """A comparison without any numbers is not shown."""
    cells = [journal_builder.cell("cpu_sum"), journal_builder.cell("primes", status="failed")]
    assert [c.labels["workload"] for c in view(cells).comparisons] == ["cpu_sum"]


def test_who_may_win(view):
    """Only a cell whose trials all ended well, were right, and are beyond doubt is firm; the others bear a mark."""
    cells = [
        journal_builder.cell(model="serial"),
        journal_builder.cell(model="threads", workers=2, status=["ok", "invalid", "ok"]),
        journal_builder.cell(model="processes", workers=2, status=["ok", "crashed", "ok"]),
        journal_builder.cell(model="asyncio", workers=2, facts={"server_cpu_s": 0.5}),
    ]
    marks = {point.model: (point.can_win, point.mark) for point in view(cells).points}
    assert marks == {"serial": (True, ""), "threads": (False, "†"), "processes": (False, "§"), "asyncio": (False, "‡")}


@pytest.mark.parametrize(
    ("primary", "firm"), [("throughput", {"none": True, "lock": True, "condition": True}),
                          ("wait_share", {"none": True, "lock": True, "condition": False})]
)  # fmt: skip
def test_who_may_win_by_what_was_observed(tmp_path, primary, firm):
    """Where the primary metric comes from trials of their own, these too must all have ended well; else they decide nothing."""
    made = scenarios.observed()
    run = journal_builder.write(tmp_path, **{**made, "spec": {**made["spec"], "primary": primary}})
    assert {point.labels["sync"]: point.can_win for point in View(run).points} == firm


def test_best_follows_the_metric(view):
    """The best of a rate is the highest, the best of a time the lowest."""
    cells = [
        journal_builder.cell(model="serial", rate=1000, facts={"startup_s": 0.3}),
        journal_builder.cell(model="threads", workers=2, rate=2000, facts={"startup_s": 0.5}),
    ]
    found = view(cells)
    assert found.best(found.points).model == "threads"
    slow = results.Run(
        found.run.folder, {**found.run.header, "spec": {**found.run.spec, "primary": "startup_s"}}, found.run.records
    )
    assert View(slow).best(View(slow).points).model == "serial"


def test_style_is_the_models_own(view):
    """The first label of a model looks like the model, the second is a shade of it; one not installed has a style too."""
    cells = [
        journal_builder.cell(model="fast", workers=2, plugins={"model": "threads"}),
        journal_builder.cell(model="slow", workers=2, plugins={"model": "threads"}),
        journal_builder.cell(model="serial"),
    ]
    found = view(cells)
    own = catalog.load("model", "threads")
    assert (found.style("fast").colour, found.style("fast").marker) == (own.colour, own.marker)
    assert len({(s.colour, s.marker, s.dashes) for s in map(found.style, ("fast", "slow", "serial"))}) == 3
    strange = View(found.run)
    strange.plugins["model", "serial"] = "from_another_package"
    assert strange.style("serial").colour in styles.PALETTE
    assert not strange.simulated


@pytest.mark.parametrize("primary", ["speedup", "efficiency"])
def test_metrics_that_compare_cells_are_compared_themselves(tmp_path, primary):
    """By the values of each block: where they are the primary metric, the answer has verdicts."""
    cells = journal_builder.sweep(models=("serial", "processes"), workers=(1, 2), rate=journal_builder.amdahl(0.0, 2.0))
    view = View(journal_builder.write(tmp_path, cells, spec={"primary": primary, "baseline": {"workers": 1}}))
    two = next(point for point in view.points if point.workers == 2)
    one = view.baseline(two)
    assert set(view.by_block(one).values()) == {1.0}
    assert len(view.by_block(two)) == 6
    expected = 2 if primary == "speedup" else 1
    assert view.ratio(two, one).mean == pytest.approx(expected, rel=0.05)
    assert view.ratio(two, one).bounded
    assert "an interval needs" not in " ".join(answer(view))
