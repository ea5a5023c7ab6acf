"""The reading order of a folder of reports: links with what leads from one to the next."""

import pytest

from concexp import report
from concexp.commands.report import write_pages
from concexp.errors import InputError
from concexp.report import reading_order
from concexp.report.text.language import written_in
from tests.helpers import journal_builder, scenarios
from tests.helpers.program import ROOT

ORDER = """\
path:
- report: one
- report: two
  why: {en: "One *was* first.", zh: 先有一。}
- report: three
  why: Then comes three.
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with an order of three reports, of which the first two are there."""
    (tmp_path / reading_order.FILE).write_text(ORDER)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "README.md").write_text("# soon\n")
    return tmp_path


def test_a_page_says_what_leads_to_it_and_on(folder):
    """One sentence for each step, on both of its pages; none to a report that is not there, and none outside of the order."""
    assert reading_order.links(folder / "one") == ["Read on: [two](../two/README.md). One \\*was\\* first."]
    assert reading_order.links(folder / "two") == ["Before this: [one](../one/README.md). One \\*was\\* first."]
    (folder / "three").mkdir()
    (folder / "three" / "README.zh.md").write_text("# soon\n")
    assert reading_order.links(folder / "two")[1] == "Read on: [three](../three/README.zh.md). Then comes three."
    assert reading_order.links(folder / "four") == []
    with written_in("zh"):
        before, after = reading_order.links(folder / "two")
    assert before.endswith("先有一。")
    assert "comes" not in after


def test_the_links_stand_below_the_page(folder):
    """In the place of those by number."""
    run = journal_builder.write(folder / "one", **scenarios.one_cell(), manifest={"command": "concexp run 03_one.yaml"})
    page = report.write(run, folder / "one").read_text("utf-8")
    assert page.endswith("\n## Read on\n\n- Read on: [two](../two/README.md). One \\*was\\* first.\n")
    assert "next lesson" not in page


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("path:\n- one\n", ":2:3", "expected a map with a report"),
        ("path:\n- {report: One}\n", ":2:12", "'One' is not the name of a report"),
        ("path:\n- {report: ../x}\n", ":2:12", "is not the name of a report"),
        ("path:\n- {report: one, because: so}\n", ":2:17", "there is no key 'because' here"),
        ("path:\n- {report: one, why: {fr: donc}}\n", ":2:23", "there is no key 'fr' here"),
        ("path:\n- {report: one, why: 3}\n", ":2:22", "expected text, not 3"),
        ("path: [\n", "", "path.yaml"),
        ("paths: []\n", ":1:1", "there is no key 'paths' here"),
        ("- {report: one}\n", ":1:1", "is a map of keys, not a list"),
    ],
)
def test_a_mistake_in_it_is_named_with_its_place(folder, text, place, says):
    """Before any page of the folder is made; a single page is made, and names it."""
    path = folder / reading_order.FILE
    path.write_text(text)
    run = journal_builder.write(folder / "one", **scenarios.one_cell())
    with pytest.raises(InputError) as caught:
        list(write_pages(folder))
    assert f"{path}{place}" in str(caught.value)
    assert says in str(caught.value)
    page = report.write(run, folder / "one").read_text("utf-8")
    assert "- path.yaml cannot be read: " in page
    assert "## Run it again" in page


def test_the_order_of_the_lessons():
    """Ten lessons, each step with a sentence in each language."""
    first, *others = reading_order.read(ROOT / "reports")
    assert len(others) == 9
    assert not first.why
    assert all(set(step.why) == {"en", "zh"} for step in others)
