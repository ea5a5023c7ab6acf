"""Zip archives as an attacker writes them: every field of the format can be something else than what it should be."""

import stat
import struct
import zlib

FILE = stat.S_IFREG | 0o644


def entry(name, data=b"", **fields):
    """An entry for `archive`. Fields: method, flags, mode, size, packed, crc, offset, local_name, raw (the packed bytes)."""
    raw_name = name.encode("utf-8") if isinstance(name, str) else name
    return {"name": raw_name, "data": data, "flags": 0x800, "method": 0, "mode": FILE, **fields}


def archive(*entries, count=None, before=b"", comment=b"", behind=b""):
    """The bytes of an archive of these entries; `count` is what its end claims, `before` and `behind` stand around it."""
    body, directory = bytearray(before), bytearray()
    for one in entries:
        raw = one.get("raw", one["data"] if one["method"] != 8 else deflated(one["data"]))
        crc, size = one.get("crc", zlib.crc32(one["data"])), one.get("size", len(one["data"]))
        packed = one.get("packed", len(raw))
        offset = one.get("offset", len(body) - len(before))
        local = one.get("local_name", one["name"])
        known = (one["flags"], one["method"], 0, 33, crc, packed, size)
        body += struct.pack("<4s5H3L2H", b"PK\3\4", 20, *known, len(local), 0) + local + raw
        directory += (
            struct.pack(
                "<4s6H3L5H2L", b"PK\1\2", 0x314, 20, *known, len(one["name"]), 0, 0, 0, 0, one["mode"] << 16, offset
            )
            + one["name"]
        )
    total = len(entries) if count is None else count
    place = len(body) - len(before)
    end = b""
    if total > 0xFFFF:
        end += struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, total, total, len(directory), place)
        end += struct.pack("<4sLQL", b"PK\6\7", 0, len(body) + len(directory), 1)
    short = min(total, 0xFFFF)
    end += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, short, short, len(directory), place, len(comment)) + comment
    return bytes(body) + bytes(directory) + end + behind


def deflated(data):
    """The bytes, compressed as an archive has them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()
