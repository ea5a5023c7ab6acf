"""`init --plugin`: a package that is installed, keeps the contracts, and runs."""

import importlib
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from concexp import catalog, experiment, installed
from concexp.commands.init_plugin import write_plugin
from concexp.errors import EnvironmentRefused, InputError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Works in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def package(folder, monkeypatch):
    """A written package, installed for this process by the entry points in its pyproject.toml."""
    place = write_plugin("written_words")
    project = tomllib.loads((place / "pyproject.toml").read_text())["project"]
    groups = {
        group: {name: (EntryPoint(name, value, group),) for name, value in those.items()}
        for group, those in project["entry-points"].items()
    }
    monkeypatch.setattr(installed, "points", lambda kind: groups.get(installed.GROUPS.get(kind), {}))
    monkeypatch.syspath_prepend(str(place.absolute()))
    importlib.invalidate_caches()
    for cached in (catalog.load, catalog.origin):
        cached.cache_clear()
    before = set(sys.modules)
    yield place
    for name in set(sys.modules) - before:
        if name.startswith(("written_words", "test_plugins")):
            del sys.modules[name]
    for cached in (catalog.load, catalog.origin):
        cached.cache_clear()


@pytest.mark.slow
def test_its_own_tests_pass(package, monkeypatch):
    """The contracts that it inherits, and its own test."""
    monkeypatch.syspath_prepend(str((package / "tests").absolute()))
    tests = importlib.import_module("test_plugins")
    ran = 0
    for contract in (tests.TestWorkload, tests.TestMetric):
        for name in [name for name in dir(contract) if name.startswith("test_")]:
            getattr(contract(), name)()
            ran += 1
    tests.test_a_text_has_the_words_that_were_asked_for()
    assert ran > 8


def test_its_example_is_valid(package):
    """It names the workload with its parameter, and the metric."""
    spec = experiment.load(package / "example.yaml")
    assert [entry.name for entry in spec.grids[0].workload] == ["written_words"]
    assert spec.metrics == ("written_words_words_per_s",)


@pytest.mark.parametrize("name", ["Words", "my-words", "../x", "json", "concexp", "counter", "throughput"])
def test_a_name_that_cannot_be_is_refused(name):
    """No name of the YAML, a module of the standard library, or a plug-in that is there already."""
    with pytest.raises(InputError):
        write_plugin(name)
    assert not Path(name).exists()


def test_a_folder_that_is_there_stays_as_it_is():
    """Nothing in it is overwritten."""
    Path("words").mkdir()
    with pytest.raises(EnvironmentRefused, match="words is there already"):
        write_plugin("words")
    assert list(Path("words").iterdir()) == []
