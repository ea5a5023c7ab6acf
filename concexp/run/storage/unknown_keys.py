"""Keys of a journal that this version does not know: they are not kept, and where they are huge, not even parsed.

A line of 20 MB may hold seven million empty lists, which as objects of Python take 0.7 GB. In a line with so many lists and
maps, the values of unknown keys are cut out before it is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MANY = 1_000_000  # lists and maps of a line: as objects they take up to 100 MB
# A key -> the known keys within its value, or None where all of it is known.
Known = Mapping[str, "Known | None"]

STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
KEY = re.compile(rb"\s*+(" + STRING + rb")\s*+:\s*+")
# What opens or closes a value, and long rows of empty ones.
TOKEN = re.compile(STRING + rb"|(?:\[\],?+|\{\},?+)++|[\[\]{}]", re.DOTALL)
EMPTY = re.compile(rb"\{\s*+\}")
SCALAR = re.compile(STRING + rb"|[^,}\]]*+", re.DOTALL)


def only_known(text: bytes, known: Known) -> bytes:
    """The text of a JSON map without its unknown keys, where it holds many lists and maps; any other text as it is."""
    if text.count(b"[") + text.count(b"{") <= MANY:
        return text
    try:
        return _map(text, text.index(b"{"), known)[0]
    except ValueError:
        return text  # no JSON: the parser has the better words for it


def _map(text: bytes, start: int, known: Known) -> tuple[bytes, int]:
    """The map that begins at `start` without its unknown keys, and the place after it; ValueError if it is none."""
    kept: list[bytes] = []
    if empty := EMPTY.match(text, start):
        return b"{}", empty.end()
    place = start + 1
    while key := KEY.match(text, place):
        name, begin = key[1][1:-1].decode("utf-8", "replace"), key.end()
        inner = known.get(name)
        if inner is not None and text[begin : begin + 1] == b"{":
            value, place = _map(text, begin, inner)
        else:
            place = _end(text, begin)
            value = text[begin:place] if name in known else b""
        if name in known:
            kept.append(key[1] + b":" + value)
        while text[place : place + 1] in (b" ", b"\t"):
            place += 1
        if text[place : place + 1] == b"}":
            return b"{" + b",".join(kept) + b"}", place + 1
        if text[place : place + 1] != b",":
            break
        place += 1
    raise ValueError("it is no map of JSON")


def _end(text: bytes, begin: int) -> int:
    """The place after the value that begins at `begin`."""
    if text[begin : begin + 1] not in (b"[", b"{"):
        found = SCALAR.match(text, begin)
        return found.end() if found else begin
    depth, place = 0, begin
    while token := TOKEN.search(text, place):
        place = token.end()
        if token[0] in (b"[", b"{"):
            depth += 1
        elif token[0] in (b"]", b"}"):
            depth -= 1
        if depth == 0:
            return place - token[0].endswith(b",")
    raise ValueError("it has no end")


def drop_unknown(record: dict[str, Any], known: Known) -> None:
    """Remove the unknown keys of a record that was parsed."""
    for name in [name for name in record if name not in known]:
        del record[name]
    for name, inner in known.items():
        if inner is not None and isinstance(record.get(name), dict):
            drop_unknown(record[name], inner)
