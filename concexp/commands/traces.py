"""Finds what may name a person or a machine in files that are to be sent to others: folders of users, this machine's name."""

from __future__ import annotations

import os
import re
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

CHUNK = 1 << 20
OVERLAP = 512  # bytes that two pieces share, so that nothing is cut
HOMES = rb"/(?:home|Users)/[^/\s\"'\\]{1,64}/|/root/"
SHORTEST = 5  # letters of a host's name: a shorter one stands in many texts by chance
SHOWN = 3


def traces_of_a_machine(files: Mapping[str, Path | bytes]) -> Iterator[str]:
    """A line for each file with such names in it, which says what they are and how often they stand there."""
    pattern = re.compile(b"|".join([HOMES, *_names_here()]))
    for name, source in files.items():
        found = Counter(match.decode("utf-8", "replace") for match in _matches(pattern, source))
        if found:
            shown = ", ".join(f"{text} ({count}×)" for text, count in found.most_common(SHOWN))
            more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            yield f"{name} names a user's folder or this machine: {shown}{more}; look at it before you send it"


def _names_here() -> list[bytes]:
    """The home folder of this user, and the name of this machine, as patterns."""
    names = []
    if (home := os.path.expanduser("~")) not in ("~", "/", "/root"):
        names.append(re.escape(f"{home}/".encode()))
    host = socket.gethostname()
    if len(host) >= SHORTEST and host != "localhost":
        names.append(rb"\b" + re.escape(host.encode()) + rb"\b")
    return names


def _matches(pattern: re.Pattern[bytes], source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield from pattern.findall(source)
        return
    with open(source, "rb") as file:
        before = b""
        while chunk := file.read(CHUNK):
            text = before + chunk
            last = max(0, len(text) - OVERLAP) if len(chunk) == CHUNK else len(text)
            yield from (match[0] for match in pattern.finditer(text) if match.start() < last)
            before = text[last:]
