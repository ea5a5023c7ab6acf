"""The options of `concexp try` as values; InputError says what is wrong with one."""

from __future__ import annotations

from concexp.commands.trying.request import problem
from concexp.errors import InputError
from concexp.experiment import units


def words(text: str) -> tuple[str, ...]:
    """`threads,processes` as names."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def numbers(text: str) -> tuple[int, ...]:
    """`1,2,4` as numbers of workers."""
    found = words(text)
    if not all(word.isdecimal() and int(word) > 0 for word in found):
        raise InputError([problem("--workers", f"'{text}' is no list of numbers", "write --workers 1,2,4")])
    return tuple(map(int, found))


def seconds(text: str) -> float:
    """`60s` or `2m` as seconds."""
    try:
        return units.duration(text)
    except ValueError as error:
        raise InputError([problem("--budget", str(error), "write --budget 60s")]) from None
