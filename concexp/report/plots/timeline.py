"""What each worker did when, from one recorded pass per cell: a row for each worker, filled by what it did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from concexp.report.plots import _style
from concexp.report.plots._labels import cell_label
from concexp.report.points import Point
from concexp.report.sections.timelines import Segment, Timeline, Worker, selection
from concexp.report.text.language import clauses, message, phrases, say
from concexp.report.text.numbers import rounded, scale_of
from concexp.report.view import View

MAX_ROWS = 12  # workers of a panel
ROW = 0.23  # inches
AROUND = 0.95  # inches of a panel for its title, axis and label
MAX_IN_ONE_COLUMN = 3  # panels that get the whole width
MAX_LENGTH_RATIO = 5  # of compared panels that share an axis
THIN = 400  # segments shorter than 1/THIN of the axis are merged with their neighbours
PART = 80  # tasks longer than 1/PART of the axis are separated by a line
HEIGHT = 0.84  # of what is drawn, as a share of its row

# Also distinct in grey; what is unknown is hatched.
ON_CPU, WITHOUT, WAITING, IDLE = "#1f3f6e", "#a6cbe6", "#d55e00", "#efefef"
HATCH = "////"
FILLS: dict[str, Any] = {
    "idle": {"facecolor": IDLE},
    "made": {"facecolor": "white", "edgecolor": _style.GREY, "hatch": "..."},
    "cpu": {"facecolor": ON_CPU},
    "off": {"facecolor": WITHOUT},
    "waits": {"facecolor": WAITING},
    "unknown": {"facecolor": WITHOUT, "edgecolor": ON_CPU, "hatch": HATCH},
}
KEYS = {
    message("on a CPU"): Patch(facecolor=ON_CPU),
    message("at work, off the CPU"): Patch(facecolor=WITHOUT),
    message("at work, CPU not known"): Patch(facecolor=WITHOUT, edgecolor=ON_CPU, hatch=HATCH, linewidth=0),
    message("waits at a primitive"): Patch(facecolor=WAITING),
    message("idle, or not begun"): Patch(facecolor=IDLE, edgecolor="#c8c8c8", linewidth=0.5),
    message("being made"): Patch(facecolor="white", edgecolor=_style.GREY, hatch="...", linewidth=0.5),
    message("start gate"): Line2D([], [], color=_style.INK, linewidth=1.2, linestyle=(0, (1, 1.5))),
}


class Plot:
    """What each worker did when: a bar is filled up to the share of its time that went there; white lines part tasks.

    It needs to be listed (`report: {plots: [timeline]}`): what it shows is recorded in one more trial of each cell. Drawn are
    at most six cells: of each comparison the best and the worst, every model with its most workers. Times are of one pass
    that was looked at; they are slower than the others, and are told nowhere else.
    """

    section = "cost"
    order = 40
    title = ""

    def prepare(self, view: View) -> list[Timeline]:
        """The timelines to draw; there are none unless the experiment asked for them."""
        return selection(view)

    def draw(self, view: View, prepared: list[Timeline], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        columns = 1 if len(prepared) <= MAX_IN_ONE_COLUMN else 2
        bands = [prepared[k : k + columns] for k in range(0, len(prepared), columns)]
        rows = [max(min(MAX_ROWS, len(one.workers)) for one in band) for band in bands]
        heights = [AROUND + ROW * count for count in rows]
        with _style.settings():
            figure = _style.figure(sum(heights) + 0.6, self.title)
            places = _style.grid(figure, len(bands), columns, len(prepared), height_ratios=heights)
            for number, (axes, timeline) in enumerate(zip(places, prepared, strict=True)):
                _panel(view, timeline, _length(view, timeline, prepared), 76 // columns, axes)
                axes.set_ylim(rows[number // columns] - 0.45, -0.55)
            keys = {text: KEYS[text] for text in KEYS if text in {one for t in prepared for one in _used(t)}}
            figure.legend(
                keys.values(),
                [say(text) for text in keys],
                loc="outside lower center",
                ncols=min(3, len(keys)),
                handlelength=1.6,
            )
            _style.save(figure, path)
        cells = [
            say("{word}: {text}", word=_title(view, one.point), text=phrases([one.shares_text, *_where(one)]))
            for one in prepared
        ]
        return say("What each worker did when, as shares of all workers' time: {cells}.", cells=clauses(cells))


def _where(timeline: Timeline) -> list[str]:
    """The primitive that the workers waited for most, if they waited at all."""
    most = timeline.places.most_common(1)
    return [say("waiting in {place}", place=most[0][0])] if most and timeline.shares["waited"] >= 0.005 else []


def _length(view: View, timeline: Timeline, shown: Sequence[Timeline]) -> float:
    """The length of a panel's axis, seconds: that of the longest panel of the same work, unless they differ too much."""
    comparison = next(c.points for c in view.comparisons if timeline.point in c.points)
    ends = [one.end for one in shown if one.point in comparison]
    return max(ends) if max(ends) <= MAX_LENGTH_RATIO * min(ends) else timeline.end


def _panel(view: View, timeline: Timeline, length: float, width: int, axes: Any) -> None:
    workers = timeline.workers[:MAX_ROWS]
    factor, unit = scale_of([length], "s")
    begin = min(0.0, *(worker.created_at if timeline.creation else worker.ready_at for worker in workers)) / factor
    stacks, task_ends = _stacks(timeline, workers, length, factor)
    for what, boxes in stacks.items():
        axes.add_collection(PolyCollection(boxes, linewidth=0, antialiased=False, zorder=2, **FILLS[what]))
    for x, row in task_ends:
        axes.plot([x, x], [row - HEIGHT / 2, row + HEIGHT / 2], color="white", linewidth=0.8, zorder=3)
    length /= factor
    axes.axvline(0, color=_style.INK, linewidth=1.2, linestyle=(0, (1, 1.5)), zorder=4)
    axes.set_xlim(begin - 0.01 * (length - begin), length + 0.01 * (length - begin))
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(_style.plain)
    axes.set_yticks(range(len(workers)), [str(worker.index) for worker in workers])
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(say("{unit} from the start", unit=unit), loc="right")
    every = len(timeline.workers) + timeline.more
    some = say("{count} of {all} workers", count=len(workers), all=f"{every:,}")
    axes.set_ylabel(say("worker") if every == len(workers) else some)
    axes.set_title(_style.short(_title(view, timeline.point), width), pad=14)
    text = say("{word}: {text}", word=f"{rounded(timeline.end / factor)} {unit}", text=timeline.shares_text)
    note = axes.annotate(text, (0, 1), (0, 4), "axes fraction", "offset points", fontsize=7, color="#555555")
    note.set_in_layout(False)  # a panel is as wide as its neighbours, however long its note


def _title(view: View, point: Point) -> str:
    """What a panel is about: its condition and its cell."""
    conditions = {key: point.labels.get(key) for key in view.axes if not view.is_choice(key)}
    return " · ".join(filter(None, [view.title(conditions), cell_label(view, point)]))


def _stacks(
    timeline: Timeline, workers: Sequence[Worker], length: float, factor: float
) -> tuple[dict[str, list[Any]], list[tuple[float, int]]]:
    """The rectangles of a panel by what they show, and where long tasks end as (x, row); x in units of `factor` seconds."""
    stacks: dict[str, list[Any]] = {}
    task_ends: list[tuple[float, int]] = []
    for row, worker in enumerate(workers):
        stacks.setdefault("idle", []).append(_box(0, timeline.end / factor, row, 0, 1))
        if timeline.creation:
            stacks.setdefault("made", []).append(_box(worker.created_at / factor, worker.ready_at / factor, row, 0, 1))
        for segment in _drawn(worker.segments, length / THIN):
            low, span = 0.0, segment.end - segment.begin
            for what, seconds in _parts(segment, timeline.cpu_known).items():
                if seconds > 0:
                    box = _box(segment.begin / factor, segment.end / factor, row, low, low + seconds / span)
                    stacks.setdefault(what, []).append(box)
                    low += seconds / span
            if segment.done == 1 and span * PART > length:
                task_ends.append((segment.end / factor, row))
    return stacks, task_ends


def _parts(segment: Segment, cpu_known: bool) -> dict[str, float]:
    """The seconds of a segment by what the worker did, from the bottom of its bar to the top."""
    if cpu_known:
        return {"cpu": segment.cpu, "off": segment.worked - segment.cpu, "waits": segment.waited}
    return {"unknown": segment.worked, "waits": segment.waited}


def _box(begin: float, end: float, row: int, low: float, high: float) -> list[tuple[float, float]]:
    """A rectangle in a row, between two shares of its height, counted from below."""
    bottom = row + HEIGHT / 2
    below, above = bottom - low * HEIGHT, bottom - high * HEIGHT
    return [(begin, below), (end, below), (end, above), (begin, above)]


def _drawn(segments: Iterable[Segment], thin: float) -> list[Segment]:
    """Segments, with neighbours merged as long as the result is no longer than `thin`, seconds: finer ones would only blur."""
    merged: list[Segment] = []
    for segment in segments:
        if merged and segment.end - merged[-1].begin <= thin:
            last = merged.pop()
            merged.append(
                Segment(
                    last.begin, segment.end, last.done + segment.done, last.worked + segment.worked,
                    last.cpu + segment.cpu, last.waited + segment.waited,
                )
            )  # fmt: skip
        else:
            merged.append(segment)
    return merged


def _used(timeline: Timeline) -> list[str]:
    """The legend entries that a panel needs."""
    *known, unknown, waits, idle, made, gate = KEYS
    used = [*(known if timeline.cpu_known else [unknown]), idle, gate]
    used += [waits] if timeline.shares["waited"] else []
    return used + ([made] if timeline.creation else [])
