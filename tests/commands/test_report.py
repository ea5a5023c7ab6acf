"""`report`: pages are made again from their journals, and go to the right folder."""

import json
import shutil

import pytest
import typer

from concexp import catalog, cli
from concexp.analysis import results
from concexp.commands.report import write_pages
from concexp.errors import InputError
from concexp.report import font_files
from concexp.report.plots import _style
from tests.helpers import journal_builder, scenarios
from tests.helpers.program import SIMULATED, concexp, run_folder


def paths(path):
    return [page.path for page in write_pages(path)]


def test_the_page_can_be_made_again_from_the_journal_alone(tmp_path, write):
    """With everything but the journal deleted, the page is the same to the byte."""
    write("x.yaml", SIMULATED)
    assert concexp(tmp_path, "run", "x.yaml").returncode == 0
    page = tmp_path / "reports/x/README.md"
    before = page.read_bytes()
    page.unlink()
    for path in run_folder(tmp_path).iterdir():
        if path.name != "journal.jsonl":
            path.unlink()
    assert concexp(tmp_path, "report", "reports/x").returncode == 0
    assert page.read_bytes() == before


def test_the_shared_page_is_that_of_the_latest_run(tmp_path):
    """The latest run, however it is named, has the shared page; an older run gets its page into its own folder."""
    older = journal_builder.write(tmp_path / "reports/x", **scenarios.one_cell()).folder
    shared = tmp_path / "reports/x/README.md"
    assert paths(older) == [shared]
    latest = shutil.copytree(older, older.with_name("99991231T235959Z-later"))
    assert paths(older) == [older / "README.md"]
    for path in (latest, tmp_path / "reports/x"):
        assert paths(path) == [shared]
    assert paths(tmp_path / "reports") == [shared, tmp_path / "reports/README.md"]


@pytest.mark.parametrize(
    "later", [{}, {"finished_at": "2026", "quick": True}, {"finished_at": "2026", "only": "a=1"}], ids=str
)
def test_a_later_run_that_is_not_complete_does_not_replace_the_page(tmp_path, later):
    """reports/<name> means the latest complete run, also for `export` and from Python, as long as there is one."""
    complete = journal_builder.write(tmp_path / "reports/x", **scenarios.one_cell()).folder
    partial = shutil.copytree(complete, complete.with_name("99991231T235959Z-later"))
    shared = tmp_path / "reports/x/README.md"
    (complete / "manifest.json").write_text(json.dumps({"identity": "one"}))
    (partial / "manifest.json").write_text(json.dumps({"identity": "other", **later}))
    assert results.folder_of(tmp_path / "reports/x") == partial
    (complete / "manifest.json").write_text(json.dumps({"identity": "one", "finished_at": "2026"}))
    assert results.folder_of(tmp_path / "reports/x") == complete
    assert paths(partial) == [partial / "README.md"]
    assert paths(tmp_path / "reports")[:-1] == paths(complete) == [shared]


def test_the_answer_is_printed_with_the_page(tmp_path):
    """`report` prints question, answer and verdicts before the path; with -q the path alone."""
    spec = {"baseline": {}, "claims": [{"says": "it naps", "expect": "throughput > 1"}]}
    journal_builder.write(tmp_path / "reports/x", **{**scenarios.one_cell(), "spec": spec})
    done = concexp(tmp_path, "report", "reports/x")
    lines = done.stdout.splitlines()
    assert lines[0] == "Which model is made up best?"
    assert lines[1].startswith("- threads reaches 778 sleeps/s (")
    assert "Claims: 1 supported" in lines
    assert lines[-1] == "reports/x/README.md"
    assert concexp(tmp_path, "report", "-q", "reports/x").stdout == "reports/x/README.md\n"


def test_pages_that_lack_a_part_are_exit_code_1(tmp_path, monkeypatch, capsys):
    """All pages are made, each is named, and what they lack goes to stderr."""
    for name in ("a", "b"):
        journal_builder.write(tmp_path / name, **scenarios.scaling())

    def fails(*arguments):
        raise KeyError("model")

    monkeypatch.setattr(catalog.load("plot", "comparison"), "draw", fails)
    monkeypatch.setattr(_style, "DPI", 30)
    with pytest.raises(typer.Exit) as caught:
        cli.report([tmp_path])
    assert caught.value.exit_code == 1
    said = capsys.readouterr()
    lines = said.out.splitlines()
    pages = [str(tmp_path / name) for name in ("a/README.md", "b/README.md", "README.md")]
    assert [line for line in lines if line.endswith("README.md")] == pages
    assert lines.count("Which model is made up best?") == 2
    assert said.err.count("lacks the picture “comparison” (KeyError: 'model', in ") == 2
    monkeypatch.undo()
    with pytest.raises(typer.Exit) as caught:
        cli.report([tmp_path / "a"])
    assert caught.value.exit_code == 0


def test_pages_in_two_languages_lie_beside_each_other(tmp_path):
    """Each with its own pictures and a link to the other; both are made again from then on, and the run stays as it was."""
    journal_builder.write(tmp_path / "reports/x", **scenarios.scaling())
    folder = tmp_path / "reports/x"
    assert paths(folder) == [folder / "README.md"]
    journals = {path: path.read_bytes() for path in folder.glob("runs/*/*.json*")}
    pages = list(write_pages(folder, language="zh"))
    assert [page.path for page in pages] == [folder / "README.zh.md", folder / "README.md"]
    assert pages[0].answer
    assert pages[1].answer == []
    chinese, english = (page.path.read_text("utf-8") for page in pages)
    assert "## 可信程度" in chinese
    assert "## How far to trust it" in english
    assert "[English](README.md)" in chinese.split("\n")[2]
    assert "[中文](README.zh.md)" in english.split("\n")[2]
    names = {path.name for path in (folder / "figures").iterdir()}
    assert names == {path.name for path in (folder / "figures.zh").iterdir()} != set()
    assert all(f"](figures.zh/{name})" in chinese and f"](figures/{name})" in english for name in names)
    assert {path: path.read_bytes() for path in folder.glob("runs/*/*.json*")} == journals
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again = paths(tmp_path / "reports")
    assert sorted(path for path in again if path.parent == folder) == [folder / "README.md", folder / "README.zh.md"]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_an_experiment_may_want_its_page_in_chinese(tmp_path):
    """Then there is no page in English, unless it is asked for."""
    spec = {"report": {"plots": [], "language": "zh"}, "baseline": {}}
    journal_builder.write(tmp_path / "reports/x", **{**scenarios.one_cell(), "spec": spec})
    (page,) = write_pages(tmp_path / "reports/x")
    assert page.path.name == "README.zh.md"
    assert not (tmp_path / "reports/x/README.md").exists()
    assert [one.path.name for one in write_pages(tmp_path / "reports/x", language="en")] == [
        "README.md",
        "README.zh.md",
    ]


def test_a_page_whose_font_is_missing_is_refused(tmp_path, monkeypatch):
    """With the command that brings it; nothing is written."""
    monkeypatch.setattr(font_files, "installed", lambda language: [])
    journal_builder.write(tmp_path / "reports/x", **scenarios.one_cell())
    with pytest.raises(InputError, match=r"concexp\[zh\]"):
        list(write_pages(tmp_path / "reports/x", language="zh"))
    assert not (tmp_path / "reports/x/README.zh.md").exists()


def test_the_page_in_one_file(tmp_path):
    """`--html` writes it beside the page and prints where; without it there is none."""
    journal_builder.write(tmp_path / "reports/x", **scenarios.one_cell())
    assert concexp(tmp_path, "report", "-q", "reports/x").stdout == "reports/x/README.md\n"
    assert not list(tmp_path.rglob("*.html"))
    done = concexp(tmp_path, "report", "-q", "--html", "reports/x")
    assert done.stdout == "reports/x/README.md\nreports/x/made_up.html\n"
    assert (tmp_path / "reports/x/made_up.html").read_text("utf-8").startswith("<!doctype html>\n")


def test_pictures_in_another_format(tmp_path):
    """`--figures` draws a finished run anew; a format that does not exist is exit code 2."""
    journal_builder.write(tmp_path / "reports/x", **scenarios.scaling())
    assert concexp(tmp_path, "report", "-q", "reports/x", "--figures", "svg").returncode == 0
    figures = tmp_path / "reports/x/figures"
    assert {path.suffix for path in figures.iterdir()} == {".svg"}
    wrong = concexp(tmp_path, "report", "-q", "reports/x", "--figures", "jpg")
    assert wrong.returncode == 2
    assert "'png', 'svg', 'pdf'" in wrong.stderr
    assert {path.suffix for path in figures.iterdir()} == {".svg"}


def test_an_index_from_before_a_page_is_named(tmp_path):
    """`report` of one run leaves the index alone, for it would take all others: where it says something else, stderr says so."""
    journal_builder.write(tmp_path / "reports/a", **scenarios.one_cell())
    assert concexp(tmp_path, "report", "-q", "reports/a").stderr == ""  # there is none
    assert concexp(tmp_path, "report", "-q", "reports").stderr == ""
    assert concexp(tmp_path, "report", "-q", "reports/a").stderr == ""
    journal_builder.write(tmp_path / "reports/b", **scenarios.scaling())
    done = concexp(tmp_path, "report", "-q", "reports/b")
    note = "reports/README.md is from before this: `concexp report reports` renews it\n"
    assert (done.stdout, done.stderr) == ("reports/b/README.md\n", note)
    assert concexp(tmp_path, "report", "-q", "reports").stderr == ""
    assert concexp(tmp_path, "report", "-q", "reports/b").stderr == ""
    (tmp_path / "reports/README.md").write_text("mine")
    assert concexp(tmp_path, "report", "-q", "reports/b").stderr == ""


def test_a_folder_of_reports_has_an_index(tmp_path):
    """It is written last, and written anew; a README.md of the user's stays, and stderr says so."""
    for name in ("a", "b"):
        journal_builder.write(tmp_path / "reports" / name, **scenarios.one_cell())
    done = concexp(tmp_path, "report", "-q", "reports")
    assert done.stdout.splitlines() == ["reports/a/README.md", "reports/b/README.md", "reports/README.md"]
    index = tmp_path / "reports/README.md"
    assert [f"]({name}/README.md)" in index.read_text("utf-8") for name in ("a", "b")] == [True, True]
    shutil.rmtree(tmp_path / "reports/b")
    assert concexp(tmp_path, "report", "-q", "reports").returncode == 0
    assert "b/README.md" not in index.read_text("utf-8")
    index.write_text("mine")
    done = concexp(tmp_path, "report", "-q", "reports")
    assert (done.returncode, done.stdout) == (0, "reports/a/README.md\n")
    assert (
        done.stderr
        == "reports/README.md is not an index that concexp wrote, and stays as it is: move it away to get one\n"
    )
    assert index.read_text() == "mine"
