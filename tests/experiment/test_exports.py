"""Versions as folders: written once, found again by what is in them, and never half."""

import os
import time

import pytest

from concexp.experiment import exports


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/concexp/versions"


def folder(tmp_path, **files):
    place = tmp_path / "project"
    place.mkdir(exist_ok=True)
    for name, text in files.items():
        (place / f"{name}.py").write_text(text)
    return place


def test_equal_contents_are_one_export(tmp_path, cache):
    """Exported once; another content is another export, and the name of the folder stays, since packages are named by it."""
    place = folder(tmp_path, my="x = 1\n")
    first, sha256 = exports.of_files(exports.of_folder(place), "project")
    assert exports.of_files(exports.of_folder(place), "project") == (first, sha256)
    assert (first.name, (first / "my.py").read_text()) == ("project", "x = 1\n")
    folder(tmp_path, my="x = 2\n")
    second, other = exports.of_files(exports.of_folder(place), "project")
    assert (second != first, other != sha256, len(list(cache.iterdir()))) == (True, True, 2)
    assert (first / "my.py").read_text() == "x = 1\n"


def test_an_export_that_was_changed_is_made_again(tmp_path):
    """What was tampered with is not measured."""
    place = folder(tmp_path, my="x = 1\n")
    found, _ = exports.of_files(exports.of_folder(place), "project")
    (found / "my.py").write_text("x = 100\n")
    again, _ = exports.of_files(exports.of_folder(place), "project")
    assert (again, (again / "my.py").read_text()) == (found, "x = 1\n")


def test_byte_code_does_not_count(tmp_path):
    """Python writes it beside the sources of an export, and of the original."""
    place = folder(tmp_path, my="x = 1\n")
    found, sha256 = exports.of_files(exports.of_folder(place), "project")
    for one in (found, place):
        (one / "__pycache__").mkdir()
        (one / "__pycache__/my.pyc").write_bytes(b"x")
    before = os.stat(found).st_ino
    assert exports.of_files(exports.of_folder(place), "project") == (found, sha256)
    assert os.stat(found).st_ino == before


def test_results_environments_and_other_repositories_are_no_code(tmp_path):
    """What a run writes must not make another version, or it could never be completed."""
    place = folder(tmp_path, my="x = 1\n")
    run = place / "reports/x/runs/20260101T000000Z-0badcafe"
    for path in (run, place / "reports/x/figures", place / "venv/lib", place / ".git"):
        path.mkdir(parents=True)
    for path in (run / "journal.jsonl", place / "reports/x/README.md", place / "reports/x/figures/a.png"):
        path.write_text("")
    for path in (place / "venv/pyvenv.cfg", place / "venv/lib/a.py", place / ".git/config", place / "reports/mine.py"):
        path.write_text("")
    assert sorted(exports.of_folder(place)) == ["my.py", "reports/mine.py"]


def test_what_is_no_program_is_refused_early(tmp_path, monkeypatch):
    """A home folder is not copied into the cache."""
    monkeypatch.setattr(exports, "FILES_LIMIT", 3)
    place = folder(tmp_path, a="", b="", c="", d="")
    with pytest.raises(exports.TooLarge, match="it holds 4 files"):
        exports.of_folder(place)


def test_what_was_not_used_for_long_is_removed(tmp_path, cache):
    """Only when something new is exported."""
    old, _ = exports.of_files(exports.of_folder(folder(tmp_path, my="x = 1\n")), "project")
    long_ago = time.time() - 2 * exports.KEPT_S
    os.utime(old.parents[1] / exports.WHOLE, (long_ago, long_ago))
    exports.of_files(exports.of_folder(folder(tmp_path, my="x = 2\n")), "project")
    assert not old.exists()
    assert len(list(cache.iterdir())) == 1
