"""Names of user code -> the files and modules that define it, found without importing them."""

import site
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from concexp.experiment import user_source
from tests.helpers.children import ask
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


@pytest.fixture
def searched(monkeypatch):
    """Lets a test change what the interpreter is asked with: it is asked once per process otherwise."""
    user_source.trial_path.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    user_source.trial_path.cache_clear()


def test_pythonpath_takes_nothing_away(read, searched):
    """The environment's own folder is searched, also where PYTHONPATH names it."""
    installed = str(Path(yaml.__file__).parents[1])
    searched.setenv("PYTHONPATH", installed)
    assert read("{yaml:safe_load: {stream: ''}}")[0].located.source == str(Path(yaml.__file__).parent / "__init__.py")


def test_what_validate_finds_is_what_a_trial_finds(read, searched, tmp_path):
    """A package of this user's own (pip install --user) is in neither path, whatever this process itself can import."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "of_this_user.py").write_text("def f(): pass\n")
    searched.setenv("PYTHONUSERBASE", str(own))
    searched.syspath_prepend(str(own))
    searched.setattr(site, "ENABLE_USER_SITE", True)
    (found,) = problems(read, "of_this_user:f")
    assert "pip install --user" in found.hint
    trial = ask({"verb": "look", "workload": {"path": "", "module": "of_this_user", "home": "", "function": "f",
                                              "arguments": {}}}, site=True)  # fmt: skip
    assert "there is no module 'of_this_user'" in trial.answer["problem"]
    assert "pip install --user" in trial.answer["cure"]
    code = "import sys; print(*sys.path, sep='\\0', end='')"
    child = subprocess.run([sys.executable, "-s", "-c", code], capture_output=True, text=True, env={}, check=True)
    assert list(user_source.trial_path()) == child.stdout.split("\0")[1:], "without the folder of the program itself"


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
