"""`report`: pages are made again from their journals, and go to the right folder."""

import json
import shutil

import pytest
import typer

from concexp import catalog, cli
from concexp.analysis import results
from concexp.commands.report import write_pages
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
    for path in (latest, tmp_path / "reports/x", tmp_path / "reports"):
        assert paths(path) == [shared]


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
    assert paths(tmp_path / "reports") == paths(complete) == [shared]


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
    pages = [str(tmp_path / name / "README.md") for name in ("a", "b")]
    assert [line for line in lines if line.endswith("README.md")] == pages
    assert lines.count("Which model is made up best?") == 2
    assert said.err.count("lacks the picture “comparison” (KeyError: 'model', in ") == 2
    monkeypatch.undo()
    with pytest.raises(typer.Exit) as caught:
        cli.report([tmp_path / "a"])
    assert caught.value.exit_code == 0
