"""The user's files whose code is measured: what is run must be what the run's folder keeps, and what its page names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from concexp.errors import EnvironmentRefused

Signature = tuple[int, ...]


@dataclass(frozen=True)
class UserFiles:
    """The user's files, and how they were when the run began; both by their names in the run's `code/`.

    sources  their paths
    hashes   SHA-256 of their contents, hex
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    # What the system said of a file when its content was last found to be right: a look at that is cheap.
    _seen: dict[str, Signature] = field(default_factory=dict)

    def check(self) -> bool:
        """EnvironmentRefused if one of the files is not as it was; True if one was written since the last time, and is again.

        Then a trial in between may have met anything.
        """
        written = False
        for name, source in self.sources.items():
            signature = _signature(source)
            if signature is not None and signature == self._seen.get(name):
                continue
            if signature is None or self.hashes.get(name) != sha256(source):
                what = "is gone" if signature is None else "was changed"
                raise EnvironmentRefused(
                    f"{source} {what} while the run measured it: the trials before that are kept",
                    "put the file back as it was (the run's folder has it in code/) and give the same command again to "
                    "complete this run; with the changed file that command starts a new one",
                )
            written = written or name in self._seen
            self._seen[name] = signature
        return written


def sha256(source: str) -> str:
    """The SHA-256 of a file's content, hex; an empty text if it cannot be read."""
    try:
        return hashlib.sha256(Path(source).read_bytes()).hexdigest()
    except OSError:
        return ""


def _signature(source: str) -> Signature | None:
    """Inode, size and times of a file: any change of the content changes one of them. None if there is no such file."""
    try:
        found = os.stat(source)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
