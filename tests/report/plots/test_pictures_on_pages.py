"""Every picture of every made-up run, as it stands on the run's page."""

import re

import pytest
from PIL import Image

from concexp import catalog
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import HOST, draw


def assert_readable(path, alt):
    """Asserts a PNG wide enough for two pixels per point, and an alt text that is a sentence without blanks."""
    with Image.open(path) as image:
        assert image.width == 1720
        assert 200 < image.height < 4000
        assert image.convert("L").getextrema()[0] < 80  # something is drawn
        assert image.info.get("Software") is None
    assert alt.endswith(".")
    assert len(alt) > 50
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b|  |\b1 (more panels|more comparisons|cells)\b", alt)


@pytest.mark.parametrize("run", [make.__name__ for make in scenarios.ALL])
def test_a_picture_on_a_page_is_readable(run, drawn_pages):
    """The page shows all pictures that were drawn, and each is readable."""
    page = drawn_pages[run]
    inline = [child for token in HOST.parse(page.read_text("utf-8")) for child in token.children or ()]
    pictures = {child.attrs["src"]: child.content for child in inline if child.type == "image"}
    assert {page.parent / path for path in pictures} == set(page.parent.glob("figures/*.png"))
    for path, alt in pictures.items():
        assert_readable(page.parent / path, alt)


@pytest.mark.parametrize("run", [make.__name__ for make in scenarios.ALL])
def test_texts_stay_in_their_picture_and_off_each_other(run, drawn_pages):
    """No title, label or figure runs out of a picture, and none lies on another."""
    assert drawn_pages[run]
    assert drawn_pages.misplaced[run] == []


def test_a_picture_that_was_not_asked_for_is_readable(tmp_path):
    """The one run whose page shows only what its experiment names: the other pictures that apply are readable as well."""
    view = View(journal_builder.write(tmp_path, **scenarios.timelines()))
    plots = {name: catalog.load("plot", name)() for name in catalog.names("plot")}
    others = {name: plot for name, plot in plots.items() if name not in view.run.spec["report"]["plots"]}
    for name in [name for name, plot in others.items() if plot.prepare(view)]:
        path = tmp_path / f"{name}.png"
        assert_readable(path, draw(others[name], view, path))
