"""Writes records to journal.jsonl and reads them: append-only, a line each, on disk before the next trial starts.

Line 1 is the header. Every line ends with the CRC-32 of the rest of its text, and every line after the first repeats that
of the line before it, so that a line which was removed, doubled or moved is noticed. A torn last line (power cut, kill, full
disk) is dropped on reading, and its trial is measured again; damage anywhere else is reported and refused.

A trial of many iterations has one list for each of their facts, by its name, in place of a map for each iteration, where the
names would take half of the room. A list of one value holds for all iterations.

The file may be changed while a run writes it: `git stash` and `sed -i` put another file in its place, a clean-up deletes
its folder. The writer notices before and after each line, keeps a copy of what it wrote, and stops.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from pydantic_core import from_json

from concexp.errors import Damaged, EnvironmentRefused, NothingYet, OtherVersion
from concexp.experiment.statuses import NUMBERED
from concexp.run.storage import foreign_file
from concexp.run.storage.atomic import sync_folder
from concexp.run.storage.columns import as_columns, of_columns, problem_with_numbers
from concexp.run.storage.foreign_text import json_bytes
from concexp.run.storage.unknown_keys import Known, only_known

VERSION = 1
NAME = "journal.jsonl"
# No run comes near these; a file from someone else must not fill the memory.
SIZE_LIMIT = 4 << 30  # bytes
LINE_LIMIT = 64 << 20  # bytes: four times the length of a header with 100,000 cells
# The key of the CRC-32 of the line before.
PREVIOUS = "previous_crc32"
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
    """A journal that was read: its header, its records in order, its whole lines' length in bytes and last CRC-32.

    `state` is that of its file when it was opened, see `state_of`.
    """

    header: Record
    records: list[Record]
    size: int
    checksum: int = 0
    state: tuple[int, ...] = ()


def encode(record: Record, previous: int | None = None) -> bytes:
    """One line, its CRC-32 last; `previous` is that of the line before it, None for the header."""
    chained = dict(record) if previous is None else {**record, PREVIOUS: previous}
    answer = record.get("answer")
    if isinstance(answer, dict) and "iterations" in answer:
        chained["answer"] = {**answer, "iterations": as_columns(answer["iterations"])}
    text = json_bytes(json.dumps(chained, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
    return text[:-1] + b',"crc32":%d}\n' % zlib.crc32(text)


def checksum_of(line: bytes) -> int:
    """The CRC-32 that stands at the end of a line (without its line break)."""
    return int(line[line.rindex(b":") + 1 : -1])


def decode(line: bytes, previous: int | None = None, known: Known | None = None) -> Record:
    """The record of a line (without its line break); ValueError if its text was changed.

    Where the line is huge, the values of keys that are not `known` are left out.
    `previous` is the CRC-32 of the line before it; ValueError if that is not the line which it was written after. Lines of
    version 0.1 do not say so. Its numbers may still be larger than any that concexp writes: `read` checks them.
    """
    text, mark, tail = line.rpartition(b',"crc32":')
    if not mark or not tail.endswith(b"}") or not tail[:-1].isdigit():
        raise ValueError("it has no checksum")
    text += b"}"
    if zlib.crc32(text) != int(tail[:-1]):
        raise ValueError("its checksum does not fit")
    if known is not None:
        text = only_known(text, known)
    record = from_json(text, allow_inf_nan=False)  # like json.loads, in a third of its time
    if not isinstance(record, dict):
        raise ValueError("it holds no map")
    answer = record.get("answer")
    if isinstance(answer, dict) and isinstance(answer.get("iterations"), dict):
        answer["iterations"] = of_columns(answer["iterations"], LINE_LIMIT)
    written_after = record.pop(PREVIOUS, previous)
    if previous is not None and written_after != previous:
        raise ValueError("it was not written after the line above it: lines are missing, moved or doubled here")
    return Record(record)


Keep = Callable[[Record, int], Record]


def read(path: Path, keep: Keep = lambda record, line: record, known: Known | None = None) -> Journal:
    """Read a journal. Damaged if the file is not one, or if a line is damaged that is not its torn end.

    `keep` gets each record, the header first, with the number of its line, and returns what to keep of it, so that a large
    journal need not be in memory as a whole. `known` are the keys that it may look at.
    """
    try:
        with foreign_file.opened(path) as file:
            state = state_of(file)
            records, size, checksum = _lines(path, file, keep, known)
    except OSError as error:
        raise Damaged(f"{path}: {error.strerror}", "name a folder with a journal.jsonl in it") from error
    if not records:
        raise NothingYet(f"{path} holds no whole line", "the run was killed before it began: run it again")
    return Journal(records.pop(0), records, size, checksum, state)


def state_of(file: BinaryIO) -> tuple[int, ...]:
    """What shows that an open file is no other and was not changed: device, inode, time of its last change in ns, size."""
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _check_version(path: Path, header: Record) -> None:
    version = header.get("concexp_journal")
    if version != VERSION:
        raise OtherVersion(
            f"{path}:1: this is no journal of version {VERSION}" + (f", but of {version}" if version else ""),
            "read it with the concexp that wrote it",
        )


def _lines(path: Path, file: BinaryIO, keep: Keep, known: Known | None) -> tuple[list[Record], int, int]:
    """The records of all whole lines, the length of these lines, bytes, and the CRC-32 of the last."""
    records: list[Record] = []
    size = checksum = 0
    if os.fstat(file.fileno()).st_size > SIZE_LIMIT:
        raise Damaged(f"{path} is larger than {SIZE_LIMIT >> 30} GiB", "no run writes so much; look at what it holds")
    while line := file.readline(LINE_LIMIT + 1):
        if not line.endswith(b"\n") and len(line) <= LINE_LIMIT:
            break  # the end was torn
        try:
            if len(line) > LINE_LIMIT:
                raise ValueError(f"it is longer than {LINE_LIMIT >> 20} MiB")
            record = decode(line[:-1], checksum if records else None, known)
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
        size, checksum = size + len(line), checksum_of(line[:-1])
    return records, size, checksum


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
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
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
        self._checksum: int | None = None  # the last line's CRC-32; None before the header
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
        self._size = os.fstat(self._descriptor).st_size  # bytes of whole lines, once `begin` or `go_on` was called

    def begin(self, header: Record) -> None:
        """Write the header of a new journal. Half a header that an earlier writer left is discarded."""
        os.ftruncate(self._descriptor, 0)
        self._size, self._checksum = 0, None
        self.append(Record(concexp_journal=VERSION, **header))
        try:
            sync_folder(self.path.parent)  # the name of the file must survive too
        except OSError as error:
            raise self._refused(error) from error

    def go_on(self, journal: Journal) -> None:
        """Continue after the last whole line."""
        os.ftruncate(self._descriptor, journal.size)
        self._size, self._checksum = journal.size, journal.checksum

    def append(self, record: Record) -> None:
        """Put one record on disk; return once it is there, under the journal's name.

        EnvironmentRefused if it cannot be written, or if the file was replaced, moved, deleted or changed by somebody else:
        then the message says where the trials are.
        """
        self._check_place()
        line = encode(record, self._checksum)
        data = memoryview(line)
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fsync(self._descriptor)
        except OSError as error:
            # It may or may not be on disk, and a later fsync would not report it: take it back, to be measured again.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            raise self._refused(error) from error
        self._size += len(line)
        self._checksum = checksum_of(line[:-1])
        self._check_place()

    def _check_place(self) -> None:
        """Refuse to go on if the file that is being written is not, or not alone, what lies under the journal's name."""
        ours = os.fstat(self._descriptor)
        if ours.st_size != self._size:
            raise EnvironmentRefused(
                f"{self.path} was changed by another program while the run wrote it: it has {ours.st_size:,} bytes, "
                f"not {self._size:,}",
                "give the same command again: it keeps the trials that are still there and measures the others again",
            )
        try:
            there = os.stat(self.path, follow_symlinks=False)
        except OSError:
            there = None
        if there is None or (there.st_ino, there.st_dev) != (ours.st_ino, ours.st_dev):
            happened = "was deleted or moved" if there is None else "was replaced by another file"
            copy = self._keep_copy()
            kept = f"all its trials are in {copy}" if copy else "its trials could not be kept elsewhere"
            cure = f"to go on with them, move that file to {self.path} and give the same command again"
            if not self.path.parent.is_dir():
                cure = (
                    f"to go on with them, put the folder {self.path.parent} back, and give the same command again; if it is lost, "
                    f"make it, move that file to {self.path}, and `concexp report {self.path.parent}` makes the page"
                )
            raise EnvironmentRefused(f"{self.path} {happened} while the run wrote it; {kept}", cure)

    def _keep_copy(self) -> Path | None:
        """Copy what was written beside the run's folder, or further above; None if that cannot be.

        Not into the folder itself: somebody may be deleting it.
        """
        folder = next(parent for parent in self.path.absolute().parents[1:] if parent.is_dir())
        number = 0
        while True:
            tail = f"-{number}" if number else ""
            copy = folder / f"{self.path.parent.name}.kept{tail}.jsonl"
            try:
                with copy.open("xb") as target, open(os.dup(self._descriptor), "rb") as source:
                    source.seek(0)
                    shutil.copyfileobj(source, target)
                    target.flush()
                    os.fsync(target.fileno())
                return copy
            except FileExistsError:
                number += 1
            except OSError:
                return None

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
