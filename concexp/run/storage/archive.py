"""Zip archives: written so that the same files give the same bytes, and read from strangers without trusting a byte of them.

`zipfile` reads the whole directory of an archive into objects, takes sizes as they are declared, lets names lead anywhere,
and does not mind two files at one place. So what an archive claims is checked before `zipfile` sees it, and nothing is ever
extracted by it: `Archive.chunks` gives the bytes of one file, `unpack` writes files into a new folder.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from concexp.errors import Damaged
from concexp.run.storage import foreign_file
from concexp.run.storage.foreign_text import printable

ENTRIES_LIMIT = 20_000
DIRECTORY_LIMIT = 8 << 20  # bytes of the archive's own list of its files
SIZE_LIMIT = 6 << 30  # bytes of all files together, unpacked: a journal may have 4 GiB
# Text may shrink to a hundredth. More is allowed to small files only; the best that the method can do is a thousandth.
RATIO_LIMIT, RATIO_COUNTS_FROM = 200, 1 << 20
NAME_LIMIT, PART_LIMIT, DEPTH_LIMIT = 1024, 255, 40  # bytes of a path and of a part of it, and parts
CHUNK = 1 << 20

# Signatures and layouts of the format (PKWARE's APPNOTE, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16).
LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
END_64_PLACE = struct.Struct("<4sLQL")
END_64 = struct.Struct("<4sQ2H2L4Q")
UTF_8 = 0x800
# Of the flags: how hard it was compressed, that sizes follow the file, that the name is UTF-8. All others change what is read.
KNOWN_FLAGS = 0x6 | 0x8 | UTF_8
ENCRYPTED = 0x1 | 0x40 | 0x2000
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
# Not every file system can hold these, some start markup, and a backslash or a colon leads to another folder on some.
REFUSED_SIGNS = frozenset('<>:"|?*\\`')

FAILURES = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip


class Refused(Exception):
    """Why an archive is not read."""


@dataclass(frozen=True)
class Archive:
    """An archive whose directory was checked: the sizes of its files in bytes, by their names."""

    path: Path
    sizes: Mapping[str, int]
    _zip: zipfile.ZipFile

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, piece by piece; Damaged if they are not what the directory says."""
        count = 0
        try:
            with self._zip.open(name) as file:
                while chunk := file.read(CHUNK):
                    count += len(chunk)
                    yield chunk
        except FAILURES as error:
            raise damaged(self.path, f"{name} cannot be read: {error}") from error
        if count != self.sizes[name]:
            raise damaged(self.path, f"{name} has {count:,} bytes, and not {self.sizes[name]:,}")

    def content(self, name: str, limit: int) -> bytes:
        """A whole file; Damaged if it is larger than `limit`, bytes."""
        if self.sizes[name] > limit:
            raise damaged(self.path, f"{name} has {self.sizes[name]:,} bytes, and at most {limit:,} are read of it")
        return b"".join(self.chunks(name))


def damaged(path: Path, reason: str) -> Damaged:
    """The exception for an archive that is not to be trusted."""
    return Damaged(f"{path}: {printable(reason)}", "ask for it again where it came from, and compare the SHA-256")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """An archive to read; Damaged says why it is not read. Memory is bounded whatever the archive claims."""
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(foreign_file.opened(path))
            names = _names(file)
            unzipped = stack.enter_context(zipfile.ZipFile(file))
            archive = Archive(path, _sizes(file, unzipped, names), unzipped)
        except Refused as error:
            raise damaged(path, str(error)) from error
        except FAILURES as error:
            reason = getattr(error, "strerror", None) or f"it is no zip archive that can be read: {error}"
            raise damaged(path, reason) from error
        yield archive


# The directory -------------------------------------------------------------------------------------------------------


def _names(file: BinaryIO) -> list[str]:
    """The names of all entries, folders included, in the order of the directory."""
    count, size, place = _end(file)
    if count > ENTRIES_LIMIT:
        raise Refused(f"it claims to hold {count:,} files, and at most {ENTRIES_LIMIT:,} are read")
    if size > DIRECTORY_LIMIT:
        raise Refused(f"the list of its files has {size:,} bytes, and at most {DIRECTORY_LIMIT:,} are read")
    file.seek(place)
    directory = file.read(size)
    names: list[str] = []
    position = 0
    while position < len(directory):
        if len(names) == count:
            raise Refused(f"it holds more files than the {count:,} that it claims")
        entry = CENTRAL.unpack_from(directory, position)
        lengths = entry[10:13]
        begin = position + CENTRAL.size
        if entry[0] != b"PK\1\2" or begin + sum(lengths) > len(directory):
            raise Refused("the list of its files is damaged")
        name = _name(directory[begin : begin + lengths[0]], entry[3])
        _check_kind(name, entry[3], entry[4], entry[15])
        names.append(name)
        position = begin + sum(lengths)
    if len(names) != count:
        raise Refused(f"it holds {len(names):,} files, and claims {count:,}")
    _check_places(names)
    return names


def _end(file: BinaryIO) -> tuple[int, int, int]:
    """(number of entries, bytes of the directory, its place): from the record at the very end, and that for large archives."""
    length = file.seek(0, os.SEEK_END)
    if length < END.size:
        raise Refused("it is no zip archive")
    place = length - END.size
    file.seek(place)
    mark, disk, first_disk, here, count, size, offset, comment = END.unpack(file.read(END.size))
    if mark != b"PK\5\6" or comment:
        raise Refused("it is no zip archive, or its end is cut off, or something stands behind it")
    if place >= END_64_PLACE.size:
        file.seek(place - END_64_PLACE.size)
        mark, first_disk_64, place_64, disks = END_64_PLACE.unpack(file.read(END_64_PLACE.size))
        if mark == b"PK\6\7":
            if first_disk_64 or disks > 1 or place_64 != place - END_64_PLACE.size - END_64.size:
                raise Refused("the record at its end is damaged")
            file.seek(place_64)
            mark, _, _, _, disk, first_disk, here, count, size, offset = END_64.unpack(file.read(END_64.size))
            if mark != b"PK\6\6":
                raise Refused("the record at its end is damaged")
            place = place_64
    if disk or first_disk or here != count:
        raise Refused("it is a part of an archive in several files")
    if offset + size != place:
        raise Refused("the list of its files is not where it should be: something was put before or into the archive")
    return count, size, offset


def _name(raw: bytes, flags: int) -> str:
    """A name as text, checked; folders end with a slash."""
    try:
        name = raw.decode("utf-8" if flags & UTF_8 else "ascii")
    except UnicodeDecodeError as error:
        raise Refused(f"a name in it is not UTF-8: {raw!r}") from error
    if problem := problem_with(name.removesuffix("/")):
        raise Refused(f"a name in it {problem}: {name!r}")
    return name


def problem_with(name: str) -> str:
    """Why a file in an archive may not have this name; "" if it may."""
    parts = name.split("/")
    if not name or name.startswith("/") or {"", ".", ".."} & set(parts):
        return "leads out of the archive"
    if printable(name) != name or any(sign in "\n\t" for sign in name):
        return "holds signs that are obeyed instead of shown"
    if found := sorted(REFUSED_SIGNS & set(name)):
        return f"holds {found[0]}, which a path of another system or a page may take for something else"
    if any(part != part.strip() or part.endswith(".") for part in parts):
        return "has a part that begins or ends with a blank or ends with a dot"
    long = len(name.encode()) > NAME_LIMIT or any(len(part.encode()) > PART_LIMIT for part in parts)
    return "is too long" if long or len(parts) > DEPTH_LIMIT else ""


def _check_kind(name: str, flags: int, method: int, attributes: int) -> None:
    """Refused unless an entry is a plain file or a folder, in a form that is read."""
    kind = stat.S_IFMT(attributes >> 16)
    is_folder = name.endswith("/")
    if kind not in (0, stat.S_IFDIR if is_folder else stat.S_IFREG):
        raise Refused(f"{name} is {'a link' if stat.S_ISLNK(kind) else 'no plain file'}")
    if flags & ENCRYPTED:
        raise Refused(f"{name} is encrypted")
    if flags & ~KNOWN_FLAGS:
        raise Refused(f"{name} is packed in an unknown way (flags {flags:#x})")
    if method not in METHODS:
        raise Refused(f"{name} is packed by method {method}, and only 'stored' and 'deflated' are read")


def _check_places(names: Iterable[str]) -> None:
    """Refused if two files would lie at one place on any system, or one where another needs a folder."""
    files: dict[str, str] = {}
    for name in names:
        if not name.endswith("/"):
            if (folded := _folded(name)) in files:
                raise Refused(f"two files in it have one name on some systems: '{files[folded]}' and '{name}'")
            files[folded] = name
    for name in names:
        parts = name.removesuffix("/").split("/")
        above = len(parts) + name.endswith("/")
        for end in range(1, above):
            if other := files.get(_folded("/".join(parts[:end]))):
                raise Refused(f"'{other}' is a file, and the folder of '{name}'")


def _folded(name: str) -> str:
    """Equal for names that some file system takes for one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _sizes(file: BinaryIO, archive: zipfile.ZipFile, names: list[str]) -> dict[str, int]:
    """The sizes of the files, bytes; Refused unless each entry has a place of its own in the archive, and a possible size."""
    entries = archive.infolist()
    if [entry.filename for entry in entries] != names:
        raise Refused("its files have two names")
    total = sum(entry.file_size for entry in entries)
    if total > SIZE_LIMIT:
        raise Refused(f"its files have {total:,} bytes together, and at most {SIZE_LIMIT:,} are unpacked")
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        name = entry.filename
        if entry.file_size > max(RATIO_COUNTS_FROM, RATIO_LIMIT * entry.compress_size):
            raise Refused(f"{name} would grow from {entry.compress_size:,} to {entry.file_size:,} bytes")
        if name.endswith("/") and entry.file_size:
            raise Refused(f"{name} is a folder with a content")
        if entry.header_offset < end:
            raise Refused(f"{name} lies over another file")
        end = _end_of(file, entry)
    if end > archive.start_dir:
        raise Refused("a file lies over the list of the files")
    return {entry.filename: entry.file_size for entry in entries if not entry.filename.endswith("/")}


def _end_of(file: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Where an entry's data end; Refused if what stands before the data is of another entry."""
    file.seek(entry.header_offset)
    mark, _, flags, method, *_, name_length, extra_length = LOCAL.unpack(file.read(LOCAL.size))
    raw = file.read(name_length)
    encoding = "utf-8" if flags & UTF_8 else "ascii"
    if mark != b"PK\3\4" or (flags, method) != (entry.flag_bits, entry.compress_type):
        raise Refused(f"{entry.filename} is not where the list says")
    if raw != entry.orig_filename.encode(encoding, "replace"):
        raise Refused(f"{entry.filename} has another name where it lies")
    return int(entry.header_offset + LOCAL.size + name_length + extra_length + entry.compress_size)


# Unpacking and packing ------------------------------------------------------------------------------------------------


def unpack(archive: Archive, names: Iterable[str], folder: Path) -> None:
    """Write files of an archive into a new folder, which nobody else may write to; OSError if they cannot be written."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "xb") as file:
            for chunk in archive.chunks(name):
                file.write(chunk)


def pack(path: Path, files: Mapping[str, Path | bytes], moment: tuple[int, int, int, int, int, int]) -> None:
    """Write an archive: the same names and contents in the same order give the same bytes.

    `moment` is the time that each file gets: year to second. What is compressed already is stored as it is.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, source in files.items():
            entry = zipfile.ZipInfo(name, moment)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            content = source if isinstance(source, bytes) else None
            entry.file_size = len(content) if content is not None else os.stat(str(source)).st_size
            stored = Path(name).suffix in STORED or not _shrinks_sensibly(source)
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=entry.file_size >= zipfile.ZIP64_LIMIT // 2) as target:
                for chunk in _pieces(source):
                    target.write(chunk)


STORED = (".png", ".parquet", ".zip", ".gz")


def _pieces(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with open(source, "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _shrinks_sensibly(source: Path | bytes) -> bool:
    """Whether a file, compressed, does not look like a bomb: a megabyte of zeros would."""
    compressor = zlib.compressobj(1)
    before = after = 0
    for chunk in _pieces(source):
        before += len(chunk)
        after += len(compressor.compress(chunk))
    after += len(compressor.flush())
    return before <= RATIO_COUNTS_FROM or before < RATIO_LIMIT // 2 * after
