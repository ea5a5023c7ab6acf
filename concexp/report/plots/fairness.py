"""How the operations were shared: each worker's share, sorted, per model and primitive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from concexp.analysis.stats.fairness import jain
from concexp.analysis.stats.intervals import Interval, mean_interval
from concexp.analysis.time_breakdown import ONE, parallel
from concexp.experiment.statuses import MEASURED
from concexp.report.plots import _style
from concexp.report.plots._labels import cell_label, comparisons_left
from concexp.report.plots._telling import telling
from concexp.report.points import Comparison, Point
from concexp.report.styles import shaded
from concexp.report.text.language import say, sentences
from concexp.report.text.numbers import rounded, sentence_case, span
from concexp.report.view import View
from concexp.run.storage.columns import values_of

COLUMNS = 2
MAX_PANELS = 6
MAX_ROWS = 14
ROW = 0.29  # inches
SHADES = (-0.25, 0.75)  # of the workers with the largest and the smallest share
EVEN_INDEX = 0.95  # a Jain's index below this deserves a picture
MIN_LABELLED_SHARE = 0.12  # smaller ones have no room for their number


@dataclass(frozen=True)
class _Bar:
    """A cell: its workers' shares, sorted, as means over trials; and Jain's index."""

    point: Point
    shares: np.ndarray
    jain: Interval


class Plot:
    """Each worker's share of the operations, %, the largest first, means over trials; strokes: where equal shares would end."""

    note = "Jain's index is 1 if all did as many, 1/n if one of n did all; in brackets its 95 % interval."
    section = "sync"
    order = 40

    title = ""

    def prepare(self, view: View) -> list[tuple[Comparison, list[_Bar]]]:
        """The bars of the comparisons in which workers with a primitive shared unevenly.

        Shares of a count mean nothing where the load hands out a given number of operations, where no primitive decides who
        comes next, or where all workers are carried by one thread, which takes turns only where they wait.
        """
        guarded = [point for point in view.points if _competes(view, point)]
        recorded = _recorded(view, guarded)
        return [one for one in _panels(view, recorded) if any(_is_uneven(bar) for bar in one[1])]

    def draw(self, view: View, prepared: list[tuple[Comparison, list[_Bar]]], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        few = telling(view, prepared, MAX_PANELS, lambda one: one[0].labels, lambda one: [bar.point for bar in one[1]])
        shown = [(comparison, bars[:MAX_ROWS]) for comparison, bars in few]
        columns = min(COLUMNS, len(shown))
        tallest = [max(len(bars) for _, bars in shown[i : i + columns]) for i in range(0, len(shown), columns)]
        with _style.settings():
            figure = _style.figure(sum(0.95 + ROW * count for count in tallest), self.title)
            ratios = [0.3 + ROW * count for count in tallest]
            places = _style.grid(figure, len(tallest), columns, len(shown), height_ratios=ratios)
            for axes, (comparison, bars) in zip(places, shown, strict=True):
                _panel(view, axes, bars)
                axes.set_title(_style.short(view.title(comparison.labels), 52 // columns))
            _style.save(figure, path)
        return _alt(view, shown, len(prepared) - len(shown))


def _competes(view: View, point: Point) -> bool:
    """Whether a point's workers compete for a primitive over a given time."""
    record = view.records.get(point.cell)
    if record is None or "ops" in record["load"] or parallel(record) == ONE:
        return False
    return view.plugin("sync", str(point.labels["sync"])).interface not in ("", "none")


def _is_uneven(bar: _Bar) -> bool:
    return bar.jain.bounded and bar.jain.hi < EVEN_INDEX


def _panels(view: View, recorded: Mapping[str, _Bar]) -> list[tuple[Comparison, list[_Bar]]]:
    """For each comparison the cells with most workers of each series and primitive, the fairest first."""
    panels = []
    for comparison in view.comparisons:
        by_workers = sorted(comparison.points, key=lambda point: point.workers or 0)
        variants = view.variants(point for point in by_workers if point.cell in recorded)
        bars = [recorded[points[-1].cell] for points in variants]
        # Where all workers did the same number of operations there is nothing to see.
        if any(np.ptp(bar.shares) > 0 for bar in bars):
            panels.append((comparison, sorted(bars, key=lambda bar: -bar.jain.mean)))
    return panels


def _recorded(view: View, among: Iterable[Point]) -> dict[str, _Bar]:
    """The shares of the cells with several workers that recorded what each of them did, by cell."""
    points = {point.cell: point for point in among if point.has_numbers and point.parallelism > 1}
    trials: dict[str, list[tuple[np.ndarray, float]]] = {}
    for record in view.run.records:
        if record.role != MEASURED or record["cell"] not in points or not record.get("answer"):
            continue
        if record["block"] not in {trial.block for trial in points[record["cell"]].sample.timing_trials()}:
            continue
        passes = [ops for ops in values_of(record.passes, "worker_ops") if ops]
        workers = points[record["cell"]].parallelism
        if passes and all(sum(ops) and len(ops) == workers for ops in passes):
            counts = np.array(passes, dtype=float)
            shares = -np.sort(-counts / counts.sum(axis=1, keepdims=True), axis=1)
            jains = jain(counts.sum(axis=1), (counts**2).sum(axis=1), workers)
            trials.setdefault(record["cell"], []).append((shares.mean(axis=0), float(jains.mean())))
    return {
        cell: _Bar(
            points[cell],
            np.mean([s for s, _ in of_cell], axis=0),
            mean_interval([j for _, j in of_cell], level=view.run.level),
        )
        for cell, of_cell in trials.items()
    }


def _panel(view: View, axes: Any, bars: list[_Bar]) -> None:
    for place, bar in enumerate(reversed(bars)):
        style = view.style(view.series_name(bar.point))
        count = len(bar.shares)
        left = 0.0
        for share, step in zip(bar.shares, np.linspace(*SHADES, count), strict=True):
            colour = shaded(style.colour, float(step))
            axes.barh(place, share, 0.66, left, color=colour, edgecolor="white", linewidth=0.8 if count <= 16 else 0)
            if share >= MIN_LABELLED_SHARE:
                dark = step < 0.2
                axes.text(left + share / 2, place, rounded(100 * share, 2), ha="center", va="center", fontsize=7,
                          color="white" if dark else _style.INK)  # fmt: skip
            left += share
        for k in range(1, count):
            for end in (-1, 1):  # above and below the bar, whose number may be where a fair share ends
                axes.plot([k / count] * 2, [place + 0.24 * end, place + 0.44 * end], color=_style.INK, linewidth=1.2)
        axes.text(1.02, place, _jain(bar.jain), va="center", fontsize=7.5)
    axes.set_yticks(range(len(bars)), [cell_label(view, bar.point) for bar in reversed(bars)])
    axes.set_ylim(-0.6, len(bars) - 0.4)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axes.get_xticklabels()[-1].set_horizontalalignment("right")
    axes.set_xlabel(say("share of the operations"))
    axes.annotate(
        say("Jain's index"),
        (1.02, 0),
        (0, -6),
        "axes fraction",
        "offset points",
        va="top",
        fontsize=7.5,
        color=_style.GREY,
    )
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _jain(value: Interval) -> str:
    """`0.98 (0.97–0.99)`: two decimals, since the bars show no more either."""
    mean, low, high = (f"{end:.2f}" for end in (value.mean, value.lo, min(value.hi, 1.0)))
    return mean if not value.bounded or low == high else f"{mean} ({low}–{high})"


def _alt(view: View, panels: list[tuple[Comparison, list[_Bar]]], left: int) -> str:
    """What the picture shows in words: for each panel the fairest cell and the least fair."""
    lines = [say("The workers' shares of the operations, sorted, one bar per model and primitive, the fairest first.")]
    for comparison, bars in panels:
        title = view.title(comparison.labels)
        ends = [
            say("{cell} with Jain's index {index}", cell=cell_label(view, bar.point), index=_jain(bar.jain))
            for bar in (bars[0], bars[-1])
        ]
        share = rounded(100 * float(bars[-1].shares[0]), 2)
        text = say("from {cells}, whose busiest worker does {share} %.", cells=span(*ends), share=share)
        lines.append(say("{text}, {phrase}", text=title, phrase=text) if title else sentence_case(text))
    return sentences([*lines, *comparisons_left(left)])
