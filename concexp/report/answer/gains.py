"""How far each model's gain over the baseline goes as workers are added, or that there is none."""

from __future__ import annotations

from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.analysis.stats.significance import equivalence
from concexp.report.family import family_of
from concexp.report.pairs import Pair, gains_in, has_baseline
from concexp.report.phrases import MAX_NAMES, NO_GAIN, baseline_text, series_text, share_used, unresolved_text
from concexp.report.sections import scaling_laws
from concexp.report.text.markdown import code
from concexp.report.text.numbers import plural, spread
from concexp.report.view import Comparison, Point, View

PAST_PEAK = "More workers make it slower, by the fitted law, beyond a peak"


def sentences_for(view: View, comparison: Comparison) -> list[str]:
    """A sentence for those that gain, one for those that gain nothing, one for those that lose, one for the unresolved."""
    found: dict[str, list[tuple[float, str]]] = {}
    told = _named_by_winner(view, comparison)
    for line, points in view.series(comparison.points).items():
        best, gain, verdict = furthest(view, comparison, points) or (None, UNKNOWN, "")
        if best is None or best.workers is None or best is told:
            continue
        figure = f"{code(line)} {spread(gain, 'x')} with {plural(best.workers, 'worker')}"
        used = share_used(view, comparison, best) if view.relative and gain.lo > 1 else ""
        if verdict == "unresolved":
            used = unresolved_text(view, gain, view.floor(comparison.points))
        found.setdefault(verdict, []).append((gain.mean, f"{figure}{f', {used}' if used else ''}"))
    whom = baseline_text(view) if has_baseline(view, comparison.points) else "the same with fewest workers"
    heads = {
        "gain": f"Gain over {whom}",
        "none": f"No gain over {whom}",
        "loss": f"Slower than {whom}, even at best",
        "unresolved": f"Not resolved from {whom}",
        "unknown": f"Relative to {whom}, without an interval",
    }
    gains = [f"{head}: {_listed(found[key])}." for key, head in heads.items() if key in found]
    ends = peaks(view, comparison)
    return [*gains, *([f"{PAST_PEAK}: {'; '.join(ends[:MAX_NAMES])}."] if ends else [])]


def peaks(view: View, comparison: Comparison) -> list[str]:
    """Where lines stop scaling, if a law was fitted to them whose peak lies in range beyond chance."""
    cells = {point.cell for point in comparison.points}
    return [
        f"{series_text(view, line.points[0])} at {spread(line.scaling.peak)} workers"
        for line in scaling_laws.measured_series(view)
        if line.points[0].cell in cells and line.scaling.peak.bounded and view.metric.better == "higher"
    ]


def furthest(view: View, comparison: Comparison, points: list[Point]) -> tuple[Point, Interval, str] | None:
    """The point of a line with the largest gain, that gain, and what it is; None where none can be told."""
    gains = gains_in(view, points)
    if not gains:
        return None
    pair, gain = max(gains, key=lambda one: one[1].mean)
    return pair.above, gain, _verdict(view, pair, gain, view.floor(comparison.points))


def _listed(figures: list[tuple[float, str]]) -> str:
    """The largest first; so many that nobody would read on are counted."""
    texts = [text for _, text in sorted(figures, key=lambda pair: -pair[0])]
    return "; ".join(
        texts if len(texts) <= MAX_NAMES else [*texts[: MAX_NAMES - 1], f"and {len(texts) - MAX_NAMES + 1} more"]
    )


def _named_by_winner(view: View, comparison: Comparison) -> Point | None:
    """The point whose gain the winner's sentence has told already."""
    best = view.best(point for point in comparison.points if point.can_win)
    below = best and view.baseline(best)
    return best if best and view.relative and below and below.can_win and best.value(view.relative).has_value else None


def _verdict(view: View, pair: Pair, gain: Interval, floor: float) -> str:
    if not gain.bounded:
        return "unknown"
    if equivalence(gain, NO_GAIN) == "equivalent":
        return "none"
    return {"higher": "gain", "lower": "loss"}.get(family_of(view).verdict(pair, gain, floor), "unresolved")
