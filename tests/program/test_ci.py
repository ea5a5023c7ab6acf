"""What other projects take from this one: the steps of the Action, as a runner executes them, and the hook for pre-commit."""

import json
import os
import re
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
import yaml

from tests.helpers.program import ROOT, concexp
from tests.helpers.repository import Repository

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}
MADE_UP = """\
workload: {call: {target: b.py:bench}, as: bench}
model: {simulated: {noise: 0.001}}
load: {ops: 100}
measure: {repetitions: 5, iterations: 1}
report: {plots: []}
"""
REFUTED = f"{MADE_UP}claims: [{{says: it is slow, expect: throughput < 1/s}}]\n"
SLOWER = f"{MADE_UP}sweep: {{zip: [{{code: [HEAD, worktree], simulated.speed: [1000, 900]}}]}}\n"
# Real trials: the file as it is cannot be imported any more.
BROKEN = """\
workload: {call: {target: c.py:bench}, as: bench}
model: serial
load: {ops: 10}
measure: {repetitions: 1, iterations: 1, warmup: 0, control: off}
report: {plots: []}
"""
# What GitHub's command line does with the three calls of the step; COMMENTS is the file that stands for the server.
GH = r"""
import json, os, re, sys
call = sys.argv[1:]
comments = json.load(open(os.environ["COMMENTS"]))
assert call.pop(0) == "api" and os.environ["GH_TOKEN"] == "secret"
if "--jq" in call:
    assert call[:2] == ["--paginate", "repos/ada/demo/issues/7/comments"]
    marker = re.fullmatch(r'\.\[\] \| select\(\.body \| startswith\("(.*)"\)\) \| \.id', call[3])[1]
    print(*[one["id"] for one in comments if one["body"].startswith(marker)], sep="\n")
    sys.exit()
silent, method, verb, place, field, body = call
assert (silent, method, field, body[:6]) == ("--silent", "--method", "--field", "body=@")
text = open(body[6:], encoding="utf-8").read()
assert len(text) <= 65536
if verb == "POST" and place == "repos/ada/demo/issues/7/comments":
    comments.append({"id": 100 + len(comments), "body": text})
else:
    assert verb == "PATCH"
    (one,) = [one for one in comments if place == "repos/ada/demo/issues/comments/%d" % one["id"]]
    one["body"] = text
json.dump(comments, open(os.environ["COMMENTS"], "w"))
"""


class Runner:
    """Executes steps of the Action in a project as GitHub's runner does, with a pull request and a server of its own."""

    def __init__(self, project, folder):
        self.project, self.folder = project, folder
        self.summary, self.comments = folder / "step_summary.md", folder / "comments.json"
        self.comments.write_text(json.dumps([{"id": 1, "body": "Nice."}]))
        for name, arguments in (("concexp", "-m concexp"), ("gh", folder / "gh.py")):
            program = folder / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.write_text(f'#!/bin/sh\nexec {sys.executable} {arguments} "$@"\n')
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        (folder / "gh.py").write_text(GH)

    def run(self, name, **inputs):
        """The CompletedProcess of a step; inputs that are not given have their defaults."""
        step = STEPS[name]
        known = {name: one["default"] for name, one in ACTION["inputs"].items()} | {"token": "secret"} | inputs
        values = {f"inputs.{name}": value for name, value in known.items()} | {"github.event.pull_request.number": "7"}
        environment = {name: fill(text, values) for name, text in step.get("env", {}).items()}
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]  # what comes from a stranger's pull request is a value, never a command
        return self.execute(step["run"], environment)

    def execute(self, commands, environment=None):
        """The CompletedProcess of some lines of bash, as the runner calls it."""
        script = self.folder / "step.sh"
        script.write_text(commands)
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self.project.root,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                **(environment or {}),
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "GITHUB_REPOSITORY": "ada/demo",
                "COMMENTS": str(self.comments),
            },
        )


def fill(text, values):
    """A text with its expressions filled in."""
    return re.sub(r"\$\{\{ (\S+) \}\}", lambda match: values[match[1]], text)


@pytest.fixture
def runner(tmp_path):
    """A runner for a project with an equal version, a refuted claim, a slower version, and one that does not run any more."""
    project = Repository(tmp_path / "project")
    project.write(experiments__b="def bench(): return 1\n", experiments__c="def bench(): return 1\n")
    experiments = {"equal": MADE_UP, "refuted": REFUTED, "slower": SLOWER, "broken": BROKEN}
    project.texts({f"experiments/{name}.yaml": text for name, text in experiments.items()})
    project.commit()
    project.write(experiments__c="import nowhere_to_be_found\ndef bench(): return 1\n")
    return Runner(project, tmp_path)


def test_the_steps_of_the_action(runner):
    """An equal version passes; a refuted claim, a slower version and one that does not run any more each fail.

    Summary, comment, list of tests and artifacts say so, and the comment is replaced in place.
    """
    base = runner.project.git("rev-parse", "HEAD")
    out = runner.project.root / "concexp-ci"
    good = runner.run("check", base=base, experiments="experiments/equal.yaml")
    assert good.returncode == 0, good.stdout + good.stderr
    assert f"worktree ran the same code as {base[:7]}" in good.stdout
    assert "**passed**" in runner.summary.read_text()
    assert runner.run("comment").returncode == 0
    first = json.loads(runner.comments.read_text())
    assert [one["id"] for one in first] == [1, 101]
    assert "## concexp: passed" in first[1]["body"]

    bad = runner.run("check", base=base, tolerance="5%")
    assert bad.returncode == 1, bad.stdout + bad.stderr
    suites = {one.get("name"): one for one in ET.parse(out / "junit.xml").getroot()}
    assert {name: one.get("failures") for name, one in suites.items()} == {
        "broken": "1", "equal": "0", "refuted": "1", "slower": "1"
    }  # fmt: skip
    assert "cannot run" in suites["broken"].find(".//failure").text
    assert "% slower" in suites["slower"].find(".//failure").text
    assert "refuted" in suites["refuted"].find(".//failure").get("message")
    assert runner.run("comment").returncode == 0
    kept, replaced = json.loads(runner.comments.read_text())
    assert (kept["body"], replaced["id"]) == ("Nice.", 101)
    assert replaced["body"] == (out / "comment.md").read_text()
    for text in (replaced["body"], runner.summary.read_text()):
        assert "- **refuted**: it is slow" in text
        assert "- **regression**: bench · worktree: " in text
    assert {one.name for one in (out / "reports").iterdir()} == set(suites)
    assert len(list(out.glob("*.zip"))) == 5  # one of the first call
    assert STEPS["artifacts"]["with"]["path"] == "${{ inputs.out }}"
    assert all("!cancelled()" in STEPS[step]["if"] for step in ("comment", "artifacts"))


def test_without_a_base_only_claims_are_checked(runner):
    """As of the first push of a branch, which GitHub gives as zeros; strangers may not comment, and that fails nothing."""
    done = runner.run("check", base="0" * 40, experiments="experiments/refuted.yaml")
    assert done.returncode == 1
    assert "::notice::" in done.stdout
    assert "worktree" not in (runner.project.root / "concexp-ci/comment.md").read_text()
    (runner.folder / "gh.py").write_text("import sys\nsys.exit('HTTP 403' if '--method' in sys.argv else 0)\n")
    refused = runner.run("comment")
    assert refused.returncode == 0
    assert "::warning::" in refused.stdout


def test_the_base_is_fetched_where_only_the_head_is_there(runner, tmp_path):
    """As `actions/checkout` leaves a repository without `fetch-depth: 0`."""
    base = runner.project.git("rev-parse", "HEAD")
    runner.project.commit("head")
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", f"file://{runner.project.root}", tmp_path / "shallow"], check=True
    )
    runner.project.git("config", "uploadpack.allowAnySHA1InWant", "true")
    runner.project.root = tmp_path / "shallow"
    done = runner.run("check", base=base, experiments="experiments/equal.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert base[:7] in (tmp_path / "shallow/concexp-ci/summary.md").read_text()


def test_the_same_in_a_shell(runner):
    """The lines of the manual that stand for the Action where there is none, but for the installation."""
    manual = (ROOT / "docs/sharing.md").read_text()
    _, *lines = re.search(r"```sh\n(pip install concexp\n.*?)```", manual, re.DOTALL)[1].splitlines()
    project = runner.project
    project.git("update-ref", "refs/remotes/origin/main", "HEAD")
    for name in ("refuted", "slower", "broken"):
        (project.root / f"experiments/{name}.yaml").unlink()
    project.commit("head")
    done = runner.execute("\n".join(lines))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "check passed: tolerance 5 %: 1 passed" in done.stdout
    assert project.git("rev-parse", "--short", "origin/main") in (project.root / "concexp-ci/comment.md").read_text()


def test_the_hook_for_pre_commit(tmp_path):
    """It gets the experiments among the files of a commit, and fails for a wrong one with its place."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    program, *arguments = hook["entry"].split()
    assert program == "concexp"
    own = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "experiments").glob("*.yaml"))[:3]]
    assert all(re.search(hook["files"], name) for name in own)
    assert not re.search(hook["files"], ".github/workflows/test.yaml")
    assert concexp(ROOT, *arguments, *own).returncode == 0
    (tmp_path / "x.yaml").write_text("workload: cpu_sums\nmodel: serial\n")
    wrong = concexp(tmp_path, *arguments, "x.yaml")
    assert wrong.returncode == 2
    assert "x.yaml:1:11" in wrong.stderr
