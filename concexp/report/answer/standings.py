"""Who competes in a comparison and how it ends: a winner, a tie, cells that cannot be told apart, or no verdict.

What varies competes: models by their best cells, else the primitives of the one model, else its numbers of workers; or the axes
of a `report.contest`. Conditions are no contestants.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from concexp.analysis.stats.intervals import Interval, of_the_best
from concexp.analysis.stats.significance import equivalence
from concexp.report.contest import WORKERS as WORKERS_AXIS
from concexp.report.contest import Contest, contest_of, short, title_of
from concexp.report.family import family_of
from concexp.report.pairs import Pair, comparable, without_primitive
from concexp.report.phrases import NO_GAIN, series_text
from concexp.report.points import Comparison, Point
from concexp.report.rivals import hides_better, is_in_doubt, may_be_better
from concexp.report.text.language import counted, message, say
from concexp.report.text.markdown import code
from concexp.report.text.numbers import enumerated
from concexp.report.view import View

MODELS, PRIMITIVES, WORKERS, VALUES = "models", "primitives", "workers", "values"


@dataclass(frozen=True)
class Lead:
    """By which factor the best point is better than a rival, whether that may be called a difference, and the noise floor."""

    rival: Point
    ratio: Interval
    is_resolved: bool
    floor: float = 1.0

    @property
    def shown(self) -> Interval:
        """The factor for sentences: with no narrower interval than the noise floor, which equal cells differ by."""
        one = self.ratio
        return (
            replace(one, lo=min(one.lo, one.mean / self.floor), hi=max(one.hi, one.mean * self.floor))
            if one.bounded
            else one
        )

    @property
    def is_small(self) -> bool:
        """Whether the factor is certainly too small to matter."""
        return equivalence(self.ratio) == "equivalent"


@dataclass(frozen=True)
class Standing:
    """How a comparison ends.

    kind     what competes: MODELS, PRIMITIVES, WORKERS, or the VALUES of a contest's axes
    best     the best figure; None where a doubtful cell may be better (`in_doubt`), or where no cell can win
    leads    over the other contestants that can win
    plateau  of numbers, the lowest one that is certainly within a tenth of the best; None where the best alone is, or none
    """

    comparison: Comparison
    title: str
    kind: str
    best: Point | None
    leads: Sequence[Lead] = ()
    in_doubt: bool = False
    plateau: Point | None = None

    @property
    def state(self) -> str:
        """What can be said of the best.

        clear     better than all others, by more than does not matter
        tie       all that come near it are certainly within the margin of it
        open      cannot be told apart from some other
        few       too few trials for any interval
        alone     no other contestant can win
        doubtful  a doubtful cell may be better
        workers   numbers of workers compete: see `enough`
        numbers   a lower number than the best is as good, or the best is at least not certainly worse than another: see `plateau`
        """
        if self.best is None:
            return "doubtful" if self.in_doubt else "no winner"
        if not self.leads:
            return "alone"
        if not any(lead.ratio.bounded for lead in self.leads):
            return "few"
        if self.kind == WORKERS:
            return "workers"
        if self.plateau is not None:
            return "numbers"
        if not self.near:
            return "clear"
        return "tie" if all(lead.is_small for lead in self.near) else "open"

    @property
    def near(self) -> list[Lead]:
        """The leads that are not resolved or too small to matter."""
        return [lead for lead in self.leads if lead.is_small or not lead.is_resolved]

    @property
    def behind(self) -> list[Lead]:
        """The other leads."""
        return [lead for lead in self.leads if lead not in self.near]

    @property
    def smallest_lead(self) -> Lead:
        """The lead over the runner-up."""
        return min(self.leads, key=lambda lead: lead.ratio.mean)


def standings(view: View, comparisons: Iterable[Comparison]) -> list[Standing]:
    """The standings of the comparisons in which at least two compete."""
    found = (standing(view, comparison) for comparison in comparisons)
    return [one for one in found if one is not None]


def standing(view: View, comparison: Comparison) -> Standing | None:
    """How a comparison ends; None where fewer than two compete."""
    contest = contest_of(view)
    competing = _of_contest(view, contest, comparison) if contest else _contestants(view, comparison)
    if view.metric.better is None or competing is None:
        return None
    kind, contestants = competing
    title = title_of(view, comparison) if contest else view.title(comparison.labels)
    best = view.best(contestants)
    if best is None or may_be_better(view, best, comparison.points):
        in_doubt = any(is_in_doubt(view, point) for point in comparison.points)
        return Standing(comparison, title, kind, None, in_doubt=in_doubt)
    rivals = [one for one in contestants if not hides_better(view, one, _same(view, kind, comparison, one))]
    if not rivals or (rivals == [best] and len(contestants) > 1):
        return Standing(comparison, title, kind, None, in_doubt=True)
    leads = leads_over(view, comparison, best, rivals)
    plateau = lowest_enough(view, contestants) if contest and contest.numbers else None
    if plateau is best and all(lead.is_resolved and not lead.is_small for lead in leads):
        plateau = None
    return Standing(comparison, title, kind, best, leads, plateau=plateau)


def _same(view: View, kind: str, comparison: Comparison, contestant: Point) -> list[Point]:
    """The points of a comparison that belong to a contestant, which is the best of them that can win."""
    contest = contest_of(view)
    if kind == VALUES and contest:
        values = [contestant.labels.get(key) for key in contest.axes]
        return [point for point in comparison.points if [point.labels.get(key) for key in contest.axes] == values]
    if kind == MODELS:
        return [point for point in comparison.points if view.series_name(point) == view.series_name(contestant)]
    return [contestant]


def _of_contest(view: View, contest: Contest, comparison: Comparison) -> tuple[str, list[Point]] | None:
    """The contestants of a contest that can win; None where fewer than two values were measured."""
    known = [point for point in comparison.points if point.has_numbers and point.value(view.primary).has_value]
    if len({repr([point.labels.get(key) for key in contest.axes]) for point in known}) < 2:
        return None
    return VALUES, contest.contestants(view, comparison)


def lowest_enough(view: View, contestants: Sequence[Point]) -> Point | None:
    """The first of the contestants that is certainly within a tenth of all of them; None if none is.

    The bounds hold for all contestants together, since any of them might have been the first.
    """

    by_value = sorted(contestants, key=lambda point: -view.sign * point.value(view.primary).mean)

    def within(point: Point) -> bool:
        # The best ones first: what is not enough is out after one look.
        ratios = (times_better(view, other, point) for other in by_value if other is not point)
        return all(of_the_best(ratio, len(by_value), view.run.level).hi <= 1 + NO_GAIN for ratio in ratios)

    return next(filter(within, contestants), None)


def _contestants(view: View, comparison: Comparison) -> tuple[str, list[Point]] | None:
    """What competes, and the points that can win: none of what is wrong with any number of workers, as a counter without a lock."""
    variants = view.variants(comparison.points)
    wrong = {p.cell for own in variants if any(one.sample.statuses["invalid"] for one in own) for p in own}

    def right(points: Iterable[Point]) -> list[Point]:
        return [point for point in points if point.can_win and point.cell not in wrong]

    if len(view.best_per_series(comparison.points)) > 1:
        return MODELS, view.best_per_series(right(comparison.points))
    series = [points for points in comparable(view, comparison).values() if without_primitive(view, points) is None]
    points = [point for own in series for point in own]
    if len(points) > 1:  # of a single model its primitives, unless they are all relative to the point without one
        return PRIMITIVES, right(points)
    several = [point for point in comparison.points if point.workers is not None and point.has_numbers]
    if len({view.primitive(point) for point in several}) == 1 and len({point.workers for point in several}) > 1:
        return WORKERS, [point for point in several if point.can_win]
    return None


def leads_over(view: View, comparison: Comparison, best: Point, points: Iterable[Point]) -> list[Lead]:
    """The lead of the best over each other point."""
    floor = view.floor(comparison.points)
    leads = []
    for rival in points:
        if rival is not best:
            ratio = times_better(view, best, rival)
            verdict = family_of(view).verdict(Pair(best, rival, view.primary), ratio, floor.beside(ratio))
            leads.append(Lead(rival, ratio, verdict == "higher", floor.under(ratio)))
    return leads


def times_better(view: View, best: Point, rival: Point) -> Interval:
    """By which factor a point is better than another, whatever better is."""
    ratio = view.ratio(best, rival)
    return ratio if view.metric.better == "higher" or not ratio.has_value else ratio.inverted()


def enough(view: View, points: Iterable[Point]) -> Point | None:
    """The point with the fewest workers that is certainly within a tenth of the best of these points; None without a best."""
    known = sorted((p for p in points if p.can_win), key=lambda point: point.parallelism)
    best = view.best(known)
    if best is None:
        return None
    near = (p for p in known if p is best or times_better(view, best, p).hi <= 1 + NO_GAIN)
    return next(near, best)


def more_gain_nothing(view: View, point: Point, points: Iterable[Point]) -> bool:
    """Whether more workers than this point has certainly gain less than a tenth."""
    more = [p for p in points if p.parallelism > point.parallelism]
    return not may_be_better(view, point, more) and all(
        times_better(view, p, point).hi <= 1 + NO_GAIN for p in more if p.can_win
    )


QUESTIONS = {
    MODELS: message("which model is best"),
    PRIMITIVES: message("which primitive is best"),
    WORKERS: message("how many workers are enough"),
}


def what_competes(view: View, kind: str) -> str:
    """What a comparison asks: `which model is best`, `which limit is best`."""
    contest = contest_of(view)
    if kind == VALUES and contest and list(contest.axes) != [WORKERS]:
        names = [short(key) for key in contest.axes]
        return counted(len(names), "which {names} is best", "which {names} are best", names=enumerated(names))
    return say(QUESTIONS[WORKERS if kind == VALUES else kind])


def tells_workers(view: View, standings: Iterable[Standing]) -> bool:
    """Whether the answer gives the numbers of workers elsewhere: they compete themselves, or stand in the titles."""
    contest = contest_of(view)
    is_asked = contest is not None and WORKERS_AXIS in contest.axes
    return is_asked or all(one.comparison.labels.get(WORKERS_AXIS) is not None for one in standings)


def contestant_text(view: View, kind: str, point: Point) -> str:
    """A contestant by what distinguishes it from the others: `processes`; `queue` or `chunk` where all have one model."""
    contest = contest_of(view)
    if kind == VALUES and contest:
        return contest.name(view, point)
    primitive, series = view.primitive(point), view.series_name(point)
    if kind == PRIMITIVES and primitive:
        return code(primitive)
    if "model" not in view.varying_axes and not primitive and series != point.model:
        return code(series.removeprefix(f"{point.model} "))
    return series_text(view, point)
