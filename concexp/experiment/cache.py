"""Where concexp keeps what it can make again: the code of its trials, and exported versions of the user's."""

from __future__ import annotations

import os
from pathlib import Path

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
