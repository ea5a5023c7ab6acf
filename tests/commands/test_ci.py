"""`concexp ci`: what it runs, its exit code, and the files that it leaves, whatever happens."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from concexp.commands.check import Check
from concexp.commands.ci import CiRequest, check_in_ci
from concexp.errors import InputError
from tests.helpers.repository import Repository

MADE_UP = """\
workload: {call: {target: b.py:bench}, as: bench}
model: {simulated: {noise: 0.001}}
load: {ops: 100}
measure: {repetitions: 5, iterations: 1}
report: {plots: []}
"""
YAMLS = {
    "equal.yaml": MADE_UP,
    "refuted.yaml": f"{MADE_UP}claims: [{{says: it is slow, expect: throughput < 1/s}}]\n",
    "slower.yaml": f"{MADE_UP}sweep: {{zip: [{{code: [HEAD, worktree], simulated.speed: [1000, 900]}}]}}\n",
    "no_code.yaml": MADE_UP.replace("{call: {target: b.py:bench}, as: bench}", "noop"),
    "refused.yaml": f'{MADE_UP}sweep: {{python: ["3.1"]}}\n',
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with the experiments, which is the working folder."""
    found = Repository(tmp_path / "project")
    found.write(b="def bench(): return 1\n")
    found.texts(YAMLS)
    found.commit()
    monkeypatch.chdir(found.root)
    return found


def check(*names, said=None, **more):
    """(the exit code, the suites of junit.xml by name: the names of verdicts with the tags of their results)."""
    asked = {"against": "HEAD", **more}
    code = check_in_ci(
        CiRequest([Path(f"{name}.yaml") for name in names], **asked), "none", [].append if said is None else said.append
    )
    document = ET.parse("concexp-ci/junit.xml").getroot()
    return code, {
        suite.get("name"): {case.get("name"): case[0].tag for case in suite.iter("testcase")} for suite in document
    }


def test_an_equal_version_passes(project):
    """All files are there, a bundle too, and the next run does not take them for the user's code."""
    said = []
    code, suites = check("equal", said=said, summary=project.root / "summary.md")
    assert code == 0
    assert suites == {"equal": {"bench · worktree": "system-out", "all trials end as expected": "system-out"}}
    out = project.root / "concexp-ci"
    assert (out / "reports/equal/README.md").is_file()
    assert (out / "reports/equal/equal.html").is_file()
    assert len(list(out.glob("equal-*.zip"))) == 1
    summary = (out / "summary.md").read_text()
    assert "**passed**: 2 passed" in summary
    assert (project.root / "summary.md").read_text() == summary
    first, title, *_ = (out / "comment.md").read_text().splitlines()
    assert (first, title) == ("<!-- concexp: concexp -->", "## concexp: passed")
    assert "check passed: tolerance 5 %: 1 passed" in said
    (project.root / "summary.md").unlink()
    (manifest,) = (json.loads(path.read_text()) for path in out.glob("reports/equal/runs/*/manifest.json"))
    identity = manifest["versions"]["worktree"]["identity"]
    check("equal")
    again = [json.loads(path.read_text()) for path in out.glob("reports/equal/runs/*/manifest.json")]
    assert {one["versions"]["worktree"]["identity"] for one in again} == {identity}
    assert len(again) == 2


def test_a_refuted_claim_fails(project):
    """With its figures in the summary."""
    code, suites = check("refuted")
    assert code == 1
    assert suites["refuted"]["it is slow"] == "failure"
    assert "- **refuted**: it is slow: throughput &lt; 1/s" in (project.root / "concexp-ci/summary.md").read_text()


def test_a_regression_fails_beyond_the_tolerance(project):
    """Also of versions that the experiment names, where a tolerance is given; then what else belongs to a version may differ."""
    assert check("slower")[0] == 0
    code, suites = check("slower", tolerance="5%")
    assert code == 1
    assert list(suites["slower"].values()) == ["failure", "system-out"]
    assert check("slower", tolerance="20%")[0] == 0


def test_what_is_open_fails_a_strict_check(project):
    """One trial has no interval."""
    once = {"sets": ("measure.repetitions=1",)}
    code, suites = check("equal", **once)
    assert (code, suites["equal"]["bench · worktree"]) == (0, "skipped")
    assert "passed, with open verdicts" in (project.root / "concexp-ci/comment.md").read_text()
    code, suites = check("equal", check=Check.supported, **once)
    assert (code, suites["equal"]["bench · worktree"]) == (1, "failure")
    assert "## concexp: failed" in (project.root / "concexp-ci/comment.md").read_text()


def test_experiments_without_code_of_the_users_are_checked_alone(project):
    """And it is said why they are not compared with the revision."""
    said = []
    code, suites = check("no_code", said=said)
    assert code == 0
    assert suites == {"no_code": {"all trials end as expected": "system-out"}}
    assert said[0] == "no_code.yaml is checked, but not against HEAD: nothing that it measures is code of yours"


def test_one_that_cannot_run_fails_and_the_others_run(project):
    """The exit code is that of the refusal, and no list of tests lacks it."""
    code, suites = check("refused", "equal")
    assert code == 3
    assert suites["refused"] == {"it runs": "error"}
    assert suites["equal"]["bench · worktree"] == "system-out"
    comment = (project.root / "concexp-ci/comment.md").read_text()
    assert "## concexp: failed" in comment
    assert "it could not run" in comment


def test_an_unknown_revision_fails_like_a_mistake(project):
    """With the reason in the comment."""
    code, suites = check("equal", against="nowhere")
    assert (code, suites["equal"]) == (2, {"it runs": "error"})
    assert "there is no revision 'nowhere'" in (project.root / "concexp-ci/comment.md").read_text()


def test_mistakes_are_found_before_anything_is_measured(project):
    """All of them at once."""
    project.texts({"one.yaml": "workload: cpu_sums\nmodel: serial\n", "two.yaml": "model: serial\n"})
    with pytest.raises(InputError) as caught:
        check("equal", "one", "two")
    assert {problem.file for problem in caught.value.problems} == {"one.yaml", "two.yaml"}
    assert not (project.root / "concexp-ci").exists()
