"""Who is best at a contest, by how much, and from whom it cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterable

from concexp.analysis.stats.intervals import FEWEST, Interval
from concexp.report import comparisons
from concexp.report.pairs import Pair, leaders
from concexp.report.phrases import alike, amount, baseline, name, names, share, unresolved
from concexp.report.text.numbers import enumerated, plural, spread
from concexp.report.view import Contest, Point, View


def said(view: View, contest: Contest) -> list[str]:
    """The best of those beyond doubt; no winner is named where a doubtful cell measured more."""
    if view.metric.better is None:
        return []
    known = [point for point in contest.points if point.numbered and point.value(view.primary).has_value]
    firm = [point for point in known if point.firm]
    doubtful = [point for point in known if point.status == "ok" and not point.trusted]
    best = view.best(firm)
    if best is None:
        return _none(doubtful, known)
    if not doubtful:
        return [_sentence(view, contest, best, firm)]
    left_out = f"Left out as doubtful (‡), and without a verdict: {names(view, doubtful)}."
    rival = view.best([best, *doubtful])
    if rival is best or rival is None:
        return [f"Of the cells beyond doubt, {_sentence(view, contest, best, firm)}", left_out]
    return [
        f"No winner is named: {name(view, rival)} measured more, {amount(view, contest, rival)}, but in doubtful trials "
        f"(‡). Of the cells beyond doubt, {_sentence(view, contest, best, firm)}",
        left_out,
    ]


def ahead_of(view: View, contest: Contest, best: Point, rivals: Iterable[Point]) -> list[tuple[Point, Interval, bool]]:
    """Each rival, by which factor the best is better, and whether that is a difference that may be named."""
    floor = view.floor(contest.points)
    found = []
    for rival in rivals:
        if rival is not best:
            ratio = _ahead(view, best, rival)
            word = comparisons.of(view).word(Pair(best, rival, view.primary), ratio, floor)
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


def _sentence(view: View, contest: Contest, best: Point, firm: list[Point]) -> str:
    figure = f"{name(view, best)} {{}} {amount(view, contest, best)}"
    gain = _gain(view, contest, best)
    ratios = ahead_of(view, contest, best, leaders(view, firm))
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
                f"{name(view, r)}{_tie(view, q, view.floor(contest.points), _told(view, best, r, gain))}"
                for r, q in tied
            ],
            "or",
        )
        return _ended([figure.format("has the best figure:"), *gain, f"but it is not resolved from {others}"])
    runner_up, ratio, _ = min(ratios, key=lambda rival: rival[1].mean)
    if _told(view, best, runner_up, gain):
        return _ended([figure.format("is best:"), *gain, "the runner-up"])
    ahead = f"{spread(ratio, 'x')} ahead of the runner-up, {name(view, runner_up)}"
    return _ended([figure.format("is best:"), *gain, ahead, *filter(None, [alike(ratio)])])


def _told(view: View, best: Point, rival: Point, gain: list[str]) -> bool:
    """Whether the gain over the baseline is the very ratio to this rival."""
    return bool(gain) and view.baseline(best) is rival and view.primary == view.metrics[view.relative].compares


def _gain(view: View, contest: Contest, best: Point) -> list[str]:
    """What it is relative to the baseline, and how much of the machine that is."""
    below = view.baseline(best)
    if not view.relative or below is None or not below.firm:
        return []
    if below is best:
        return ["the baseline itself"]
    gain = best.value(view.relative)
    if not gain.has_value:
        return []
    used = share(view, contest, best) if gain.lo > 1 or not gain.bounded else ""
    return [f"{spread(gain, 'x')} the speed of {baseline(view)}{f' ({used})' if used else ''}"]


def _ahead(view: View, best: Point, rival: Point) -> Interval:
    """By which factor the best is better."""
    found = view.ratio(best, rival)
    return found if view.metric.better == "higher" or not found.has_value else found.inverted()


def _tie(view: View, ratio: Interval, floor: float, told: bool) -> str:
    """` (ratio 1.00x, 0.99–1.02)`, unless it is told already, and what makes the tie where the interval alone does not."""
    parts = [] if told else [f"ratio {spread(ratio, 'x').replace(' (', ', ').rstrip(')')}"]
    parts += filter(None, [alike(ratio), unresolved(view, ratio, floor)])
    return f" ({', '.join(parts)})" if parts else ""


def _ended(parts: list[str]) -> str:
    return f"{', '.join(parts)}."
