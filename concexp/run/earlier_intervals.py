"""The runs of an experiment so far -> how narrow the intervals of the last one were."""

from __future__ import annotations

import contextlib
import csv
from pathlib import Path


def widths(runs: Path) -> dict[tuple[str, str], float]:
    """Half of each interval as a share of its mean, by cell and metric, from the latest cells.csv; empty if there is none."""
    tables = sorted(runs.glob("*/cells.csv"))
    found: dict[tuple[str, str], float] = {}
    if not tables:
        return found
    with tables[-1].open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for name in [key.removesuffix("_lo") for key in row if key and key.endswith("_lo")]:
                with contextlib.suppress(KeyError, TypeError, ValueError, ZeroDivisionError):
                    width = float(row[f"{name}_hi"]) - float(row[f"{name}_lo"])
                    found[row["cell"], name] = width / 2 / abs(float(row[name]))
    return found
