"""What the workers' time went into: the useful share, each part of the loss, and the residual."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.patches import Patch, Rectangle

from concexp.analysis.stats.time_breakdown import PARTS, RESIDUAL, USEFUL
from concexp.report.plots import _style
from concexp.report.sections import time_breakdown
from concexp.report.sections.time_breakdown import Bar
from concexp.report.view import View

ALONE = 3  # so many panels stand one below the other; more need two columns
PANELS = 8
ROWS = 18
ROW = 0.27  # inches
THICK = 0.74  # of a row, by its bar
SHOWN = 0.005  # so little to the left of 0 is rounding
LETTER = 0.075  # inches that a letter of a label takes


@dataclass(frozen=True)
class _Look:
    """What a part is called in the picture, and how it is filled: told apart without colour by shade and hatch."""

    name: str
    colour: str
    hatch: str = ""


LOOKS = {
    USEFUL: _Look("useful", "#1f4e79"),
    "startup": _Look("start-up", "#e69f00", "///"),
    "imbalance": _Look("imbalance", "#f0e442", "..."),
    "waiting": _Look("waiting at primitives", "#cc79a7", "xxx"),
    "turns": _Look("GIL, one thread", "#e2703a"),
    "overhead": _Look("more CPU per operation", "#9fd3f0", "\\\\\\"),
    "oversubscription": _Look("more threads than CPUs", "#5fb894", "|||"),
    "missing": _Look("CPUs withheld", "#b3b3b3", "---"),
    RESIDUAL: _Look("residual", "#ffffff"),
}


class Plot:
    """All workers' time is 100 %: useful at one worker's pace, lost by reason, residual (left of 0: more than all was found).

    Useful is what the baseline needs for the same operations; a part is what goes beyond the baseline's own. Nothing tells
    what the residual was; it is below 0 where the workers stood still less than the baseline, or others of the trial's
    threads stood in the run queue as well.
    """

    section = "cost"
    order = 40

    def applies(self, view: View) -> bool:
        """Worth drawing where several workers did what one did alone."""
        return bool(time_breakdown.bars(view))

    def draw(self, view: View, path: Path) -> str:
        """Draw the picture; returns its alt text."""
        panels = time_breakdown.bars(view)
        shown = [(panel, own[:ROWS]) for panel, own in panels[:PANELS]]
        columns = 1 if len(shown) <= ALONE else 2
        tallest = [max(len(own) for _, own in shown[i : i + columns]) for i in range(0, len(shown), columns)]
        with _style.settings():
            figure = _style.figure(0.9 + sum(0.75 + ROW * count for count in tallest))
            ratios = [0.3 + ROW * count for count in tallest]
            places = _style.grid(figure, len(tallest), columns, len(shown), height_ratios=ratios)
            least = min(_left(bar) for _, own in shown for bar in own)
            for axes, (panel, own) in zip(places, shown, strict=True):
                _panel(view, own, axes, least, columns)
                axes.set_title(_style.short(view.title(panel.labels), 90 // columns))
            used = {name for _, own in shown for bar in own for name in (USEFUL, *bar.split.parts, RESIDUAL)}
            handles = [Patch(label=look.name, **_filled(look)) for name, look in LOOKS.items() if name in used]
            figure.legend(handles=handles, loc="outside lower center", ncols=min(5, len(handles)), fontsize=8.5)
            _style.save(figure, path)
        return _alt(view, shown, len(panels) - len(shown))


def _filled(look: _Look) -> dict[str, Any]:
    return {"facecolor": look.colour, "edgecolor": _style.INK, "hatch": look.hatch, "linewidth": 0.6}


def _left(bar: Bar) -> float:
    """How far a bar reaches to the left of 0, as a share."""
    return min(0.0, bar.split.residual.mean)


def _panel(view: View, own: list[Bar], axes: Any, least: float, columns: int) -> None:
    # A bar ends as far beyond 100 % as it reaches to the left of 0: together they are 100 %.
    low, high = 104 * least if least < -SHOWN else 0.0, 100.5 - 100 * least
    axes.set_xlim(low, high)
    inches = (_style.WIDTH / columns - 1.9) / (high - low)
    for place, bar in enumerate(reversed(own)):
        at = 0.0
        for name in (USEFUL, *PARTS, RESIDUAL):
            width = 100 * bar.split.share(name).mean if name in (USEFUL, RESIDUAL, *bar.split.parts) else 0.0
            if width < 0:
                _segment(axes, place, 0.0, width, name, inches)
            elif width > 0:
                _segment(axes, place, at, width, name, inches)
                at += width
    axes.axvline(100, color=_style.INK, linewidth=0.9)
    if low < 0:
        axes.axvline(0, color=_style.INK, linewidth=0.9)
    axes.set_yticks(range(len(own) - 1, -1, -1), [_who(view, bar) for bar in own])
    axes.set_ylim(-0.6, len(own) - 0.4)
    axes.grid(axis="y", visible=False)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100 %"])


def _segment(axes: Any, place: int, left: float, width: float, name: str, inches: float) -> None:
    look = LOOKS[name]
    # The axes have their limits: `barh` would work them out again for each of some hundred segments.
    axes.add_artist(Rectangle((left, place - THICK / 2), width, THICK, **_filled(look)))
    number = _style.plain(round(width))
    room = abs(width) * inches
    text = next((t for t in (f"{look.name} {number}", number) if len(t) * LETTER + 0.1 < room), "")
    if text:
        dark = name == USEFUL
        box = {"boxstyle": "round,pad=0.12", "facecolor": look.colour, "edgecolor": "none"}
        written = axes.text(left + width / 2, place, text, ha="center", va="center_baseline", fontsize=7.5,
                            color="white" if dark else _style.INK, bbox=box)  # fmt: skip
        written.set_in_layout(False)  # it lies within its segment, so that measuring it would change nothing


def _who(view: View, bar: Bar) -> str:
    """`threads ×4 ‡`."""
    mark = bar.point.mark or ("" if bar.clean else "‡")
    return f"{_style.short(view.series_name(bar.point))} ×{bar.point.workers}{f' {mark}' if mark else ''}"


def _alt(view: View, shown: list[tuple[Any, list[Bar]]], left: int) -> str:
    """What a reader would see, in words: of each model with most workers the useful share and the largest part of the loss."""
    found = [
        "The workers' time as bars of 100 %, one per model and number of workers: useful, lost by reason, residual."
    ]
    for panel, own in shown:
        title = view.title(panel.labels)
        told = []
        for points in view.series(bar.point for bar in own).values():
            bar = next(bar for bar in own if bar.point is points[-1])
            parts = {name: share.mean for name, share in (*bar.split.parts.items(), (RESIDUAL, bar.split.residual))}
            most = max(parts, key=lambda name: parts[name])
            told.append(
                f"{_who(view, bar)} {100 * bar.split.useful.mean:.0f} % useful, {100 * parts[most]:.0f} % {LOOKS[most].name}"
            )
        found.append(f"{f'{title}: ' if title else ''}{'; '.join(told)}.")
    if left > 0:
        found.append(f"{left} more panels are not drawn.")
    return " ".join(found)
