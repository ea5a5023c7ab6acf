"""How far each model's gain over the baseline goes as workers are added, or that there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from concexp.report import laws
from concexp.report.comparisons import Pair
from concexp.report.findings._words import NAMED, baseline, share, unresolved, who
from concexp.report.markdown import code
from concexp.report.numbers import plural, spread
from concexp.report.view import Contest, Point, View
from concexp.stats.deciding import equivalence
from concexp.stats.intervals import NOTHING, Interval

# A gain is called none where it is surely less than this, either way: 5 % would need a quieter machine than most.
NO_GAIN = 0.1

SLOWER = "More workers make it slower, by the fitted law, beyond a peak"


def said(view: View, contest: Contest) -> list[str]:
    """A sentence for those that gain, one for those that gain nothing, one for those that lose, one for the unresolved."""
    found: dict[str, list[tuple[float, str]]] = {}
    told = _told_by_winner(view, contest)
    for line, points in view.lines(contest.points).items():
        best, gain, verdict = furthest(view, contest, points) or (None, NOTHING, "")
        if best is None or best.workers is None or best is told:
            continue
        figure = f"{code(line)} {spread(gain, 'x')} with {plural(best.workers, 'worker')}"
        used = share(view, contest, best) if view.relative and gain.lo > 1 else ""
        if verdict == "unresolved":
            used = unresolved(view, gain, view.floor(contest.points))
        found.setdefault(verdict, []).append((gain.mean, f"{figure}{f', {used}' if used else ''}"))
    whom = baseline(view) if has_baseline(view, contest.points) else "the same with fewest workers"
    heads = {
        "gain": f"Gain over {whom}",
        "none": f"No gain over {whom}",
        "loss": f"Slower than {whom}, even at best",
        "unresolved": f"Not resolved from {whom}",
        "unknown": f"Relative to {whom}, without an interval",
    }
    gains = [f"{head}: {_listed(found[key])}." for key, head in heads.items() if key in found]
    ends = peaks(view, contest)
    return [*gains, *([f"{SLOWER}: {'; '.join(ends[:NAMED])}."] if ends else [])]


def peaks(view: View, contest: Contest) -> list[str]:
    """Where lines stop scaling, if a law was fitted to them whose peak lies in range beyond chance."""
    cells = {point.cell for point in contest.points}
    return [
        f"{who(view, line.points[0])} at {spread(line.scaling.peak)} workers"
        for line in laws.lines(view)
        if line.points[0].cell in cells and line.scaling.peak.bounded and view.metric.better == "higher"
    ]


def furthest(view: View, contest: Contest, points: list[Point]) -> tuple[Point, Interval, str] | None:
    """The point of a line with the largest gain, that gain, and what it is; None where none can be told."""
    gains = _gains(view, points)
    if not gains:
        return None
    pair, gain = max(gains, key=lambda one: one[1].mean)
    return pair.above, gain, _verdict(view, pair, gain, view.floor(contest.points))


def pairs(view: View, contest: Contest) -> Iterator[Pair]:
    """Every gain: the largest of a line is what is told of."""
    return (pair for points in view.lines(contest.points).values() for pair, _ in _gains(view, points))


def _listed(figures: list[tuple[float, str]]) -> str:
    """The largest first; so many that nobody would read on are counted."""
    texts = [text for _, text in sorted(figures, key=lambda pair: -pair[0])]
    return "; ".join(texts if len(texts) <= NAMED else [*texts[: NAMED - 1], f"and {len(texts) - NAMED + 1} more"])


def has_baseline(view: View, points: Iterable[Point]) -> bool:
    """Whether gains are relative to a baseline; else to the same with fewest workers."""
    return bool(view.relative) and any(point.value(view.relative).known for point in points)


def _told_by_winner(view: View, contest: Contest) -> Point | None:
    """The point whose gain the winner's sentence has told already."""
    best = view.best(point for point in contest.points if point.firm)
    below = best and view.baseline(best)
    return best if best and view.relative and below and below.firm and best.value(view.relative).known else None


def _gains(view: View, points: list[Point]) -> list[tuple[Pair, Interval]]:
    """The firm points of a line that have several workers beside what their gain is relative to, with the gain."""
    several = [point for point in points if point.firm and (point.workers or 1) > 1]
    gains: list[tuple[Pair, Interval]] = []
    if has_baseline(view, points):
        for point in several:
            below = view.baseline(point)
            if below is not None and below.firm and below is not point:
                pair = Pair(point, below, view.metrics[view.relative].compares)
                gains.append((pair, point.value(view.relative)))
    else:
        for point in several:
            alone = [p for p in points if p.firm and p.workers and view.primitive(p) == view.primitive(point)]
            least = min(alone, key=lambda p: p.workers or 0)
            if least.workers != point.workers and view.metric.better is not None:
                ratio = view.ratio(point, least)
                gain = ratio if view.metric.better == "higher" else ratio.inverted()
                gains.append((Pair(point, least, view.primary), gain))
    return [(pair, gain) for pair, gain in gains if gain.known]


def _verdict(view: View, pair: Pair, gain: Interval, floor: float) -> str:
    if not gain.bounded:
        return "unknown"
    if equivalence(gain, NO_GAIN) == "equivalent":
        return "none"
    return {"higher": "gain", "lower": "loss"}.get(view.comparisons.word(pair, gain, floor), "unresolved")
