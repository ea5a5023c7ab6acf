"""What the workers' time went into: the useful share, each part of the loss, and the residual."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.patches import Patch, Rectangle

from concexp.analysis.stats.time_breakdown import PARTS, RESIDUAL, USEFUL
from concexp.report.long_axes import chosen
from concexp.report.plots import _style
from concexp.report.sections import time_breakdown
from concexp.report.sections.time_breakdown import Bar
from concexp.report.view import Panel, View

MAX_IN_ONE_COLUMN = 3  # panels; more need two columns
MAX_PANELS = 8
MAX_ROWS = 18
ROW = 0.27  # inches
BAR_HEIGHT = 0.74  # as a share of a row
MIN_LEFT = 0.005  # less than this to the left of 0 is rounding
LETTER = 0.075  # inches per letter of a label


@dataclass(frozen=True)
class _Look:
    """What a part is called and how it is filled: shade and hatch distinguish it without colour."""

    name: str
    colour: str
    hatch: str = ""


LOOKS = {
    USEFUL: _Look("useful", "#1f4e79"),
    "startup": _Look("start-up", "#e69f00", "///"),
    "imbalance": _Look("imbalance", "#f0e442", "..."),
    "waiting": _Look("waiting at primitives", "#cc79a7", "xxx"),
    "coordinator": _Look("coordinator", "#c9a66b", "++"),
    "turns": _Look("GIL, one thread", "#e2703a"),
    "overhead": _Look("more CPU per operation", "#9fd3f0", "\\\\\\"),
    "oversubscription": _Look("more workers than CPUs", "#5fb894", "|||"),
    "missing": _Look("CPUs withheld", "#b3b3b3", "---"),
    RESIDUAL: _Look("residual", "#ffffff"),
}


class Plot:
    """All workers' time is 100 %: useful at one worker's pace, lost by reason, residual (left of 0: more useful than 100 %).

    Useful is what the baseline needs for the same operations; a part is what goes beyond the baseline's own. Nothing tells
    what the residual was; it is below 0 where several workers did more than as many times the baseline.
    """

    section = "cost"
    order = 40

    def prepare(self, view: View) -> list[tuple[Panel, list[Bar]]]:
        """The bars of each panel: there are some where several workers did what one did alone."""
        return time_breakdown.bars(view)

    def draw(self, view: View, prepared: list[tuple[Panel, list[Bar]]], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        few = chosen(view, prepared, MAX_PANELS, lambda one: one[0].labels)
        shown = [(panel, bars[:MAX_ROWS]) for panel, bars in few]
        columns = 1 if len(shown) <= MAX_IN_ONE_COLUMN else 2
        tallest = [max(len(bars) for _, bars in shown[i : i + columns]) for i in range(0, len(shown), columns)]
        with _style.settings():
            figure = _style.figure(0.9 + sum(0.75 + ROW * count for count in tallest))
            ratios = [0.3 + ROW * count for count in tallest]
            places = _style.grid(figure, len(tallest), columns, len(shown), height_ratios=ratios)
            least = min(_left(bar) for _, bars in shown for bar in bars)
            for axes, (panel, bars) in zip(places, shown, strict=True):
                _panel(view, bars, axes, least, columns)
                axes.set_title(_style.short(view.title(panel.labels), 90 // columns))
            used = {name for _, bars in shown for bar in bars for name in (USEFUL, *bar.split.parts, RESIDUAL)}
            handles = [Patch(label=look.name, **_filled(look)) for name, look in LOOKS.items() if name in used]
            figure.legend(handles=handles, loc="outside lower center", ncols=min(5, len(handles)), fontsize=8.5)
            _style.save(figure, path)
        return _alt(view, shown, len(prepared) - len(shown))


def _filled(look: _Look) -> dict[str, Any]:
    return {"facecolor": look.colour, "edgecolor": _style.INK, "hatch": look.hatch, "linewidth": 0.6}


def _left(bar: Bar) -> float:
    """How far a bar extends to the left of 0, as a share (0 or below)."""
    return min(0.0, bar.split.residual.mean)


def _panel(view: View, bars: list[Bar], axes: Any, least: float, columns: int) -> None:
    # All parts add up to 100 %: a bar extends beyond 100 % as far as it does to the left of 0.
    low, high = 104 * least if least < -MIN_LEFT else 0.0, 100.5 - 100 * least
    axes.set_xlim(low, high)
    inches = (_style.WIDTH / columns - 1.9) / (high - low)
    for place, bar in enumerate(reversed(bars)):
        right = 0.0
        for name in (USEFUL, *PARTS, RESIDUAL):
            width = 100 * bar.split.share(name).mean if name in (USEFUL, RESIDUAL, *bar.split.parts) else 0.0
            if width < 0:
                _segment(axes, place, 0.0, width, name, inches)
            elif width > 0:
                _segment(axes, place, right, width, name, inches)
                right += width
    axes.axvline(100, color=_style.INK, linewidth=0.9)
    if low < 0:
        axes.axvline(0, color=_style.INK, linewidth=0.9)
    axes.set_yticks(range(len(bars) - 1, -1, -1), [_cell(view, bar) for bar in bars])
    axes.set_ylim(-0.6, len(bars) - 0.4)
    axes.grid(axis="y", visible=False)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100 %"])


def _segment(axes: Any, place: int, left: float, width: float, name: str, inches: float) -> None:
    look = LOOKS[name]
    # The axes have their limits already: `barh` would compute them again for each of some hundred segments.
    axes.add_artist(Rectangle((left, place - BAR_HEIGHT / 2), width, BAR_HEIGHT, **_filled(look)))
    number = _style.plain(round(width))
    room = abs(width) * inches
    text = next((t for t in (f"{look.name} {number}", number) if len(t) * LETTER + 0.1 < room), "")
    if text:
        dark = name == USEFUL
        box = {"boxstyle": "round,pad=0.12", "facecolor": look.colour, "edgecolor": "none"}
        written = axes.text(left + width / 2, place, text, ha="center", va="center_baseline", fontsize=7.5,
                            color="white" if dark else _style.INK, bbox=box)  # fmt: skip
        written.set_in_layout(False)  # it lies within its segment, so measuring it would change nothing


def _cell(view: View, bar: Bar) -> str:
    """`threads ×4 ‡`."""
    mark = bar.point.mark or ("" if bar.clean else "‡")
    return f"{_style.short(view.series_name(bar.point))} ×{bar.point.workers}{f' {mark}' if mark else ''}"


def _alt(view: View, shown: list[tuple[Panel, list[Bar]]], left: int) -> str:
    """What the picture shows in words: for each series with most workers, the useful share and the largest part of the loss."""
    sentences = [
        "The workers' time as bars of 100 %, one per model and number of workers: useful, lost by reason, residual."
    ]
    for panel, bars in shown:
        title = view.title(panel.labels)
        texts = []
        for points in view.series(bar.point for bar in bars).values():
            bar = next(bar for bar in bars if bar.point is points[-1])
            parts = {name: share.mean for name, share in (*bar.split.parts.items(), (RESIDUAL, bar.split.residual))}
            most = max(parts, key=lambda name: parts[name])
            texts.append(
                f"{_cell(view, bar)} {100 * bar.split.useful.mean:.0f} % useful, {100 * parts[most]:.0f} % {LOOKS[most].name}"
            )
        sentences.append(f"{f'{title}: ' if title else ''}{'; '.join(texts)}.")
    if left > 0:
        sentences.append(f"{left} more panels are not drawn.")
    return " ".join(sentences)
