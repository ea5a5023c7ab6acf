"""Who is best at a comparison, by how much, and from whom it cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterable

from concexp.analysis.stats.intervals import FEWEST, Interval
from concexp.report.family import family_of
from concexp.report.pairs import Pair, best_per_series
from concexp.report.phrases import (
    baseline_text,
    cell_text,
    cells_text,
    equal_text,
    primary_text,
    share_used,
    unresolved_text,
)
from concexp.report.text.numbers import enumerated, plural, spread
from concexp.report.view import Comparison, Point, View


def sentences_for(view: View, comparison: Comparison) -> list[str]:
    """The best of those beyond doubt; no winner is named where a doubtful cell measured more."""
    if view.metric.better is None:
        return []
    known = [point for point in comparison.points if point.has_numbers and point.value(view.primary).has_value]
    firm = [point for point in known if point.can_win]
    doubtful = [point for point in known if point.status == "ok" and not point.enough_clean_trials]
    best = view.best(firm)
    if best is None:
        return _none(doubtful, known)
    if not doubtful:
        return [_sentence(view, comparison, best, firm)]
    left_out = f"Left out as doubtful (‡), and without a verdict: {cells_text(view, doubtful)}."
    rival = view.best([best, *doubtful])
    if rival is best or rival is None:
        return [f"Of the cells beyond doubt, {_sentence(view, comparison, best, firm)}", left_out]
    figure = primary_text(view, comparison, rival)
    return [
        f"No winner is named: {cell_text(view, rival)} measured more, {figure}, but in doubtful trials (‡). "
        f"Of the cells beyond doubt, {_sentence(view, comparison, best, firm)}",
        left_out,
    ]


def leads_over(
    view: View, comparison: Comparison, best: Point, rivals: Iterable[Point]
) -> list[tuple[Point, Interval, bool]]:
    """Each rival, by which factor the best is better, and whether that is a difference that may be named."""
    floor = view.floor(comparison.points)
    found = []
    for rival in rivals:
        if rival is not best:
            ratio = _ahead(view, best, rival)
            word = family_of(view).verdict(Pair(best, rival, view.primary), ratio, floor)
            found.append((rival, ratio, word == "higher"))
    return found


def _none(doubtful: list[Point], known: list[Point]) -> list[str]:
    """Why nobody wins."""
    if doubtful:
        return ["No winner is named: no cell is beyond doubt (‡)."]
    if not known:
        return []
    wrong = all(point.status == "invalid" for point in known)
    why = "every outcome was wrong (†)" if wrong else "no cell had only trials that ended well and were right"
    return [f"No winner is named: {why}."]


def _sentence(view: View, comparison: Comparison, best: Point, firm: list[Point]) -> str:
    figure = f"{cell_text(view, best)} {{}} {primary_text(view, comparison, best)}"
    gain = _gain(view, comparison, best)
    ratios = leads_over(view, comparison, best, best_per_series(view, firm))
    tied = [(rival, ratio) for rival, ratio, resolved in ratios if not resolved]
    if not ratios:
        return _ended([figure.format("reaches" if len(firm) == 1 else "does best:"), *gain])
    if not any(ratio.bounded for _, ratio, _ in ratios):
        few = min(point.sample.count for point in (best, *(rival for rival, _, _ in ratios)))
        why = f"With {plural(few, 'trial')} per cell (an interval needs {FEWEST}) nothing is resolved"
        return f"{_ended([figure.format('has the best figure:'), *gain])} {why}."
    if tied:
        others = enumerated(
            [
                f"{cell_text(view, r)}{_tie(view, q, view.floor(comparison.points), _is_the_gain(view, best, r, gain))}"
                for r, q in tied
            ],
            "or",
        )
        return _ended([figure.format("has the best figure:"), *gain, f"but it is not resolved from {others}"])
    runner_up, ratio, _ = min(ratios, key=lambda rival: rival[1].mean)
    if _is_the_gain(view, best, runner_up, gain):
        return _ended([figure.format("is best:"), *gain, "the runner-up"])
    ahead = f"{spread(ratio, 'x')} ahead of the runner-up, {cell_text(view, runner_up)}"
    return _ended([figure.format("is best:"), *gain, ahead, *filter(None, [equal_text(ratio)])])


def _is_the_gain(view: View, best: Point, rival: Point, gain: list[str]) -> bool:
    """Whether the gain over the baseline is the very ratio to this rival."""
    return bool(gain) and view.baseline(best) is rival and view.primary == view.metrics[view.relative].compares


def _gain(view: View, comparison: Comparison, best: Point) -> list[str]:
    """What it is relative to the baseline, and how much of the machine that is."""
    below = view.baseline(best)
    if not view.relative or below is None or not below.can_win:
        return []
    if below is best:
        return ["the baseline itself"]
    gain = best.value(view.relative)
    if not gain.has_value:
        return []
    used = share_used(view, comparison, best) if gain.lo > 1 or not gain.bounded else ""
    return [f"{spread(gain, 'x')} the speed of {baseline_text(view)}{f' ({used})' if used else ''}"]


def _ahead(view: View, best: Point, rival: Point) -> Interval:
    """By which factor the best is better."""
    found = view.ratio(best, rival)
    return found if view.metric.better == "higher" or not found.has_value else found.inverted()


def _tie(view: View, ratio: Interval, floor: float, told: bool) -> str:
    """` (ratio 1.00x, 0.99–1.02)`, unless it is told already, and what makes the tie where the interval alone does not."""
    parts = [] if told else [f"ratio {spread(ratio, 'x').replace(' (', ', ').rstrip(')')}"]
    parts += filter(None, [equal_text(ratio), unresolved_text(view, ratio, floor)])
    return f" ({', '.join(parts)})" if parts else ""


def _ended(parts: list[str]) -> str:
    return f"{', '.join(parts)}."
