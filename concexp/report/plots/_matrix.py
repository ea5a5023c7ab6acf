"""Fields in rows and columns: of a heat map, and of outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from concexp.report.plots import _style
from concexp.report.text.language import message, say

DARK = 0.24  # the luminance below which white letters are easier to read than dark ones
# Why a field has no number, by the status of its cell.
STATUS_TEXTS = {
    "unsupported": message("cannot run"),
    "failed": message("failed"),
    "crashed": message("crashed"),
    "timeout": message("timed out"),
    "missing": message("not run"),
}


def status_text(status: str) -> str:
    """Why a field has no number."""
    return say(STATUS_TEXTS[status]) if status in STATUS_TEXTS else status


@dataclass(frozen=True)
class Field:
    """What is written in a field, and its colour; hatched without one."""

    text: str
    colour: Any = None


def fill(
    axes: Any, rows: Sequence[str], columns: Sequence[str], fields: Mapping[tuple[int, int], Field], upward: bool
) -> None:
    """Draws fields by (row, column); rows run from the top down, or `upward` as numbers do."""
    for (row, column), field in fields.items():
        _draw(axes, row, column, field)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(*((-0.5, len(rows) - 0.5) if upward else (len(rows) - 0.5, -0.5)))
    axes.set_xticks(range(len(columns)), [_style.short(text, max(10, 44 // len(columns))) for text in columns])
    axes.set_yticks(range(len(rows)), [_style.short(text, 24) for text in rows])
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _draw(axes: Any, row: int, column: int, field: Field) -> None:
    box = (column - 0.5, row - 0.5)
    if field.colour is None:
        axes.add_artist(Rectangle(box, 1, 1, facecolor="white", edgecolor="#bdbdbd", hatch="////", linewidth=0))
        axes.text(column, row, field.text, ha="center", va="center", fontsize=7.5, color=_style.INK,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
        return
    axes.add_artist(Rectangle(box, 1, 1, facecolor=field.colour, edgecolor="white", linewidth=1.5))
    red, green, blue = to_rgb(field.colour)
    luminance = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    axes.text(column, row, field.text, ha="center", va="center", fontsize=8,
              color="white" if luminance < DARK else _style.INK)  # fmt: skip
