"""Facts about the machine: what the system tells, what it does not, and what only work tells."""

import json
import subprocess

import pytest

from concexp import machine


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
    assert machine.effective_cpus(alone, together, spinners) == cpus


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
        return machine.cgroup_quota(tmp_path / "cgroup", mine)

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
    monkeypatch.setattr(machine, "affinity", lambda: 8)
    for quota, usable in [(None, 8), (3.9, 3), (0.5, 1), (64.0, 8)]:
        monkeypatch.setattr(machine, "cgroup_quota", lambda quota=quota: quota)
        assert machine.usable_cpus() == usable


def test_the_facts_go_into_json_and_name_nobody():
    """All facts are plain values; neither the host's name nor the user's is among them."""
    text = json.dumps(machine.facts())
    assert machine.facts()["cpus"] == machine.usable_cpus()
    assert machine.socket.gethostname() not in text
    assert len(machine.host()) == 8


def test_the_commit_and_whether_it_was_changed(tmp_path):
    """Outside a repository there is none; inside, a changed file makes it dirty, an unknown file does not."""
    assert machine.git(tmp_path) is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / "file").write_text("one")
    subprocess.run([*git, "add", "file"], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    commit = machine.git(tmp_path)
    assert len(commit["commit"]) == 40
    assert commit["dirty"] is False
    (tmp_path / "other").write_text("new")
    assert machine.git(tmp_path) == commit
    (tmp_path / "file").write_text("two")
    assert machine.git(tmp_path)["dirty"] is True
