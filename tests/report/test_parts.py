"""A part of the page that fails: the page says so in its place, the other parts are there, and the error says which."""

import re

import pytest

from concexp import catalog, report
from concexp.errors import Damaged, PageIncomplete
from concexp.report import contents
from concexp.report.parts import Parts
from tests.helpers import journal_builder, scenarios

WRITERS = {write for writers in contents.SENTENCES.values() for write in writers}


def fails(*arguments):
    raise KeyError("mo|del")


def incomplete(run, folder):
    """The text of the page, and the error that says what it lacks."""
    with pytest.raises(PageIncomplete) as caught:
        report.write(run, folder)
    assert caught.value.page == folder / "README.md"
    assert caught.value.exit_code == 1
    assert str(run.folder / "journal.jsonl") in caught.value.hint
    return caught.value.page.read_text("utf-8"), caught.value


@pytest.mark.parametrize("method", ["prepare", "draw"])
@pytest.mark.parametrize("name", ["scaling", "comparison", "cost_breakdown"])
def test_a_picture_that_fails_costs_only_itself(tmp_path, monkeypatch, name, method):
    """The other pictures and all text are there; an old picture of that name is not left."""
    run = journal_builder.write(tmp_path, **scenarios.scaling())
    pictures = set(re.findall(r"\]\((figures/[^)]+)\)", report.write(run, tmp_path).read_text("utf-8")))
    assert f"figures/{name}.png" in pictures
    monkeypatch.setattr(catalog.load("plot", name), method, fails)
    page, error = incomplete(run, tmp_path)
    assert set(re.findall(r"\]\((figures/[^)]+)\)", page)) == pictures - {f"figures/{name}.png"}
    assert not (tmp_path / "figures" / f"{name}.png").exists()
    assert re.search(
        rf"^- \*\*The picture “{name}” could not be made\*\*: KeyError: 'mo\\\|del', in `report/pictures\.py:\d+`\. "
        r"Everything that was measured is kept\. .* \[journal\.jsonl\]\(runs/[^)]+/journal\.jsonl\)\.$",
        page,
        re.MULTILINE,
    )
    assert f"the picture “{name}” (KeyError: 'mo|del'" in error.message
    assert re.search(r"^- `process(es|_pool)` with \d workers (is best|has the best figure)", page, re.MULTILINE)


@pytest.mark.parametrize("place", range(len(contents.SECTIONS)))
def test_a_section_that_fails_costs_only_itself(tmp_path, monkeypatch, place):
    """Whichever of the sections it is."""
    run = journal_builder.write(tmp_path, **scenarios.bad())
    before = re.findall("^##+ .*", report.write(run, tmp_path).read_text("utf-8"), re.MULTILINE)
    broken = [(name, fails if number == place else make) for number, (name, make) in enumerate(contents.SECTIONS)]
    monkeypatch.setattr(contents, "SECTIONS", broken)
    page, error = incomplete(run, tmp_path)
    name = broken[place][0].replace("_", " ")
    assert f"**The section “{name}” could not be made**: KeyError" in page
    assert error.parts[0].startswith(f"the section “{name}”")
    after = re.findall("^##+ .*", page, re.MULTILINE)
    assert set(after) <= {*before, "## The experiment"}  # a made-up run has none
    if name in ("failures", "pictures", "details", "machine", "again"):  # a heading of its own
        assert set(after) != set(before)


@pytest.mark.parametrize("key", contents.SENTENCES)
def test_text_that_fails_leaves_the_pictures_beside_it(tmp_path, monkeypatch, key):
    """The sentences of a section fail, its pictures are there."""
    run = journal_builder.write(tmp_path, **scenarios.recorded())
    whole = report.write(run, tmp_path).read_text("utf-8")
    monkeypatch.setattr(contents, "SENTENCES", {**contents.SENTENCES, key: (fails,)})
    page, _ = incomplete(run, tmp_path)
    assert page.count("![") == whole.count("![")
    assert "could not be made**: KeyError" in page.partition(f"## {contents.TITLES[key]}")[2]


def test_the_answer_fails_below_its_question(tmp_path, monkeypatch):
    """The page still begins with the question, what was measured, and a picture."""
    run = journal_builder.write(tmp_path, **scenarios.scaling())
    monkeypatch.setattr(contents, "answer", fails)
    page, _ = incomplete(run, tmp_path)
    assert page.startswith("# Which model is made up best?\n\n`made_up` · 96 trials of 16 cells")
    first, _, _ = page.partition("\n## ")
    assert "could not be made**: KeyError" in first
    assert "![" in first


def test_a_full_disk_ends_the_page():
    """It is no mistake of the part: the next one would meet the same."""
    parts = Parts("data")
    for error in (OSError(28, "No space left on device"), MemoryError()):
        said = []
        with pytest.raises(type(error)), parts.guard("the picture", said):
            raise error
        assert not said
    assert not parts.failed


def test_an_error_of_our_own_is_said_in_its_words():
    """What concexp refuses has a message for people."""
    said = []
    with Parts("data").guard("the section", said):
        raise Damaged("this line is damaged")
    assert said[0].startswith("**The section could not be made**: this line is damaged, in `")
