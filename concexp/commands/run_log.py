"""The log of a run, run.log in its folder: what started when, warnings, doubts and verdicts, as plain text.

It is for people. No reader of concexp depends on it, and where it cannot be written, the run goes on without it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TextIO

from concexp.run.records import without_home
from concexp.run.storage import run_folder
from concexp.run.storage.foreign_text import printable

NAME = "run.log"


class RunLog:
    """Appends lines with the time, UTC, to a run's log; those from before the run has a folder are kept until then."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._file: TextIO | None = None

    def open(self, folder: Path) -> None:
        """Write to the log in this folder from now on."""
        with contextlib.suppress(OSError):
            # In a folder from someone else the name may lead anywhere, or to a pipe that no one reads.
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(folder / NAME, flags, 0o666)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
        waiting, self._waiting = self._waiting, []
        self._append("".join(waiting))

    def write(self, text: str) -> None:
        """Add a text with the time before it; its further lines are indented."""
        lines = printable(without_home(text)).splitlines() or [""]
        entry = "\n    ".join([f"{run_folder.now()} {lines[0]}", *lines[1:]]) + "\n"
        if self._file is None:
            self._waiting.append(entry)
        else:
            self._append(entry)

    def close(self) -> None:
        """Close the file; what is written later is lost."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()

    def _append(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a full disk, or closed already
            if self._file is not None:
                self._file.write(text)
