"""`report`: pages are made again from their journals, and go to the right folder."""

import shutil

from concexp.commands.report import write_pages
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
