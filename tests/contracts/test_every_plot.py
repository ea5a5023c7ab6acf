"""What holds for every picture: where it applies, that it is deterministic, and that any label can stand in it.

That each picture of each made-up run is readable is tested where their pages are: tests/report/plots/test_pictures_on_pages.py.
"""

import matplotlib as mpl
import pytest

from concexp import catalog
from concexp.report.view import View
from concexp.testing.described import assert_described
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import draw

NAMES = catalog.names("plot")


@pytest.fixture(scope="module")
def views(tmp_path_factory):
    """The views of all made-up runs, by the name of the scenario."""
    folder = tmp_path_factory.mktemp("views")
    return {make.__name__: View(journal_builder.write(folder / make.__name__, **make())) for make in scenarios.ALL}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_described(name):
    """Its docstring explains what it shows and what each of its parameters means."""
    assert_described("plot", name)


@pytest.mark.parametrize("name", NAMES)
def test_it_applies_to_some_runs(name, views):
    """It applies to at least one run, not to all, and preparing it raises nothing for any."""
    applies = {bool(catalog.load("plot", name)().prepare(view)) for view in views.values()}
    assert applies == {True, False}


@pytest.mark.parametrize("run", ["one_cell", "nothing", "all_failed"])
@pytest.mark.parametrize("name", NAMES)
def test_it_needs_something_to_compare(name, run, views):
    """It does not apply to a run with one plain cell, without trials, or whose trials all failed."""
    assert not catalog.load("plot", name)().prepare(views[run])


@pytest.mark.parametrize("name", NAMES)
def test_same_bytes(name, views, tmp_path):
    """The same data gives the same bytes, whatever the user's settings of matplotlib are."""
    plot = catalog.load("plot", name)()
    view = next(view for view in views.values() if plot.prepare(view))
    draw(plot, view, tmp_path / "a.png")
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "savefig.dpi": 50, "axes.facecolor": "black"}):
        draw(plot, view, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_letters_that_the_font_lacks(tmp_path, recwarn):
    """Labels in any script, and labels that look like mathematics, cause neither a warning nor an error."""
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
    made_up = (
        scenarios.trades,
        scenarios.recorded,
        scenarios.scaling,
        scenarios.fifty,
        scenarios.syncs,
        scenarios.drifting,
        scenarios.disturbed,
    )
    for made in (make() for make in made_up):
        for one in made["cells"]:
            if one["axes"]["model"] in ("threads", "processes"):
                one["plugins"] = {**one["plugins"], "model": one["axes"]["model"]}
                one["axes"]["model"] = labels[one["axes"]["model"] == "threads"]
        views.append(View(journal_builder.write(tmp_path / str(len(views)), **made)))
    for name in NAMES:
        plot = catalog.load("plot", name)()
        draw(plot, next(one for one in views if plot.prepare(one)), tmp_path / f"{name}.png")
    assert not recwarn.list
