"""Where the lines of a panel end: their names and figures beside them, without overlaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from concexp.report.plots import _style
from concexp.report.text.language import listed, say

SIZE = 8  # points of the labels
LINE = 1.25 * SIZE / 72  # inches of a line of text
Member = tuple[str, str, Any]  # (name, colour, handle for a legend)


@dataclass(frozen=True)
class _End:
    """Where lines end together, in data coordinates; what they are, and a figure; whether they leave the picture there."""

    x: float
    y: float
    members: list[Member]
    figure: str
    leaves: bool

    @property
    def text(self) -> str:
        """`processes 1.98x`; `threads, asyncio: the same, 1.00x`."""
        names = listed([_style.short(name) for name, _, _ in self.members])
        if len(self.members) == 1:
            return f"{names} {self.figure}".rstrip()
        if not self.figure:
            return say("{names}: the same", names=names)
        return say("{names}: the same, {figure}", names=names, figure=self.figure)


@dataclass
class Ends:
    """The ends of the lines of a panel."""

    ends: list[_End] = field(default_factory=list)

    def add(self, x: float, y: float, members: list[Member], figure: str, leaves: bool = False) -> None:
        """Adds lines that are told as one; `leaves` if they rise from (0, 0) beyond the upper edge."""
        self.ends.append(_End(x, y, members, figure, leaves))

    @property
    def legend(self) -> dict[str, Any]:
        """The handles of a legend, by name."""
        return {_style.short(name): handle for end in self.ends for name, _, handle in end.members}

    def label(self, axes: Any, letters: int) -> None:
        """Puts the names beside the panel, in lines of so many letters."""
        for end in self.ends:
            if end.leaves:
                # Panels on one scale may have room for more, or less, than this one alone.
                share = min(axes.get_ylim()[1] / end.y, axes.get_xlim()[1] / end.x)
                axes.annotate(end.text, (share * end.x, share * end.y), (-8, -1), textcoords="offset points", ha="right", va="top",
                              fontsize=SIZE, color=_style.GREY)  # fmt: skip
        inside = axes.transData + axes.transAxes.inverted()
        lane = [end for end in self.ends if not end.leaves]
        texts = ["\n".join(_style.wrapped(end.text, letters)) for end in lane]
        height = axes.get_position().height * axes.figure.get_figheight() or 1.0
        heights = [(text.count("\n") + 1) * LINE / height + 0.015 for text in texts]
        places = _style.apart([float(inside.transform((end.x, end.y))[1]) for end in lane], heights)
        over = max((place + size / 2 for place, size in zip(places, heights, strict=True)), default=0.0) - 1.04
        for end, text, place in zip(lane, texts, places, strict=True):
            axes.annotate(
                text, (end.x, end.y), (1.06, place - max(0.0, over)), textcoords=axes.transAxes, va="center",
                fontsize=SIZE, annotation_clip=False, linespacing=1.0,
                arrowprops={"arrowstyle": "-", "color": end.members[0][1], "linewidth": 0.9, "shrinkA": 0, "shrinkB": 4,
                            "relpos": (0, 0.5)},
            )  # fmt: skip
