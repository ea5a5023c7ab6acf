"""`files:` -> the files and folders beside the YAML that user code finds in its working folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from concexp.errors import Problem
from concexp.experiment import kept

FILES_LIMIT = 10_000
# Up to this size an item of `files:` is copied into each trial's folder, and kept with the run. A larger one is copied once
# for the run; trials find a link to that copy, and the run's folder keeps its hash alone.
COPY_LIMIT = 16 << 20  # bytes


@dataclass(frozen=True)
class DataFile:
    """One item of `files:`.

    name     its path relative to the YAML: also where trials find it
    path     where it is, absolute
    members  the files in it by their names below `name`, with their paths; "" is the item itself, where it is a file
    size     bytes of all of them
    version  the folder of the version that it is from; "" where all have the same
    """

    name: str
    path: str
    members: tuple[tuple[str, str], ...]
    size: int
    place: Problem = field(default=Problem("", 0, 0, "", ""), compare=False)
    version: str = ""

    @property
    def key(self) -> str:
        """Its name among the files of a run."""
        return f"{self.version}/{self.name}" if self.version else self.name

    @property
    def is_folder(self) -> bool:
        return [member for member, _ in self.members] != [""]

    @property
    def is_small(self) -> bool:
        """Whether each trial has a copy of its own."""
        return self.size <= COPY_LIMIT


class Unusable(Exception):
    """An item that trials cannot be given: (why, cure)."""


def find(written: str, folder: Path, place: Problem) -> DataFile:
    """An item of `files:` relative to this folder; Unusable if trials cannot be given it."""
    name = os.path.normpath(written)
    if os.path.isabs(name) or name.split(os.sep)[0] in ("..", "."):
        cure = "name a file or a folder beside this YAML, or below it; a link to what is elsewhere does as well"
        raise Unusable(f"'{written}' is not beside this YAML", cure)
    try:
        path = (folder / name).resolve()
        members = tuple(sorted(_members(path)))
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        cure = "the path is relative to this YAML"
        if folder.name == kept.FILES and kept.is_run(folder.parent):
            limit = f"{COPY_LIMIT >> 20} MiB"
            cure = f"this run kept only what has at most {limit}: put it at {folder / name} (manifest.json has its SHA-256)"
        raise Unusable(f"cannot read '{written}': {reason}", cure) from error
    return DataFile(name, str(path), members, sum(os.stat(file).st_size for _, file in members), place)


def _members(path: Path) -> Iterator[tuple[str, str]]:
    """The regular files of an item; Unusable for anything else in it, which a trial might wait for without end."""
    kind = path.stat().st_mode
    if stat.S_ISREG(kind):
        yield "", str(path)
        return
    if not stat.S_ISDIR(kind):
        raise Unusable(f"{path.name} is not a regular file", "name a file or a folder")
    count = 0
    for folder, folders, names in os.walk(path, onerror=_refuse):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in [*folders, *names]:
            inner = Path(folder, name)
            mode = inner.stat().st_mode
            count += 1
            if count > FILES_LIMIT:
                raise Unusable(f"{path.name} holds more than {FILES_LIMIT:,} files", "pack them into one")
            if (stat.S_ISDIR(mode) and inner.is_symlink()) or not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                what = "a link to a folder" if stat.S_ISDIR(mode) else "not a regular file"
                raise Unusable(f"{inner.relative_to(path.parent)} is {what}", "name single files, or remove it")
            if stat.S_ISREG(mode):
                yield inner.relative_to(path).as_posix(), str(inner.resolve())


def _refuse(error: OSError) -> None:
    raise error
