"""Records <-> journal.jsonl: append-only, one line each, on disk before the next trial starts.

Line 1 is the header; every line ends with the CRC-32 of its text without it. A torn last line (power, kill, full disk)
is dropped on reading, and its trial is measured again; damage anywhere else is named and refused.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from pydantic_core import from_json

from concexp.errors import Damaged, EnvironmentRefused, NothingYet
from concexp.experiment.statuses import NUMBERED
from concexp.run.storage.columns import beyond

VERSION = 1
NAME = "journal.jsonl"
# No run comes near; a file from somebody else must not fill the memory.
SIZE_LIMIT = 4 << 30  # bytes
LINE_LIMIT = 64 << 20  # bytes: of a header with 100,000 cells it is four times what is needed
# A program that is just being started has its parent's descriptors for less than this, seconds.
LEFT_LOCK = 0.3


class Record(dict[str, Any]):
    """One line of the journal, as it was read or will be written: a dict, with names for what is asked of it most."""

    @property
    def role(self) -> str:
        """What it is about: one of the roles in `experiment.statuses`."""
        return str(self["role"])

    @property
    def passes(self) -> Sequence[dict[str, Any]]:
        """The measured iterations of its trial, in order; empty where the trial gave no answer."""
        return (self.get("answer") or {}).get("iterations") or ()

    @property
    def has_numbers(self) -> bool:
        """True if its trial ended so that it has timings, right or wrong outcome."""
        return self.get("status") in NUMBERED


@dataclass(frozen=True)
class Journal:
    """A journal that was read: header, records in order, and the length in bytes of what is whole."""

    header: Record
    records: list[Record]
    size: int


def encode(record: Record) -> bytes:
    """One line, its CRC-32 last."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return text[:-1] + b',"crc32":%d}\n' % zlib.crc32(text)


def decode(line: bytes) -> Record:
    """The record of a line (without its line break); ValueError if it is not what was written.

    Its numbers may still be larger than any that is written: `read` looks at them.
    """
    text, mark, tail = line.rpartition(b',"crc32":')
    if not mark or not tail.endswith(b"}") or not tail[:-1].isdigit():
        raise ValueError("it has no checksum")
    text += b"}"
    if zlib.crc32(text) != int(tail[:-1]):
        raise ValueError("its checksum does not fit")
    record = from_json(text, allow_inf_nan=False)  # as json.loads does, in a third of its time
    if not isinstance(record, dict):
        raise ValueError("it holds no map")
    return Record(record)


def read(path: Path, kept: Callable[[Record, int], Record] = lambda record, line: record) -> Journal:
    """Read a journal; Damaged if it is none, or names the first damaged line that is not the torn end.

    `kept` gets each record, the header first, and the number of its line, and says what to keep of it, so that a large journal
    need not be in memory as a whole.
    """
    try:
        with path.open("rb") as file:
            records, size = _lines(path, file, kept)
    except OSError as error:
        raise Damaged(f"{path}: {error.strerror}", "name a folder with a journal.jsonl in it") from error
    if not records:
        raise NothingYet(f"{path} holds no whole line", "the run was killed before it began: run it again")
    return Journal(records.pop(0), records, size)


def _begun(path: Path, header: Record) -> None:
    version = header.get("concexp_journal")
    if version != VERSION:
        raise Damaged(
            f"{path}:1: this is no journal of version {VERSION}" + (f", but of {version}" if version else ""),
            "read it with the concexp that wrote it",
        )


def _lines(path: Path, file: BinaryIO, kept: Callable[[Record, int], Record]) -> tuple[list[Record], int]:
    """The records of all whole lines, and how many bytes they are."""
    records: list[Record] = []
    size = 0
    if os.fstat(file.fileno()).st_size > SIZE_LIMIT:
        raise Damaged(f"{path} is larger than {SIZE_LIMIT >> 30} GiB", "no run writes so much; look at what it holds")
    while line := file.readline(LINE_LIMIT + 1):
        if not line.endswith(b"\n") and len(line) <= LINE_LIMIT:
            break  # the end was torn
        try:
            if len(line) > LINE_LIMIT:
                raise ValueError(f"it is longer than {LINE_LIMIT >> 20} MiB")
            record = decode(line[:-1])
        except ValueError as reason:
            if not file.read(1):
                break  # the end was torn, by chance at a line break
            raise _damaged(path, len(records) + 1, str(reason)) from reason
        if not records:
            _begun(path, record)
        records.append(kept(record, len(records) + 1))
        # Looked at as it is kept, where a column of numbers is one thing to look at.
        if wrong := beyond(records[-1]):
            raise _damaged(path, len(records), wrong)
        size += len(line)
    return records, size


def _damaged(path: Path, line: int, reason: str) -> Damaged:
    return Damaged(
        f"{path}:{line}: this line is damaged: {reason}",
        "restore the file from its repository or backup; the lines above it are whole",
    )


def being_written(path: Path) -> bool:
    """Whether some process is writing this journal at the moment.

    A writer that was killed while it started a program leaves its lock to that for a moment: it is waited for.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    deadline = time.monotonic() + LEFT_LOCK
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() >= deadline:
                    return True
                time.sleep(0.01)
            else:
                return False
    finally:
        os.close(descriptor)


class Writer:
    """The one writer of a journal. A second one is refused as long as this process lives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # O_NOFOLLOW: in a folder from somebody else the name may lead to a file of the user's.
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            self._descriptor = os.open(path, flags, 0o644)
        except OSError as error:
            raise self._refused(error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise EnvironmentRefused(
                f"another concexp is writing {path}", "wait for it, or start a run of its own with --fresh"
            ) from error

    def begin(self, header: Record) -> None:
        """Write the header of a new journal; what was torn before a header was whole is thrown away."""
        os.ftruncate(self._descriptor, 0)
        self.append(Record(concexp_journal=VERSION, **header))
        try:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)  # the name of the file must survive too
            finally:
                os.close(folder)
        except OSError as error:
            raise self._refused(error) from error

    def go_on(self, journal: Journal) -> None:
        """Continue after the last whole line."""
        os.ftruncate(self._descriptor, journal.size)

    def append(self, record: Record) -> None:
        """Put one record on disk; returns when it is there."""
        data = memoryview(encode(record))
        before = os.fstat(self._descriptor).st_size
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fsync(self._descriptor)
        except OSError as error:
            # Whether it is on disk is not known, and a later fsync would not tell: the trial is to be measured again.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, before)
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> EnvironmentRefused:
        return EnvironmentRefused(
            f"cannot write {self.path}: {error.strerror}",
            "make room or permission, then give the same command again: all trials before this one are kept",
        )

    def close(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
