"""How series look: the same colour, marker and dashes in every picture of a page."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# For models without a colour: the palette of Okabe and Ito, which the colour-blind can read and which survives printing.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":")
# How far the colours of several series of one model are from the model's, towards white (above 0) or black.
SHADES = (0.0, 0.5, -0.45, 0.25, -0.25)


@dataclass(frozen=True)
class Style:
    """How a series looks in every picture, in matplotlib's terms."""

    colour: str
    marker: str | tuple[int, int, int]  # in matplotlib's terms: a sign, or (points, 1 for a star, degrees)
    dashes: str


def assign_styles(plugins: Mapping[str, str], classes: Mapping[str, Any]) -> dict[str, Style]:
    """The style of each series, by its name, from its model's plug-in name and class.

    The first series of a model looks like the model, the next ones are shades of it with other markers.
    """
    styles: dict[str, Style] = {}
    ranks: dict[str, int] = {}
    for name, plugin in plugins.items():
        rank = ranks[plugin] = ranks.get(plugin, -1) + 1
        number = zlib.crc32(plugin.encode())
        colour = getattr(classes[name], "colour", PALETTE[number % len(PALETTE)])
        marker = getattr(classes[name], "marker", MARKERS[number % len(MARKERS)])
        markers = [marker, *(other for other in MARKERS if other != marker)]
        shade = shaded(colour, SHADES[rank % len(SHADES)])
        styles[name] = Style(shade, markers[rank % len(markers)], DASHES[rank % len(DASHES)])
    return styles


def shaded(colour: str, share: float) -> str:
    """Moves a colour (#rrggbb) by this share towards white (share > 0) or black (< 0)."""
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    target = 255 if share > 0 else 0
    return "#" + "".join(f"{round(part + (target - part) * abs(share)):02x}" for part in parts)


def condition_style(number: int) -> Style:
    """How the line of a condition looks, where conditions of a single model are lines: the next of palette, signs and dashes."""
    return Style(
        PALETTE[number % len(PALETTE)],
        MARKERS[(number + number // len(MARKERS)) % len(MARKERS)],
        DASHES[number % len(DASHES)],
    )
