"""Points of a run by their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar


class Labelled(Protocol):
    """A cell with its labels."""

    @property
    def labels(self) -> dict[str, Any]:
        """Its label on each axis."""

    @property
    def has_numbers(self) -> bool:
        """Whether any of its trials has numbers."""


P = TypeVar("P", bound=Labelled)


def groups(points: Sequence[P], keys: Sequence[str]) -> list[tuple[dict[str, Any], list[P]]]:
    """Groups points by their labels on these axes, in order, leaving out groups without numbers.

    Points to which an axis does not apply (no label) join every group that they match on the other axes.
    """
    groups: dict[str, tuple[dict[str, Any], list[P]]] = {}
    for point in points:
        labels = {key: point.labels.get(key) for key in keys}
        groups.setdefault(repr(list(labels.values())), (labels, []))[1].append(point)
    partial = [(labels, members) for labels, members in groups.values() if None in labels.values()]
    joined = []
    for labels, members in groups.values():
        guests = [guest for other, guests in partial if _less(other, labels) for guest in guests]
        is_guest = None in labels.values() and any(_less(labels, other) for other, _ in groups.values())
        if not is_guest and any(point.has_numbers for point in members):
            joined.append((labels, [*guests, *members]))
    return joined


def _less(labels: dict[str, Any], than: dict[str, Any]) -> bool:
    """Whether these labels equal others except on axes that do not apply here."""
    return labels != than and all(label is None or label == than[key] for key, label in labels.items())
