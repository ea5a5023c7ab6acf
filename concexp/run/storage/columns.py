"""Keeps rows with the same keys as columns: a million iterations in a tenth of the memory that their dicts would take.

Packed rows read like the originals: a sequence of dicts, of lists or of numbers. Rows that differ in kind stay as they are.
Many rows of one trial are columns in the journal as well, where their keys would take half of the room.
"""

from __future__ import annotations

import contextlib
import math
import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any, overload

from concexp.experiment.yaml_nodes import INTEGER_LIMIT

CODES = {float: "d", int: "bhiq"}  # of arrays; whole numbers take the first that holds them all
WHOLE_LIMIT = 10**INTEGER_LIMIT  # as in the YAML
BOUNDED = {str, bool, type(None), array}  # types whose values need no check
MANY = 10  # rows of a trial that are written as columns; fewer are easier to read one by one


class _Packed(Sequence[Any]):
    """A sequence that makes its elements on demand."""

    def element(self, place: int) -> Any:
        raise NotImplementedError

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        places = range(len(self))[place]  # IndexError beyond the end
        return self.element(places) if isinstance(places, int) else [self.element(one) for one in places]

    def __iter__(self) -> Iterator[Any]:
        return map(self.element, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))


class StructColumn(_Packed):
    """`size` dicts with the same keys; `columns` holds their values by key."""

    __slots__ = ("columns", "size")

    def __init__(self, columns: Mapping[str, Sequence[Any]], size: int) -> None:
        self.columns, self.size = columns, size

    def __len__(self) -> int:
        return self.size

    def element(self, place: int) -> dict[str, Any]:
        return {key: values[place] for key, values in self.columns.items()}


class ListColumn(_Packed):
    """Lists, one after the other in `flat`; `ends` holds the index at which each ends."""

    __slots__ = ("ends", "flat")

    def __init__(self, flat: Sequence[Any], ends: Sequence[int]) -> None:
        self.flat, self.ends = flat, ends

    def __len__(self) -> int:
        return len(self.ends)

    def element(self, place: int) -> list[Any]:
        return list(self.flat[self.ends[place - 1] if place else 0 : self.ends[place]])

    def __iter__(self) -> Iterator[list[Any]]:  # several times faster than element by element
        flat = list(self.flat)
        return (flat[first:last] for first, last in zip(chain([0], self.ends), self.ends, strict=False))


def pack(values: Sequence[Any]) -> Sequence[Any]:
    """The same values in less memory, if all have the same type."""
    kinds = set(map(type, values))
    if len(kinds) != 1:
        return values
    (kind,) = kinds
    if kind is dict:
        keys = tuple(values[0])
        if not all(map(keys.__eq__, map(tuple, values))):
            return values
        columns = zip(*map(dict.values, values), strict=True)
        return StructColumn(dict(zip(keys, map(pack, columns), strict=True)), len(values))
    if kind is list:
        return ListColumn(pack(tuple(chain.from_iterable(values))), _compact(int, tuple(accumulate(map(len, values)))))
    first = values[0]
    if first == values[-1] and values.count(first) == len(values):  # a negative zero loses its sign
        return _repeated(first, len(values))
    return _compact(kind, values)


def _compact(kind: type, values: Sequence[Any]) -> Sequence[Any]:
    """Values of the type `kind`: as an array if they are numbers, all finite and within 64 bits, in as few bits as hold them."""
    if kind not in CODES or (kind is float and not math.isfinite(sum(values))):
        return values
    for code in CODES[kind]:
        with contextlib.suppress(struct.error):  # too large
            return array(code, struct.pack(f"{len(values)}{code}", *values))  # faster than from single numbers
    return values


@lru_cache(maxsize=1024, typed=True)
def _repeated(value: Any, count: int) -> Sequence[Any]:
    """A value repeated: the same sequence for all trials in which it never changes."""
    return _compact(type(value), (value,) * count)


def as_columns(rows: Any) -> Any:
    """Many dicts with the same keys -> lists of their values by key, of one value where all are equal; anything else as it is.

    The first column has all its values: it tells how many rows there are.
    """
    if isinstance(rows, StructColumn):
        rows = list(rows)
    if not isinstance(rows, list) or len(rows) < MANY or set(map(type, rows)) != {dict} or not rows[0]:
        return rows
    keys = tuple(rows[0])
    if not all(map(keys.__eq__, map(tuple, rows))):
        return rows
    (key, first), *others = zip(keys, map(list, zip(*map(dict.values, rows), strict=True)), strict=True)
    return {key: first, **{key: values[:1] if _are_equal(values) else values for key, values in others}}


def _are_equal(values: list[Any]) -> bool:
    """Whether all values are the same text, number, flag or null, or all are empty."""
    kinds = set(map(type, values))
    if len(kinds) != 1:
        return False
    return not any(values) if kinds <= {dict, list} else values.count(values[0]) == len(values)


def of_columns(columns: Mapping[str, Any], most: int) -> StructColumn:
    """The rows of columns as `as_columns` makes them; ValueError if these are none, or would hold more than `most` values."""
    lists = list(columns.values())
    if not lists or not all(isinstance(values, list) and values for values in lists):
        raise ValueError("its iterations are neither rows nor columns")
    size = len(lists[0])
    if not {len(values) for values in lists} <= {1, size}:
        raise ValueError("its iterations are columns of different lengths")
    if size * len(lists) > most:
        raise ValueError("its iterations are more than a line can hold")
    return StructColumn(
        {key: pack(values if len(values) == size else values * size) for key, values in columns.items()}, size
    )


def values_of(rows: Sequence[Mapping[str, Any]], name: str) -> Sequence[Any]:
    """The value of a key in each row; None where a row lacks it."""
    if isinstance(rows, StructColumn):
        return rows.columns[name] if name in rows.columns else _repeated(None, len(rows))
    return [row.get(name) for row in rows]


def keys_of(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """The keys that any of the rows have."""
    return set(rows.columns) if isinstance(rows, StructColumn) else {name for row in rows for name in row}


def problem_with_numbers(value: Any) -> str:
    """Why a number in a value, packed or not, is too large (JSON has no bounds); "" if none is."""
    kind = type(value)
    if kind is float:
        return "" if math.isfinite(value) else "a number that no float can hold"
    if kind is int:
        return "" if abs(value) < WHOLE_LIMIT else f"a number of {len(str(abs(value)))} digits"
    for part in _parts(value):
        if type(part) not in BOUNDED and (problem := problem_with_numbers(part)):
            return problem
    return ""


def _parts(value: Any) -> Iterable[Any]:
    """The values within a value; packed columns as they are kept."""
    kind = type(value)
    if kind is StructColumn:  # not `isinstance`, which is slow for a class with an abstract base
        return value.columns.values()  # type: ignore[no-any-return]
    if kind is ListColumn:
        return (value.flat,)
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()
