"""Which files of a package a trial gets."""

import importlib
import sys
from importlib.metadata import EntryPoint

import pytest

from concexp import catalog, installed
from concexp.errors import EnvironmentRefused
from concexp.experiment import plugin_files

CLASS = "class Work:\n    packages = ()\n    def work(self): pass\n    def check(self): pass\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Writes files into a folder that is searched for imports, and installs one of its classes as the workload `theirs`."""

    def install(files, value):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        point = EntryPoint("theirs", value, "concexp.workloads")
        monkeypatch.setattr(installed, "points", lambda kind: {"theirs": (point,)} if kind == "workload" else {})
        importlib.invalidate_caches()
        return plugin_files.sources([("workload", "theirs"), ("workload", "cpu_sum"), ("model", "threads")])

    monkeypatch.syspath_prepend(str(tmp_path))
    load = catalog.load
    load.cache_clear()
    before = set(sys.modules)
    yield install
    for name in set(sys.modules) - before:
        del sys.modules[name]
    load.cache_clear()


def test_the_module_its_packages_and_what_they_import_of_their_own(package):
    """Relative imports and those within a function count; what nobody imports, and other packages, do not."""
    files = {
        "theirs_a/__init__.py": "from . import names\n",
        "theirs_a/names.py": "",
        "theirs_a/deep/__init__.py": "",
        "theirs_a/deep/work.py": f"import json\nfrom ..sums import total\nimport elsewhere_a\n{CLASS}",
        "theirs_a/sums.py": "def total():\n    from theirs_a.late import x\n",
        "theirs_a/late.py": "x = 1\n",
        "theirs_a/unused.py": "",
        "elsewhere_a.py": "",
    }
    found = package(files, "theirs_a.deep.work:Work")
    assert sorted(found) == [
        "theirs_a/__init__.py", "theirs_a/deep/__init__.py", "theirs_a/deep/work.py", "theirs_a/late.py",
        "theirs_a/names.py", "theirs_a/sums.py",
    ]  # fmt: skip
    assert found["theirs_a/late.py"] == b"x = 1\n"


def test_a_single_module(package):
    """Its file alone."""
    assert package({"theirs_b.py": CLASS}, "theirs_b:Work") == {"theirs_b.py": CLASS.encode()}


def test_a_namespace_package(package):
    """A company's shared name has no file of its own."""
    assert [*package({"company_c/plugins/work.py": CLASS}, "company_c.plugins.work:Work")] == [
        "company_c/plugins/work.py"
    ]


def test_a_name_of_the_standard_library_is_refused(package, monkeypatch):
    """Trials would import the wrong one of the two."""
    monkeypatch.setattr(catalog, "load", lambda kind, name: object)
    with pytest.raises(EnvironmentRefused, match=r"the workload 'theirs' .* a module 'colorsys' is there already"):
        package({}, "colorsys:Work")


def test_a_module_without_source_is_refused(package, monkeypatch):
    """An extension module is made for one interpreter."""
    monkeypatch.setattr(catalog, "load", lambda kind, name: object)
    with pytest.raises(EnvironmentRefused, match=r"numpy._core._multiarray_umath has no source file"):
        package({}, "numpy._core._multiarray_umath:Work")
