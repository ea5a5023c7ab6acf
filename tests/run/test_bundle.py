"""Bundles: what is in one is what it lists and what its run measured, or it is refused with what is wrong."""

import json
import os
import shutil
from types import SimpleNamespace

import pytest

import concexp
from concexp.errors import Damaged, EnvironmentRefused
from concexp.run import bundle
from concexp.run.bundle import METADATA
from concexp.run.storage import archive
from tests.helpers import bundles

CODE = {"my.py": b"def work():\n    return 1\n"}
DATA = {"data/a.csv": b"1,2\n"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A bundle with code and data."""
    return bundles.made(tmp_path_factory.mktemp("whole"), code=CODE, files=DATA)


def test_a_whole_bundle_is_read(whole):
    """With its sums, its sizes and its manifest."""
    found = bundle.check(whole)
    assert found.below("code") == {name: bundles.sha256(content) for name, content in CODE.items()}
    assert found.below("files") == {name: bundles.sha256(content) for name, content in DATA.items()}
    assert found.sizes["code/my.py"] == len(CODE["my.py"])
    assert found.manifest["concexp"] == "0.1.0"


def refused(path):
    """The reason why a bundle is refused; it is the same for all that read it."""
    with pytest.raises(Damaged) as caught:
        bundle.check(path)
    with pytest.raises(Damaged, match=r"\.zip"):
        concexp.load(path)
    assert str(path) in caught.value.message
    return caught.value.message


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"journal.jsonl": b"{}\n"}, "journal.jsonl was changed: its SHA-256 is"),
        ({"code/my.py": b"import os\n"}, "code/my.py was changed"),
        ({"README.md": None}, "README.md is missing, which it lists"),
        ({"README.md": None, "cells.csv": None}, "(and 1 more)"),
        ({"more.txt": b"1"}, "more.txt is in it, and not listed"),
        ({"code/sitecustomize.py": b"1"}, "code/sitecustomize.py is in it, and not listed"),
    ],
)
def test_what_is_not_as_listed_is_named(whole, tmp_path, changes, says):
    """A changed file, one that is missing, and one too many."""
    assert says in refused(bundles.changed(whole, tmp_path / "b.zip", changes, sums=False))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"code/my.py": b"import os\n"}, "code/my.py is not what the run measured"),
        ({"code/more.py": b"import os\n"}, "code/more.py is not what the run measured"),
        ({"code/my.py": None}, "code/my.py is not what the run measured"),
        ({"files/data/a.csv": b"3\n"}, "files/data/a.csv is not what the run measured"),
        ({"trial_code/__main__.py": b"1"}, "trial_code/ is not what the run's trials executed"),
        ({"experiment.yaml": None}, "it is no bundle: it has no experiment.yaml"),
        ({"manifest.json": b"[]"}, "manifest.json cannot be read: it is no map"),
        ({"manifest.json": b"{"}, "manifest.json cannot be read"),
    ],
)
def test_right_sums_do_not_make_other_code_measured(whole, tmp_path, changes, says):
    """The manifest knows what was measured, and code that was put in later is not that."""
    assert says in refused(bundles.changed(whole, tmp_path / "b.zip", changes))


def test_manifest_and_journal_are_of_one_run(whole, tmp_path):
    """The manifest cannot be changed to fit other code: the journal holds it as well."""
    manifest = json.loads(bundles.contents(whole)["manifest.json"])
    code = b"import os\n"
    manifest["user_code"]["my.py"] = bundles.sha256(code)
    changes = {"manifest.json": json.dumps(manifest).encode(), "code/my.py": code}
    path = bundles.changed(whole, tmp_path / "b.zip", changes)
    with pytest.raises(Damaged, match=r"manifest\.json is not of the run in journal\.jsonl: they differ in user_code"):
        concexp.load(path)


@pytest.mark.parametrize(
    "metadata",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b"{}," * 500_000,
        b'{"@graph": [{"@type": "File"}]}',
        b'{"@graph": [{"@type": "File", "@id": 5, "sha256": []}]}',
        b'{"@graph": {"@type": "File"}}',
        b'{"@graph": [5, null, "x"]}',
    ],
    ids=lambda metadata: metadata[:40].decode("latin-1"),
)
def test_metadata_that_make_no_sense_are_refused(whole, tmp_path, metadata):
    """With a message, whatever they are."""
    refused(bundles.changed(whole, tmp_path / "b.zip", {METADATA: metadata}, sums=False))


def test_a_bundle_is_loaded_like_its_run(whole, tmp_path):
    """Tables and pictures are the same, and nothing is left of what was unpacked."""
    path = shutil.copy(whole, tmp_path / "b.zip")
    loaded, run = concexp.load(path), concexp.load(whole.parent / "run")
    assert loaded.cells.equals(run.cells)
    assert loaded.trials.equals(run.trials)
    assert loaded.folder == path
    assert [one.name for one in tmp_path.iterdir()] == ["b.zip"]


def test_a_damaged_journal_is_named_by_its_bundle(whole, tmp_path):
    """The message has no temporary folder."""
    lines = bundles.contents(whole)["journal.jsonl"].splitlines(keepends=True)
    path = bundles.changed(whole, tmp_path / "b.zip", {"journal.jsonl": b"".join([lines[0], *lines[2:]])})
    with pytest.raises(Damaged) as caught:
        concexp.load(path)
    assert caught.value.message.startswith(f"{path}/journal.jsonl:2: this line is damaged")


def test_nothing_is_left_of_what_was_unpacked(whole):
    """Neither at the end nor after an exception."""
    with bundle.unpacked(whole) as (found, folder):
        assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == set(found.sizes)
    assert not folder.exists()
    with pytest.raises(ZeroDivisionError), bundle.unpacked(whole) as (_, folder):
        raise ZeroDivisionError
    assert not folder.exists()


def test_no_room_is_said_before_anything_is_written(whole, monkeypatch):
    """With what it needs; a full disk meanwhile is no traceback either."""
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=100))
    with pytest.raises(EnvironmentRefused, match=r"and .* has room for 100"), bundle.unpacked(whole):
        pass
    monkeypatch.undo()
    monkeypatch.setattr(archive, "unpack", lambda *_: os.open("/dev/none/x", os.O_RDONLY))
    with pytest.raises(EnvironmentRefused, match="cannot unpack"), bundle.unpacked(whole):
        pass
