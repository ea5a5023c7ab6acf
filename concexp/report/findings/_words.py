"""Phrases that several findings share: who, how much, relative to what."""

from __future__ import annotations

import math
from collections.abc import Iterable

from concexp.report.markdown import code
from concexp.report.numbers import enumerated, many, plural, rounded, scale_of, spread
from concexp.report.view import Contest, Point, View

NAMED = 6  # so many cells are named in a sentence; the table has them all


def name(view: View, point: Point) -> str:
    """`processes` × `lock` with 2 workers: what tells a cell from the others of its contest."""
    primitive = view.primitive(point)
    who = code(view.line(point)) + (f" × {code(primitive)}" if primitive else "")
    alike = len({other.workers for other in view.points if other.numbered}) < 2
    return who if point.workers is None or alike else f"{who} with {plural(point.workers, 'worker')}"


def names(view: View, points: Iterable[Point], word: str = "and") -> str:
    """Several of them; many become a number."""
    found = [name(view, point) for point in points]
    if len(found) <= NAMED:
        return enumerated(found, word)
    return enumerated([*found[: NAMED - 1], f"{len(found) - NAMED + 1} more"], word)


def amount(view: View, contest: Contest, point: Point) -> str:
    """A point's primary metric: `2.38 M sums/s (2.33–2.42)`."""
    value = point.value(view.primary)
    factor, prefix = scale_of([value.mean], view.metric.unit)
    if view.metric.unit == "1/s":
        unit = f"{many(contest.unit)}/s"
        return spread(value.scaled(1 / factor), f" {prefix} {unit}" if prefix else f" {unit}")
    gap = "" if prefix == "x" else " "
    return spread(value.scaled(1 / factor), f"{gap}{prefix}") if prefix else spread(value.scaled(1 / factor))


def baseline(view: View) -> str:
    """What a gain is relative to, by its labels."""
    wanted = view.run.spec.get("baseline") or {}
    shown = [str(label) if key in ("workload", "model", "sync") else f"{key} {label}" for key, label in wanted.items()]
    return code(", ".join(shown))


def share(view: View, contest: Contest, point: Point) -> str:
    """How much of what there was a gain has used: of the effective CPUs where CPUs are what is wanted, else per worker.

    Empty where that would mean nothing: one worker, or a baseline that had several.
    """
    below = view.baseline(point)
    if point.workers is None or point.workers < 2 or below is None or (below.workers or 1) > 1:
        return ""
    gain, effective = point.value(view.relative).mean, point.sample.effective_cpus
    if contest.wants == "cpu" and not math.isnan(effective) and point.workers >= effective:
        return f"{gain / effective:.2f} of the {rounded(effective)} effective CPUs"
    return f"{gain / point.workers:.2f} per worker"
