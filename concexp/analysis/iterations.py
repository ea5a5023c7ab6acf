"""The iterations of all trials -> columns with a value per iteration, in little memory.

A run may have a million iterations and a hundred columns. Three things keep it small: numbers that are all equal are a
broadcast of the first, chunks of a text column that hold one value only share one copy of it, and lists with a number per
worker are Arrow lists, not Python's.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from concexp.run.storage.columns import ListColumn, StructColumn, keys_of, values_of

Passes = Sequence[Mapping[str, Any]]  # the iterations of a trial
PORTION = 100_000  # rows whose lists are held as Python objects at a time
CHUNK = 10_000  # rows of a text column
RUN = 100  # rows with the same text, one after the other, that are worth a chunk of their own


class Iterations:
    """The iterations of several trials, one sequence of facts for each trial, which may be packed (`run.storage.columns`)."""

    def __init__(self, trials: Sequence[Passes]) -> None:
        self.by_trial = trials
        self.sizes = np.array(list(map(len, trials)), dtype=int)

    @cached_property
    def trials(self) -> np.ndarray:
        """The number of each iteration's trial."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @cached_property
    def positions(self) -> np.ndarray:
        """The number of each iteration within its trial, from 0."""
        begins = np.cumsum(self.sizes) - self.sizes
        positions: np.ndarray = np.arange(len(self.trials)) - begins[self.trials]
        return positions

    @cached_property
    def names(self) -> set[str]:
        """The names of all facts that some iteration has."""
        return {name for passes in self.by_trial for name in keys_of(passes)}

    def has(self, name: str) -> np.ndarray:
        """True for each iteration whose trial has a fact of this name, be it None."""
        return np.repeat(np.array([name in keys_of(passes) for passes in self.by_trial], dtype=bool), self.sizes)

    def recorded(self, name: str) -> np.ndarray:
        """True for each iteration in which this fact is not None."""
        parts = [np.empty(0, dtype=bool)]
        for values in self._values(name):
            missing = 0 if isinstance(values, (array, ListColumn)) else values.count(None)
            if 0 < missing < len(values):
                parts.append(np.array([value is not None for value in values]))
            else:
                parts.append(np.full(len(values), not missing))
        return np.concatenate(parts)

    def numbers(self, name: str) -> np.ndarray:
        """This fact of each iteration as a float; NaN where it is missing."""
        parts = [np.empty(0)]
        previous: Any = None
        for values in self._values(name):
            # Values that never change are the same object in all trials.
            parts.append(parts[-1] if values is previous else np.asarray(values, dtype=float))
            previous = values
        return broadcast_if_constant(np.concatenate(parts))

    def objects(self, name: str) -> np.ndarray:
        """This fact of each iteration as a Python object."""
        return np.fromiter(chain.from_iterable(self._values(name)), object)

    def worker_lists(self, name: str) -> pd.api.extensions.ExtensionArray:
        """This fact of each iteration, a number per worker, as Arrow lists; an empty list where it is missing."""
        numbers, ends = [np.empty(0)], [np.zeros(1, dtype=int)]
        for values in self._values(name):
            if not isinstance(values, ListColumn):
                lists = [value or [] for value in values]
                values = ListColumn(list(chain.from_iterable(lists)), list(accumulate(map(len, lists))))
            numbers.append(np.asarray(values.flat, dtype=float))
            ends.append(ends[-1][-1] + np.asarray(values.ends))
        flat = np.concatenate(numbers)
        return pd.arrays.ArrowExtensionArray(pa.ListArray.from_arrays(np.concatenate(ends).astype(np.int32), flat))

    def counts(self) -> Iterations:
        """The workload's counts of each iteration, as facts of their own."""
        return Iterations([_maps(values) for values in self._values("counts")])

    def portions(self) -> Iterator[tuple[slice, Iterations]]:
        """Some trials at a time, and where their rows are: a million rows of Python lists would fill the memory."""
        ends = np.cumsum([0, *self.sizes])
        first = 0
        while first < len(self.by_trial):
            last = max(first + 1, int(np.searchsorted(ends, ends[first] + PORTION, "right")) - 1)
            yield slice(ends[first], ends[last]), Iterations(self.by_trial[first:last])
            first = last

    def _values(self, name: str) -> Iterator[Sequence[Any]]:
        """This fact of each trial's iterations."""
        return (values_of(passes, name) for passes in self.by_trial)


def _maps(values: Sequence[Any]) -> Passes:
    return values if isinstance(values, StructColumn) else [value or {} for value in values]


def repeat(column: pd.Series, places: np.ndarray) -> Any:
    """The column's values at these places, as an array of its type; equal ones that follow each other are stored once."""
    if column.dtype == float:
        return broadcast_if_constant(column.to_numpy()[places])
    if column.dtype == "string" and len(places):
        return _repeat_text(column, places)
    return column.array.take(places)


def _repeat_text(column: pd.Series, places: np.ndarray) -> Any:
    """Chunk by chunk: those that consist of one value are the same object if they have the same value and length."""
    codes = column.factorize()[0][places]
    uniform: dict[tuple[int, int], pa.Array] = {}
    chunks = []
    for first in range(0, len(places), CHUNK):
        for part in _runs(codes[first : first + CHUNK], first):
            key = codes[part.start], part.stop - part.start
            if (codes[part] != key[0]).any():
                chunks.append(pa.array(column.array.take(places[part])))
                continue
            if key not in uniform:
                uniform[key] = pa.array(column.array.take(places[part]))
            chunks.append(uniform[key])
    return type(column.array)(pa.chunked_array(chunks))


def _runs(codes: np.ndarray, first: int) -> list[slice]:
    """Where codes are the same, from row `first` on; one slice for all where that changes so often that parts save nothing."""
    changes = 1 + np.flatnonzero(codes[1:] != codes[:-1])
    if RUN * len(changes) > len(codes):
        changes = changes[:0]
    ends = first + np.array([0, *changes, len(codes)])
    return [slice(begin, end) for begin, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]


def broadcast_if_constant(values: np.ndarray) -> np.ndarray:
    """A broadcast of one value, which takes no memory, if all floats are equal; otherwise the array itself."""
    bits = values.view(np.int64)  # there NaN equals itself, and 0.0 differs from -0.0
    return np.broadcast_to(values[0], len(values)) if len(values) and (bits == bits[0]).all() else values
