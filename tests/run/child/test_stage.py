"""The stage: the same code gives the same place, damage is repaired, and every process of a trial finds it."""

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from concexp.errors import EnvironmentRefused
from concexp.run.child import stage
from concexp.run.child.launch import launch
from tests.helpers.children import function, request


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "concexp"


def contents(folder):
    """All files of a folder: relative path -> bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_it_holds_the_code_and_nothing_else(cache):
    """The stage is the sealed child's code, an empty package around it, and a main program; for its owner only."""
    ready = stage.stage_child_code()
    assert contents(ready.path) == stage.code()
    assert ready.main.read_text() == stage.MAIN
    assert (ready.path / "concexp/__init__.py").read_bytes() == b""
    assert ready.path.parent == cache
    assert ready.path.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in cache.iterdir()] == [ready.path.name]


def test_the_hash_names_the_code():
    """The folder's name is the beginning of the SHA-256 over names and contents; a second call changes nothing."""
    ready = stage.stage_child_code()
    total = hashlib.sha256()
    for name, content in sorted(stage.code().items()):
        total.update(name.encode() + b"\0" + str(len(content)).encode() + b"\0" + content)
    assert ready.sha256 == total.hexdigest()
    assert ready.path.name == f"trial-{ready.sha256[:16]}"
    before = ready.path.stat().st_ino
    assert stage.stage_child_code() == ready
    assert ready.path.stat().st_ino == before


def test_the_hash_tells_all_changes():
    """Another byte, another name, or a byte that moves from one file to the next: another hash."""
    one = {"a": b"xy", "b": b"z"}
    others = [{"a": b"xy", "b": b"Z"}, {"a": b"xy", "c": b"z"}, {"a": b"x", "b": b"yz"}, {"a": b"xy"}]
    assert len({stage.digest(files) for files in [one, *others]}) == 5
    assert stage.digest(dict(reversed(one.items()))) == stage.digest(one)


@pytest.mark.parametrize("damage", ["changed", "missing", "more", "a file in its place"])
def test_damage_is_repaired(damage, cache):
    """A stage that is not what it should be is put aside and written anew before anything runs from it."""
    ready = stage.stage_child_code()
    victim = ready.path / "concexp/trial/passes.py"
    if damage == "changed":
        victim.write_bytes(victim.read_bytes() + b"import os\n")
    elif damage == "missing":
        victim.unlink()
    elif damage == "more":
        (ready.path / "concexp/json.py").write_text("raise SystemExit\n")
    else:
        ready.path.rename(cache / "elsewhere")
        ready.path.write_text("no folder")
    assert stage.stage_child_code() == ready
    assert contents(ready.path) == stage.code()


def test_code_from_another_machine_is_staged_as_it_came(cache):
    """It is staged beside this concexp's own, by its own hash, and repaired from itself."""
    files = {**stage.code(), "concexp/trial/wire.py": stage.code()["concexp/trial/wire.py"] + b"# another one\n"}
    ready = stage.stage_files(files)
    assert ready.sha256 == stage.digest(files) != stage.stage_child_code().sha256
    (ready.path / "concexp/trial/wire.py").write_bytes(b"")
    assert stage.repair(ready, sys.executable)
    assert stage.intact(ready.path, files)


def test_many_at_once_agree():
    """Runs that start at the same time find one whole stage."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: stage.stage_child_code(), range(16)))
    assert set(found) == {found[0]}
    assert contents(found[0].path) == stage.code()


@pytest.fixture
def temporary(tmp_path_factory, monkeypatch):
    """A temporary folder of the test's own, in which no stage is yet."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    stage._temporary_folder.cache_clear()
    yield folder
    stage._temporary_folder.cache_clear()


def test_where_the_cache_cannot_be_written_the_stage_is_temporary(tmp_path, monkeypatch, temporary):
    """It is whole, is found again by the same process, and a note says what to set."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "below"))
    ready = stage.stage_child_code()
    assert ready.path.is_relative_to(temporary)
    assert contents(ready.path) == stage.code()
    assert "cannot write the code of the trials" in ready.note
    assert "XDG_CACHE_HOME" in ready.note
    assert stage.stage_child_code() == ready
    assert launch(request(), sys.executable, ready, 60).status == "ok"


def test_without_any_place_the_run_is_refused(tmp_path, monkeypatch, temporary):
    """Exit 3, saying where and what to set."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "below"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file" / "below"))
    with pytest.raises(EnvironmentRefused, match="nor to a temporary folder") as caught:
        stage.stage_child_code()
    assert "XDG_CACHE_HOME" in caught.value.hint
    assert caught.value.exit_code == 3


READ_ONLY = """\
import sys
from concexp.run.child import stage
ready = stage.stage_child_code()
stage.compile_for(sys.executable, ready)
stage.compile_for(sys.argv[1], ready)
print(ready.path)
"""


def test_a_temporary_stage_goes_with_its_process(tmp_path, temporary):
    """And with that of the process only, not of its forks."""
    (tmp_path / "file").write_text("")
    code = READ_ONLY + "import os\nif os.fork() == 0:\n    sys.exit()\nos.wait()\nassert ready.path.is_dir()\n"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "file"), "TMPDIR": str(temporary)}
    done = subprocess.run([sys.executable, "-c", code, sys.executable], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(temporary) in done.stdout
    assert os.listdir(temporary) == []


def test_compiling_is_done_once(cache):
    """The stage is compiled for an interpreter once, stays intact by it, and is found compiled afterwards."""
    ready = stage.stage_child_code()
    stage.compile_for(sys.executable, ready)
    compiled = {p: p.stat().st_mtime_ns for p in ready.path.rglob("*.pyc")}
    assert compiled
    stage.compile_for(sys.executable, ready)
    assert stage.stage_child_code() == ready
    assert {p: p.stat().st_mtime_ns for p in ready.path.rglob("*.pyc")} == compiled


@pytest.mark.parametrize(
    "damage", ["half a file", "a file that is gone", "the whole stage", "a changed source", "the stamp"]
)
def test_what_is_damaged_between_two_trials_is_repaired(cache, damage):
    """Byte code counts, too: half a file of it, as a power cut leaves it, would fail every trial for ever."""
    ready = stage.stage_child_code()
    stage.compile_for(sys.executable, ready)
    assert not stage.repair(ready, sys.executable)
    one = next(path for path in sorted(ready.path.rglob("*.pyc")) if path.name.startswith("wire."))
    if damage == "half a file":
        one.write_bytes(one.read_bytes()[:300])
    elif damage == "a file that is gone":
        one.unlink()
    elif damage == "the whole stage":
        shutil.rmtree(ready.path)
    elif damage == "a changed source":
        (ready.path / "concexp/trial/wire.py").write_text("")
    else:
        next(ready.path.glob("compiled-*")).write_text("[")
    assert stage.repair(ready, sys.executable)
    assert launch(request(), sys.executable, ready, 60).status == "ok"
    assert not stage.repair(ready, sys.executable)


def test_interpreters_of_one_version_share_their_byte_code(cache, tmp_path):
    """A second one of the same kind finds it compiled, and leaves it as it is."""
    ready = stage.stage_child_code()
    stage.compile_for(sys.executable, ready)
    other = tmp_path / "python"
    other.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    before = {p: p.stat().st_mtime_ns for p in ready.path.rglob("*.pyc")}
    stage.compile_for(str(other), ready)
    assert {p: p.stat().st_mtime_ns for p in ready.path.rglob("*.pyc")} == before
    assert stage.is_compiled(str(other), ready)
    assert stage.is_compiled(sys.executable, ready)


def test_a_stage_that_became_read_only_is_used_as_it_is(cache, tmp_path, monkeypatch):
    """Its byte code is there already, and another interpreter of the version uses it without leaving a stamp."""
    ready = stage.stage_child_code()
    stage.compile_for(sys.executable, ready)
    other = tmp_path / "python"
    other.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)

    def read_only(path, content):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(stage.Path, "write_text", read_only)
    stage.compile_for(str(other), ready)
    assert not stage.is_compiled(str(other), ready)
    assert stage.stage_child_code() == ready


def test_a_user_without_a_home_is_told(monkeypatch):
    """No home folder, and no place named: exit 3 with what to set."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME")

    def nobody():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(stage.Path, "home", nobody)
    with pytest.raises(EnvironmentRefused, match="no home folder") as caught:
        stage.cache_folder()
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_a_relative_place_is_below_the_working_folder(monkeypatch, tmp_path):
    """The trials have working folders of their own: the path to their code must not depend on it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert stage.cache_folder() == tmp_path / "here" / "concexp"
    ready = stage.stage_child_code()
    assert launch(request(), sys.executable, ready, 60).status == "ok"


def test_a_stage_that_cannot_be_written_leaves_nothing(cache, monkeypatch, temporary):
    """A disk that is full meanwhile: exit 3, and no half of a stage in the cache nor in the temporary folder."""

    def full(path, content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(stage.Path, "write_bytes", full)
    with pytest.raises(EnvironmentRefused, match="No space left"):
        stage.stage_child_code()
    assert list(stage.cache_folder().iterdir()) == []


def test_an_interpreter_that_cannot_compile_is_no_error():
    """Without compiled files trials start more slowly, and that is all."""
    ready = stage.stage_child_code()
    stage.compile_for("/bin/false", ready)
    assert not list(ready.path.glob("compiled-*"))


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_processes_of_a_trial_find_the_same_package(method, write, cache):
    """However a worker came into being, its `concexp` is the stage's, not the one that is installed."""
    body = (
        "import concexp.trial.tools\ndef work():\n    raise KeyError(concexp.trial.tools.__file__, concexp.__file__)\n"
    )
    ready = stage.stage_child_code()
    # `site`: the interpreter's own packages are in sight, and concexp itself is among them.
    asked = request(function(write("mine.py", body)), ("processes", {"start_method": method}))
    ending = launch(asked, sys.executable, ready, 60, site=True)
    expected = [str(ready.path / "concexp/trial/tools.py"), str(ready.path / "concexp/__init__.py")]
    assert ending.reason == f"KeyError: {tuple(expected)!r}"


def test_without_site_nothing_installed_is_in_sight(write):
    """Our own workloads see the standard library only; with `site` a user's file sees what is installed, too."""
    path = write("mine.py", "import sys\ndef work():\n    import pytest\n")
    assert launch(request(function(path), workers=1), sys.executable, stage.stage_child_code(), 60).reason.startswith(
        "ModuleNotFoundError"
    )
    assert (
        launch(request(function(path), workers=1), sys.executable, stage.stage_child_code(), 60, site=True).status
        == "ok"
    )


def test_the_place_of_the_cache(monkeypatch, tmp_path):
    """$XDG_CACHE_HOME/concexp, or ~/.cache/concexp where it is not set."""
    assert stage.cache_folder() == tmp_path / "concexp"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert stage.cache_folder() == tmp_path / ".cache" / "concexp"
