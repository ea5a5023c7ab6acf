"""Versions of the user's code as folders in the cache: a commit, the working tree as it is, or another folder.

Each is written once, beside its place, and renamed into it as a whole. It is found again by what is in it, so that a run which
goes on measures the same files, whatever happens to the originals meanwhile. What was not used for a month is removed.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from concexp.errors import EnvironmentRefused
from concexp.experiment import git
from concexp.experiment.cache import cache_folder

FILES_LIMIT, SIZE_LIMIT = 100_000, 2 << 30  # of a version: more is data, and each version would copy it
ATTEMPTS = 3
KEPT_S = 30 * 86400.0
WHOLE, TREE = "whole", "tree"  # in an entry of the cache: the sign that it is whole, and what was exported
SKIPPED = {".git", "__pycache__"}
# Where concexp writes: what a run adds must not make another version of the code that it measures.
RUN = re.compile(r"(?P<reports>.+)/runs/\d{8}T\d{6}Z-[0-9a-f]{8}(-\d+)?/.+")

PAGE = re.compile(r"README\.([\w-]+\.)?md")


class TooLarge(Exception):
    """A version that holds more than a program does; the text says how much."""


def of_commit(top: Path, sha: str) -> Path:
    """The folder with the files of a commit; one of `git.Failures`, or TooLarge."""
    _check_size(*git.size(top, sha))

    def write(place: Path) -> None:
        git.export(top, sha, place, place.parents[1] / "index")

    return _entry(sha, top.name, write)


def of_files(files: Mapping[str, Path], name: str) -> tuple[Path, str]:
    """(the folder with copies of these files, SHA-256 of their names and contents, hex); `name` is that of the folder."""
    sizes = [path.lstat().st_size for path in files.values()]
    _check_size(len(sizes), sum(sizes))
    for _ in range(ATTEMPTS):
        sha256 = content_hash(files)

        def write(place: Path) -> None:
            for inner, path in files.items():
                target = place / inner
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target, follow_symlinks=False)

        found = _entry(sha256, name, write)
        if content_hash({inner: found / inner for inner in files}) == sha256:
            return found, sha256
        shutil.rmtree(found.parents[1], ignore_errors=True)  # a file was edited while it was copied
    raise EnvironmentRefused(f"the files of {name} change all the time", "measure when nothing writes them")


def of_working_tree(top: Path) -> dict[str, Path]:
    """The files of a repository as they are, without those that are ignored, by their names from its root."""
    return _without_results({name: top / name for name in git.files(top)})


def of_folder(folder: Path) -> dict[str, Path]:
    """The files of any folder, by their names from it; OSError if it cannot be read, TooLarge before all of a disk is read."""
    found: dict[str, Path] = {}
    size = 0
    for here, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if name not in SKIPPED and not Path(here, name, "pyvenv.cfg").exists()]
        links = [name for name in folders if Path(here, name).is_symlink()]
        for name in [*names, *links]:
            path = Path(here, name)
            found[path.relative_to(folder).as_posix()] = path
            size += path.lstat().st_size
        _check_size(len(found), size)
    return _without_results(found)


def content_hash(files: Mapping[str, Path]) -> str:
    """SHA-256 over the names and contents of files, hex; of a link it is where it leads."""
    total = hashlib.sha256()
    for name in sorted(files):
        path = files[name]
        try:
            mode = path.lstat().st_mode
            content = os.fsencode(os.readlink(path)) if stat.S_ISLNK(mode) else path.read_bytes()
        except OSError:
            mode, content = 0, b""
        runs = bool(mode & stat.S_IXUSR)
        total.update(b"%s\0%d\0%d\0" % (os.fsencode(name), runs, len(content)))
        total.update(content)
    return total.hexdigest()


def _without_results(files: Mapping[str, Path]) -> dict[str, Path]:
    """Regular files and links, without byte code, environments of Python, and what concexp wrote."""
    reports = {found["reports"] for name in files if (found := RUN.fullmatch(name))}
    results = tuple(f"{folder}/{part}" for folder in sorted(reports) for part in ("runs/", "figures/", "figures."))
    environments = tuple(
        name.removesuffix("pyvenv.cfg") for name in files if name.rpartition("/")[2] == "pyvenv.cfg" and "/" in name
    )
    kept = {}
    for name, path in files.items():
        folder, _, last = name.rpartition("/")
        is_page = folder in reports and PAGE.fullmatch(last)
        skipped = is_page or name.startswith(results + environments) or SKIPPED & set(name.split("/"))
        if not skipped and _is_file(path):
            kept[name] = path
    return kept


def _is_file(path: Path) -> bool:
    """Whether it is there and a regular file or a link: git also names what was deleted, and folders of other repositories."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def _check_size(files: int, size: int) -> None:
    if files > FILES_LIMIT or size > SIZE_LIMIT:
        raise TooLarge(f"it holds {files:,} files with {size / 1e9:.1f} GB; the limits are {FILES_LIMIT:,} and 2 GB")


def _refuse(error: OSError) -> None:
    raise error


def _entry(identity: str, name: str, write: Callable[[Path], None]) -> Path:
    """The folder `name` with what `write` puts into it, from the cache if it is there as it was written."""
    key = hashlib.sha256(f"{identity}\0{name}".encode("utf-8", "surrogateescape")).hexdigest()[:24]
    entry = _versions() / key
    place = entry / TREE / name
    if _intact(entry):
        os.utime(entry / WHOLE)
        return place
    new = Path(tempfile.mkdtemp(prefix=f"{key}.", dir=entry.parent))
    _forget_old(entry.parent)
    try:
        (new / TREE / name).mkdir(parents=True)
        write(new / TREE / name)
        (new / WHOLE).write_text(_signature(new), "utf-8")
        if entry.exists():
            entry.rename(Path(tempfile.mkdtemp(prefix=f"{key}.damaged.", dir=entry.parent)) / "was")
        with contextlib.suppress(OSError):  # another process was first
            new.rename(entry)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return place


def _intact(entry: Path) -> bool:
    """Whether an entry of the cache is as it was written."""
    try:
        return entry.stat().st_uid == os.getuid() and (entry / WHOLE).read_text("utf-8") == _signature(entry)
    except OSError:
        return False


def _signature(entry: Path) -> str:
    """Sizes and times of all files of an entry: a change of a file changes one of them. Byte code is Python's own."""
    total = hashlib.sha256()
    for name, path in sorted(_walked(entry / TREE)):
        found = path.lstat()
        total.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _walked(folder: Path) -> Iterator[tuple[str, Path]]:
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from ((Path(here, name).relative_to(folder).as_posix(), Path(here, name)) for name in names)


def _versions() -> Path:
    """The folder of all exported versions: in the cache, or, where that cannot be written, one that goes with this process."""
    try:
        folder = cache_folder() / "versions"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK):
            return folder
    except (OSError, EnvironmentRefused):
        pass
    return _temporary(os.getpid())


@functools.cache
def _temporary(pid: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="concexp-versions-"))

    def end() -> None:
        if os.getpid() == pid:  # a fork ends without it
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return folder


def _forget_old(versions: Path) -> None:
    """Remove what was not used for long before the newest, and what a killed process left half written."""
    used = {}
    for entry in _listed(versions):
        with contextlib.suppress(OSError):
            used[entry] = (entry / WHOLE if (entry / WHOLE).exists() else entry).stat().st_mtime
    oldest = max(used.values(), default=0.0) - KEPT_S
    for entry, when in used.items():
        if when < oldest:
            shutil.rmtree(entry, ignore_errors=True)


def _listed(folder: Path) -> Sequence[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
