"""How evenly something is shared: Jain, Chiu & Hawe (1984), "A quantitative measure of fairness"."""

from __future__ import annotations

from typing import Any

import numpy as np


def jain(total: Any, total_of_squares: Any, count: Any) -> Any:
    """Jain's index (sum x)^2 / (n sum x^2) from the two sums of n shares; numbers or arrays, one entry per group of shares.

    1 if all shares are equal, 1/n if one has everything; NaN where there is nothing to share.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(total) ** 2 / (count * total_of_squares)
