"""Facts about the machine: what the system tells, what it does not, and what only work tells."""

import json
import subprocess

import pytest

from concexp.run.machine import facts
from concexp.run.machine import spinners as _spinners


@pytest.mark.parametrize(
    ("alone", "together", "spinners", "cpus"),
    [
        ([100, 80, 500], [150, 140, 3], 2, 1.4),  # medians over the rounds
        ([100], [203], 2, 2.0),  # more than one per spinner is the noise of "alone"
        ([10], [0], 2, 0.0),
        ([0, 0], [5, 5], 2, None),  # too busy to let a single spinner turn once
        ([], [], 2, None),
    ],
)
def test_effective_cpus(alone, together, spinners, cpus):
    """The ratio of the medians of the work, within what the spinners can use."""
    assert _spinners.effective_cpus(alone, together, spinners) == cpus


@pytest.mark.parametrize(("quota", "cpus"), [(0.5, 0.5), (1.5, 1.4), (None, 1.4)])
def test_no_more_effective_cpus_than_the_quota(quota, cpus):
    """A quota of half a CPU stops a spinner that runs alone just as often, so that the ratio of the work does not show it."""
    assert _spinners.effective_cpus([100], [140], 2, quota) == cpus


@pytest.fixture
def groups(tmp_path):
    """Build a cgroup tree and a membership file; the quota that is found there."""

    def quota(membership, files):
        for name, text in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        mine = tmp_path / "membership"
        mine.write_text(membership)
        return facts.cgroup_quota(tmp_path / "cgroup", mine)

    return quota


def test_a_group_without_a_limit(groups):
    """No file, or `max`, is no limit."""
    assert groups("0::/a/b\n", {}) is None
    assert groups("0::/a/b\n", {"a/b/cpu.max": "max 100000"}) is None


def test_the_narrowest_group_above_limits(groups):
    """A parent's quota holds for its children."""
    files = {"a/cpu.max": "150000 100000", "a/b/cpu.max": "400000 100000", "cpu.max": "max 100000"}
    assert groups("0::/a/b\n", files) == 1.5


def test_version_one(groups):
    """The first version of cgroups has a folder per controller and -1 for no limit."""
    files = {"cpu/x/cpu.cfs_quota_us": "250000", "cpu/x/cpu.cfs_period_us": "100000", "cpu/cpu.cfs_quota_us": "-1"}
    assert groups("7:memory:/x\n4:cpu,cpuacct:/x\n", files) == 2.5


def test_usable_cpus_are_whole_and_at_least_one(monkeypatch):
    """Affinity, cut by the quota, rounded down; never 0."""
    monkeypatch.setattr(facts, "affinity", lambda: 8)
    for quota, usable in [(None, 8), (3.9, 3), (0.5, 1), (64.0, 8)]:
        monkeypatch.setattr(facts, "cgroup_quota", lambda quota=quota: quota)
        assert facts.usable_cpus() == usable


def test_the_facts_go_into_json_and_name_nobody():
    """All facts are plain values; neither the host's name nor the user's is among them."""
    text = json.dumps(facts.facts())
    assert facts.facts()["cpus"] == facts.usable_cpus()
    assert facts.socket.gethostname() not in text
    assert len(facts.host()) == 8


def test_git_tells_of_changes_that_can_matter(tmp_path):
    """Outside a repository there is none; a changed or deleted file makes it dirty, but no unknown one and no report."""
    there, reports = tmp_path / "lab[1]", tmp_path / "lab[1]" / "reports"
    written = ("README.md", "x/README.md", "x/x.html", "x/figures/a.png", "x/runs/1/cells.csv")
    pages = [reports / name for name in written]
    mine = [there / "work.py", reports / "work.py", there / "doc" / "README.md"]
    for path in [*pages, *mine]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")
    assert facts.git(there, reports) is None
    git = ["git", "-C", str(there), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *command], check=True)
    clean = facts.git(there, reports)
    assert len(clean["commit"]) == 40
    assert clean["dirty"] is False
    (there / "unknown.txt").write_text("x")
    for path in pages:
        path.unlink()
    assert facts.git(there, reports) == facts.git(there / "doc", reports) == clean
    assert facts.git(there, tmp_path / "elsewhere")["dirty"] is True
    for path in mine:
        path.write_text("2")
        assert facts.git(there, reports)["dirty"] is True
        path.write_text("1")
    assert facts.git(there, reports) == clean


def test_a_strangers_repository_runs_nothing(tmp_path):
    """Its configuration may name programs, for its index, its filters and its hooks: asking for the facts starts none of them."""
    there, sign = tmp_path / "theirs", tmp_path / "it-ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {sign}\ncat\n")
    program.chmod(0o755)
    there.mkdir()
    git = ["git", "-C", str(there), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    (there / "data.bin").write_text("one")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    (there / ".gitattributes").write_text("* filter=theirs diff=theirs\n")
    (there / "data.bin").write_text("two")
    config = {"core.fsmonitor": program, "core.pager": program, "diff.external": program, "filter.theirs.clean": program,
              "filter.theirs.process": program, "filter.theirs.required": "true", "diff.theirs.textconv": program}  # fmt: skip
    for key, value in config.items():
        subprocess.run([*git, "-c", "core.fsmonitor=false", "config", key, str(value)], check=True)
    for hook in (there / ".git/hooks").iterdir():
        hook.unlink()
    for hook in ("post-index-change", "reference-transaction"):
        (there / ".git/hooks" / hook).symlink_to(program)
    sign.unlink(missing_ok=True)
    found = facts.git(there, tmp_path / "reports")
    assert found is not None
    assert found["dirty"] is True
    assert not sign.exists()


def test_a_host_may_be_named(monkeypatch):
    """Where machines cannot be told apart by their ids, as containers of one image: the name itself shows nowhere."""
    own = facts.host()
    monkeypatch.setenv("CONCEXP_HOST", "node-17")
    named = facts.host()
    assert named != own
    assert len(named) == 8
    assert "node" not in named
