"""Writes records to journal.jsonl and reads them: append-only, a line each, on disk before the next trial starts.

Line 1 is the header. Every line ends with the CRC-32 of the rest of its text. A torn last line (power cut, kill, full disk)
is dropped on reading, and its trial is measured again; damage anywhere else is reported and refused.
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
from concexp.run.storage.atomic import sync_folder
from concexp.run.storage.columns import problem_with_numbers

VERSION = 1
NAME = "journal.jsonl"
# No run comes near these; a file from someone else must not fill the memory.
SIZE_LIMIT = 4 << 30  # bytes
LINE_LIMIT = 64 << 20  # bytes: four times the length of a header with 100,000 cells
# A program that is being started holds its parent's descriptors for less than this.
INHERITED_LOCK_S = 0.3


class Record(dict[str, Any]):
    """One line of the journal, as read or to be written: a dict, with properties for what is used most."""

    @property
    def role(self) -> str:
        """What it is for: one of the roles in `experiment.statuses`."""
        return str(self["role"])

    @property
    def passes(self) -> Sequence[dict[str, Any]]:
        """The measured iterations of its trial, in order; empty if the trial gave no answer."""
        return (self.get("answer") or {}).get("iterations") or ()

    @property
    def has_numbers(self) -> bool:
        """True if its trial ended with timings, whether or not its outcome was right."""
        return self.get("status") in NUMBERED


@dataclass(frozen=True)
class Journal:
    """A journal that was read: its header, its records in order, and the length of its whole lines, bytes."""

    header: Record
    records: list[Record]
    size: int


def encode(record: Record) -> bytes:
    """One line, its CRC-32 last."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return text[:-1] + b',"crc32":%d}\n' % zlib.crc32(text)


def decode(line: bytes) -> Record:
    """The record of a line (without its line break); ValueError if its text was changed.

    Its numbers may still be larger than any that concexp writes: `read` checks them.
    """
    text, mark, tail = line.rpartition(b',"crc32":')
    if not mark or not tail.endswith(b"}") or not tail[:-1].isdigit():
        raise ValueError("it has no checksum")
    text += b"}"
    if zlib.crc32(text) != int(tail[:-1]):
        raise ValueError("its checksum does not fit")
    record = from_json(text, allow_inf_nan=False)  # like json.loads, in a third of its time
    if not isinstance(record, dict):
        raise ValueError("it holds no map")
    return Record(record)


Keep = Callable[[Record, int], Record]


def read(path: Path, keep: Keep = lambda record, line: record) -> Journal:
    """Read a journal. Damaged if the file is not one, or if a line is damaged that is not its torn end.

    `keep` gets each record, the header first, with the number of its line, and returns what to keep of it, so that a large
    journal need not be in memory as a whole.
    """
    try:
        with path.open("rb") as file:
            records, size = _lines(path, file, keep)
    except OSError as error:
        raise Damaged(f"{path}: {error.strerror}", "name a folder with a journal.jsonl in it") from error
    if not records:
        raise NothingYet(f"{path} holds no whole line", "the run was killed before it began: run it again")
    return Journal(records.pop(0), records, size)


def _check_version(path: Path, header: Record) -> None:
    version = header.get("concexp_journal")
    if version != VERSION:
        raise Damaged(
            f"{path}:1: this is no journal of version {VERSION}" + (f", but of {version}" if version else ""),
            "read it with the concexp that wrote it",
        )


def _lines(path: Path, file: BinaryIO, keep: Keep) -> tuple[list[Record], int]:
    """The records of all whole lines, and the length of these lines, bytes."""
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
            _check_version(path, record)
        records.append(keep(record, len(records) + 1))
        # Checked as it is kept: a packed column of numbers needs no check of each.
        if problem := problem_with_numbers(records[-1]):
            raise _damaged(path, len(records), problem)
        size += len(line)
    return records, size


def _damaged(path: Path, line: int, reason: str) -> Damaged:
    return Damaged(
        f"{path}:{line}: this line is damaged: {reason}",
        "restore the file from its repository or backup; the lines above it are whole",
    )


def being_written(path: Path) -> bool:
    """Whether a process is writing this journal at the moment.

    If a writer is killed while it starts a program, that program keeps the lock for a moment, so a held lock is tried again.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    deadline = time.monotonic() + INHERITED_LOCK_S
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
    """The only writer of a journal: while this process lives, a second one is refused."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # O_NOFOLLOW: in a folder from someone else the name may be a link to one of the user's files.
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
        """Write the header of a new journal. Half a header that an earlier writer left is discarded."""
        os.ftruncate(self._descriptor, 0)
        self.append(Record(concexp_journal=VERSION, **header))
        try:
            sync_folder(self.path.parent)  # the name of the file must survive too
        except OSError as error:
            raise self._refused(error) from error

    def go_on(self, journal: Journal) -> None:
        """Continue after the last whole line."""
        os.ftruncate(self._descriptor, journal.size)

    def append(self, record: Record) -> None:
        """Put one record on disk; return once it is there."""
        data = memoryview(encode(record))
        before = os.fstat(self._descriptor).st_size
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fsync(self._descriptor)
        except OSError as error:
            # It may or may not be on disk, and a later fsync would not report it: take it back, to be measured again.
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
