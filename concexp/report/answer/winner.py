"""Which cell of a comparison is best, by how much, and from which cells it is not resolved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from concexp.analysis.stats.intervals import FEWEST, Interval, of_the_best
from concexp.report.family import family_of
from concexp.report.pairs import Pair
from concexp.report.phrases import (
    baseline_text,
    cell_text,
    cells_text,
    contenders,
    equal_text,
    primary_text,
    share_used,
    trials_text,
    unresolved_text,
)
from concexp.report.text.numbers import enumerated, plural, spread
from concexp.report.view import Comparison, Point, View

CHOICE = "the intervals allowing for its choice as the best"


@dataclass(frozen=True)
class Lead:
    """By which factor the best point is better than a rival, and whether that may be called a difference."""

    rival: Point
    ratio: Interval
    is_resolved: bool


def sentences_for(view: View, comparison: Comparison) -> list[str]:
    """The best cell of those that can win; no winner is named where a doubtful cell measured more."""
    if view.metric.better is None:
        return []
    known = [point for point in comparison.points if point.has_numbers and point.value(view.primary).has_value]
    candidates = [point for point in known if point.can_win]
    doubtful = [point for point in known if point.status == "ok" and not point.enough_clean_trials]
    best = view.best(candidates)
    if best is None:
        return _no_winner(doubtful, known)
    sentence = _sentence(view, comparison, best, candidates)
    if not doubtful:
        return [sentence]
    left_out = f"Left out as doubtful (‡), and without a verdict: {cells_text(view, doubtful)}."
    rival = view.best([best, *doubtful])
    if rival is best or rival is None:
        return [f"Of the cells beyond doubt, {sentence}", left_out]
    figure = primary_text(view, comparison, rival) + trials_text(view, rival)
    return [
        f"No winner is named: {cell_text(view, rival)} measured more, {figure}, but in doubtful trials (‡). "
        f"Of the cells beyond doubt, {sentence}",
        left_out,
    ]


def leads_over(view: View, comparison: Comparison, best: Point, points: Iterable[Point]) -> list[Lead]:
    """The lead of the best over each other point."""
    floor = view.floor(comparison.points)
    leads = []
    for rival in points:
        if rival is not best:
            ratio = _times_better(view, best, rival)
            verdict = family_of(view).verdict(Pair(best, rival, view.primary), ratio, floor.beside(ratio))
            leads.append(Lead(rival, ratio, verdict == "higher"))
    return leads


def _times_better(view: View, best: Point, rival: Point) -> Interval:
    ratio = view.ratio(best, rival)
    return ratio if view.metric.better == "higher" or not ratio.has_value else ratio.inverted()


def _no_winner(doubtful: list[Point], known: list[Point]) -> list[str]:
    """Why no cell can win."""
    if doubtful:
        return ["No winner is named: no cell is beyond doubt (‡)."]
    if not known:
        return []
    wrong = all(point.status == "invalid" for point in known)
    why = "every outcome was wrong (†)" if wrong else "no cell had only trials that ended well and were right"
    return [f"No winner is named: {why}."]


def _sentence(view: View, comparison: Comparison, best: Point, candidates: list[Point]) -> str:
    """The best cell with its figure, its gain over the baseline, and its lead or what it is not resolved from."""
    among = contenders(view, best, candidates)
    cell = cell_text(view, best)
    figure = primary_text(view, comparison, best, among) + trials_text(view, best)
    gain = _gain(view, comparison, best, among)
    figures = [figure, *gain, *([f"{CHOICE} of {among}"] if among > 1 and best.value(view.primary).bounded else [])]
    leads = leads_over(view, comparison, best, view.best_per_series(candidates))
    if not leads:
        verb = "reaches" if len(candidates) == 1 else "does best:"
        return f"{cell} {verb} {_joined(*figures)}"
    if not any(lead.ratio.bounded for lead in leads):
        fewest = min(point.sample.count for point in (best, *(lead.rival for lead in leads)))
        why = f"With {plural(fewest, 'trial')} per cell (an interval needs {FEWEST}) nothing is resolved"
        return f"{cell} has the best figure: {_joined(*figures)} {why}."
    tied = [lead for lead in leads if not lead.is_resolved]
    if tied:
        rivals = _rivals(view, comparison, best, tied, gain)
        return f"{cell} has the best figure: {_joined(*figures, f'but it is not resolved from {rivals}')}"
    runner_up = min(leads, key=lambda lead: lead.ratio.mean)
    return f"{cell} is best: {_joined(*figures, *_ahead(view, best, runner_up, gain))}"


def _ahead(view: View, best: Point, runner_up: Lead, gain: list[str]) -> list[str]:
    """The lead over the runner-up."""
    if _is_the_gain(view, best, runner_up.rival, gain):
        return ["the runner-up"]
    return [f"{spread(runner_up.ratio, 'x')} ahead of the runner-up, {cell_text(view, runner_up.rival)}"]


def _rivals(view: View, comparison: Comparison, best: Point, tied: list[Lead], gain: list[str]) -> str:
    """What the best is not resolved from: `threads` (ratio 1.00x, 0.99–1.02) or `asyncio` (…)."""
    floor = view.floor(comparison.points)
    parts = []
    for lead in tied:
        known_ratio = _is_the_gain(view, best, lead.rival, gain)
        details = [] if known_ratio else [f"ratio {spread(lead.ratio, 'x').replace(' (', ', ').rstrip(')')}"]
        details += filter(None, [equal_text(lead.ratio), unresolved_text(view, lead.ratio, floor.beside(lead.ratio))])
        parts.append(cell_text(view, lead.rival) + (f" ({', '.join(details)})" if details else ""))
    return enumerated(parts, "or")


def _is_the_gain(view: View, best: Point, rival: Point, gain: list[str]) -> bool:
    """Whether the sentence already gives this ratio as the gain over the baseline."""
    return bool(gain) and view.baseline(best) is rival and view.primary == view.metrics[view.relative].compares


def _gain(view: View, comparison: Comparison, best: Point, among: int) -> list[str]:
    """The gain over the baseline, and how much of the machine that is; empty where the baseline cannot win."""
    below = view.baseline(best)
    if not view.relative or below is None or not below.can_win:
        return []
    if below is best:
        return ["the baseline itself"]
    gain = of_the_best(best.value(view.relative), among, view.run.level)
    if not gain.has_value:
        return []
    used = share_used(view, comparison, best) if gain.lo > 1 or not gain.bounded else ""
    return [f"{spread(gain, 'x')} the speed of {baseline_text(view)}{f' ({used})' if used else ''}"]


def _joined(*parts: str) -> str:
    return f"{', '.join(parts)}."
