"""Phrases that several findings share: who, how much, relative to what."""

from __future__ import annotations

import math
from collections.abc import Iterable

from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.significance import MARGIN, equivalence, resolved
from concexp.report.family import family_of
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, many, plural, rounded, scale_of, spread
from concexp.report.view import Comparison, Point, View

MAX_NAMES = 6  # so many names are listed in a sentence; the table has them all


def cell_text(view: View, point: Point) -> str:
    """`processes` × `lock` with 2 workers: what tells a cell from the others of its comparison."""
    text = series_text(view, point)
    return text if point.workers is None or _same_workers(view) else f"{text} with {plural(point.workers, 'worker')}"


def percent_change(factor: Interval) -> str:
    """What a factor changes: `12 % (9.8–14)`."""
    mean, lo, hi = (100 * (end - 1) for end in (factor.mean, factor.lo, factor.hi))
    return spread(Interval(mean, lo, hi, factor.n), " %")


def cell_on_page(view: View, point: Point) -> str:
    """A cell among those of the whole page."""
    return escaped(view.title(point.labels)) or code(point.model)


def series_text(view: View, point: Point) -> str:
    """The same without its workers."""
    primitive = view.primitive(point)
    return code(view.series_name(point)) + (f" × {code(primitive)}" if primitive else "")


def _same_workers(view: View) -> bool:
    """Whether all cells have the same number of workers: then it is not worth a word."""
    return len({point.workers for point in view.points if point.has_numbers}) < 2


def cells_text(view: View, points: Iterable[Point]) -> str:
    """Several cells, those of models with the same primitives and numbers of workers together."""
    lines: dict[str, list[Point]] = {}
    for point in points:
        lines.setdefault(view.series_name(point), []).append(point)
    groups: dict[tuple[tuple[str, ...], tuple[int, ...]], list[str]] = {}
    for line, own in lines.items():
        by_workers: dict[tuple[int, ...], list[str]] = {}
        for primitive in dict.fromkeys(view.primitive(point) for point in own):
            counts = sorted(p.workers for p in own if p.workers is not None and view.primitive(p) == primitive)
            by_workers.setdefault(tuple(counts), []).append(primitive)
        for workers, primitives in by_workers.items():
            groups.setdefault((tuple(primitives), workers), []).append(line)
    return "; ".join(_group(view, who, primitives, workers) for (primitives, workers), who in groups.items())


def _group(view: View, lines: list[str], primitives: tuple[str, ...], workers: tuple[int, ...]) -> str:
    text = enumerated(shortened([code(line) for line in lines]))
    if any(primitives):
        listed = shortened([code(primitive) for primitive in primitives])
        text += f" × {listed[0]}" if len(listed) == 1 else f" × ({', '.join(listed)})"
    if workers and not _same_workers(view):
        text += f" with {enumerated([str(count) for count in workers])} {'worker' if workers == (1,) else 'workers'}"
    return text


def shortened(names: list[str]) -> list[str]:
    """The first of them, and how many more there are."""
    return names if len(names) <= MAX_NAMES else [*names[: MAX_NAMES - 1], f"{len(names) - MAX_NAMES + 1} more"]


def primary_text(view: View, comparison: Comparison, point: Point) -> str:
    """A point's primary metric: `2.38 M sums/s (2.33–2.42)`."""
    value = point.value(view.primary)
    factor, prefix = scale_of([value.mean], view.metric.unit)
    if view.metric.unit == "1/s":
        unit = f"{many(comparison.unit)}/s"
        return spread(value.scaled(1 / factor), f" {prefix} {unit}" if prefix else f" {unit}")
    gap = "" if prefix == "x" else " "
    return spread(value.scaled(1 / factor), f"{gap}{prefix}") if prefix else spread(value.scaled(1 / factor))


def baseline_text(view: View) -> str:
    """What a gain is relative to, by its labels."""
    wanted = view.run.spec.get("baseline") or {}
    shown = [str(label) if key in ("workload", "model", "sync") else f"{key} {label}" for key, label in wanted.items()]
    return code(", ".join(shown))


def share_used(view: View, comparison: Comparison, point: Point) -> str:
    """How much of what there was a gain has used: of the effective CPUs where CPUs are what is wanted, else of the workers.

    Empty where that would mean nothing: one worker, or a baseline that had several.
    """
    below = view.baseline(point)
    if point.workers is None or point.workers < 2 or below is None or (below.workers or 1) > 1:
        return ""
    gain, effective = point.value(view.relative).mean, point.sample.effective_cpus
    if comparison.resource == "cpu" and not math.isnan(effective) and point.workers >= effective:
        return f"{gain / effective:.2f} of the {rounded(effective)} effective CPUs"
    return f"efficiency {gain / point.workers:.2f}"


def unresolved_text(view: View, found: Interval, floor: float) -> str:
    """Why a ratio is not resolved whose interval does not show it: the run differs as much from itself, or chance does.

    Empty where the interval holds 1.
    """
    if not found.bounded or found.lo <= 1 <= found.hi:
        return ""
    if not resolved(found, floor):
        return f"within the noise floor of {rounded(floor)}x"
    return f"no more than chance brings forth among {family_of(view).count} comparisons"


def equal_text(found: Interval) -> str:
    """That a ratio is surely too near to 1 to matter; empty where it may not be."""
    return f"equal within {100 * MARGIN:g} %" if equivalence(found) == "equivalent" else ""


BAD_ENDINGS = {"failed": "failed", "crashed": "crashed", "timeout": "timed out"}  # in words

# A gain is called none where it is surely less than this, either way: 5 % would need a quieter machine than most.
NO_GAIN = 0.1
