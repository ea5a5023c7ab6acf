"""Which pairs of points the sentences of the answer could be about: all of them are corrected for together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from concexp.analysis.stats.intervals import Interval
from concexp.experiment.statuses import NUMBERED
from concexp.report.contest import contest_of, has_primitive
from concexp.report.points import Comparison, Point
from concexp.report.view import View

Key = tuple[frozenset[str], str]
THROUGHPUT = "throughput"  # what scaling is about


@dataclass(frozen=True)
class Pair:
    """Two points and the metric by which they are compared."""

    above: Point
    below: Point
    metric: str

    @property
    def key(self) -> Key:
        """The same for either order of the two points, as the p-value is."""
        return frozenset((self.above.cell, self.below.cell)), self.metric


def primitive_pairs(view: View, comparison: Comparison) -> Iterator[Pair]:
    """Each primitive with no primitive; where every cell has one, each with each, since any might have been the best."""
    for points in comparable(view, comparison).values():
        reference = without_primitive(view, points)
        sides = combinations(points, 2) if reference is None else ((point, reference) for point in points)
        yield from (Pair(above, below, view.primary) for above, below in sides)


def comparable(view: View, comparison: Comparison) -> dict[str, list[Point]]:
    """The points whose primitives can be compared, by series: free of doubts, and at one number of workers."""
    if view.metric.better is None:
        return {}
    points_of = {}
    for name, points in view.series(comparison.points).items():
        usable = [
            p for p in points if p.enough_clean_trials and p.status in NUMBERED and p.value(view.primary).has_value
        ]
        points_of[name] = _at_one_number_of_workers(usable)
    return points_of


def _at_one_number_of_workers(points: list[Point]) -> list[Point]:
    """The points at the number of workers that most primitives were measured with; at the largest of several such."""
    groups: dict[int, list[Point]] = {}
    for point in points:
        groups.setdefault(point.workers or 0, []).append(point)
    return max(groups.items(), key=lambda pair: (len(pair[1]), pair[0]))[1] if groups else []


def without_primitive(view: View, points: list[Point]) -> Point | None:
    """The point that uses no primitive, the reference for the others; None if all use one."""
    return next((p for p in points if not has_primitive(view, p)), None)


def gain_pairs(view: View, comparison: Comparison) -> Iterator[Pair]:
    """The pairs of all gains: sentences pick the largest of each series."""
    return (pair for points in view.series(comparison.points).values() for pair, _ in gains_in(view, points))


def has_baseline(view: View, points: Iterable[Point]) -> bool:
    """Whether gains are relative to a baseline; otherwise they are relative to the fewest workers of the series."""
    return bool(view.relative) and any(point.value(view.relative).has_value for point in points)


def gains_in(view: View, points: list[Point]) -> list[tuple[Pair, Interval]]:
    """The gain of each point of a series that can win with several workers, as (pair, factor)."""
    parallel = [point for point in points if point.is_sure and point.parallelism > 1]
    gains = _over_baseline(view, parallel) if has_baseline(view, points) else _over_fewest(view, points, parallel)
    return [(pair, gain) for pair, gain in gains if gain.has_value]


def _over_baseline(view: View, parallel: Iterable[Point]) -> Iterator[tuple[Pair, Interval]]:
    for point in parallel:
        below = view.baseline(point)
        if below is not None and below.is_sure and below is not point:
            pair = Pair(point, below, view.metrics[view.relative].compares)
            yield pair, point.value(view.relative)


def _over_fewest(view: View, points: list[Point], parallel: Iterable[Point]) -> Iterator[tuple[Pair, Interval]]:
    """Gains over the fewest workers that the same series and primitive were measured with."""
    for point in parallel:
        same = [p for p in points if p.is_sure and p.workers and view.primitive(p) == view.primitive(point)]
        fewest = min(same, key=lambda p: p.workers or 0)
        if fewest.workers != point.workers and view.metric.better is not None:
            ratio = view.ratio(point, fewest)
            gain = ratio if view.metric.better == "higher" else ratio.inverted()
            yield Pair(point, fewest, view.primary), gain


def step_pairs(view: View, comparison: Comparison) -> Iterator[Pair]:
    """The steps of all series to more workers."""
    return (pair for points in view.variants(comparison.points) for pair in steps(view, points))


def steps(view: View, points: Iterable[Point]) -> list[Pair]:
    """Each point of a series beside the one with half as many workers; with fewer, where that was not measured.

    Only of points that can win, by throughput, and not of open loops, where the arrivals decide how much is done.
    """
    counted = [p for p in points if p.workers is not None and p.is_sure and "rate" not in view.records[p.cell]["load"]]
    counted = [p for p in sorted(counted, key=lambda point: point.parallelism) if p.value(THROUGHPUT).has_value]
    pairs = []
    for place, above in enumerate(counted):
        fewer = [p for p in counted[:place] if p.parallelism < above.parallelism]
        if fewer:
            half = [p for p in fewer if 2 * p.parallelism <= above.parallelism]
            pairs.append(Pair(above, (half or fewer)[-1], THROUGHPUT))
    return pairs


def winner_pairs(view: View, comparison: Comparison) -> Iterator[Pair]:
    """The best of each series with each other: any of them might have been the best of all."""
    best = view.best_per_series(point for point in comparison.points if point.can_win)
    return (Pair(one, other, view.primary) for one, other in combinations(best, 2))


def contest_pairs(view: View) -> Iterator[Pair]:
    """Each contestant with each other where other axes than models, primitives and workers compete."""
    contest = contest_of(view)
    if contest is not None:
        for comparison in contest.comparisons:
            contestants = contest.contestants(view, comparison)
            yield from (Pair(one, other, view.primary) for one, other in combinations(contestants, 2))
