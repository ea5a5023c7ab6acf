"""An axis of `sweep:` and its values, as written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from concexp.experiment.requirements import Requirements


@dataclass(frozen=True)
class Value:
    """One value of an axis as written, its own label if it has one, whether it is a formula, and its place in the file.

    `requirements` is what is to be installed for an interpreter; None for one as it is.
    """

    raw: Any
    label: str | None = None
    formula: bool = False
    file: str = ""
    line: int = 0
    column: int = 0
    requirements: Requirements | None = None

    @property
    def meant(self) -> tuple[Any, ...]:
        """Equal for values that mean the same, wherever they stand."""
        return self.raw, self.requirements and self.requirements.lines


@dataclass(frozen=True)
class Range:
    """`{from, to, times}` (geometric) or `{from, to, step}` (arithmetic); its numbers may be formulas with `cpus`."""

    start: Value
    stop: Value
    times: Value | None = None
    step: Value | None = None


@dataclass(frozen=True)
class Axis:
    """One axis, or several that move together. A point has one value per key; a `range` replaces the points of a single axis."""

    keys: tuple[str, ...]
    points: tuple[tuple[Value, ...], ...] = ()
    range: Range | None = None

    @property
    def varies(self) -> bool:
        """Whether there may be more than one point."""
        return self.range is not None or len(self.points) > 1
