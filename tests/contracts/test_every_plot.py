"""The pictures: readable, deterministic, and drawn only where they say something."""

import itertools
import re

import matplotlib as mpl
import pytest
from PIL import Image

from concexp import catalog
from concexp.report.plots import _style
from concexp.report.plots import steadiness as plot_of_steadiness
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import draw

NAMES = catalog.names("plot")


@pytest.fixture
def view(tmp_path):
    """The view of a made-up journal."""

    def make(**given):
        return View(journal_builder.write(tmp_path, **given))

    return make


@pytest.mark.parametrize("make", scenarios.ALL)
def test_every_picture_of_every_run(tmp_path, make):
    """A picture that suits a run is a PNG wide enough for two pixels per point, with an alt text that is a sentence."""
    found = View(journal_builder.write(tmp_path, **make()))
    for name in NAMES:
        plot = catalog.load("plot", name)()
        prepared = plot.prepare(found)
        if not prepared:
            continue
        alt = plot.draw(found, prepared, tmp_path / "figures" / "x.png")
        with Image.open(tmp_path / "figures" / "x.png") as image:
            assert image.width == 1720
            assert 200 < image.height < 4000
            assert image.convert("L").getextrema()[0] < 80  # something is drawn
            assert image.info.get("Software") is None
        assert alt.endswith(".")
        assert len(alt) > 60
        assert not re.search(r"\bnan\b|\bNone\b|\binf\b|  |\b1 (more panels|more comparisons|cells)\b", alt)


def test_where_they_apply(tmp_path):
    """One cell has no picture, one number of workers no scaling, and only what was recorded has a picture of its own."""
    applies = {}
    for make in (scenarios.one_cell, scenarios.syncs, scenarios.scaling, scenarios.nothing, scenarios.recorded):
        found = View(journal_builder.write(tmp_path / make.__name__, **make()))
        applies[make.__name__] = [name for name in NAMES if catalog.load("plot", name)().prepare(found)]
    assert applies == {
        "one_cell": [], "syncs": ["comparison"], "scaling": ["comparison", "cost_breakdown", "scaling"], "nothing": [],
        "recorded": ["comparison", "fairness", "heatmap", "latency", "pareto", "scaling"],
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_same_bytes(tmp_path, name):
    """The same data gives the same bytes, whatever the user's own settings of matplotlib are."""
    plot = catalog.load("plot", name)()
    makes = (scenarios.withheld, scenarios.recorded, scenarios.timelines, scenarios.courses, scenarios.watched)
    views = (View(journal_builder.write(tmp_path / make.__name__, **make())) for make in makes)
    found = next(one for one in views if plot.prepare(one))
    draw(plot, found, tmp_path / "a.png")
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "savefig.dpi": 50, "axes.facecolor": "black"}):
        draw(plot, found, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_models_keep_apart_in_grey():
    """No two models of ours share a marker or a colour."""
    classes = [catalog.load("model", name) for name in catalog.names("model")]
    for attribute in ("marker", "colour"):
        values = [getattr(cls, attribute) for cls in classes]
        assert len(set(values)) == len(values)


def test_labels_keep_apart():
    """Labels keep their distance and their order, and stay where they were wanted if there is room."""
    wanted = [0.5, 0.5, 0.1, 0.52, 0.9]
    found = _style.apart(wanted, 0.1)
    assert found[2] == pytest.approx(0.1)
    assert found[4] == pytest.approx(0.9)
    assert sum(found[i] for i in (0, 1, 3)) == pytest.approx(0.5 + 0.5 + 0.52)
    for low, high in itertools.pairwise(sorted(found)):
        assert high - low >= 0.1 - 1e-9
    assert found[0] < found[1] < found[3]
    assert _style.apart([], 0.1) == []


def test_marks_side_by_side():
    """Lines at the same number of workers are moved apart, evenly to both sides."""
    places = [_style.dodged(4, place, 3, 10, False) for place in range(3)]
    assert places[1] == 4
    assert places[2] - 4 == pytest.approx(4 - places[0])
    assert _style.dodged(4, 0, 1, 10, True) == 4


@pytest.mark.parametrize(
    ("values", "wide"), [([1, 25], True), ([1, 15], False), ([0, 100], False), ([-1, 50], False), ([], False)]
)
def test_logarithmic_only_where_needed(values, wide):
    """A logarithmic axis is for values that span much, all of them positive."""
    assert _style.is_wide(values) == wide


def test_alt_text_names_the_best(view, tmp_path):
    """The alt text of scaling names the best series and its place; that of the comparison gives the order."""
    found = view(**scenarios.partly_withheld())
    alt = draw(catalog.load("plot", "scaling")(), found, tmp_path / "x.png")
    assert "The highest is processes at 2 with 1.9" in alt
    alt = draw(catalog.load("plot", "comparison")(), found, tmp_path / "y.png")
    assert "From first to last: processes ×2; threads ×1; serial." in alt


def test_steadiness_has_the_iterations_of_each_trial(view):
    """As a grouping of all rows by their trials has them; each is relative to its trial's median."""
    found = view(**scenarios.courses())
    frame = found.run.measured
    took = (frame["wall_s"] / frame["ops"]).groupby(frame["trial"], sort=False)
    expected = {}
    for (_, own), cell in zip(took, found.run.firsts["cell"], strict=True):
        expected.setdefault(cell, []).append((own / own.median()).tolist())
    drawn = {cell.point.cell: [trial.tolist() for trial in cell.trials] for cell in plot_of_steadiness._cells(found)}
    assert drawn.keys() == expected.keys()
    for cell, series in drawn.items():
        for one, other in zip(series, expected[cell], strict=True):
            assert one == pytest.approx(other, rel=1e-12)


def test_steadiness_shows_the_worst_first(view, tmp_path):
    """The alt text classifies each cell, the unsteady one first; short trials are drawn but not classified."""
    plot = catalog.load("plot", "steadiness")()
    alt = draw(plot, view(**scenarios.courses()), tmp_path / "x.png")
    words = ["asyncio: without a steady state", "process_pool: trials disagree", "thread_pool: slowing down",
             "processes: warming up", "threads: flat"]  # fmt: skip
    assert [alt.index(word) for word in words] == sorted(alt.index(word) for word in words)
    cells = [journal_builder.cell()]
    assert not plot.prepare(View(journal_builder.write(tmp_path / "four", cells, iterations=4)))
    five = View(journal_builder.write(tmp_path / "five", cells, iterations=5))
    assert "fewer than 20 iterations: not judged" in draw(plot, five, tmp_path / "y.png")


def test_drift_tells_its_verdict(tmp_path):
    """A sentinel that gets slower is a drift, reported with its size; five blocks are too few to draw."""
    plot = catalog.load("plot", "drift")()
    drifting = View(journal_builder.write(tmp_path / "drift", **scenarios.watched(drift=0.03)))
    alt = draw(plot, drifting, tmp_path / "x.png")
    assert re.search(r"over 10 blocks: a drift of (2|3)\d\.\d % \(", alt)
    assert "Spinners between the blocks did the work of 1.90 to 1.90 CPUs, of 2 that are usable." in alt
    blind = journal_builder.write(tmp_path / "blind", **{**scenarios.watched(), "effective": None})
    assert "Spinners" not in draw(plot, View(blind), tmp_path / "y.png")
    doubtful = scenarios.watched()
    doubtful["beside"][1][1]["status"] = ["invalid"] * 10
    doubtful["beside"][1][1]["record"] = {"left_behind": 1}
    doubtful["beside"][1][1]["status"][:5] = ["ok"] * 5
    alt = draw(plot, View(journal_builder.write(tmp_path / "doubtful", **doubtful)), tmp_path / "z.png")
    assert "over 10 blocks: too few blocks beyond doubt to tell a drift." in alt
    assert not plot.prepare(View(journal_builder.write(tmp_path / "five", **{**scenarios.watched(), "repetitions": 5})))


def test_letters_that_the_font_lacks(tmp_path, recwarn):
    """A label in any script causes no warning or error, nor does one that looks like mathematics."""
    labels = ("線程", "$\\frac{$")
    cells = [
        journal_builder.cell(
            model=label, workers=n, plugins={"model": "threads"}, pictured=journal_builder.timeline([], end=9_000)
        )
        for label in labels
        for n in (1, 2)
    ]
    more = {"iterations": 5, "beside": [("sentinel", cells[0])]}
    views = [View(journal_builder.write(tmp_path / "few", cells, spec={"baseline": {}}, **more))]
    for made in (scenarios.recorded(), scenarios.scaling()):
        for one in made["cells"]:
            if one["axes"]["model"] in ("threads", "processes"):
                one["plugins"] = {"model": one["axes"]["model"]}
                one["axes"]["model"] = labels[one["axes"]["model"] == "threads"]
        views.append(View(journal_builder.write(tmp_path / str(len(views)), **made)))
    for name in NAMES:
        plot = catalog.load("plot", name)()
        draw(plot, next(one for one in views if plot.prepare(one)), tmp_path / f"{name}.png")
    assert not recwarn.list
