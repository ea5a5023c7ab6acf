"""Where concexp keeps what it can make again: the code of its trials, and exported versions of the user's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from concexp.errors import EnvironmentRefused


def cache_folder() -> Path:
    """concexp's cache: $XDG_CACHE_HOME/concexp or ~/.cache/concexp, absolute; EnvironmentRefused without a home."""
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = Path(base) if base else Path.home() / ".cache"
    except RuntimeError as error:
        raise EnvironmentRefused(
            "there is no place for the code of the trials: this user has no home folder",
            "set HOME, or XDG_CACHE_HOME to a folder that can be written",
        ) from error
    return folder.absolute() / "concexp"


def file_states(place: str | Path) -> Iterator[list[Any]]:
    """The path, size and time of change of a file, or of each Python file in a folder and below it, sorted."""
    if os.path.isdir(place):
        for entry in sorted(os.scandir(place), key=lambda entry: entry.name):
            if entry.is_dir() or entry.name.endswith(".py"):
                yield from file_states(entry.path)
    else:
        found = os.stat(place)
        yield [os.fspath(place), found.st_size, found.st_mtime_ns]
