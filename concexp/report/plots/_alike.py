"""Lines that lie on one another: which of them are drawn nested, and which are told as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.significance import MARGIN

Line = Mapping[Any, Interval]  # the values of a line by their places


def on_one_another(lines: Sequence[Line]) -> list[list[int]]:
    """The numbers of the lines, in groups whose means are within 5 % of one another at every place that they share."""
    return _groups(lines, _is_near)


def told_as_one(lines: Sequence[Line]) -> list[list[int]]:
    """The same groups, but only of lines whose intervals overlap as well: nothing tells these apart."""
    return _groups(lines, lambda one, other: _is_near(one, other) and _overlap(one, other))


def _groups(lines: Sequence[Line], alike: Callable[[Interval, Interval], bool]) -> list[list[int]]:
    groups: list[list[int]] = []
    for number, line in enumerate(lines):
        group = next((one for one in groups if all(_are_alike(lines[member], line, alike) for member in one)), None)
        if group is None:
            groups.append([number])
        else:
            group.append(number)
    return groups


def _are_alike(one: Line, other: Line, alike: Callable[[Interval, Interval], bool]) -> bool:
    """Whether two lines have the same places, and are alike at each of them."""
    shared = [place for place in one if place in other]
    return len(shared) == max(len(one), len(other)) and all(alike(one[place], other[place]) for place in shared)


def _is_near(one: Interval, other: Interval) -> bool:
    return abs(one.mean - other.mean) <= MARGIN * min(abs(one.mean), abs(other.mean))


def _overlap(one: Interval, other: Interval) -> bool:
    """Whether nothing tells two values apart; what has no interval is equal only to itself, as 1 is for two baselines."""
    if not (one.bounded and other.bounded):
        return one.mean == other.mean
    return one.lo <= other.hi and other.lo <= one.hi
