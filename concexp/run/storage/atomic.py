"""Replaces a file as a whole: it is written to a draft beside it, which takes its place once it is complete.

Each writer has a draft of its own, so that two that write one file at a time both succeed, the later one last. Where the name
is a link, as it may be in a folder from someone else, the link is replaced, not the file it points to.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import psutil

DRAFT = re.compile(r"\.draft-(\d+)-[0-9a-f]{8}-(.+)", re.DOTALL)


@contextlib.contextmanager
def replaced(path: Path, fsync: bool = False) -> Iterator[Path]:
    """`with replaced(path) as draft:` write to the draft, whose name ends as the path's does.

    With `fsync` the content is on disk before the name changes, so that a power cut leaves the old file or the new one.
    """
    _remove_abandoned(path)
    draft = path.with_name(f".draft-{os.getpid()}-{secrets.token_hex(4)}-{path.name}")
    try:
        with _synced(draft) if fsync else contextlib.nullcontext():
            yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def meant(path: str) -> str:
    """The path of the file that a draft stands for; any other path as it is."""
    match = DRAFT.fullmatch(os.path.basename(path))
    return os.path.join(os.path.dirname(path), match[2]) if match else path


def _remove_abandoned(path: Path) -> None:
    """Remove the drafts of this file whose writers were killed."""
    for other in path.parent.glob(".draft-*"):
        match = DRAFT.fullmatch(other.name)
        if match and match[2] == path.name and not psutil.pid_exists(int(match[1][:9])):
            with contextlib.suppress(OSError):
                other.unlink()


@contextlib.contextmanager
def _synced(path: Path) -> Iterator[None]:
    """Creates a file, and puts what was written to it on disk."""
    # Opened before anything is written: an earlier failure may not be reported to a descriptor opened later.
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
