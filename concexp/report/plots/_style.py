"""The house style of all pictures: light, quiet, readable at half size and in grey, the same bytes every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

matplotlib.use("Agg")

GREY = "#8a8a8a"
INK = "#222222"
LINES = ("-", "--", ":", "-.")  # two labels of one model share its colour, not its line
SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.labelsize": 11,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "legend.frameon": False,
    "svg.hashsalt": "concexp",
}


def figure(columns: int, rows: int, width: float = 4.6, height: float = 3.5) -> tuple[Figure, list[list[Axes]]]:
    """A figure with a grid of panels, sizes in inches per panel."""
    found = Figure(figsize=(max(6.4, width * columns), height * rows), layout="constrained")
    return found, found.subplots(rows, columns, squeeze=False).tolist()


def save(drawn: Figure, path: Path) -> None:
    """Write a PNG at twice the usual resolution, without a word about when or by what."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn.savefig(path, dpi=160, metadata={"Software": None})


def settings() -> Any:
    """The style, as a context."""
    return matplotlib.rc_context(SETTINGS)


def worker_axis(axes: Axes, workers: list[int]) -> None:
    """The numbers of workers that were measured, and no others; logarithmic where they span much."""
    if max(workers) >= 8 * min(workers):
        axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator([float(count) for count in workers]))
    axes.xaxis.set_minor_locator(NullLocator())
    formatter = ScalarFormatter()
    formatter.set_scientific(False)
    axes.xaxis.set_major_formatter(formatter)
    axes.set_xlabel("workers")
