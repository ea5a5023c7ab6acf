"""The house style of all pictures: light, quiet, readable at half size and in grey, and the same bytes every time."""

from __future__ import annotations

import re
import textwrap
import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation

from concexp.experiment.blocks import DEFAULT_LANGUAGE
from concexp.report.plots._fonts import families
from concexp.report.text.labels import one_line
from concexp.report.text.language import current, say
from concexp.report.text.numbers import are_numbers

GREY = "#767676"
INK = "#222222"
WIDTH = 6.88  # inches: 1720 pixels, twice what a repository host gives a page
DPI = 250
TITLE_SIZE = 10.5
LETTER = 0.075  # inches that a letter of the usual size takes at most
BOLD = 0.088  # of a panel's title
MAX_LABEL = 24  # letters of a row's label in two columns
TITLE_LETTERS = 74  # of a line of the title, and lines
TITLE_LINES = 2
# What a line is made of where blanks alone do not part it: a word, or a sign of East Asia with the marks that may not begin a line.
PARTS = re.compile(r"(?:[^\s\u2e80-\uffef]+|[\u2e80-\uffef])[，。；：、）】”！？%]*\s*|\s+")
UNITS = r"(?:%|[mµn]?s\b|[kMG]?i?B\b|[kMG]\b)"  # behind a figure
MOST_TICKS = 10  # at numbers of workers
WIDE = 20  # beyond this ratio a linear axis hides the lower end
SETTINGS: dict[str, Any] = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.edgecolor": "#9a9a9a",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,  # a user's label may contain a dollar sign
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "path",  # the letters look the same where the font is missing
    "svg.hashsalt": "concexp",  # otherwise each drawing has ids of its own
    "pdf.fonttype": 42,  # publishers refuse fonts of type 3
}
# What a file would say of the program, the machine's clock and the kind of document.
UNSAID = {
    ".png": ("Software",),
    ".svg": ("Creator", "Date", "Format", "Type"),
    ".pdf": ("Creator", "Producer", "CreationDate"),
}


def settings() -> Any:
    """The style as a context, based on matplotlib's defaults: the user's matplotlibrc has no effect."""
    own = {"font.family": list(families()), "axes.titleweight": title_weight()}
    return matplotlib.style.context([{**SETTINGS, **own}], after_reset=True)


def title_weight() -> str:
    """Bold, in the languages of which the fonts have bold letters: half a bold title would be hard to read."""
    return "bold" if current() == DEFAULT_LANGUAGE else "normal"


def figure(height: float, title: str = "") -> Figure:
    """An empty figure as wide as a page and `height` inches high, and higher by its title, which says what was found."""
    lines = title_lines(title)
    drawn = Figure(figsize=(WIDTH, height + 0.22 * len(lines)), dpi=DPI, layout="constrained")
    FigureCanvasAgg(drawn)  # otherwise layout and picture each get a canvas of all these pixels
    if lines:
        drawn.suptitle("\n".join(lines), x=0.008, ha="left", fontsize=TITLE_SIZE, fontweight=title_weight())
    return drawn


def title_lines(title: str) -> list[str]:
    """A title in at most `TITLE_LINES` lines: as many of its clauses as there is room for, at least the beginning of the first."""
    unbroken = re.sub(rf"(?<=\d) (?={UNITS})|(?<=×) ", "\u00a0", one_line(title))  # a unit stays beside its figure
    ends = [match.start() for match in re.finditer(r"[;.] |[；。]", unbroken)]
    for end in (len(unbroken), *reversed(ends)):
        lines = wrapped(unbroken[:end].rstrip(";.；。"), TITLE_LETTERS)
        if len(lines) <= TITLE_LINES:
            return lines
    first = unbroken[: ends[0] + 1] if ends else unbroken
    lines = wrapped(re.sub(r" \([^()]*\)[;.]?$", "", first), TITLE_LETTERS)
    if len(lines) <= TITLE_LINES:
        return lines
    if width(first) == len(first):
        return textwrap.wrap(first, TITLE_LETTERS, max_lines=TITLE_LINES, placeholder=" …")
    return [*wrapped(first, TITLE_LETTERS)[: TITLE_LINES - 1], _cut(first, TITLE_LETTERS)]


def _cut(text: str, most: int) -> str:
    """The second of two lines of a text that has more, with a sign that it goes on."""
    line = wrapped(text, most)[TITLE_LINES - 1]
    while width(line) + 2 > most:
        line = line[:-1].rpartition(" ")[0] or line[:-1]
    return f"{line} …"


def width(text: str) -> int:
    """The width of a text in letters: a sign of East Asia is as wide as two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def wrapped(text: str, most: int) -> list[str]:
    """The text in lines of at most `most` letters, broken at blanks, and between the signs of East Asia."""
    if width(text) == len(text):
        return textwrap.wrap(text, most)
    lines = [""]
    for part in PARTS.findall(text):
        if lines[-1] and width(lines[-1]) + width(part.rstrip()) > most:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines if line.strip()]


def grid(drawn: Figure, rows: int, columns: int, used: int, **how: Any) -> list[Axes]:
    """The first `used` places of a grid in reading order, the others hidden. `how` are arguments of `subplots`."""
    places = drawn.subplots(rows, columns, squeeze=False, **how).flatten()
    for axes in places[used:]:
        axes.set_visible(False)
    return list(places[:used])


def room_for_two(labels: Iterable[str]) -> bool:
    """Whether rows with these labels leave enough room for their marks in two columns."""
    return max(map(width, labels)) <= MAX_LABEL


def headings(drawn: Figure, places: Sequence[Axes], titles: Sequence[str], columns: int) -> None:
    """Titles panels whose rows have their labels: from the left end of the longest label of the column on, as wide as that."""
    longest = [0] * columns
    for number, axes in enumerate(places):
        labels = [width(label.get_text()) for label in axes.get_yticklabels()]
        longest[number % columns] = max([longest[number % columns], *labels])
    for number, (axes, title) in enumerate(zip(places, titles, strict=True)):
        written = axes.set_title(short(title, int((WIDTH / columns - 0.2) / BOLD)))
        left = ScaledTranslation(-0.8 * LETTER * longest[number % columns], 0, drawn.dpi_scale_trans)
        written.set_transform(written.get_transform() + left)


def upright(label: str, inches: float) -> str:
    """The name of a vertical axis in lines that are no longer than this."""
    return "\n".join(wrapped(label, int(inches / LETTER)))


def save(drawn: Figure, path: Path) -> None:
    """Writes a PNG, SVG or PDF, by the path's ending, without date or software version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # A letter that the font lacks becomes a box, which is better than no picture.
        warnings.filterwarnings("ignore", message=".*missing from.*font")
        # `savefig` would visit all artists once more only to compute the layout.
        if (layout := drawn.get_layout_engine()) is not None:
            layout.execute(drawn)
            drawn.set_layout_engine(None)
        drawn.savefig(path, metadata=dict.fromkeys(UNSAID.get(path.suffix, ())))


def short(text: str, most: int = 28) -> str:
    """A text of a user's on one line, shortened in the middle: what distinguishes a label may be at either end.

    Before that, a function loses its folder, and then its file: `code/work.py:parse` becomes `work.py:parse`, or `parse`; and
    axes lose what they belong to: `background.workers 1 · background.model threads` becomes `workers 1 · model threads`.
    """
    text = one_line(text)
    for where in (r"\S*/(?=[^\s/]+\.py:\w)", r"\S+\.py:(?=\w)", r"(?<![^\s])[a-z_]\w*\.(?=[a-z_]\w* )"):
        if width(text) > most:
            text = re.sub(where, "", text)
    if width(text) <= most:
        return text
    most = round(most * len(text) / width(text))
    return f"{text[: most // 2 - 1]}…{text[-(most - most // 2) :]}"


def plain(value: float, _position: int = 0) -> str:
    """A tick label without an exponent: 0.5, 20, 1,500."""
    return f"{value:,.10g}".replace("-", "−")


def worker_axis(axes: Axes, workers: Sequence[int], cpus: int | None, wide: bool) -> None:
    """Ticks at the measured numbers of workers only, and a mark at `cpus` if that lies among them; logarithmic if `wide`."""
    if wide:
        axes.set_xscale("log", base=2)
    ticks = {count: str(count) for count in _spaced(sorted(set(workers)), wide)}
    if cpus is not None and min(workers) <= cpus <= max(workers):
        axes.axvline(cpus, color=GREY, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
        ticks[cpus] = f"{cpus}\n{say('usable CPUs')}"
    axes.xaxis.set_major_locator(FixedLocator([float(count) for count in sorted(ticks)]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: ticks.get(round(value), "")))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(say("workers"))
    low, high = (float(np.log2(v)) if wide else float(v) for v in (min(workers), max(workers)))
    margin = 0.1 * (high - low or 1)
    ends = low - margin, high + margin
    axes.set_xlim(*((2 ** ends[0], 2 ** ends[1]) if wide else ends))


def spans(workers: Sequence[int]) -> bool:
    """Whether numbers of workers span a factor that needs a logarithmic axis."""
    return max(workers) >= 8 * min(workers)


def _spaced(workers: Sequence[int], wide: bool) -> list[int]:
    """The numbers of workers that get a tick: all, or of many those that are not too near to the one before, and the last."""
    if len(workers) <= MOST_TICKS:
        return list(workers)
    scale = [float(np.log2(count)) if wide else float(count) for count in workers]
    gap = (scale[-1] - scale[0]) / MOST_TICKS
    kept = [0]
    for place in range(1, len(workers) - 1):
        if scale[place] - scale[kept[-1]] >= gap and scale[-1] - scale[place] >= gap:
            kept.append(place)
    return [workers[place] for place in [*kept, len(workers) - 1]]


def log_axis(axes: Axes, which: str) -> None:
    """Makes the `x` or `y` axis logarithmic, with enough plain tick labels to read it."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    # A vertical axis of some decades has room for three labels of each, a horizontal one in two columns for one.
    columns = 1 if which == "y" or (place := axes.get_subplotspec()) is None else place.get_gridspec().ncols
    axis.set_major_locator(LogLocator(subs=_subdivisions(columns * np.log10(high / low)), numticks=30))
    axis.set_major_formatter(FuncFormatter(plain))
    axis.set_minor_formatter(NullFormatter())


def value_axis(axes: Axes, values: Sequence[float], wide: float) -> None:
    """The vertical axis from zero where the values allow it; logarithmic where they span more than the factor `wide`."""
    if is_wide(values, wide):
        axes.set_ylim(min(values) / 1.5, max(values) * 1.7)
        log_axis(axes, "y")
    else:
        axes.set_ylim(min(0.0, *values), max(*values, 1e-12) * 1.08)
        axes.yaxis.set_major_formatter(FuncFormatter(plain))


def _subdivisions(decades: float) -> tuple[float, ...]:
    """Where a decade has ticks: the more decades, the fewer."""
    if decades > 2.5:
        return (1.0,)
    if decades > 1.5:
        return 1.0, 3.0
    return 1.0, 2.0, 5.0


def at_least(axes: Axes, middle: float, share: float = 0.05) -> None:
    """Extends a vertical axis to at least this share around a value, so that small noise does not look large."""
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, middle * (1 - share)), max(high, middle * (1 + share)))


def is_wide(values: Sequence[float], factor: float = WIDE) -> bool:
    """Whether values need a logarithmic axis: all are positive, and the largest exceeds `factor` times the smallest."""
    positive = [value for value in values if are_numbers(value) and value > 0]
    return len(positive) == len(values) and bool(positive) and max(positive) > factor * min(positive)


def apart(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Middles of labels that do not overlap, in the order of the wanted ones and as close to them as possible.

    Pool adjacent violators: neighbours that want the same place share it around their mean.
    """
    order = sorted(range(len(wanted)), key=lambda number: wanted[number])
    offsets = [0.0] * len(order)
    for rank in range(1, len(order)):
        offsets[rank] = offsets[rank - 1] + (heights[order[rank - 1]] + heights[order[rank]]) / 2
    merged: list[tuple[float, int]] = []
    for number, offset in zip(order, offsets, strict=True):
        merged.append((wanted[number] - offset, 1))
        while len(merged) > 1 and merged[-2][0] > merged[-1][0]:
            value, weight = merged.pop()
            before, size = merged.pop()
            merged.append(((before * size + value * weight) / (weight + size), weight + size))
    flat = [value for value, weight in merged for _ in range(weight)]
    places = [0.0] * len(wanted)
    for number, value, offset in zip(order, flat, offsets, strict=True):
        places[number] = value + offset
    return places
