"""Picture of a comparison of two sides: the ratio B / A of each cell, with what two runs of the same thing may differ by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator

from concexp.analysis.comparing.comparison import Comparison
from concexp.analysis.comparing.judgement import Compared
from concexp.report.comparison.naming import Names, change_text, title_of
from concexp.report.comparison.sentences import relative_text, words_of
from concexp.report.plots import _style
from concexp.report.text.language import say
from concexp.report.text.markdown import plain
from concexp.report.text.numbers import level_text, plural, sentence_case

MOST_ROWS = 40
ROW = 0.23  # inches
AROUND = 0.75  # inches of a panel's title and axis
COLOURS = {"worse": "#b8460b", "better": "#0072b2", "higher": "#444444", "lower": "#444444"}
OPEN = "#767676"  # of what is not named
NEAREST = 0.05  # the axis shows at least so much on both sides of 1
Panel = tuple[str, str, list[Compared]]


def prepare(comparison: Comparison) -> list[Panel]:
    """The panels: (metric, what it is relative to in each run, its cells with a ratio); absolute ones of one machine only."""
    groups: dict[tuple[str, str], list[Compared]] = {}
    for one in comparison.compared:
        if one.ratio.bounded and one.ratio.lo > 0 and (one.is_relative or not comparison.machine.other):
            groups.setdefault((one.metric, one.relative), []).append(one)
    return [(metric, relative, _shown(own)) for (metric, relative), own in groups.items()]


def _shown(cells: list[Compared]) -> list[Compared]:
    """At most so many rows: those that are named, then those farthest from 1; in the order of the table."""
    if len(cells) <= MOST_ROWS:
        return cells
    ranked = sorted(cells, key=lambda one: (not one.is_named, -abs(np.log(one.ratio.mean))))
    kept = {id(one) for one in ranked[:MOST_ROWS]}
    return [one for one in cells if id(one) in kept]


def draw(comparison: Comparison, panels: Sequence[Panel], path: Path) -> str:
    """Draws the picture; returns its alt text."""
    names = Names(comparison)
    heights = [AROUND + ROW * len(cells) for _, _, cells in panels]
    with _style.settings():
        figure = _style.figure(sum(heights))
        places = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights).flatten()
        for axes, (metric, relative, cells) in zip(places, panels, strict=True):
            _panel(names, metric, relative, cells, axes)
        _style.save(figure, path)
    return _alt(comparison, names, panels)


def _panel(names: Names, metric: str, relative: str, cells: Sequence[Compared], axes: Any) -> None:
    axes.set_xscale("log")
    for place, one in enumerate(reversed(cells)):
        _row(one, place, axes)
    labels = [_style.short(names.of(one.match.labels), 44) for one in reversed(cells)]
    axes.set_yticks(range(len(cells)), labels)
    axes.set_ylim(-0.6, len(cells) - 0.4)
    axes.grid(axis="y", visible=False)
    axes.axvline(1, color=_style.INK, linewidth=0.9)
    ends = [end for one in cells for end in (one.ratio.lo, one.ratio.hi, *one.span)]
    low, high = min(1 - NEAREST, *ends), max(1 + NEAREST, *ends)
    room = (high / low) ** 0.05
    axes.set_xlim(low / room, high * room)
    _ratio_axis(axes)
    title = title_of(metric)
    axes.set_title(relative_text(title, relative) if relative else title)
    axes.set_xlabel(_direction(metric), loc="right")


def _row(one: Compared, place: int, axes: Any) -> None:
    """One cell: the machine range in grey, the whole interval thin, that of the trials thick, the ratio, and the verdict."""
    colour = COLOURS.get(one.word, OPEN)
    axes.barh(place, one.span[1] - one.span[0], left=one.span[0], height=0.8, color="#e3e3e3", zorder=1)
    axes.plot([one.ratio.lo, one.ratio.hi], [place, place], color=colour, linewidth=1.1, zorder=2)
    for end in (one.ratio.lo, one.ratio.hi):
        axes.plot([end, end], [place - 0.16, place + 0.16], color=colour, linewidth=1.1, zorder=2)
    if one.within.bounded:
        axes.plot(
            [one.within.lo, one.within.hi], [place, place], color=colour, linewidth=3.2, solid_capstyle="butt", zorder=3
        )
    marker = {"worse": "v", "better": "^"}.get(one.word, "s" if one.word == "same" else "o")
    axes.plot(
        one.ratio.mean, place, marker=marker, markersize=6, zorder=4, markeredgecolor=colour, markeredgewidth=1.3,
        markerfacecolor=colour if one.is_named else "white",
    )  # fmt: skip
    text = (
        f"{change_text(one.ratio).partition(' (')[0]}: {words_of(one.metric, one.word)}"
        if one.is_named
        else _unnamed(one)
    )
    axes.annotate(
        text, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8, annotation_clip=False
    )


def _unnamed(one: Compared) -> str:
    return say("the same") if one.word == "same" else say("cannot tell")


FACTORS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100)  # ticks


def _ratio_axis(axes: Any) -> None:
    """Ticks in plain numbers: changes in percent where the axis is short, factors where it spans more."""
    low, high = axes.get_xlim()
    if high / low < 2.5:
        percents = MaxNLocator(6).tick_values(100 * (low - 1), 100 * (high - 1))
        ticks = {1 + percent / 100: _percent(percent) for percent in percents}
    else:
        ticks = {factor: f"{factor:g}x" for factor in FACTORS}
        if high / low > 6:
            ticks = {factor: text for factor, text in ticks.items() if factor in (1, 0.5, 2) or not 0.3 < factor < 3}
    shown = {place: text for place, text in ticks.items() if low <= place <= high}
    axes.xaxis.set_major_locator(FixedLocator(list(shown)))
    axes.xaxis.set_major_formatter(FixedFormatter(list(shown.values())))
    axes.xaxis.set_minor_locator(NullLocator())


def _percent(change: float) -> str:
    return f"{'+' if change > 0 else ''}{_style.plain(round(change, 6))} %"


def _direction(metric: str) -> str:
    from concexp import catalog

    better = catalog.load("metric", metric).better
    texts = {
        "higher": say("B / A (to the right: B is better)"),
        "lower": say("B / A (to the left: B is better)"),
    }
    return texts.get(str(better), say("B / A"))


def caption(comparison: Comparison) -> str:
    """What the signs mean."""
    what = (
        say("what two runs of a side differ by is in the thin bars")
        if comparison.machine.is_estimated
        else say("grey: what the machine may have done, which the thin bars contain")
    )
    return say(
        "B / A of each cell; thick: the {level} interval by the trials alone; {what}; filled: a difference is named "
        "(▲ better, ▼ worse); square: the same; hollow: cannot tell.",
        level=level_text(comparison.level), what=what,
    )  # fmt: skip


def _alt(comparison: Comparison, names: Names, panels: Sequence[Panel]) -> str:
    """What the picture shows in words."""
    sentences = []
    for metric, relative, cells in panels:
        what = sentence_case(relative_text(title_of(metric), relative) if relative else title_of(metric))
        named = [one for one in cells if one.is_named]
        listed = "; ".join(f"{names.of(one.match.labels)} {change_text(one.ratio)}" for one in named)
        rest = plural(len(cells) - len(named), "cell")
        sentences.append(
            say("{metric} of B relative to A: {cells}; no difference in {rest}.", metric=what, cells=listed, rest=rest)
            if named
            else say("{metric} of B relative to A: no difference is named in {rest}.", metric=what, rest=rest)
        )
    return plain(" ".join(sentences))
