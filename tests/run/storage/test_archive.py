"""Archives from strangers: each kind that could do harm is refused with its reason, and nothing is written anywhere."""

import contextlib
import os
import random
import stat
import tracemalloc
import zipfile

import pytest

from concexp.errors import Damaged
from concexp.run.storage import archive
from tests.helpers import zips
from tests.helpers.zips import entry

MOMENT = (2026, 11, 30, 1, 2, 4)
ZEROS = bytes(20 << 20)
BAD = {
    "the folder above": ([entry("../x", b"1")], {}, "leads out of the archive"),
    "the folder above, within": ([entry("a/../../x", b"1")], {}, "leads out of the archive"),
    "an absolute path": ([entry("/etc/x", b"1")], {}, "leads out of the archive"),
    "two slashes": ([entry("a//x", b"1")], {}, "leads out of the archive"),
    "a drive": ([entry("C:x", b"1")], {}, "holds :"),
    "a backslash": ([entry("..\\x", b"1")], {}, "holds \\"),
    "no name": ([entry("", b"1")], {}, "leads out of the archive"),
    "markup": ([entry("<img src=x onerror=alert(1)>", b"1")], {}, "holds <"),
    "a control character": ([entry("a\x1b]52;c;x", b"1")], {}, "signs that are obeyed"),
    "a line break": ([entry("a\nb", b"1")], {}, "signs that are obeyed"),
    "a NUL": ([entry("a\0b", b"1")], {}, "signs that are obeyed"),
    "a sign of direction": ([entry("a\u202egnp.py", b"1")], {}, "signs that are obeyed"),
    "a name that is not UTF-8": ([entry(b"caf\xe9", b"1")], {}, "is not UTF-8"),
    "a name of an old code page": ([entry(b"caf\x82", b"1", flags=0)], {}, "is not UTF-8"),
    "a blank at the end": ([entry("a /x", b"1")], {}, "begins or ends with a blank"),
    "a very long name": ([entry("a" * 300, b"1")], {}, "is too long"),
    "a very deep name": ([entry("a/" * 50 + "x", b"1")], {}, "is too long"),
    "a link": ([entry("x", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)], {}, "x is a link"),
    "a device": ([entry("x", b"", mode=stat.S_IFCHR | 0o666)], {}, "x is no plain file"),
    "a pipe": ([entry("x", b"", mode=stat.S_IFIFO | 0o666)], {}, "x is no plain file"),
    "a folder that is a link": ([entry("x/", b"", mode=stat.S_IFLNK | 0o777)], {}, "x/ is a link"),
    "a folder with a content": ([entry("x/", b"1", mode=stat.S_IFDIR | 0o755)], {}, "a folder with a content"),
    "encrypted": ([entry("x", b"1", flags=0x801)], {}, "x is encrypted"),
    "strongly encrypted": ([entry("x", b"1", flags=0x841)], {}, "x is encrypted"),
    "patched data": ([entry("x", b"1", flags=0x820)], {}, "packed in an unknown way"),
    "bzip2": ([entry("x", b"1", method=12)], {}, "packed by method 12"),
    "an unknown method": ([entry("x", b"1", method=99)], {}, "packed by method 99"),
    "twice": ([entry("x", b"1"), entry("x", b"2")], {}, "one name on some systems: 'x' and 'x'"),
    "twice, by case": ([entry("X.py", b"1"), entry("x.PY", b"2")], {}, "'X.py' and 'x.PY'"),
    "twice, by ß": ([entry("straße", b"1"), entry("STRASSE", b"2")], {}, "one name on some systems"),
    "twice, by composition": ([entry("caf\u00e9", b"1"), entry("cafe\u0301", b"2")], {}, "one name on some systems"),
    "twice, by width": ([entry("\uff41", b"1"), entry("a", b"2")], {}, "one name on some systems"),
    "a file and its folder": ([entry("x", b"1"), entry("x/y", b"2")], {}, "'x' is a file, and the folder of 'x/y'"),
    "a file and its folder, by case": ([entry("a/X", b"1"), entry("A/x/y", b"2")], {}, "is a file, and the folder of"),
    "a bomb that says so": ([entry("x", ZEROS, method=8)], {}, "would grow from"),
    "a size that no archive has": ([entry("x", b"1", method=8, size=0xFFFFFFF0)], {}, "would grow from"),
    "many large files": (
        [entry(f"x{n}", b"1", size=0xFFFFFF00, packed=0xFFFFFF00) for n in range(3)], {}, f"at most {archive.SIZE_LIMIT:,}",
    ),
    "data over data": ([entry("x", b"123456"), entry("y", b"12", offset=0, local_name=b"x")], {}, "another name|lies over"),
    "one content, many names": ([entry("x", b"1" * 99), entry("y", b"", offset=0, packed=99, size=99)], {}, "y is|lies|name"),
    "data over the list": ([entry("x", b"1", packed=500)], {}, "lies over the list"),
    "two names": ([entry("x", b"1", local_name=b"y")], {}, "x has another name where it lies"),
    "a million entries": ([entry("x", b"1")], {"count": 1_000_000}, "claims to hold 1,000,000 files"),
    "too many entries": ([entry("x", b"1")], {"count": 20_001}, "claims to hold 20,001 files"),
    "fewer entries than it claims": ([entry("x", b"1")], {"count": 5}, "holds 1 files, and claims 5"),
    "more entries than it claims": ([entry("x", b"1"), entry("y", b"1")], {"count": 1}, "holds more files than the 1"),
    "something before it": ([entry("x", b"1")], {"before": b"#!/bin/sh\n"}, "something was put before"),
    "something behind it": ([entry("x", b"1")], {"behind": b"more"}, "its end is cut off, or something stands behind"),
    "a comment": ([entry("x", b"1")], {"comment": b"hello"}, "its end is cut off, or something stands behind"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_archive_is_refused_with_its_reason(tmp_path, kind):
    """Before anything of it is unpacked."""
    entries, more, says = BAD[kind]
    path = tmp_path / "bad.zip"
    path.write_bytes(zips.archive(*entries, **more))
    with pytest.raises(Damaged) as caught, archive.opened(path):
        pass
    assert any(reason in caught.value.message for reason in says.split("|")), caught.value.message
    assert os.listdir(tmp_path) == ["bad.zip"]


def test_a_message_obeys_no_name(tmp_path):
    """The name of a file stands in the reason, and no terminal obeys it."""
    path = tmp_path / "bad.zip"
    path.write_bytes(zips.archive(entry("a\x1b]52;c;x\x07", b"1")))
    with pytest.raises(Damaged) as caught, archive.opened(path):
        pass
    assert "\\x1b]52" in caught.value.message
    assert "\x1b" not in str(caught.value)


def read_all(path):
    """The contents of an archive by name."""
    with archive.opened(path) as opened:
        return {name: b"".join(opened.chunks(name)) for name in opened.sizes}


@pytest.mark.parametrize(
    "one",
    [
        entry("x", ZEROS, method=8, size=10),  # a bomb that claims to be small
        entry("x", b"12345", method=8, size=500),
        entry("x", b"12345", crc=7),
        entry("x", b"12345", method=8, raw=b"\xff\xff\xff"),
    ],
    ids=["a bomb that claims to be small", "shorter than it claims", "a wrong checksum", "no compressed data"],
)
def test_contents_that_are_not_as_declared_are_refused(tmp_path, one):
    """While they are read, and no byte more is unpacked than was declared."""
    path = tmp_path / "bad.zip"
    path.write_bytes(zips.archive(one))
    tracemalloc.start()
    try:
        with pytest.raises(Damaged, match=r"x cannot be read|x has"):
            read_all(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_a_million_real_entries_take_no_memory(tmp_path):
    """They are counted from the end of the archive: their list is not even read."""
    path = tmp_path / "many.zip"
    with open(path, "wb") as file:
        file.truncate(60 << 20)  # as long as the list of a million files
        file.seek(0, os.SEEK_END)
        place = file.tell()
        file.write(zips.struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**6, 10**6, place, 0))
        file.write(zips.struct.pack("<4sLQL", b"PK\6\7", 0, place, 1))
        file.write(zips.struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))
    tracemalloc.start()
    try:
        with pytest.raises(Damaged, match="claims to hold 1,000,000 files"), archive.opened(path):
            pass
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_list_of_files_that_is_too_long_is_refused(tmp_path):
    """However few files it claims."""
    path = tmp_path / "long.zip"
    path.write_bytes(zips.archive(*(entry(f"{n:06d}" + "x" * 200, b"") for n in range(40_000)), count=3))
    with pytest.raises(Damaged, match="the list of its files has"), archive.opened(path):
        pass


def test_a_bomb_within_is_not_unpacked(tmp_path):
    """An archive in an archive is a file like any other."""
    bomb = zips.archive(entry("x", ZEROS, method=8))
    path = tmp_path / "a.zip"
    path.write_bytes(zips.archive(entry("files/bomb.zip", bomb)))
    assert read_all(path) == {"files/bomb.zip": bomb}


@pytest.mark.parametrize("cut", [1, 10, 21, 40, 80, 120])
def test_a_truncated_archive_is_refused(tmp_path, cut):
    """As a download that broke off."""
    whole = zips.archive(entry("x", b"12345" * 9), entry("y", b"2"))
    path = tmp_path / "cut.zip"
    path.write_bytes(whole[:-cut])
    with pytest.raises(Damaged, match=r"cut\.zip"):
        read_all(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\3\4", b"no zip at all" * 9, b"PK\5\6" + bytes(18)])
def test_what_is_no_archive_is_refused_or_empty(tmp_path, content):
    """With a message instead of a traceback; an archive without any file has none."""
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    if content.startswith(b"PK\5\6"):
        assert read_all(path) == {}
        return
    with pytest.raises(Damaged, match="no zip archive"):
        read_all(path)


def test_a_pipe_is_not_waited_for(tmp_path):
    """Nor is a folder read."""
    os.mkfifo(tmp_path / "pipe")
    for name, says in (("pipe", "no regular file"), (".", "no regular file|Is a directory"), ("none", "No such file")):
        with pytest.raises(Damaged, match=says), archive.opened(tmp_path / name):
            pass


def test_what_a_reader_raises_is_its_own(tmp_path):
    """A full disk while it unpacks is not a damaged archive."""
    path = tmp_path / "x.zip"
    path.write_bytes(zips.archive(entry("x", b"1")))
    with pytest.raises(OSError, match="full"), archive.opened(path):
        raise OSError("full")


def test_one_changed_byte_changes_no_content_unseen(tmp_path):
    """Wherever it lies: what is read is what was packed, or the archive is refused."""
    path = tmp_path / "x.zip"
    contents = {"a.txt": b"hello " * 40, "b/c.bin": random.Random(1).randbytes(50)}
    archive.pack(path, contents, MOMENT)
    whole = path.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x41
        path.write_bytes(changed)
        with contextlib.suppress(Damaged):
            assert read_all(path) == contents, place


def test_packing_and_unpacking(tmp_path):
    """The same contents in the same order give the same bytes; `zipfile` and `unpack` find them again."""
    (tmp_path / "source.txt").write_bytes(b"text " * 1000)
    files = {"a.txt": tmp_path / "source.txt", "b/ä.png": b"\x89PNG", "empty": b""}
    for name in ("1.zip", "2.zip"):
        archive.pack(tmp_path / name, files, MOMENT)
        os.utime(tmp_path / "source.txt", (1, 1))
        (tmp_path / "source.txt").chmod(0o600)
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "1.zip") as opened:
        assert opened.testzip() is None
        assert {info.date_time for info in opened.infolist()} == {MOMENT}
        assert {info.external_attr >> 16 for info in opened.infolist()} == {zips.FILE}
    with archive.opened(tmp_path / "1.zip") as opened:
        archive.unpack(opened, ["a.txt", "b/ä.png", "empty"], tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_bytes() == b"text " * 1000
    assert (tmp_path / "out/b/ä.png").read_bytes() == b"\x89PNG"
    assert (tmp_path / "out/empty").read_bytes() == b""


def test_what_would_look_like_a_bomb_is_stored(tmp_path):
    """A file of zeros that a run was given can be packed, and read again."""
    archive.pack(tmp_path / "x.zip", {"zeros.bin": bytes(3 << 20)}, MOMENT)
    assert read_all(tmp_path / "x.zip") == {"zeros.bin": bytes(3 << 20)}
    assert (tmp_path / "x.zip").stat().st_size > 3 << 20


def test_nothing_is_written_over_a_file_that_is_there(tmp_path):
    """Unpacking goes into a new folder: what lies there already ends it."""
    archive.pack(tmp_path / "x.zip", {"a": b"1"}, MOMENT)
    (tmp_path / "a").write_bytes(b"mine")
    with archive.opened(tmp_path / "x.zip") as opened, pytest.raises(FileExistsError):
        archive.unpack(opened, ["a"], tmp_path)
    assert (tmp_path / "a").read_bytes() == b"mine"
