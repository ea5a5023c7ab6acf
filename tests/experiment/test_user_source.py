"""Names of user code -> the files and modules that define it, found without importing them."""

import sys
from pathlib import Path

import pytest

from concexp.experiment import user_source
from tests.helpers.user_code import SHOUTS, problems


def test_a_module_is_found_without_importing_it(read, write, tmp_path):
    """`package.module:name`: the package's own code is not run, not even that of the package above it."""
    (tmp_path / "pack").mkdir()
    write("pack/__init__.py", SHOUTS)
    write("pack/inner.py", "def bench_x(): pass\n" + SHOUTS)
    (entry,) = read("pack.inner:bench_*")
    assert (entry.label, entry.name) == ("bench_x", "pack.inner:bench_x")
    assert entry.located.source == str(tmp_path / "pack/inner.py")
    assert entry.request()["parameters"]["module"] == "pack.inner"
    assert not list(tmp_path.rglob("*.executed"))
    assert "pack" not in sys.modules


def test_modules_of_the_library_and_of_packages(read):
    """What is installed is found; what is built in or an extension has no source, and its names are taken on trust."""
    (entry,) = read("{json:loads: {s: '[1]'}}")
    assert entry.located.source.endswith("json/__init__.py")
    (entry,) = read("math:tau_of_anything")
    assert entry.located.source == ""
    assert user_source.find_module("yaml.nodes", Path()).origin.endswith("nodes.py")


def test_neither_pythonpath_nor_the_working_folder_is_searched(read, tmp_path, monkeypatch):
    """The child's environment has neither, so a module that only they have is not there."""
    for number, way in enumerate(("PYTHONPATH", "cwd")):
        folder = tmp_path / way
        folder.mkdir()
        (folder / f"elsewhere_{number}.py").write_text("def f(): pass\n")
        monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "PYTHONPATH"))
    monkeypatch.chdir(tmp_path / "cwd")
    for number in (0, 1):
        (found,) = problems(read, f"elsewhere_{number}:f")
        assert found.message == f"there is no module 'elsewhere_{number}'"
        assert str(tmp_path) in found.hint
        assert sys.executable in found.hint


@pytest.mark.parametrize("name", ["nope:f", "json.nope:f", "json.decoder.nope:f", "math.nope:f"])
def test_a_missing_module_tells_what_was_searched(read, name):
    """At whatever depth it ends."""
    (found,) = problems(read, name)
    assert "there is no module" in found.message
    assert "searched: what is installed for" in found.hint


def test_a_file_that_no_source_is_as_large_as_is_refused_unread(read, tmp_path):
    """Nobody waits for gigabytes to be parsed: the file's size is told, and it is not read to its end."""
    with (tmp_path / "huge.py").open("wb") as file:
        file.truncate(3 << 30)  # takes no room on the disk
    (found,) = problems(read, f"{tmp_path}/huge.py:f")
    assert "cannot read" in found.message
    assert "larger than 16 MiB" in found.message
