"""What entry points there are, and which of them cannot be used."""

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from concexp import installed


@pytest.fixture
def points(monkeypatch):
    """Lets these entry points be installed."""

    def install(*names_and_values):
        found = EntryPoints(EntryPoint(name, value, "concexp.workloads") for name, value in names_and_values)
        monkeypatch.setattr(installed, "_entry_points", lambda: found)
        monkeypatch.setattr(installed, "points", installed.points.__wrapped__)

    return install


def test_the_groups(monkeypatch):
    """Packages add workloads, models, primitives, metrics and plots; a probe is nobody else's."""
    groups = [f"concexp.{kind}" for kind in ("workloads", "models", "sync", "metrics", "plots")]
    points = EntryPoints(EntryPoint(f"theirs_{group}", "a:B", group) for group in [*groups, "concexp.probes"])
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


@pytest.mark.parametrize("name", ["my-load", "a.b", "Parse", "../x", "1st"])
def test_a_name_that_no_yaml_could_have_is_refused(points, name):
    """A hyphen or a dot would mean something else in conditions and axes."""
    points((name, "one:Parse"))
    why, _ = installed.refusal("workload", name, "")
    assert f"'{name}', a workload of one:Parse" in why
