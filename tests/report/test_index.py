"""The index of reports: for someone who opens nothing else, what each experiment found."""

import re
from html.parser import HTMLParser

import pytest

from concexp import report
from concexp.errors import PageIncomplete
from concexp.report import index
from concexp.report.answer import answer as says
from concexp.report.answer import judged_claims, what_to_do
from concexp.report.plots import _style
from concexp.report.views import view_of
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import HOST

CLAIMS = [{"says": "it is fast", "expect": "throughput > 1"}, {"says": "it is slow", "expect": "throughput < 1"}]


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(_style, "DPI", 30)


@pytest.fixture
def line_of(tmp_path):
    """Makes a run with its page in reports/<name>; returns its line, and the run."""

    def make(name, made, **more):
        folder = tmp_path / name
        spec = {**made.get("spec", {}), **more.pop("spec", {})}
        run = journal_builder.write(folder, **{**made, **more, "spec": spec})
        return index.line(run, report.write(run, folder).parent, tmp_path), run

    return make


def rows(path):
    """The rows of the table, each as the HTML of its cells."""
    html = HOST.render(path.read_text("utf-8"))
    return [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)[1:]]


def test_a_line_for_each_report(tmp_path, line_of):
    """Picture, question, answer and advice, verdicts, date and machine; links lead to the page."""
    one, run = line_of("one", scenarios.scaling(), spec={"claims": CLAIMS})
    two, _ = line_of("two", scenarios.one_cell())
    path = index.write(tmp_path, [one, two])
    assert path == tmp_path / "README.md"
    (picture, question, answer, claims, measured), (_, _, _, none, _) = rows(path)
    assert picture == (
        '<a href="one/README.md"><img src="one/figures/scaling.png" width="220" alt="Which model is made up best?"></a>'
    )
    assert (tmp_path / "one/figures/scaling.png").is_file()
    assert question == '<a href="one/README.md">Which model is made up best?</a>'
    view = view_of(run)
    sentences = says(view)
    assert sum(map(len, sentences)) <= index.ROOM
    sentences = [*sentences, *judged_claims.sentences(view)]
    assert f"{' '.join(sentences)} **What to do:** {what_to_do(view)}".replace("](#", "](one/README.md#") == one.answer
    assert answer == HOST.renderInline(one.answer)
    assert claims == "1 of 2 supported, 1 refuted"
    assert none == ""
    assert re.fullmatch(r"20\d\d-\d\d-\d\d, .+, 2 usable CPUs", measured)


def test_an_answer_is_cut_after_a_sentence(tmp_path, line_of, monkeypatch):
    """The first one always stands there, the others as far as there is room."""
    _, run = line_of("one", scenarios.scaling())
    first, *more = says(view_of(run))
    assert more
    monkeypatch.setattr(index, "ROOM", len(first) + len(more[0]) - 1)
    line = index.line(run, tmp_path / "one", tmp_path)
    assert line.answer.startswith(f"{first} **What to do:**")


def test_what_others_published_has_a_table(tmp_path, line_of):
    """Claimed, measured and verdict beside each other, by report; without such claims there is no table."""
    published = {"says": "twice", "published": "2x", "source": "https://x.org", "expect": "throughput > 1"}
    one, _ = line_of(
        "one", scenarios.scaling(), spec={"claims": [*CLAIMS, published, {**published, "when": "cpus > 5"}]}
    )
    two, _ = line_of("two", scenarios.scaling(), spec={"claims": CLAIMS})
    text = index.write(tmp_path, [one, two]).read_text("utf-8")
    table = text.partition("\n## Published figures\n\n")[2]
    first, second = table.splitlines()[2:]
    assert first.startswith(
        "| [Which model is made up best?](one/README.md) | twice. Published: 2x ([x.org](https://x.org)) | "
    )
    assert "| **Supported** (" in first
    assert second.startswith("|  | twice. Published: 2x ([x.org](https://x.org)) | – | **Skipped** (")
    assert second.endswith("): it is about cpus &gt; 5, and cpus is 2 |")
    assert "Published" not in index.write(tmp_path, [two]).read_text("utf-8")


def test_the_signs_in_the_answers_are_explained(tmp_path, line_of):
    """Below the table, each once; where no answer has a sign, there is nothing to explain."""
    wrong, run = line_of("wrong", scenarios.syncs())
    plain, _ = line_of("plain", scenarios.scaling())
    assert "(†)" in wrong.answer
    text = index.write(tmp_path, [wrong, plain]).read_text("utf-8")
    assert text.count("\n- † wrong outcome: cannot win\n") == 1
    assert not index.is_outdated(run, tmp_path / "wrong")
    assert "†" not in index.write(tmp_path, [plain]).read_text("utf-8")


def test_the_numbered_experiments_come_in_their_order(tmp_path, line_of):
    """Then the others, by name."""
    commands = {"a": "concexp run 10_a.yaml", "b": "concexp run lessons/09_b.yaml", "d": "concexp run d.yaml", "c": "x"}
    lines = [line_of(name, scenarios.one_cell(), manifest={"command": given})[0] for name, given in commands.items()]
    index.write(tmp_path, lines)
    links = re.findall(r"\]\((.)/README\.md\)", (tmp_path / "README.md").read_text("utf-8"))
    assert links == ["b", "a", "c", "d"]


def test_a_report_without_an_english_page_leads_to_the_one_it_has(tmp_path):
    """The index is in English; where both pages lie there, it leads to the English one."""
    run = journal_builder.write(tmp_path / "x", **scenarios.scaling())
    report.write(run, tmp_path / "x", "zh")
    line = index.line(run, tmp_path / "x", tmp_path)
    assert (line.page, line.picture) == ("x/README.zh.md", "x/figures.zh/scaling.png")
    assert line.answer.isascii() or "What to do" in line.answer
    report.write(run, tmp_path / "x")
    line = index.line(run, tmp_path / "x", tmp_path)
    assert (line.page, line.picture) == ("x/README.md", "x/figures/scaling.png")


def test_what_limits_the_numbers_comes_first(line_of):
    """A quick run says so before its finding, here as on its page; a run without results says that."""
    quick, _ = line_of("quick", scenarios.scaling(), manifest={"quick": True})
    assert quick.answer.startswith("**A quick pass**, one short repetition of everything")
    nothing, _ = line_of("nothing", scenarios.nothing())
    assert nothing.answer
    assert nothing.picture == ""


def test_links_within_a_page_lead_to_that_page(line_of):
    """The answer may refer to a section further down: from the index it is that of the page."""
    line, _ = line_of("withheld", scenarios.withheld())
    assert "](#" not in line.answer
    assert "](withheld/README.md#how-far-to-trust-it)" in line.answer


def test_a_users_text_does_nothing(tmp_path, line_of):
    """A question with bars, quotes and elements stays in its cell and in its attribute."""
    question = 'a | b "onerror=x <script> `|` \\| &'
    line, _ = line_of("x", {**scenarios.hostile(), "spec": {"question": question}})
    line2, _ = line_of("y", scenarios.scaling(), spec={"question": question})
    ((_, asked, *_), (picture, *_)) = rows(index.write(tmp_path, [line, line2]))
    assert asked.startswith('<a href="x/README.md">a | b &quot;onerror=x &lt;script&gt; `|` \\| &amp;</a>')
    elements = []

    class Elements(HTMLParser):
        def handle_starttag(self, tag, attrs):
            elements.append((tag, dict(attrs)))

    Elements().feed(picture)
    assert [tag for tag, _ in elements] == ["a", "img"]
    assert elements[1][1] == {"src": "y/figures/scaling.png", "width": "220", "alt": question}


def test_a_readme_that_is_no_index_is_the_users(tmp_path, line_of):
    """Only what begins with the mark was written here; a folder or a link without content is not."""
    assert not index.is_other(tmp_path)
    line, _ = line_of("x", scenarios.one_cell())
    index.write(tmp_path, [line])
    assert not index.is_other(tmp_path)
    path = tmp_path / "README.md"
    path.write_text("# My reports\n" + path.read_text("utf-8"))
    assert index.is_other(tmp_path)
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    assert index.is_other(tmp_path)
    path.unlink()
    path.mkdir()
    assert index.is_other(tmp_path)


def test_the_same_runs_give_the_same_bytes(tmp_path, line_of):
    """Whatever the order in which they are read."""
    lines = [line_of(name, scenarios.one_cell())[0] for name in ("x", "y")]
    first = index.write(tmp_path, lines).read_bytes()
    assert index.write(tmp_path, lines[::-1]).read_bytes() == first


def test_a_line_that_lacks_a_part_is_written_and_named(tmp_path, line_of, monkeypatch):
    """A sentence stands in the place of an answer that cannot be made; the other lines are whole."""
    whole, run = line_of("x", scenarios.scaling())

    def fails(view):
        raise KeyError("model")

    monkeypatch.setattr(index, "answer", fails)
    lacking = index.line(run, tmp_path / "x", tmp_path)
    assert lacking.answer.startswith("**The answer could not be made**: KeyError: 'model'")
    with pytest.raises(
        PageIncomplete, match=r"README\.md lacks the answer \(KeyError: 'model', in .*\) of x/README\.md"
    ):
        index.write(tmp_path, [whole, lacking])
    assert len(rows(tmp_path / "README.md")) == 2
