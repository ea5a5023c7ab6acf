"""The contents of the page: every section has a template, sentences and a place."""

from importlib.resources import files

import pytest

from concexp import catalog
from concexp.report import contents
from concexp.report.view import View, once_per_view
from tests.helpers import journal_builder, scenarios

NAMES = [path.name for path in files("concexp.report").joinpath("templates").iterdir()]
TEMPLATES = {name.removesuffix(".md") for name in NAMES if name.endswith(".md")}
NO_SECTIONS = {"fold", "index", "comparison"}  # what is around sections, and pages of their own


def test_every_template_is_a_section_of_the_page():
    """The sections and the templates are the same."""
    assert {template for template, _ in contents.SECTIONS} == TEMPLATES - NO_SECTIONS
    assert contents.FOLDS.keys() < TEMPLATES


@pytest.mark.parametrize("name", catalog.names("plot"))
def test_every_picture_has_a_section(name):
    """A picture belongs to a section that has a title and sentences."""
    assert catalog.load("plot", name).section in contents.TITLES.keys() & contents.SENTENCES.keys()


def test_sections_without_content_are_left_out(tmp_path):
    """A run without claims, failures or user code has no sections for them; the order is that of SECTIONS."""
    view = View(journal_builder.write(tmp_path, **scenarios.scaling()))
    rendered = []
    render = lambda template, content: rendered.append(template) or template  # noqa: E731
    texts = list(contents.sections(contents.Page(view, "data", None, {}), render))
    assert not {"claims", "evidence", "failures", "user_code", "experiment"} & set(rendered)
    order = [template for template, _ in contents.SECTIONS]
    inside = [template for template in rendered if template != "fold"]
    assert inside == sorted(inside, key=order.index)
    assert texts.count("fold") == rendered.count("fold") == 2


@pytest.mark.parametrize("make", scenarios.ALL, ids=lambda make: make.__name__)
def test_few_sentences_stand_beside_a_picture(tmp_path, make):
    """Two at most; all others are folded."""
    view = View(journal_builder.write(tmp_path, **make()))
    for key, writers in contents.SENTENCES.items():
        if key != "steadiness":
            assert len([text for write in writers for text in write(view)]) <= 2, key


def test_a_view_keeps_what_was_built_for_it(tmp_path):
    """Each view builds once, and does not share the result with other views."""
    built = []

    @once_per_view
    def build(view):
        built.append(view)
        return len(built)

    run = journal_builder.write(tmp_path, **scenarios.one_cell())
    one, other = View(run), View(run)
    assert (build(one), build(one), build(other)) == (1, 1, 2)
    assert built == [one, other]
