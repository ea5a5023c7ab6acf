"""Which rows of a frame belong to which trial."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd


class TrialRows:
    """The rows of each trial; trials are numbered from 0 in the order of their first rows. `numbers` has one per row."""

    def __init__(self, numbers: np.ndarray) -> None:
        self.numbers = numbers

    @classmethod
    def of(cls, frame: pd.DataFrame) -> TrialRows:
        """Those of a frame with a column `trial`, which holds ids."""
        return cls(frame["trial"].factorize()[0])

    def __len__(self) -> int:
        """The number of trials."""
        return len(self.firsts)

    @cached_property
    def firsts(self) -> np.ndarray:
        """The place of each trial's first row."""
        return np.unique(self.numbers, return_index=True)[1]

    @cached_property
    def sizes(self) -> np.ndarray:
        """The number of rows of each trial."""
        return np.bincount(self.numbers)

    @cached_property
    def _order(self) -> np.ndarray:
        """The places of all rows, trial by trial."""
        return np.argsort(self.numbers, kind="stable")

    def among(self, places: np.ndarray) -> TrialRows:
        """The same for the rows at these places only; trials that have none are left out."""
        return TrialRows(np.unique(self.numbers[places], return_inverse=True)[1])

    def parts(self, values: np.ndarray) -> list[np.ndarray]:
        """The values of each trial, in the order of its rows; `values` has one per row."""
        ordered = values[self._order]
        ends = np.cumsum(self.sizes)
        return [ordered[end - size : end] for end, size in zip(ends, self.sizes, strict=True)]
