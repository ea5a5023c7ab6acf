"""Doubtful cells that may be better than the best of the others, so that none of these may be called best."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from concexp.analysis.doubt_codes import DISTURBED
from concexp.report.points import Point
from concexp.report.view import View

# What a disturbance may have cost, whatever the machine says of it: a CPU that other guests share was seen to run at half its
# speed for minutes, and two workers that share one take turns.
FACTOR = 2.0


def may_be_better(view: View, best: Point, points: Iterable[Point]) -> list[Point]:
    """The doubtful points that may be better than the best, the best of them first, whichever was measured to be better."""
    least = view.sign * best.value(view.primary).mean
    rivals = [p for p in points if p is not best and is_in_doubt(view, p) and view.sign * _at_best(view, p) > least]
    return sorted(rivals, key=lambda point: -view.sign * point.value(view.primary).mean)


def hides_better(view: View, point: Point, own: Iterable[Point]) -> bool:
    """Whether one of a contestant's points measured better than this one but is doubtful: this one then says too little of it."""
    least = view.sign * point.value(view.primary).mean
    return any(is_in_doubt(view, p) and view.sign * p.value(view.primary).mean > least for p in own)


def winner(view: View, points: Iterable[Point]) -> Point | None:
    """The best of the points that can win; None without any, or where a doubtful one may be better."""
    points = list(points)
    best = view.best(point for point in points if point.can_win)
    return None if best is None or may_be_better(view, best, points) else best


def is_in_doubt(view: View, point: Point) -> bool:
    """Whether a point has a figure that doubts alone bar from a verdict."""
    return point.status == "ok" and not point.enough_clean_trials and point.value(view.primary).has_value


def _at_best(view: View, point: Point) -> float:
    """The primary metric that a doubtful point may have: where it was disturbed, better by `FACTOR` or the CPUs that it lacked."""
    mean = point.value(view.primary).mean
    if not any(DISTURBED.intersection(trial.doubts_about(view.primary)) for trial in point.doubtful):
        return mean
    had = point.sample.effective_cpus
    lacked = 1.0 if np.isnan(had) or had <= 0 else min(point.parallelism, view.cpus) / had
    factor = max(FACTOR, lacked)
    return mean * factor if view.sign > 0 else mean / factor
