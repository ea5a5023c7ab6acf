"""The page as one HTML file: what README.md says, nothing that it would have to fetch, and nothing that a user's text does."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from concexp import report
from concexp.analysis import results
from concexp.report import Look, html_page
from concexp.report.plots import _style
from concexp.report.text.language import written_in
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import HOST

# All that a page is made of: with the attributes that each may have, and without any.
ELEMENTS = {
    "a": {"href", "download"},
    "body": {"data-filter", "data-shown", "data-order"},
    "button": {"type", "class", "aria-pressed", "hidden"},
    "code": {"class"},
    "div": {"class", "role", "tabindex", "aria-label"},
    "h1": {"id"},
    "h2": {"id"},
    "h3": {"id"},
    "html": {"lang"},
    "img": {"src", "alt"},
    "link": {"rel", "href"},
    "meta": {"charset", "http-equiv", "content", "name"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class"},
}
# fmt: off
PLAIN = {"details", "em", "head", "header", "li", "main", "nav", "ol", "p", "pre", "script", "strong", "style", "summary",
         "table", "tbody", "thead", "title", "tr", "ul"}
# fmt: on
VOID = ("meta", "link", "img")


class Reader(HTMLParser):
    """The elements of a file with their attributes, and what it shows as text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.shown, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):  # <img />
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script", "title", "header"} & {*self.open}:
            self.shown.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return " ".join("".join(self.shown).split())


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of a scenario's page with its HTML file, made once."""
    made = {}

    def write(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            run = journal_builder.write(folder, **getattr(scenarios, name)())
            results.write(run)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(_style, "DPI", 30)
                report.write(run, folder, look=Look(html=True))
            made[name] = folder
        return made[name]

    return write


def file_of(folder):
    return (folder / "made_up.html").read_text("utf-8")


def inside(address):
    """The content of a data address."""
    return base64.b64decode(address.partition(";base64,")[2])


@pytest.mark.parametrize("name", [make.__name__ for make in scenarios.ALL])
def test_it_says_what_the_page_says(written, name):
    """Word for word, with all elements closed, and with no element or attribute but those that pages are made of."""
    folder = written(name)
    read = Reader(file_of(folder))
    assert read.open == []
    page = Reader(HOST.render((folder / "README.md").read_text("utf-8")))
    assert read.text == page.text
    for tag, attributes in read.elements:
        assert attributes.keys() <= (set() if tag in PLAIN else ELEMENTS[tag]), tag


@pytest.mark.parametrize("name", ["scaling", "bad", "hostile"])
def test_nothing_has_to_be_fetched(written, name):
    """Every address is a part of the file; the style names none, and the policy lets nothing else in than what is there."""
    text = file_of(written(name))
    read = Reader(text)
    anchors = {f"#{attributes['id']}" for _, attributes in read.elements if "id" in attributes}
    addresses = [
        value for _, attributes in read.elements for key, value in attributes.items() if key in ("src", "href")
    ]
    assert all(address in anchors or address.startswith("data:") for address in addresses)
    (style,), (script,) = (re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL) for tag in ("style", "script"))
    assert "url(" not in style
    assert "@import" not in style
    policy = next(one["content"] for one in read.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    for rule, content in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert not re.search(r"""\sstyle=|\son\w+=""", text)  # the policy would ignore them


@pytest.mark.parametrize("name", [make.__name__ for make in scenarios.ALL])
def test_each_picture_is_in_it_as_a_drawing(written, name):
    """As SVG with the words of the page's own; a file that is well-formed, without an address, a date or a program's version."""
    folder = written(name)
    images = Reader(file_of(folder)).all("img")
    shown = Reader(HOST.render((folder / "README.md").read_text("utf-8"))).all("img")
    assert [one["alt"] for one in images] == [one["alt"] for one in shown]
    for image in images:
        assert image["src"].startswith("data:image/svg+xml;base64,")
        drawing = inside(image["src"])
        assert ElementTree.fromstring(drawing).tag == "{http://www.w3.org/2000/svg}svg"
        assert b"metadata" not in drawing
        assert not re.search(rb'href="(?!#|data:)', drawing)


def test_the_table_of_cells_is_in_it(written):
    """The link to cells.csv holds the table itself; links to what does not travel along are plain text."""
    folder = written("scaling")
    links = Reader(file_of(folder)).all("a")
    (table,) = {one["href"] for one in links if one.get("download") == "cells.csv"}
    (kept,) = folder.glob("runs/*/cells.csv")
    assert inside(table) == kept.read_bytes()
    run = kept.parent.name
    assert f"](runs/{run})" in (folder / "README.md").read_text("utf-8")
    assert f"runs/{run}" not in file_of(folder)
    assert run in Reader(file_of(folder)).text


def test_a_table_that_is_too_large_stays_where_it_is(tmp_path, monkeypatch):
    """The file is to be sent around: a table beyond the limit is named, and not inside."""
    monkeypatch.setattr(report.page, "TABLE_LIMIT", 100)
    monkeypatch.setattr(_style, "DPI", 30)
    run = journal_builder.write(tmp_path, **scenarios.one_cell())
    results.write(run)
    report.write(run, tmp_path, look=Look(html=True))
    assert not any("download" in attributes for attributes in Reader(file_of(tmp_path)).all("a"))
    assert "cells.csv" in Reader(file_of(tmp_path)).text


def test_a_users_text_is_shown_and_does_nothing(written):
    """Question, labels, reasons and outputs that try to be elements stand there as they were written."""
    text = file_of(written("hostile"))
    read = Reader(text)
    assert read.all("title") == [{}]
    assert "<title>Is &lt;script&gt; | `x` *safe* $a$ &amp; sound?</title>" in text
    assert len(read.all("script")) == 1
    for shown in (
        "<script> | `x` *safe* $a$ & sound?",
        "<script>1</script>",
        "<script>2</script>",
        "<script>3</script>",
        "````\n</details>",
    ):
        assert " ".join(shown.split()) in read.text


def test_html_in_the_markdown_is_shown_as_text():
    """Even if a user's text came through unescaped: of HTML only folds are obeyed, of addresses only those inside the file."""
    text = (
        "# A\n\n<script>alert(1)</script>\n\nA <b onclick=x>word</b> and [a link](http://example.org) and [one](javascript:x).\n\n"
        "![a picture](http://example.org/x.png) ![an empty one](figures/none.png)\n\n"
        "<details open onclick=x><summary>a</summary>\n\n"
        "<details><summary>b<img src=x></summary>\n\n<details><summary>fold</summary>\n\nfolded\n\n</details>\n"
    )
    made = html_page.render(text, {}, {})
    read = Reader(made)
    body = [one for one in read.elements[[tag for tag, _ in read.elements].index("main") + 1 :] if one[0] != "script"]
    assert [tag for tag, _ in body if tag not in ("p", "pre")] == ["h1", "details", "summary"]
    assert "<script>alert(1)</script>" in read.text
    assert "<b onclick=x>word</b> and a link and" in read.text
    assert "http" not in made.partition("<main>")[2]


def test_headings_have_the_anchors_of_a_repository_host():
    """Links lead to them; of two alike, the second one has a number; the sections are listed at the top."""
    with written_in("zh"):
        made = html_page.render("# One\n\n## How far?\n\n## 多少 `x_y`\n\n## How far?\n\n[there](#how-far)\n", {}, {})
    read = Reader(made)
    assert [one["id"] for one in read.all("h2")] == ["how-far", "多少-x_y", "how-far-1"]
    assert [one["href"] for one in read.all("a")] == ["#how-far", "#多少-x_y", "#how-far-1", "#how-far"]
    assert read.all("html") == [{"lang": "zh"}]
    assert "深色" in made
    assert Reader(html_page.render("# One\n", {}, {})).all("html") == [{"lang": "en"}]
    assert read.all("h1") == [{"id": "one"}]


def test_the_same_run_gives_the_same_bytes(written, tmp_path, monkeypatch):
    """Pictures included: nothing in the file is random or of the moment."""
    monkeypatch.setattr(_style, "DPI", 30)
    first = written("waiting")
    run = results.load(first)
    report.write(run, tmp_path / "again", look=Look(html=True))
    again = file_of(tmp_path / "again")
    assert re.sub(r'href="data:text[^"]*"', "", again) == re.sub(r'href="data:text[^"]*"', "", file_of(first))


def test_a_strangers_name_leads_nowhere_else(tmp_path):
    """The file is named like the experiment; a name that no experiment can have is not used."""
    run = journal_builder.write(tmp_path, **scenarios.one_cell())
    assert html_page.path(run, tmp_path / "README.md") == tmp_path / "made_up.html"
    assert html_page.path(run, tmp_path / "README.zh.md") == tmp_path / "made_up.zh.html"
    run.spec["name"] = "../../evil"
    assert html_page.path(run, tmp_path / "README.md") == tmp_path / "report.html"
