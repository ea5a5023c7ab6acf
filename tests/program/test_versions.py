"""Versions of the user's code as users compare them: whole runs on a repository made for the test."""

import json

import pytest

from tests.helpers.program import concexp, run_folder
from tests.helpers.repository import Repository

YAML = """\
workload: {call: {target: b.py:bench, over: b.py:items, check: b.py:is_right}, as: bench}
model: serial
load: {duration: 5ms}
measure: {repetitions: 1, iterations: 1, warmup: 0}
files: data.txt
"""
BENCH = """\
from pkg.core import parse
import tool
def bench(n): return parse(n)
def items(): return [int(open("data.txt").read()), 2]
def is_right(value): return value > 0
"""


@pytest.fixture
def repository(tmp_path):
    """A package below src/, a benchmark beside it that uses it, and a working tree that is slower and returns something else."""
    found = Repository(tmp_path / "project")
    found.write(src__pkg__helper="STEP = 1\n", bench__b=BENCH, bench__tool="")
    found.write(src__pkg__core="from pkg.helper import STEP\ndef parse(n): return n + STEP\n")
    found.texts({"bench/x.yaml": YAML, "bench/data.txt": "1", ".gitignore": "reports/\n", "src/pkg/__init__.py": ""})
    found.commit()
    found.write(src__pkg__helper="STEP = 1\nfor _ in range(1000): pass\n")
    found.write(
        src__pkg__core="from pkg.helper import STEP\ndef parse(n): return sum(range(3000)) * 0 + n + 2 * STEP\n"
    )
    return found


def run(repository, *more):
    done = concexp(repository.root, "run", "bench/x.yaml", "--progress", "plain", *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def manifest(repository):
    return json.loads((run_folder(repository.root) / "manifest.json").read_text())


def test_a_run_against_a_revision(repository):
    """The first lines name the version; the manifest has the commit, and the hash of each imported file."""
    done = run(repository, "--against", "main")
    assert "worktree" in done.stdout
    assert "main" in done.stdout
    assert "bench returns something else in worktree than in main: operation 1 returned 3, in main 2" in done.stderr
    found = manifest(repository)
    assert found["versions"]["main"]["commit"] == repository.git("rev-parse", "main")
    assert found["versions"]["main"]["home"] == "bench"
    names = ("bench/b.py", "bench/tool.py", "src/pkg/__init__.py", "src/pkg/core.py", "src/pkg/helper.py")
    assert sorted(found["user_code"]) == sorted(
        f"{version}/{name}" for version in ("main", "worktree") for name in names
    )
    kept = run_folder(repository.root) / "code"
    for name in names:
        assert (kept / "main" / name).read_text() == repository.git("show", f"main:{name}") + "\n" * (
            (kept / "main" / name).read_text().endswith("\n")
        )
        assert (kept / "worktree" / name).read_text() == (repository.root / name).read_text()
    assert sorted(found["files"]) == ["main/data.txt", "worktree/data.txt"]
    assert str(repository.root) not in json.dumps(found)
    page = (repository.root / "reports/x/README.md").read_text()
    assert "| main (" in page
    assert repository.git("status", "--porcelain") == "M src/pkg/core.py\n M src/pkg/helper.py"


def test_the_runs_folder_asks_the_same_question_again(repository, tmp_path):
    """Where neither the repository nor git's commit is."""
    run(repository, "--against", "main")
    (repository.root / "reports").rename(tmp_path / "sent")
    (copy,) = (tmp_path / "sent/x/runs").iterdir()
    for path in repository.root.rglob("*.py"):
        path.unlink()
    done = concexp(tmp_path, "run", copy / "experiment.yaml", "--progress", "plain")
    assert done.returncode == 0, done.stdout + done.stderr
    again = json.loads((run_folder(tmp_path) / "manifest.json").read_text())
    before = json.loads((copy / "manifest.json").read_text())
    assert again["user_code"] == before["user_code"]
    assert {label: one["identity"] for label, one in again["versions"].items()} == {
        label: one["identity"] for label, one in before["versions"].items()
    }


def test_an_unfinished_run_goes_on_unless_the_branch_moved(repository):
    """A commit is known by its SHA: then it is a new run, and that is said."""
    run(repository, "--against", "main", "--no-report")
    run(repository, "--against", "main", "--no-report")
    first = run_folder(repository.root).name  # the only one
    repository.commit()
    done = run(repository, "--against", "main", "--no-report")
    short = repository.git("rev-parse", "--short=7", "main")
    assert f"this is a new run: {first} was begun with other versions of your code (main is now {short})" in done.stderr
    assert "worktree runs the same code as main: no file that is imported differs" in done.stderr


def test_a_version_that_cannot_be_imported_has_a_reason(repository):
    """Its cells cannot run, the others do; in all versions it is an error before anything is measured."""
    repository.write(src__pkg__core="import nowhere_to_be_found\n")
    done = run(repository, "--against", "main")
    assert (
        "1 cell cannot run: in worktree: b.py:bench cannot be imported: core.py:1: there is no module 'nowhere_to_be_found'"
        in (done.stderr)
    )
    assert "Nothing to compare: no cell ran both in main and in another version." in done.stdout
    checked = ("--no-report", "--check", "--junit", "junit.xml")
    failed = concexp(repository.root, "run", "bench/x.yaml", "--against", "main", *checked)
    assert failed.returncode == 1
    assert "check failed: tolerance 5 %: 1 regression" in failed.stdout
    assert '<failure message="regression: cannot run' in (repository.root / "junit.xml").read_text()
    repository.commit()
    wrong = concexp(repository.root, "run", "bench/x.yaml", "--progress", "plain", "--against", "main")
    assert wrong.returncode == 2
    assert "bench/x.yaml:1:" in wrong.stderr


def test_edits_during_a_run_do_not_reach_it(repository):
    """The files are exported before: what is measured is what was there when the command was given."""
    repository.write(bench__b=BENCH + "import os, pathlib\n" + "HERE = pathlib.Path(__file__)\n")
    edit = (
        f"pathlib.Path({str(repository.root / 'src/pkg/core.py')!r}).write_text('def parse(n): raise ValueError')\n"
        "def bench(n): return parse(n)\n"
    )
    repository.write(bench__b=BENCH + "import pathlib\n" + edit)
    run(repository, "--against", "main")
    assert {
        one["status"]
        for one in map(json.loads, (run_folder(repository.root) / "journal.jsonl").read_text().splitlines()[1:])
        if "status" in one
    } == {"ok"}
