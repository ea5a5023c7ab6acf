"""`concexp run` and what surrounds it: what a command reads and computes, and how often."""

import json
from collections import Counter
from pathlib import Path

import pytest

import concexp
from concexp import catalog
from concexp.analysis.claims import verdicts
from concexp.commands.check import Check
from concexp.commands.export import export_run
from concexp.commands.report import write_pages
from concexp.commands.run import RunRequest, run_experiment
from concexp.errors import InputError, Interrupted
from concexp.report import font_files, index
from concexp.run import runner
from concexp.run.storage import journal, run_folder

CLAIMED = """\
workload: cpu_sum
model: simulated
sweep: {workers: [1, 2]}
load: {ops: 100, scaling: strong}
baseline: {workers: 1}
measure: {repetitions: 8, precision: 2%, max_repetitions: 8}
claims:
  - {says: it grows, expect: speedup >= 0.9 * workers}
  - {says: it shrinks, of: workers > 1, expect: speedup < 0.9}
"""


@pytest.fixture
def reads(monkeypatch):
    """How often each journal was read, by the name of its run folder."""
    counts = Counter()
    read = journal.read

    def counted(path, *arguments):
        counts[path.parent.name] += 1
        return read(path, *arguments)

    monkeypatch.setattr(journal, "read", counted)
    return counts


@pytest.fixture
def judged(monkeypatch):
    """The runs whose claims were judged, one entry for each time."""
    runs = []
    judge_claims = verdicts.judge_claims

    def counted(run, claims=None):
        if claims is None:  # the sequential plan judges its claims on the trials so far
            runs.append(run)
        return judge_claims(run, claims)

    monkeypatch.setattr(verdicts, "judge_claims", counted)
    return runs


def test_a_runs_journal_is_read_once_per_command(tmp_path, write, reads, judged, monkeypatch):
    """`run` with page, precision and claims, the same from Python, `report` and `export`: each reads the journal once.

    The claims are judged once as well, for page, precision and --check together.
    """
    monkeypatch.chdir(tmp_path)
    path = write("x.yaml", CLAIMED)
    outcome = run_experiment(RunRequest(path), "none", page=True, check=Check.not_refuted)
    assert [(one.name, one.word) for one in outcome.failed] == [("it shrinks", "refuted")]
    assert outcome.lines[0] == "report: reports/x/README.md"
    assert outcome.lines[-2:] == ["check failed: of 2 claims 1 supported, 1 refuted", "  refuted: it shrinks"]
    assert "- refuted: it shrinks" in outcome.answer
    assert set(reads.values()) == {1}
    assert judged == [outcome.measured.results]
    reads.clear()
    run = concexp.Experiment(path).run(fresh=True, progress="none")
    assert run.cells["cell"].tolist() == outcome.measured.results.cells["cell"].tolist()
    assert reads[run.folder.name] == 1
    reads.clear()
    assert len(list(write_pages(run.folder))) == 1
    export_run(run.folder, "csv", [], tmp_path / "cells.csv")
    assert reads == {run.folder.name: 2}


def test_an_index_from_before_the_run_is_named(tmp_path, write, monkeypatch):
    """A run leaves the index around its page alone; where there is one, the last line says how to renew it."""
    monkeypatch.chdir(tmp_path)
    path = write("x.yaml", CLAIMED)
    assert "renews" not in " ".join(run_experiment(RunRequest(path), "none", page=True).lines)
    assert [page.path.as_posix() for page in write_pages(Path("reports"))] == [
        "reports/x/README.md",
        "reports/README.md",
    ]
    changed = write("y.yaml", CLAIMED)
    outcome = run_experiment(RunRequest(changed), "none", page=True)
    assert "reports/README.md is from before this: `concexp report reports` renews it" in outcome.lines
    list(write_pages(Path("reports")))
    assert index.is_outdated(outcome.measured.results, Path("reports/y")) is False


def test_a_page_without_a_part_ends_the_run_all_the_same(tmp_path, write, monkeypatch):
    """The run is finished, so that the same command does not fail on it for ever; the outcome is not a good one."""
    monkeypatch.chdir(tmp_path)

    def fails(*arguments):
        raise KeyError("model")

    monkeypatch.setattr(catalog.load("plot", "scaling"), "draw", fails)
    outcome = run_experiment(RunRequest(write("x.yaml", CLAIMED)), "none", page=True)
    assert outcome.bad == 1
    assert outcome.lines[0] == "report: reports/x/README.md"
    assert "lacks the picture “scaling” (KeyError: 'model', in " in outcome.lines[1]
    manifest = json.loads((outcome.measured.folder.path / "manifest.json").read_text("utf-8"))
    assert manifest["finished_at"]


def test_the_page_of_an_interrupted_run_may_lack_a_part(tmp_path, write, monkeypatch):
    """Where the page so far lacks a part, its place is printed, and what is missing; the run is not finished."""
    monkeypatch.chdir(tmp_path)

    def fails(*arguments):
        raise KeyError("model")

    def interrupted(self):
        journal_written(self)
        raise KeyboardInterrupt

    journal_written = runner.Runner.execute
    monkeypatch.setattr(runner.Runner, "execute", interrupted)
    monkeypatch.setattr(catalog.load("plot", "scaling"), "draw", fails)
    with pytest.raises(Interrupted) as caught:
        run_experiment(RunRequest(write("x.yaml", CLAIMED)), "none", page=True)
    assert caught.value.args[0] == "report so far: reports/x/README.md"
    assert "lacks the picture “scaling” (KeyError: 'model', in " in caught.value.args[1]
    assert (tmp_path / "reports/x/README.md").is_file()
    (manifest,) = tmp_path.glob("reports/x/runs/*/manifest.json")
    assert "finished_at" not in manifest.read_text("utf-8")


def test_the_language_of_the_page_changes_no_run(tmp_path, write, monkeypatch):
    """A run that was begun for a page in English is completed for one in Chinese; both pages are then of this run."""
    monkeypatch.chdir(tmp_path)
    path = write("x.yaml", CLAIMED)
    with monkeypatch.context() as patch:
        patch.setattr(run_folder, "finish", lambda *arguments: None)  # as if it were killed before its end
        run_experiment(RunRequest(path), "none", page=True)
    outcome = run_experiment(RunRequest(path, language="zh"), "none", page=True)
    assert outcome.lines[:2] == ["report: reports/x/README.zh.md", "report: reports/x/README.md"]
    assert len(list((tmp_path / "reports/x/runs").iterdir())) == 1
    assert any("论断" in line for line in outcome.answer)
    identity = outcome.measured.folder.manifest["identity"]
    again = run_experiment(RunRequest(path, sets=("report.language=zh",), fresh=True), "none", page=False)
    assert again.measured.folder.manifest["identity"] == identity


def test_nothing_is_measured_for_a_page_that_cannot_be_drawn(tmp_path, write, monkeypatch):
    """Without the font of its language a run ends before its first trial; measuring alone needs no font."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(font_files, "installed", lambda language: [])
    path = write("x.yaml", CLAIMED)
    with pytest.raises(InputError, match=r"pip install 'concexp\[zh\]'"):
        run_experiment(RunRequest(path, language="zh"), "none", page=True)
    assert not (tmp_path / "reports").exists()
    assert run_experiment(RunRequest(path, language="zh"), "none", page=False).answer == []
