"""A whole run whose trials are forks: they are measured as any others, and page, manifest and journal say what they are."""

import json

import pytest

from tests.helpers.processes import mine
from tests.helpers.program import concexp, run_folder

EXPERIMENT = """\
workload: [cpu_sum, {my.py:parse: {size: 3}}]
model: [serial, threads, processes, asyncio]
sync: none
sweep: {workers: 2}
load: {ops: 4, scaling: strong}
measure: {repetitions: 3, iterations: 1, isolation: fork}
"""
CODE = "import os\n\ndef parse(size):\n    return size\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder in which the experiment was run."""
    folder = tmp_path_factory.mktemp("forks")
    (folder / "x.yaml").write_text(EXPERIMENT)
    (folder / "my.py").write_text(CODE)
    done = concexp(folder, "run", "x.yaml", "--yes")
    assert done.returncode == 0, done.stderr
    return folder


def records(folder):
    """The lines of the journal after the header."""
    return [json.loads(line) for line in (run_folder(folder) / "journal.jsonl").read_text().splitlines()[1:]]


def test_all_trials_are_forks_and_end_well(run):
    """Those of one environment share the seed of a template; the sentinel's are fresh."""
    measured = [one for one in records(run) if one["role"] == "measured"]
    assert len(measured) == 3 * 8
    assert {one["status"] for one in measured} == {"ok"}
    assert not any("not_forked" in one or one["left_behind"] for one in measured)
    # Semaphores that appear meanwhile may be those of another test: a record says of each whether it is surely the trial's.
    assert not any(leak["sure"] for one in measured for leak in one["leaked"])
    assert len({one["seed"] for one in measured}) == 2  # with installed packages for the user's code, and without
    sentinels = [one for one in records(run) if one["role"] == "sentinel"]
    assert len({one["seed"] for one in sentinels}) == 3


def test_the_page_and_the_manifest_say_so(run):
    """In a sentence each, the page also in Chinese."""
    page = (run / "reports" / "x" / "README.md").read_text()
    assert "24 trials are forks of a warm process of their interpreter" in page
    assert json.loads((run_folder(run) / "manifest.json").read_text())["isolation"].startswith("fork: ")
    assert "isolation: fork" in (run_folder(run) / "resolved.yaml").read_text()
    assert concexp(run, "report", "reports/x", "--language", "zh").returncode == 0
    assert "24 次试验由其解释器的一个预热进程 fork 而来" in (run / "reports" / "x" / "README.zh.md").read_text()


def test_nothing_is_left_of_it(run):
    """Neither trials nor templates."""
    assert mine() == []


KILLS_ITS_TEMPLATE = """\
import os

def work():
    with open(f"/proc/{os.getppid()}/cmdline") as file:
        if "__main__.py" in file.read():  # that of a template; concexp's own has none
            os.kill(os.getppid(), 9)
"""


def test_code_that_kills_templates_costs_no_trial(tmp_path):
    """Its trials end well; after three templates the rest are fresh processes, and the page says why."""
    (tmp_path / "x.yaml").write_text(
        "workload: my.py:work\nmodel: serial\nload: {ops: 1, scaling: strong}\n"
        "measure: {repetitions: 5, iterations: 1, warmup: 0, isolation: fork}\n"
    )
    (tmp_path / "my.py").write_text(KILLS_ITS_TEMPLATE)
    done = concexp(tmp_path, "run", "x.yaml", "--yes")
    assert done.returncode == 0, done.stderr
    measured = [one for one in records(tmp_path) if one["role"] == "measured"]
    why = "the process that forks trials was killed by SIGKILL"
    assert [one["status"] for one in measured] == ["ok"] * 5
    assert [one.get("not_forked") for one in measured] == [None] * 3 + [why] * 2
    page = (tmp_path / "reports" / "x" / "README.md").read_text()
    assert f"2 trials had fresh processes instead of forks: {why}." in page
    assert "3 trials are forks of a warm process" in page
    assert mine() == []
