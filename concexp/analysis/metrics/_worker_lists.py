"""Shared by metrics of single workers: they read columns of Arrow lists, with a number for each worker in each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lists:
    """Such a column: the numbers of all rows, one list after the other, and the length of each row's list.

    The length is 0 where the list is missing. Results are NaN for an empty list.
    """

    numbers: Any
    sizes: Any

    @classmethod
    def of(cls, frame: Any, name: str) -> Lists:
        """The column of this name; all lists are missing if there is no such column."""
        import numpy as np

        if name not in frame:
            return cls(np.empty(0), np.zeros(len(frame), dtype=int))
        lists = frame[name].list
        return cls(lists.flatten().to_numpy(float, na_value=np.nan), lists.len().to_numpy(int, na_value=0))

    def sums(self, numbers: Any) -> Any:
        """The sum of each list, of `numbers` in place of the column's own; from left to right, as `sum` does it."""
        import numpy as np

        rows = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return np.where(self.sizes > 0, np.bincount(rows, numbers, minlength=len(self.sizes)), np.nan)

    @property
    def largest(self) -> Any:
        """The largest number of each list."""
        import numpy as np

        largest = np.full(len(self.sizes), np.nan)
        full = self.sizes > 0
        if full.any():
            largest[full] = np.maximum.reduceat(self.numbers, (np.cumsum(self.sizes) - self.sizes)[full])
        return largest


def ratio(above: Any, below: Any, frame: Any) -> Any:
    """The quotient of two arrays, one value per row, as a column of the frame; NaN for 0 / 0."""
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        return column(above / below, frame)


def column(values: Any, frame: Any) -> Any:
    """An array, one value per row, as a column of the frame."""
    return frame["wall_s"].isna() * 0.0 + values
