"""What an interpreter has installed is told without importing it."""

import sys
from importlib import metadata

from concexp.trial.verbs import packages


def test_versions_of_what_is_installed():
    """Others are left out."""
    asked = {"verb": "packages", "names": ["numpy", "no_such_package"]}
    assert packages.answer(asked) == {"versions": {"numpy": metadata.version("numpy")}}


def test_what_was_imported_is_named_by_its_package(monkeypatch):
    """Also where module and package have different names; the standard library and concexp are none."""
    monkeypatch.setattr(
        sys, "modules", dict.fromkeys(["os", "json.decoder", "concexp.trial", "yaml.nodes", "mine", "numpy"])
    )
    assert packages.loaded({"numpy"}) == {"PyYAML": metadata.version("PyYAML")}
    monkeypatch.setattr(sys, "modules", dict.fromkeys(["os", "sys"]))
    assert packages.loaded(set()) == {}


def test_an_old_interpreter_knows_no_packages(monkeypatch):
    """Before Python 3.10 nothing maps modules to packages."""
    monkeypatch.setattr(sys, "modules", dict.fromkeys(["yaml"]))
    monkeypatch.delattr(metadata, "packages_distributions")
    assert packages.loaded(set()) == {}
