"""Replaces a file as a whole: it is written to a draft beside it, which takes its place once it is complete.

Where the name is a link, as it may be in a folder from someone else, the link is replaced, not the file it points to.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replaced(path: Path, fsync: bool = False) -> Iterator[Path]:
    """`with replaced(path) as draft:` write to the draft, whose name ends as the path's does.

    With `fsync` the content is on disk before the name changes, so that a power cut leaves the old file or the new one.
    """
    draft = path.with_name(f".draft-{path.name}")
    draft.unlink(missing_ok=True)
    try:
        with _synced(draft) if fsync else contextlib.nullcontext():
            yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _synced(path: Path) -> Iterator[None]:
    """Creates a file, and puts what was written to it on disk."""
    # Opened before anything is written: a descriptor opened later may not be told about an earlier failure.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
