"""What an interpreter reported of itself is kept in the cache until the machine starts anew, so that a run need not ask again.

It is taken only while every file that the interpreter had mapped, itself and its libraries, is the one that it was. Where the
system has neither the id of its start nor lists of mapped files (macOS), nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from concexp.errors import EnvironmentRefused
from concexp.experiment.cache import cache_folder
from concexp.run.child.stage import StagedCode
from concexp.run.storage import atomic

FOLDER = "descriptions"
BOOT = Path("/proc/sys/kernel/random/boot_id")


def recall(path: str, stage: StagedCode) -> dict[str, Any]:
    """What was kept of the interpreter at this path, by name; {} if nothing was, or if something has changed since."""
    try:
        found = json.loads(_place(path, stage).read_bytes())
        if found["boot"] == _boot() and found["files"] == _states(found["files"]):
            return dict(found["known"])
    except (OSError, ValueError, LookupError, TypeError, EnvironmentRefused):
        pass
    return {}


def keep(path: str, stage: StagedCode, files: Iterable[str], known: Mapping[str, Any]) -> None:
    """Keep what is known of the interpreter at this path, which has these files mapped."""
    with contextlib.suppress(OSError, EnvironmentRefused):  # without a cache it is asked each time
        place = _place(path, stage)
        data = {"boot": _boot(), "files": _states({path, *files}), "known": known}
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with atomic.replaced(place) as draft:
            draft.write_text(json.dumps(data))


def add(path: str, stage: StagedCode, name: str, value: Any) -> None:
    """Add to what is kept of an interpreter; nothing happens where nothing is kept."""
    if known := recall(path, stage):
        files = json.loads(_place(path, stage).read_bytes())["files"]
        keep(path, stage, files, {**known, name: value})


def _place(path: str, stage: StagedCode) -> Path:
    """The file of the interpreter at a path, as that path stands: a virtual environment's is a link, and is another one."""
    identity = f"{os.path.abspath(path)}\0{stage.sha256}"
    return cache_folder() / FOLDER / f"{hashlib.sha256(os.fsencode(identity)).hexdigest()[:16]}.json"


def _boot() -> str:
    """The id of this start of the machine; OSError where the system has none."""
    return BOOT.read_text("ascii").strip()


def _states(files: Iterable[str]) -> dict[str, list[int]]:
    """By path, what a file's replacement or change would alter."""
    found = {file: os.stat(file) for file in files}
    return {
        file: [one.st_dev, one.st_ino, one.st_mode, one.st_size, one.st_mtime_ns] for file, one in sorted(found.items())
    }
