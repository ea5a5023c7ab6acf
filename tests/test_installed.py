"""What entry points there are, and which of them cannot be used."""

import sys
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, EntryPoints
from types import SimpleNamespace

import pytest

from concexp import installed


@pytest.fixture
def points(monkeypatch):
    """Lets these entry points be installed."""

    def install(*names_and_values):
        found = EntryPoints(EntryPoint(name, value, "concexp.workloads") for name, value in names_and_values)
        monkeypatch.setattr(installed, "_may_be_any", lambda: True)
        monkeypatch.setattr(installed, "_entry_points", lambda: found)
        monkeypatch.setattr(installed, "points", installed.points.__wrapped__)

    return install


def test_the_groups(monkeypatch):
    """Packages add workloads, models, primitives, metrics and plots; a probe is nobody else's."""
    groups = [f"concexp.{kind}" for kind in ("workloads", "models", "sync", "metrics", "plots")]
    points = EntryPoints(EntryPoint(f"theirs_{group}", "a:B", group) for group in [*groups, "concexp.probes"])
    monkeypatch.setattr(installed, "_may_be_any", lambda: True)
    monkeypatch.setattr(installed, "_entry_points", lambda: points)
    found = [name for kind in (*installed.GROUPS, "probe") for name in installed.points.__wrapped__(kind)]
    assert found == [f"theirs_{group}" for group in groups]


def test_two_packages_with_one_name_are_refused_with_both_places(points):
    """Whichever came first would be chance."""
    points(("parse", "one.work:Parse"), ("parse", "two:Parse"), ("other", "two:Other"))
    why, cure = installed.refusal("workload", "parse", "")
    assert why.startswith("the workload 'parse' is in one.work:Parse (one.work:Parse) and in two:Parse (two:Parse)")
    assert cure == installed.CURE
    assert installed.refusal("workload", "other", "") == ("", "")


@pytest.mark.parametrize(
    ("name", "text", "may"),
    [
        ("theirs-1.0.dist-info", "[console_scripts]\na = b:c\n\n[concexp.workloads]\nx = y:Z\n", True),
        ("theirs.egg-info", "[ concexp.plots ]\nx = y:Z\n", True),
        ("theirs-1.0.dist-info", "[console_scripts]\nconcexp.x = b:c\n", False),
        ("theirs-1.0.dist-info", None, False),
        ("elsewhere", "[concexp.workloads]\nx = y:Z\n", False),
        ("theirs-1.0.egg", None, True),
    ],
)
def test_packages_without_plug_ins_are_not_read(monkeypatch, tmp_path, name, text, may):
    """Only where a list of entry points names a group of ours, or cannot be looked at so, are those of all packages read."""
    (tmp_path / name).mkdir()
    if text is not None:
        (tmp_path / name / "entry_points.txt").write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "nowhere")])
    monkeypatch.setattr(sys, "meta_path", [PathFinder])
    monkeypatch.setattr(installed, "_entry_points", lambda: pytest.fail("they were read") if not may else EntryPoints())
    monkeypatch.setattr(installed, "_may_be_any", installed._may_be_any.__wrapped__)
    assert installed._may_be_any() is may
    assert installed.points.__wrapped__("workload") == {}


def test_packages_in_archives_and_of_other_finders_are_read(monkeypatch, tmp_path):
    """What is on the path may be a zip file, and what finds packages may be another program's."""
    archive = tmp_path / "packages.zip"
    archive.write_bytes(b"PK")
    monkeypatch.setattr(sys, "meta_path", [PathFinder])
    monkeypatch.setattr(sys, "path", [str(archive)])
    assert installed._may_be_any.__wrapped__()
    monkeypatch.setattr(sys, "path", [])
    assert not installed._may_be_any.__wrapped__()
    monkeypatch.setattr(sys, "meta_path", [PathFinder, SimpleNamespace(find_distributions=None)])
    assert installed._may_be_any.__wrapped__()


@pytest.mark.parametrize("name", ["my-load", "a.b", "Parse", "../x", "1st"])
def test_a_name_that_no_yaml_could_have_is_refused(points, name):
    """A hyphen or a dot would mean something else in conditions and axes."""
    points((name, "one:Parse"))
    why, _ = installed.refusal("workload", name, "")
    assert f"'{name}', a workload of one:Parse" in why
