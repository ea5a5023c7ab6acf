"""What the workers' time went into: the useful share, each part of the loss, and the residual."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.patches import Patch, Rectangle

from concexp.analysis.stats.time_breakdown import PARTS, RESIDUAL, USEFUL
from concexp.report.captions import exceeds_baseline
from concexp.report.phrases import first_few
from concexp.report.plots import _style
from concexp.report.plots._labels import cell_label, panels_left
from concexp.report.plots._telling import telling
from concexp.report.points import Comparison, Point
from concexp.report.sections import time_breakdown
from concexp.report.sections.time_breakdown import Bar
from concexp.report.text.language import clauses, listed, message, say, sentences
from concexp.report.text.numbers import plural
from concexp.report.view import View

MAX_IN_ONE_COLUMN = 3  # panels; more need two columns
MAX_PANELS = 8
MAX_ROWS = 18
ROW = 0.27  # inches
BAR_HEIGHT = 0.74  # as a share of a row
WHOLE = 95  # percent: a bar that is one thing to this extent is a sentence
MAX_SAID = 4  # names in that sentence, and titles
SAID_LETTERS = 96  # of one of its lines


@dataclass(frozen=True)
class _Look:
    """What a part is called and how it is filled: shade and hatch distinguish it without colour."""

    name: str
    colour: str
    hatch: str = ""


LOOKS = {
    USEFUL: _Look(message("useful"), "#1f4e79"),
    "startup": _Look(message("start-up"), "#e69f00", "///"),
    "imbalance": _Look(message("imbalance"), "#f0e442", "..."),
    "waiting": _Look(message("waiting at primitives"), "#cc79a7", "xxx"),
    "coordinator": _Look(message("coordinator"), "#c9a66b", "++"),
    "turns": _Look(message("GIL, one thread"), "#e2703a"),
    "overhead": _Look(message("more CPU per operation"), "#9fd3f0", "\\\\\\"),
    "oversubscription": _Look(message("more workers than CPUs"), "#5fb894", "|||"),
    "missing": _Look(message("CPUs withheld"), "#b3b3b3", "---"),
    RESIDUAL: _Look(message("residual"), "#ffffff"),
}


class Plot:
    """All workers' time is 100 %: useful at one worker's pace, lost by reason, and the unexplained residual.

    Useful is what the baseline needs for the same operations; a part is what goes beyond the baseline's own. Nothing tells
    what the residual was.
    """

    signs = (
        ("where workers did more than as many times the baseline, all parts are scaled to 100 %", exceeds_baseline),
    )
    section = "cost"
    order = 40
    title = ""

    def prepare(self, view: View) -> list[tuple[Comparison, list[Bar]]]:
        """The bars of each comparison, where several workers did what one did alone; none if each bar is practically one thing.

        Primitives stand in one panel: they are to be compared.
        """
        bars = {bar.point.cell: bar for _, own in time_breakdown.bars(view) for bar in own}
        if all(_whole(bar) is not None for bar in bars.values()):
            return []
        found = [
            (comparison, [bars[point.cell] for point in _in_order(view, comparison) if point.cell in bars])
            for comparison in view.comparisons
        ]
        return [(comparison, own) for comparison, own in found if own]

    def draw(self, view: View, prepared: list[tuple[Comparison, list[Bar]]], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        drawn = [(one, own) for one, bars in prepared if (own := [bar for bar in bars if _whole(bar) is None])]
        said = _said(view, prepared)
        few = telling(view, drawn, MAX_PANELS, lambda one: one[0].labels, lambda one: [bar.point for bar in one[1]])
        shown = [(panel, bars[:MAX_ROWS]) for panel, bars in few]
        has_room = _style.room_for_two(_cell(view, bar) for _, bars in shown for bar in bars)
        columns = 2 if has_room and len(shown) > MAX_IN_ONE_COLUMN else 1
        tallest = [max(len(bars) for _, bars in shown[i : i + columns]) for i in range(0, len(shown), columns)]
        with _style.settings():
            lines = _style.wrapped(said, SAID_LETTERS)
            figure = _style.figure(1.0 + 0.15 * len(lines) + sum(0.6 + ROW * count for count in tallest), self.title)
            ratios = [0.3 + ROW * count for count in tallest]
            places = _style.grid(figure, len(tallest), columns, len(shown), height_ratios=ratios)
            for axes, (_, bars) in zip(places, shown, strict=True):
                _panel(view, bars, axes, columns)
            _style.headings(figure, places, [view.title(comparison.labels) for comparison, _ in shown], columns)
            used = {name for _, bars in shown for bar in bars for name, share in _shares(bar).items() if share > 0}
            handles = [Patch(label=say(look.name), **_filled(look)) for name, look in LOOKS.items() if name in used]
            figure.legend(
                handles=handles, loc="outside lower center", ncols=min(4, len(handles)), fontsize=8.5,
                title="\n".join(lines) or None, title_fontsize=8.5,
            )  # fmt: skip
            _style.save(figure, path)
        return _alt(view, shown, len(drawn) - len(shown), said)


def _shares(bar: Bar) -> dict[str, float]:
    """The parts of a bar in percent, from the left to the right: together 100, none below 0."""
    shares = {
        name: max(0.0, bar.split.share(name).mean) if name in (USEFUL, RESIDUAL, *bar.split.parts) else 0.0
        for name in (USEFUL, *PARTS, RESIDUAL)
    }
    total = sum(shares.values())
    return {name: 100 * share / total for name, share in shares.items()} if total > 0 else shares


def _whole(bar: Bar) -> str | None:
    """The part that practically is the whole bar; None if there is none."""
    return next((name for name, share in _shares(bar).items() if share >= WHOLE), None)


def _in_order(view: View, comparison: Comparison) -> list[Point]:
    """The points of a comparison, those of one model and primitive together."""
    return [point for own in view.variants(comparison.points) for point in own]


def _said(view: View, prepared: list[tuple[Comparison, list[Bar]]]) -> str:
    """`At least 95 % useful: threads ×2 and processes ×2 in echo.`; "" where no bar is practically one thing."""
    texts = []
    for name, look in LOOKS.items():
        own: list[Bar] = []
        titles: dict[str, list[str]] = {}
        for comparison, bars in prepared:
            for bar in (bar for bar in bars if _whole(bar) == name):
                own.append(bar)
                titles.setdefault(_style.short(view.title(comparison.labels), 40), []).append(_cell(view, bar))
        parts = [
            say("{cells} in {titles}", cells=listed(cells), titles=title) if title else listed(cells)
            for title, cells in titles.items()
        ]
        if len(own) > MAX_SAID:
            count = plural(len(own), "cell")
            shown = first_few(list(titles), MAX_SAID, lead="and ")
            parts = [say("{cells} of {titles}", cells=count, titles=listed(shown)) if any(titles) else count]
        if own:
            texts.append(
                say("At least {share} % {part}: {cells}.", share=WHOLE, part=say(look.name), cells=clauses(parts))
            )
    return sentences(texts)


def _filled(look: _Look) -> dict[str, Any]:
    return {"facecolor": look.colour, "edgecolor": _style.INK, "hatch": look.hatch, "linewidth": 0.6}


def _panel(view: View, bars: list[Bar], axes: Any, columns: int) -> None:
    axes.set_xlim(0, 100.5)
    inches = (_style.WIDTH / columns - 1.9) / 100
    for place, bar in enumerate(reversed(bars)):
        right = 0.0
        for name, width in _shares(bar).items():
            if width > 0:
                _segment(axes, place, right, width, name, inches)
                right += width
    axes.axvline(100, color=_style.INK, linewidth=0.9)
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
    text = next((t for t in (f"{say(look.name)} {number}", number) if _style.width(t) * _style.LETTER + 0.1 < room), "")
    if text:
        dark = name == USEFUL
        box = {"boxstyle": "round,pad=0.12", "facecolor": look.colour, "edgecolor": "none"}
        written = axes.text(left + width / 2, place, text, ha="center", va="center_baseline", fontsize=7.5,
                            color="white" if dark else _style.INK, bbox=box)  # fmt: skip
        written.set_in_layout(False)  # it lies within its segment, so measuring it would change nothing


def _cell(view: View, bar: Bar) -> str:
    """`threads ×4 ‡`."""
    mark = bar.point.mark or ("" if bar.clean else "‡")
    return f"{cell_label(view, bar.point, marked=False)} {mark}".rstrip()


def _alt(view: View, shown: list[tuple[Comparison, list[Bar]]], left: int, said: str) -> str:
    """What the picture shows in words: the useful share and the largest loss of each model and primitive with most workers."""
    lines = [
        say(
            "The workers' time as bars of 100 %, one per model and number of workers: useful, lost by reason, residual."
        )
    ]
    for comparison, bars in shown:
        title = view.title(comparison.labels)
        texts = []
        for points in view.variants(bar.point for bar in bars):
            bar = next(bar for bar in bars if bar.point is points[-1])
            shares = _shares(bar)
            most = max((name for name in shares if name != USEFUL), key=lambda name: shares[name])
            texts.append(
                say(
                    "{cell} {useful} % useful, {lost} % {part}",
                    cell=_cell(view, bar),
                    useful=f"{shares[USEFUL]:.0f}",
                    lost=f"{shares[most]:.0f}",
                    part=say(LOOKS[most].name),
                )
            )
        cells = clauses(texts) + say(".")
        lines.append(say("{word}: {text}", word=title, text=cells) if title else cells)
    return sentences([*lines, *([said] if said else []), *panels_left(left)])
