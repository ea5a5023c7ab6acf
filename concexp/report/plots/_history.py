"""Picture of a history: each cell's figures over the runs, relative to its first, with the steps marked, and the machine below."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from concexp.analysis import noise
from concexp.analysis.comparing.comparison import Comparison
from concexp.analysis.comparing.history import Series, Step
from concexp.report.comparison.naming import Names, change_text, title_of
from concexp.report.comparison.sentences import words_of
from concexp.report.plots import _style
from concexp.report.text.language import say
from concexp.report.text.numbers import plural

MOST_PANELS = 8
HEIGHT = 1.25  # inches of a panel
COLOUR = "#0072b2"
MACHINE = "#767676"


def prepare(comparison: Comparison) -> list[Series]:
    """The series that are drawn: those with steps first, then the others in the order of the table."""
    known = [one for one in comparison.series if sum(figure.has_value for figure in one.figures) > 1]
    return sorted(known, key=lambda one: not one.steps)[:MOST_PANELS]


def draw(comparison: Comparison, shown: Sequence[Series], path: Path) -> str:
    """Draws the picture; returns its alt text."""
    names = Names(comparison)
    sentinel = _sentinel(comparison)
    panels = len(shown) + bool(sentinel)
    with _style.settings():
        figure = _style.figure(HEIGHT * panels + 0.4)
        places = figure.subplots(panels, 1, squeeze=False, sharex=True).flatten()
        for axes, series in zip(places, shown, strict=False):
            _series(names, series, len(comparison.metrics) > 1, axes)
        if sentinel:
            _machine(sentinel, places[-1])
        places[-1].set_xlabel(say("run"))
        places[-1].xaxis.set_major_locator(MaxNLocator(20, integer=True))
        places[-1].set_xlim(0.5, len(comparison.sides.runs) + 0.5)
        _style.save(figure, path)
    return _alt(names, shown, len(comparison.series) - len(shown))


def _sentinel(comparison: Comparison) -> dict[int, float]:
    """How long the sentinel took in each run, relative to the first that has one; empty if fewer than two do."""
    times = {number: list(noise.sentinel_times(run).values()) for number, run in enumerate(comparison.sides.runs, 1)}
    means = {number: math.exp(float(np.mean(np.log(own)))) for number, own in times.items() if own}
    first = next(iter(means.values()), 1.0)
    return {number: mean / first for number, mean in means.items()} if len(means) > 1 else {}


def _series(names: Names, series: Series, with_metric: bool, axes: Any) -> None:
    """One cell: dots with their intervals, a level for each stretch between steps, and a mark at each step."""
    first = next(one.mean for one in series.figures if one.has_value)
    points = {number: one.scaled(1 / first) for number, one in enumerate(series.figures, 1) if one.has_value}
    for number, one in points.items():
        if one.bounded:
            axes.plot([number, number], [one.lo, one.hi], color=COLOUR, linewidth=1.2)
    axes.plot(list(points), [one.mean for one in points.values()], "o", color=COLOUR, markersize=4)
    edges = [0, *(step.at for step in series.steps), len(series.figures)]
    for low, high in itertools.pairwise(edges):
        own = [one.mean for number, one in points.items() if low < number <= high]
        if own:
            level = math.exp(float(np.mean(np.log(own)))) if min(own) > 0 else float(np.mean(own))
            axes.plot([low + 0.6, high + 0.4], [level, level], color=_style.INK, linewidth=1)
    axes.margins(y=0.25)
    _style.at_least(axes, 1.0)
    for step in series.steps:
        _mark(series, step, axes)
    title = _style.short(names.of(series.match.labels), 60)
    axes.set_title(f"{title}: {title_of(series.metric)}" if with_metric else title)
    axes.set_ylabel(say("relative to run {number}", number=min(points)), fontsize=8)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(_style.plain))


def _mark(series: Series, step: Step, axes: Any) -> None:
    style = (0, (1, 2)) if step.is_machine else (0, (5, 2))
    axes.axvline(step.at + 0.5, color=MACHINE if step.is_machine else _style.INK, linewidth=1.2, linestyle=style)
    change = change_text(step.ratio).partition(" (")[0]
    word = say("machine?") if step.is_machine else words_of(series.metric, step.word)
    axes.annotate(f"{change}: {word}", (step.at + 0.5, 0.97), (4, 0), xycoords=("data", "axes fraction"),
                  textcoords="offset points", va="top", fontsize=8)  # fmt: skip


def _machine(sentinel: dict[int, float], axes: Any) -> None:
    axes.plot(list(sentinel), list(sentinel.values()), marker="D", color=MACHINE, markersize=4, linewidth=1)
    axes.margins(y=0.25)
    _style.at_least(axes, 1.0)
    axes.set_title(say("The machine: time of the sentinel (higher is slower)"))
    axes.set_ylabel(say("relative to run {number}", number=min(sentinel)), fontsize=8)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(_style.plain))


def caption(comparison: Comparison) -> str:
    """What the signs mean."""
    return say(
        "Each cell over the runs, relative to its first, with intervals; lines: the level between steps; dashed: a "
        "step; dotted: a "
        "step that the machine may explain."
    )


def _alt(names: Names, shown: Sequence[Series], left: int) -> str:
    """What the picture shows in words."""
    sentences = []
    for series in shown:
        steps = "; ".join(
            say("{change} from run {run} on", change=change_text(step.ratio), run=step.at + 1) for step in series.steps
        )
        sentences.append(f"{names.of(series.match.labels)}: {steps or say('no step')}.")
    if left > 0:
        sentences.append(say("{cells} more without a step.", cells=plural(left, "cell")))
    return " ".join(sentences)
