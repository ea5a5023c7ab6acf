"""`concexp bundle`: one archive with all that a run was made from, the same bytes each time, and nothing of this machine."""

import json
import os
import re
import shutil
import zipfile
from urllib.parse import unquote

import pytest

from concexp.commands.bundle import make_bundle
from concexp.errors import Damaged, EnvironmentRefused, InputError
from concexp.run import bundle
from concexp.run.child import stage
from concexp.run.storage import journal
from tests.helpers import bundles

CODE = {"my.py": b"def work():\n    return 1\n", "pkg/helper.py": b"x = 1\n"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run's folder, with other things in it and beside it."""
    run = bundles.run_folder(
        tmp_path_factory.mktemp("runs"), code=CODE, manifest={"trial_code": stage.digest(stage.code())}
    )
    (run / "run.log").write_text("secret\n")
    (run / "code/notes.txt").write_text("secret\n")
    (run / "written").mkdir()
    (run / "written/x.yaml").write_text("extends: common.yaml\n")
    return run


@pytest.fixture(scope="module")
def made(folder, tmp_path_factory):
    """The bundle of this run."""
    return make_bundle(
        folder, tmp_path_factory.mktemp("made") / "a.zip", ["Ada Lovelace <https://orcid.org/1>", "Al"], "MIT"
    )


def test_it_holds_what_the_run_was_made_from(made):
    """And nothing else that lies in the run's folder."""
    names = set(bundles.contents(made.path))
    assert {
        "ro-crate-metadata.json", "experiment.yaml", "resolved.yaml", "manifest.json", "journal.jsonl", "results.parquet",
        "cells.csv", "README.md", "code/my.py", "code/pkg/helper.py", "written/x.yaml", "figures/comparison.png",
        "trial_code/__main__.py", "trial_code/concexp/trial/verbs/measure.py",
    } <= names  # fmt: skip
    folders = ("trial_code/", "figures/")
    assert len([name for name in names if not name.startswith(folders)]) == 11
    assert dict(made.sizes) == {name: len(content) for name, content in bundles.contents(made.path).items()}


def test_the_same_run_gives_the_same_bytes(folder, made, tmp_path, monkeypatch):
    """From another folder, at another time, of files with other times and permissions."""
    copy = shutil.copytree(folder, tmp_path / folder.name)
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    again = make_bundle(copy, authors=["Ada Lovelace <https://orcid.org/1>", "Al"], licence="MIT")
    assert str(again.path) == f"made_up-{folder.name}.zip"
    assert again.path.read_bytes() == made.path.read_bytes()
    assert again.sha256 == made.sha256 == bundles.sha256(made.path.read_bytes())


def test_times_are_those_of_the_run(made):
    """Of each file, and in the metadata."""
    with zipfile.ZipFile(made.path) as opened:
        assert {info.date_time for info in opened.infolist()} == {(2026, 1, 2, 3, 9, 6)}
    metadata = bundles.contents(made.path)["ro-crate-metadata.json"].decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT", metadata)) == {"2026-01-02T"}


def test_every_file_is_listed_with_its_sum(made):
    """In an RO-Crate whose root has them all, with authors and licence."""
    contents = bundles.contents(made.path)
    entities = {one["@id"]: one for one in json.loads(contents["ro-crate-metadata.json"])["@graph"]}
    files = {unquote(name): one for name, one in entities.items() if one["@type"] == "File"}
    assert {name: one["sha256"] for name, one in files.items()} == {
        name: bundles.sha256(content) for name, content in contents.items() if name != "ro-crate-metadata.json"
    }
    root = entities["./"]
    assert {one["@id"] for one in root["hasPart"]} == {name for name, one in entities.items() if one["@type"] == "File"}
    assert root["license"] == {"@id": "https://spdx.org/licenses/MIT"}
    assert [entities[one["@id"]]["name"] for one in root["author"]] == ["Ada Lovelace", "Al"]
    programs = {one["name"]: one.get("version") for one in entities.values() if one["@type"] == "SoftwareApplication"}
    assert programs == {"concexp": "0.1.0", "CPython (current)": "3.11.7", "pandas": "3.0"}


def test_author_and_licence_of_the_experiment_hold_where_none_are_given(tmp_path):
    """Each by itself."""
    spec = {"author": "Grace Hopper", "license": "CC0-1.0"}
    made = make_bundle(bundles.run_folder(tmp_path, spec=spec), tmp_path / "a.zip", licence="MIT")
    entities = {one["@id"]: one for one in json.loads(bundles.contents(made.path)["ro-crate-metadata.json"])["@graph"]}
    assert entities["./"]["license"] == {"@id": "https://spdx.org/licenses/MIT"}
    assert entities[entities["./"]["author"][0]["@id"]]["name"] == "Grace Hopper"


def test_links_of_the_page_lead_to_files_of_the_bundle(made):
    """Its pictures, its tables, the journal."""
    contents = bundles.contents(made.path)
    links = re.findall(r"\]\(([^)#:]+)\)", contents["README.md"].decode())
    assert links
    assert {os.path.normpath(unquote(link)) for link in links} - set(contents) - {"."} == set()


def test_a_run_of_another_version_has_no_trial_code(tmp_path):
    """It is said, and so is what was too large to be kept."""
    large = {"big.bin": {"sha256": "0" * 64, "bytes": 1 << 30, "kept": False}}
    folder = bundles.run_folder(tmp_path / "run", manifest={"files": large, "secrets": ["TOKEN"], "quick": True})
    made = make_bundle(folder, tmp_path / "a.zip")
    assert not [name for name in made.sizes if name.startswith("trial_code/")]
    notes = "\n".join(made.notes)
    assert "the code of the trials is not in the bundle" in notes
    assert "big.bin (1,073,741,824 bytes) is not in the bundle" in notes
    assert "of the secret variables TOKEN the bundle has the names only" in notes
    assert "is one of --quick" in notes
    bundle.check(made.path)


def test_trial_code_of_an_earlier_version_is_found_in_the_cache(tmp_path, monkeypatch):
    """As long as it lies there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = {"__main__.py": b"1", "concexp/trial/x.py": b"2"}
    sha256 = stage.digest(files)
    stage.put(stage.cache_folder() / f"trial-{sha256[:16]}", files)
    folder = bundles.run_folder(tmp_path / "run", manifest={"trial_code": sha256})
    contents = bundles.contents(make_bundle(folder, tmp_path / "a.zip").path)
    assert {name: contents[f"trial_code/{name}"] for name in files} == files


def test_what_was_changed_since_is_not_packed(tmp_path):
    """Code in the run's folder that is not what was measured ends it, and no file is left."""
    folder = bundles.run_folder(tmp_path / "run", code=CODE)
    (folder / "code/my.py").write_text("other\n")
    with pytest.raises(Damaged, match=r"my\.py was changed since it was measured"):
        make_bundle(folder, tmp_path / "a.zip")
    (folder / "code/my.py").unlink()
    (folder / "code/my.py").symlink_to("/etc/hostname")
    with pytest.raises(Damaged, match=r"my\.py is not there"):
        make_bundle(folder, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_what_cannot_be_packed_is_refused(made, tmp_path):
    """A bundle, half a folder, a run that goes on, a place that cannot be written."""
    with pytest.raises(InputError, match="it is a bundle already"):
        make_bundle(made.path)
    folder = bundles.run_folder(tmp_path / "run")
    with journal.Writer(folder / journal.NAME), pytest.raises(EnvironmentRefused, match="goes on at the moment"):
        make_bundle(folder, tmp_path / "a.zip")
    with pytest.raises(EnvironmentRefused, match="cannot write"):
        make_bundle(folder, tmp_path / "none/a.zip")
    (folder / "resolved.yaml").unlink()
    with pytest.raises(EnvironmentRefused, match=r"has no resolved\.yaml"):
        make_bundle(folder, tmp_path / "a.zip")


def test_folders_of_users_are_pointed_out(tmp_path):
    """In whichever file they stand, before it is sent to anyone."""
    folder = bundles.run_folder(tmp_path / "run", code={"my.py": b"DATA = '/home/alice/data.csv'\n"})
    made = make_bundle(folder, tmp_path / "a.zip")
    (note,) = [note for note in made.notes if "my.py" in note]
    assert note.startswith("code/my.py names a user's folder or this machine: /home/alice/ (1×)")
