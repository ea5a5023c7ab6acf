"""The iterations of each trial, one after the other: whether they warm up, slow down, or never become steady."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from concexp.analysis import steadiness
from concexp.analysis.stats.change_points import (
    ENOUGH,
    FLAT,
    MIXED,
    SHORT,
    SLOWDOWN,
    UNSTEADY,
    WARMUP,
    classify_all,
    classify_cell,
)
from concexp.report.plots import _style
from concexp.report.sections.steadiness import IN_WORDS
from concexp.report.text.numbers import plural
from concexp.report.view import Point, View

COLUMNS = 2
PANELS = 6
HEIGHT = 2.1  # inches of a panel
FEWEST = 5  # iterations that make a line worth looking at
WORST_FIRST = (UNSTEADY, MIXED, SLOWDOWN, WARMUP, FLAT, SHORT)


@dataclass(frozen=True)
class _Cell:
    """A cell's trials as series of the time per operation, relative to each trial's median; and what they are."""

    point: Point
    series: list[np.ndarray]
    word: str

    @property
    def spread(self) -> float:
        """How far an iteration is from its trial's median, typically."""
        return float(np.mean([np.abs(np.log(one)).mean() for one in self.series]))


class Plot:
    """A thin line is a trial, over its own median; the thick one their median; triangles are change points; black: never steady."""

    section = "steadiness"
    order = 70

    def applies(self, view: View) -> bool:
        """Worth drawing where trials have enough iterations."""
        return bool(_cells(view))

    def draw(self, view: View, path: Path) -> str:
        """Draw the picture; returns its alt text."""
        cells = _cells(view)
        shown = cells[:PANELS]
        columns = min(COLUMNS, len(shown))
        rows = -(-len(shown) // columns)
        with _style.settings():
            figure = _style.figure(HEIGHT * rows + 0.4)
            places = _style.grid(figure, rows, columns, len(shown))
            for number, (axes, cell) in enumerate(zip(places, shown, strict=True)):
                _panel(view, cell, axes)
                if number >= len(shown) - columns:
                    axes.set_xlabel("measured iteration")
            figure.supylabel("time per operation, × the trial's median", fontsize=9.5)
            _style.save(figure, path)
        return _alt(view, shown, len(cells) - len(shown))


@lru_cache(maxsize=1)  # one page at a time: whether to draw and what to draw are asked one after the other
def _cells(view: View) -> list[_Cell]:
    """The cells with enough iterations to draw, the worst first."""
    first = view.run.firsts
    words = {cell: [word or SHORT for word in own] for cell, own in first.groupby("cell", sort=False)["steadiness"]}
    trials: dict[str, list[np.ndarray]] = {}
    seconds = view.run.measured_by_trial.parts(steadiness.seconds(view.run.measured))
    for cell, took in zip(first["cell"], seconds, strict=True):
        own = took[~np.isnan(took)]
        if len(own) >= FEWEST and own.min() > 0:
            trials.setdefault(cell, []).append(own)
    found = [
        _Cell(point, [one / np.median(one) for one in own], classify_cell(words[point.cell]))
        for point in view.points
        if (own := trials.get(point.cell))
    ]
    return sorted(found, key=lambda cell: (WORST_FIRST.index(cell.word), -cell.spread))


def _panel(view: View, cell: _Cell, axes: Any) -> None:
    colour = view.style(view.line(cell.point)).colour
    for one, found in zip(cell.series, classify_all(cell.series), strict=True):
        never = found.kind == UNSTEADY
        x = np.arange(1, one.size + 1)
        axes.plot(
            x, one, color=_style.INK if never else colour, linewidth=0.9 if never else 0.7, alpha=0.9 if never else 0.5
        )
        changes = [start for start in found.segments if start]
        axes.plot(
            x[changes],
            one[changes],
            linestyle="none",
            marker="v",
            markersize=5,
            color=_style.INK,
            markerfacecolor="white",
        )
    longest = max(one.size for one in cell.series)
    if len(cell.series) > 1:
        # Trials that were cut short must not bend the end of the line.
        whole = np.array([one for one in cell.series if one.size == longest])
        axes.plot(np.arange(1, longest + 1), np.median(whole, axis=0), color=colour, linewidth=2.2, zorder=1.5)
    if _style.is_wide(np.concatenate(cell.series).tolist()):
        _style.log_axis(axes, "y")
    else:
        _style.at_least(axes, 1.0)
        axes.yaxis.set_major_formatter(_style.plain)
        axes.yaxis.get_major_locator().set_params(nbins=5)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_xlim(0.5, longest + 0.5)
    axes.set_title(f"{_style.short(_name(view, cell), 38)}\n{_word(cell)}")


def _name(view: View, cell: _Cell) -> str:
    return view.title(cell.point.labels) or cell.point.model


def _word(cell: _Cell) -> str:
    """What the cell's trials are, in words."""
    if cell.word == SHORT:
        return f"fewer than {ENOUGH} iterations: not judged"
    return "trials disagree" if cell.word == MIXED else IN_WORDS[cell.word]


def _alt(view: View, cells: list[_Cell], left: int) -> str:
    """What a reader would see, in words: each panel's cell, and what it is."""
    told = "; ".join(f"{_name(view, cell)}: {_word(cell)}" for cell in cells)
    more = f" {plural(left, 'steadier cell')} {'is' if left == 1 else 'are'} not drawn." if left > 0 else ""
    return f"The time per operation of each trial's iterations, in order, the least steady cells first. {told}.{more}"
