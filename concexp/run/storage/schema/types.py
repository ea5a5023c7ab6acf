"""The building blocks of the journal's schema: strict types, and what is wrong with a value, in one line."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

INT64 = 2**63 - 1
CLASSES = 1 << 13  # of a histogram: more than there are in 64 bits
KEY_SHOWN = 40  # characters of a key in a message
VALUE_SHOWN = 60  # characters of a value in a message

STRICT = ConfigDict(strict=True, regex_engine="python-re")


class Part(BaseModel):
    """A map in a journal. Keys without a field are ignored, because later versions add to what they write.

    A field without a default must be there; one whose type allows None may be null.
    """

    # Built when a journal is read: a command that reads none should not wait for it.
    model_config = ConfigDict(**STRICT, extra="ignore", defer_build=True)


def _undivided(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError as error:
        raise ValueError("one of its parts does not fit") from error


# Reports a problem anywhere inside a value as a problem of the whole value, where no single part is to blame.
Undivided = WrapValidator(_undivided)


def _ascending(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    in_range = all(0 <= index < CLASSES and count > 0 for index, count in pairs)
    if not pairs or not in_range or not all(one[0] < next_[0] for one, next_ in itertools.pairwise(pairs)):
        raise ValueError("not a histogram")
    return pairs


Item = TypeVar("Item")
Items = Annotated[list[Item], Field(fail_fast=True)]  # one problem is enough: a forged list may have millions
Number = float  # an int or a float; finite, since `journal.read` refuses other numbers
Int64 = Annotated[int, Field(ge=-INT64, le=INT64)]
Positive = Annotated[int, Field(gt=0, le=INT64)]
Scalar = Annotated[str | bool | int | float | None, Undivided]
CellId = Annotated[str, StringConstraints(pattern=r"\A[\w-]{1,64}\Z")]
Hexadecimal = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]+\Z")]
# A few letters, as pages and pictures show them among their own words.
Word = Annotated[str, StringConstraints(pattern=r"\A[\w ./%-]{1,40}\Z")]
# [class, count] pairs: sorted, not empty, every count positive. JSON has lists only, so a tuple must not insist on its type.
Histogram = Annotated[
    list[Annotated[tuple[Int64, Int64], Strict(False)]],
    AfterValidator(_ascending),
    Undivided,
]


class Axes(Part):
    """The labels of a cell, by axis: these four and those that the experiment sweeps."""

    workload: str = Field(description="label of the workload")
    model: str = Field(description="label of the concurrency model")
    sync: str = Field(description="label of the synchronisation primitive")
    workers: Positive | None = Field(description="degree of concurrency; null for models without workers")


@dataclass(frozen=True)
class Mismatch:
    """Where a value does not fit the schema (keys and indices from the outside inwards), and how."""

    place: tuple[int | str, ...]
    problem: str  # what follows the path in a message

    def __str__(self) -> str:
        path = "".join(f"[{key}]" if isinstance(key, int) else f".{key[:KEY_SHOWN]}" for key in self.place)
        return f"{path.removeprefix('.')}{self.problem}"


def first_mismatch(validate: Callable[[Any], object], value: Any) -> Mismatch | None:
    """The first problem that a pydantic validator finds in a value; None if it fits."""
    try:
        validate(value)
    except ValidationError as error:
        return _translated(error.errors(include_url=False)[0])
    return None


def _translated(error: Any) -> Mismatch:
    """One of pydantic's errors in the words of this program's messages."""
    place = error["loc"]
    if error["type"] == "nested":  # from a check of our own, with the place within the value
        return Mismatch((*place, *error["ctx"]["place"]), error["ctx"]["problem"])
    if error["type"] == "missing":
        return Mismatch(place, " is missing")
    return Mismatch(place, problem_of(error["input"], EXPECTED.get(error["type"])))


# What pydantic calls an error -> the kind of value that belongs there, where the kind alone is wrong.
EXPECTED = {"model_type": "a map", "dict_type": "a map", "list_type": "a list"}


def problem_of(value: Any, expected: str | None = None) -> str:
    """What a message says about a value that does not fit."""
    return f": expected {expected}, not {shown(value)}" if expected else f": {shown(value)} cannot stand there"


def shown(value: Any) -> str:
    """A value as a message shows it, cut if it is long."""
    text = repr(value)
    return text if len(text) <= VALUE_SHOWN else text[: VALUE_SHOWN - 3] + "…"
