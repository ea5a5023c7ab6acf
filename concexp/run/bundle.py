"""A bundle: a run with all that it was made from, in one zip archive with the SHA-256 of each file. Read, never executed.

It is an RO-Crate, laid out as the folder of the run: unpacked it is one. `ro-crate-metadata.json` lists every other file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from concexp.errors import Damaged, EnvironmentRefused
from concexp.experiment import kept
from concexp.run.child import temp_folder
from concexp.run.storage import archive, foreign_file, journal
from concexp.run.storage.archive import Archive, damaged

METADATA = "ro-crate-metadata.json"
TRIAL_CODE = "trial_code"
REQUIRED = (METADATA, kept.EXPERIMENT, kept.RESOLVED, kept.MANIFEST, journal.NAME)
JSON_LIMIT = 16 << 20  # bytes of the metadata, and of the manifest
PARTS_LIMIT = 400_000  # maps and lists in it: each takes some hundred bytes of memory, and two of the file
COMPARED = ("identity", "user_code", "files", "trial_code", "interpreters")  # of the manifest and the journal's copy
BEGIN = b"PK\3\4"
SUM = "sha256"
FILE = "File"


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are those that it lists: their SHA-256 by name, and the manifest of its run."""

    path: Path
    sums: Mapping[str, str]
    sizes: Mapping[str, int]
    manifest: Mapping[str, Any]

    def below(self, folder: str) -> dict[str, str]:
        """The files in one of its folders: their SHA-256, by their names in it."""
        inside = f"{folder}/"
        return {name.removeprefix(inside): known for name, known in self.sums.items() if name.startswith(inside)}


def is_bundle(path: Path) -> bool:
    """Whether a path is that of a zip archive: runs are folders, journals are text."""
    return path.suffix == ".zip" or foreign_file.content(path, len(BEGIN)) == BEGIN


def check(path: Path) -> Bundle:
    """Read a bundle as a whole; Damaged says what is not as it was, or should not be there."""
    with archive.opened(path) as opened:
        return _checked(opened)


@contextlib.contextmanager
def unpacked(path: Path, names: Sequence[str] | None = None) -> Iterator[tuple[Bundle, Path]]:
    """A checked bundle and a folder with its files, or with those of `names`, which is removed at the end."""
    with temp_folder.folder() as folder:
        with archive.opened(path) as opened:
            bundle = _checked(opened)
            _unpack(opened, [name for name in opened.sizes if names is None or name in names], folder)
        yield bundle, folder


def _unpack(opened: Archive, names: Sequence[str], folder: Path) -> None:
    """Write files of a bundle into a folder; EnvironmentRefused if there is no room for them."""
    cure = "set TMPDIR to a folder with room for it"
    try:
        needed, free = sum(opened.sizes[name] for name in names), shutil.disk_usage(folder).free
        if needed > free:
            raise EnvironmentRefused(f"{opened.path} needs {needed:,} bytes, and {folder} has room for {free:,}", cure)
        archive.unpack(opened, names, folder)
    except OSError as error:
        raise EnvironmentRefused(f"cannot unpack {opened.path} to {folder}: {error.strerror or error}", cure) from error


def _checked(opened: Archive) -> Bundle:
    path = opened.path
    if missing := [name for name in REQUIRED if name not in opened.sizes]:
        raise damaged(path, f"it is no bundle: it has no {', '.join(missing)}")
    listed = _listed(opened)
    found = set(opened.sizes) - {METADATA}
    if missing := sorted(set(listed) - found):
        raise damaged(path, f"{missing[0]} is missing, which it lists" + _more(missing))
    if surplus := sorted(found - set(listed)):
        raise damaged(path, f"{surplus[0]} is in it, and not listed" + _more(surplus))
    for name, known in sorted(listed.items()):
        if (there := _sum(opened, name)) != known:
            raise damaged(path, f"{name} was changed: its SHA-256 is {there[:12]}…, and not {known[:12]}… as listed")
    manifest = _json(opened, kept.MANIFEST, JSON_LIMIT)
    bundle = Bundle(path, listed, dict(opened.sizes), manifest)
    _check_measured(opened, bundle)
    return bundle


def _more(names: list[str]) -> str:
    return f" (and {len(names) - 1:,} more)" if len(names) > 1 else ""


def _listed(opened: Archive) -> dict[str, str]:
    """The SHA-256 of each file as the metadata have it."""
    listed = {}
    for entity in _json(opened, METADATA, JSON_LIMIT).get("@graph") or ():
        kinds = entity.get("@type") if isinstance(entity, dict) else None
        if FILE not in (kinds if isinstance(kinds, list) else [kinds]):
            continue
        place, known = entity.get("@id"), entity.get(SUM)
        if not isinstance(place, str) or not isinstance(known, str):
            raise damaged(opened.path, f"{METADATA} lists a file without its name or its SHA-256")
        listed[unquote(place.removeprefix("./"))] = known
    return listed


def _json(opened: Archive, name: str, limit: int) -> dict[str, Any]:
    """A file that is a map of JSON."""
    data = opened.content(name, limit)
    try:
        if data.count(b"[") + data.count(b"{") > PARTS_LIMIT:
            raise ValueError("it has too many parts")
        found = json.loads(data)
        if not isinstance(found, dict):
            raise ValueError("it is no map")
    except (ValueError, RecursionError) as error:
        raise damaged(opened.path, f"{name} cannot be read: {error}") from error
    return found


def _sum(opened: Archive, name: str) -> str:
    total = hashlib.sha256()
    for chunk in opened.chunks(name):
        total.update(chunk)
    return total.hexdigest()


def _check_measured(opened: Archive, bundle: Bundle) -> None:
    """Damaged unless code and data in a bundle are those that its run measured."""
    files, code = (_map(bundle.manifest.get(key)) for key in ("files", "user_code"))
    kept_files = {name: _map(one).get("sha256") for name, one in files.items() if _map(one).get("kept")}
    for folder, measured in ((kept.CODE, code), (kept.FILES, kept_files)):
        there = bundle.below(folder)
        for name in sorted({*there, *measured}):
            if there.get(name) != measured.get(name):
                raise damaged(bundle.path, f"{folder}/{name} is not what the run measured, as {kept.MANIFEST} has it")
    names = bundle.below(TRIAL_CODE)
    if names and _digest(opened, sorted(names)) != bundle.manifest.get("trial_code"):
        raise damaged(bundle.path, f"{TRIAL_CODE}/ is not what the run's trials executed, as {kept.MANIFEST} has it")


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _digest(opened: Archive, names: list[str]) -> str:
    """What `stage.digest` gives for these files."""
    total = hashlib.sha256()
    for name in names:
        inside = f"{TRIAL_CODE}/{name}"
        total.update(f"{name}\0{opened.sizes[inside]}\0".encode())
        for chunk in opened.chunks(inside):
            total.update(chunk)
    return total.hexdigest()


def check_manifest(found: Bundle, measured: Mapping[str, Any]) -> None:
    """Damaged unless a bundle's manifest is of the same run as `measured`, the one in its journal."""
    for key in COMPARED:
        if found.manifest.get(key) != measured.get(key):
            raise damaged(found.path, f"{kept.MANIFEST} is not of the run in {journal.NAME}: they differ in {key}")


def named(error: Damaged, folder: Path, bundle: Path) -> Damaged:
    """The same exception, with the bundle's name for that of the folder into which it was unpacked for a moment."""
    return type(error)(error.message.replace(str(folder), str(bundle)), error.hint.replace(str(folder), str(bundle)))
