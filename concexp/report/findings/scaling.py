"""How far each model's gain over the baseline goes as workers are added, or that there is none."""

from __future__ import annotations

from collections.abc import Iterable

from concexp.report import laws
from concexp.report.findings._words import NAMED, baseline, share, who, within
from concexp.report.markdown import code
from concexp.report.numbers import plural, spread
from concexp.report.view import Contest, Point, View
from concexp.stats.intervals import Interval

# A gain whose whole interval lies within these is called none: 5 % would need a quieter machine than most.
NO_GAIN = (0.9, 1.1)


def said(view: View, contest: Contest) -> list[str]:
    """A sentence for those that gain, one for those that gain nothing, one for those that lose, one for the unresolved."""
    found: dict[str, list[tuple[float, str]]] = {}
    told = _told_by_winner(view, contest)
    floor = view.floor(contest.points)
    for line, points in view.lines(contest.points).items():
        best, gain = _furthest(view, points)
        if best is None or best.workers is None or best is told:
            continue
        figure = f"{code(line)} {spread(gain, 'x')} with {plural(best.workers, 'worker')}"
        used = share(view, contest, best) if view.relative and gain.lo > 1 else ""
        verdict = _verdict(gain, floor)
        if verdict == "unresolved" and not gain.lo <= 1 <= gain.hi:
            used = within(floor)
        found.setdefault(verdict, []).append((gain.mean, f"{figure}{f', {used}' if used else ''}"))
    whom = baseline(view) if _has_baseline(view, contest.points) else "the same with fewest workers"
    heads = {
        "gain": f"Gain over {whom}",
        "none": f"No gain over {whom}",
        "loss": f"Slower than {whom}, even at best",
        "unresolved": f"Not resolved from {whom}",
        "unknown": f"Relative to {whom}, without an interval",
    }
    gains = [f"{head}: {_listed(found[key])}." for key, head in heads.items() if key in found]
    return gains + _peaks(view, contest)


def _peaks(view: View, contest: Contest) -> list[str]:
    """Where lines stop scaling, if a law was fitted to them whose peak lies in range beyond chance."""
    cells = {point.cell for point in contest.points}
    peaks = [
        f"{who(view, line.points[0])} at {spread(line.scaling.peak)} workers"
        for line in laws.lines(view)
        if line.points[0].cell in cells and line.scaling.peak.bounded and view.metric.better == "higher"
    ]
    return (
        [f"More workers make it slower, by the fitted law, beyond a peak: {'; '.join(peaks[:NAMED])}."] if peaks else []
    )


def _listed(figures: list[tuple[float, str]]) -> str:
    """The largest first; so many that nobody would read on are counted."""
    texts = [text for _, text in sorted(figures, key=lambda pair: -pair[0])]
    return "; ".join(texts if len(texts) <= NAMED else [*texts[: NAMED - 1], f"and {len(texts) - NAMED + 1} more"])


def _has_baseline(view: View, points: Iterable[Point]) -> bool:
    return bool(view.relative) and any(point.value(view.relative).known for point in points)


def _told_by_winner(view: View, contest: Contest) -> Point | None:
    """The point whose gain the winner's sentence has told already."""
    best = view.best(point for point in contest.points if point.firm)
    below = best and view.baseline(best)
    return best if best and view.relative and below and below.firm and best.value(view.relative).known else None


def _furthest(view: View, points: list[Point]) -> tuple[Point | None, Interval]:
    """The firm point of a line that gains most by having several workers, and its gain."""
    several = [point for point in points if point.firm and (point.workers or 1) > 1]
    gains: list[tuple[Point, Interval]] = []
    if _has_baseline(view, points):
        for point in several:
            below = view.baseline(point)
            if below is not None and below.firm and below is not point:
                gains.append((point, point.value(view.relative)))
    else:
        for point in several:
            alone = [p for p in points if p.firm and p.workers and view.primitive(p) == view.primitive(point)]
            least = min(alone, key=lambda p: p.workers or 0)
            if least.workers != point.workers and view.metric.better is not None:
                ratio = view.ratio(point, least)
                gains.append((point, ratio if view.metric.better == "higher" else ratio.inverted()))
    gains = [(point, gain) for point, gain in gains if gain.known]
    return max(gains, key=lambda pair: pair[1].mean) if gains else (None, Interval(0, 0, 0, 0))


def _verdict(gain: Interval, floor: float) -> str:
    if not gain.bounded:
        return "unknown"
    if NO_GAIN[0] < gain.lo and gain.hi < NO_GAIN[1]:
        return "none"
    if gain.lo > 1 and gain.mean > floor:
        return "gain"
    return "loss" if gain.hi < 1 and gain.mean * floor < 1 else "unresolved"
