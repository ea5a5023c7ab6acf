"""Rows that are alike -> the same rows, kept as columns: a million iterations in a tenth of the memory of their dicts.

What is packed reads as what went in: a sequence of dicts, of lists, of numbers. Rows that are not alike stay as they are.
"""

from __future__ import annotations

import contextlib
import gc
import math
import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any, overload

from concexp.experiment.yaml_nodes import INTEGER_LIMIT

CODES = {float: "d", int: "q"}  # of arrays
WHOLE_LIMIT = 10**INTEGER_LIMIT  # as in the YAML
WITHIN = {str, bool, type(None), array}  # nothing in them is beyond it


class _Packed(Sequence[Any]):
    """A sequence whose elements are made when they are asked for."""

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
    """Dicts with the same keys; `columns` holds their values by key."""

    __slots__ = ("columns", "size")

    def __init__(self, columns: Mapping[str, Sequence[Any]], size: int) -> None:
        self.columns, self.size = columns, size

    def __len__(self) -> int:
        return self.size

    def element(self, place: int) -> dict[str, Any]:
        return {key: values[place] for key, values in self.columns.items()}


class ListColumn(_Packed):
    """Lists, one after the other in `flat`; `ends` tells where each ends."""

    __slots__ = ("ends", "flat")

    def __init__(self, flat: Sequence[Any], ends: Sequence[int]) -> None:
        self.flat, self.ends = flat, ends

    def __len__(self) -> int:
        return len(self.ends)

    def element(self, place: int) -> list[Any]:
        return list(self.flat[self.ends[place - 1] if place else 0 : self.ends[place]])

    def __iter__(self) -> Iterator[list[Any]]:  # several times faster than one element after the other
        flat = list(self.flat)
        return (flat[first:last] for first, last in zip(chain([0], self.ends), self.ends, strict=False))


def pack(values: Sequence[Any]) -> Sequence[Any]:
    """The same values in less memory, if all of them are of one kind."""
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
    if first == values[-1] and values.count(first) == len(values):  # where a zero had a sign, it loses it
        return _repeated(first, len(values))
    return _compact(kind, values)


def _compact(kind: type, values: Sequence[Any]) -> Sequence[Any]:
    """Values of one kind; an array where they are numbers, all finite and within 64 bits."""
    if kind not in CODES or (kind is float and not math.isfinite(sum(values))):
        return values
    code = CODES[kind]
    try:
        return array(code, struct.pack(f"{len(values)}{code}", *values))  # faster than number by number
    except struct.error:
        return values


@lru_cache(maxsize=1024, typed=True)
def _repeated(value: Any, count: int) -> Sequence[Any]:
    """What never changes is kept once for all trials in which it does not."""
    return _compact(type(value), (value,) * count)


@contextlib.contextmanager
def gc_paused() -> Iterator[None]:
    """Without the garbage collector, which would look through millions of new objects again and again for cycles."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def values_of(rows: Sequence[Mapping[str, Any]], name: str) -> Sequence[Any]:
    """One value of each row; None where it has none of that name."""
    if isinstance(rows, StructColumn):
        return rows.columns[name] if name in rows.columns else _repeated(None, len(rows))
    return [row.get(name) for row in rows]


def keys_of(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """The keys that some of the rows have."""
    return set(rows.columns) if isinstance(rows, StructColumn) else {name for row in rows for name in row}


def beyond(value: Any) -> str:
    """How a number in a value, packed or not, is beyond what is allowed, since JSON has no bounds; "" if none is."""
    kind = type(value)
    if kind is float:
        return "" if math.isfinite(value) else "a number that no float can hold"
    if kind is int:
        return "" if abs(value) < WHOLE_LIMIT else f"a number of {len(str(abs(value)))} digits"
    inner = value.columns if kind is StructColumn else [value.flat] if kind is ListColumn else value
    values = inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list | tuple) else ()
    for one in values:
        if type(one) not in WITHIN and (wrong := beyond(one)):
            return wrong
    return ""
