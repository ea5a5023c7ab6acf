"""`requirements:` of an interpreter -> what is to be installed for it, as pip and uv take it; nothing is looked up or installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concexp.experiment import kept, units

SIZE_LIMIT = 1 << 20  # bytes of a file
# A name, perhaps with extras, and what follows it: versions, a marker, a direct reference, hashes.
REQUIREMENT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\s*(\[[^\]]*\])?\s*([=<>!~;@(].*|--hash=.*)?")
COMMENT = re.compile(r"(^|\s+)#.*$")


@dataclass(frozen=True)
class Requirements:
    """What is to be installed for an interpreter.

    lines    one requirement each, without comments
    written  the file as the YAML names it; "" if the YAML lists the requirements itself
    path     that file, absolute
    """

    lines: tuple[str, ...]
    written: str = ""
    path: str = ""


class Unusable(Exception):
    """What cannot be required: (why, cure, its number in the list that the YAML has, None for all of it)."""

    def __init__(self, message: str, hint: str = "", number: int | None = None) -> None:
        super().__init__(message)
        self.message, self.hint, self.number = message, hint, number


def find(written: Any, home: Path) -> Requirements:
    """What a list of requirements, or the name of a file with one in each line, asks for; Unusable if that is neither.

    `home` is the folder that a relative name starts from.
    """
    if isinstance(written, list):
        found = Requirements(tuple(" ".join(text.split()) if isinstance(text, str) else text for text in written))
    elif isinstance(written, str):
        try:
            place = kept.code_place(written, home).resolve()
            found = Requirements(tuple(_lines(_text(place))), written, str(place))
        except (OSError, ValueError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise Unusable(f"cannot read {written}: {why}", "the path is relative to this YAML") from error
    else:
        shown = units.for_message(written)
        raise Unusable(f"expected a list such as [numpy==2.*], or the name of a file, not {shown}")
    if not found.lines:
        raise Unusable("there is no requirement", "leave `requirements` out, or name a package")
    for number, line in enumerate(found.lines):
        if problem := _problem(line):
            raise Unusable(*problem, None if found.written else number)
    return found


def _problem(text: object) -> tuple[str, str] | None:
    """(what is wrong, cure) of one requirement, or None."""
    if isinstance(text, str) and REQUIREMENT.fullmatch(text):
        return None
    if isinstance(text, str) and text.startswith("-"):
        cure = (
            "set what holds for all installs in pip's or uv's own configuration, and list the requirements themselves"
        )
        return f"'{text}' is an option of an installer, not a requirement", cure
    return f"{units.for_message(text)} is not a requirement", "write a package with its versions, such as numpy==2.*"


def _text(place: Path) -> str:
    if place.exists() and not place.is_file():  # a pipe may never end
        raise OSError(0, "it is no file")
    with place.open("rb") as file:
        data = file.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise OSError(0, f"it is larger than {SIZE_LIMIT >> 20} MiB")
    return data.decode("utf-8")


def _lines(text: str) -> Iterator[str]:
    """The requirements of a file: lines that end with a backslash go on, comments and empty lines are left out."""
    for line in text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        if found := COMMENT.sub("", line).strip():
            yield " ".join(found.split())
