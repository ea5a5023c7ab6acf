"""The iterations of each trial, one after the other: whether they warm up, slow down, or never become steady."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from concexp.analysis import steadiness
from concexp.analysis.stats.change_points import (
    DISTURBED,
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
from concexp.report.plots._telling import heaviest
from concexp.report.points import Point
from concexp.report.sections.steadiness import IN_WORDS
from concexp.report.text.language import clauses, counted, say, sentences
from concexp.report.view import View

COLUMNS = 2
MAX_PANELS = 6
HEIGHT = 2.1  # inches of a panel
MIN_ITERATIONS = 5  # of a trial worth drawing
WORST_FIRST = (UNSTEADY, MIXED, SLOWDOWN, DISTURBED, WARMUP, FLAT, SHORT)


@dataclass(frozen=True)
class _Cell:
    """A cell's trials as times per operation relative to each trial's median, and their classification."""

    point: Point
    trials: list[np.ndarray]
    word: str

    @cached_property
    def unsteadiness(self) -> tuple[int, float]:
        """How bad its classification is, and the typical distance of an iteration from its trial's median, as a logarithm."""
        distance = float(np.mean([np.abs(np.log(trial)).mean() for trial in self.trials]))
        return -WORST_FIRST.index(self.word), distance


class Plot:
    """Thin: one trial, relative to its median; thick: median over trials; triangles: change points; black: never steady."""

    section = "steadiness"
    order = 70
    title = ""

    def prepare(self, view: View) -> list[_Cell]:
        """The cells whose trials have enough iterations."""
        return _cells(view)

    def draw(self, view: View, prepared: list[_Cell], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        shown = heaviest(prepared, MAX_PANELS, lambda cell: cell.unsteadiness)
        columns = min(COLUMNS, len(shown))
        rows = -(-len(shown) // columns)
        with _style.settings():
            figure = _style.figure(HEIGHT * rows + 0.4, self.title)
            places = _style.grid(figure, rows, columns, len(shown))
            for number, (axes, cell) in enumerate(zip(places, shown, strict=True)):
                _panel(view, cell, axes)
                if number >= len(shown) - columns:
                    axes.set_xlabel(say("measured iteration"))
            figure.supylabel(say("time per operation, × the trial's median"), fontsize=9.5)
            _style.save(figure, path)
        return _alt(view, shown, len(prepared) - len(shown))


def _cells(view: View) -> list[_Cell]:
    """The cells with enough iterations to draw."""
    first = view.run.firsts
    words = {cell: [word or SHORT for word in rows] for cell, rows in first.groupby("cell", sort=False)["steadiness"]}
    trials: dict[str, list[np.ndarray]] = {}
    by_trial = view.run.measured_by_trial.parts(steadiness.seconds(view.run.measured))
    for cell, seconds in zip(first["cell"], by_trial, strict=True):
        known = seconds[~np.isnan(seconds)]
        if len(known) >= MIN_ITERATIONS and known.min() > 0:
            trials.setdefault(cell, []).append(known)
    return [
        _Cell(point, [trial / np.median(trial) for trial in of_cell], classify_cell(words[point.cell]))
        for point in view.points
        if (of_cell := trials.get(point.cell))
    ]


def _panel(view: View, cell: _Cell, axes: Any) -> None:
    colour = view.style(view.series_name(cell.point)).colour
    for trial, state in zip(cell.trials, classify_all(cell.trials), strict=True):
        _trial(axes, trial, state.segments, state.kind == UNSTEADY, colour)
    longest = max(trial.size for trial in cell.trials)
    if len(cell.trials) > 1:
        # Trials that were cut short must not bend the end of the median.
        whole = np.array([trial for trial in cell.trials if trial.size == longest])
        axes.plot(np.arange(1, longest + 1), np.median(whole, axis=0), color=colour, linewidth=2.2, zorder=1.5)
    if _style.is_wide(np.concatenate(cell.trials).tolist()):
        _style.log_axis(axes, "y")
    else:
        _style.at_least(axes, 1.0)
        axes.yaxis.set_major_formatter(_style.plain)
        axes.yaxis.get_major_locator().set_params(nbins=5)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_xlim(0.5, longest + 0.5)
    axes.set_title(f"{_style.short(_name(view, cell), 30)}\n{_word(cell)}")


def _trial(axes: Any, trial: np.ndarray, segments: Sequence[int], is_unsteady: bool, colour: str) -> None:
    """One trial's line with its change points."""
    x = np.arange(1, trial.size + 1)
    look = {"linewidth": 0.7, "alpha": 0.5, "color": colour}
    if is_unsteady:
        look = {"linewidth": 0.9, "alpha": 0.9, "color": _style.INK}
    axes.plot(x, trial, **look)
    changes = [start for start in segments if start]
    mark = {"marker": "v", "markersize": 5, "color": _style.INK, "markerfacecolor": "white"}
    axes.plot(x[changes], trial[changes], linestyle="none", **mark)


def _name(view: View, cell: _Cell) -> str:
    return view.title(cell.point.labels) or cell.point.model


def _word(cell: _Cell) -> str:
    """The classification of a cell in words."""
    if cell.word == SHORT:
        return say("fewer than {count} iterations: not judged", count=ENOUGH)
    return say("trials disagree") if cell.word == MIXED else say(IN_WORDS[cell.word])


def _alt(view: View, cells: list[_Cell], left: int) -> str:
    """What the picture shows in words: each panel's cell and its classification."""
    words = clauses([say("{word}: {text}", word=_name(view, cell), text=_word(cell)) for cell in cells])
    more = counted(left, "{count} steadier cell is not drawn.", "{count} steadier cells are not drawn.")
    lead = say("The time per operation of each trial's iterations, in order, in the least steady cells.")
    return sentences([lead, words + say("."), *([more] if left > 0 else [])])
