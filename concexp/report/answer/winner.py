"""Which cell of a comparison is best, by how much, and from which cells it cannot be told apart."""

from __future__ import annotations

from concexp.analysis.stats.intervals import FEWEST, of_the_best
from concexp.report.answer.standings import Lead, leads_over
from concexp.report.phrases import (
    ahead_text,
    baseline_text,
    cell_text,
    cells_text,
    contenders,
    equal_text,
    percent_change,
    primary_text,
    share_used,
    unresolved_text,
)
from concexp.report.points import Comparison, Point
from concexp.report.rivals import is_in_doubt, may_be_better
from concexp.report.text.language import message, phrases, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.numbers import enumerated, plural, spread
from concexp.report.view import View


def sentences_for(view: View, comparison: Comparison) -> list[str]:
    """The best cell of those that can win; no winner is named where a doubtful cell may be better."""
    if view.metric.better is None:
        return []
    known = [point for point in comparison.points if point.has_numbers and point.value(view.primary).has_value]
    candidates = [point for point in known if point.can_win]
    doubtful = [point for point in known if is_in_doubt(view, point)]
    best = view.best(candidates)
    if best is None:
        return _no_winner(doubtful, known)
    sentence = _sentence(view, comparison, best, candidates)
    blocked = [point for point in known if point.blocked and point.is_sure]
    if blocked:
        places = say("Calls block the event loop, so without a place: {cells}.", cells=cells_text(view, blocked))
        sentence = texts_of([sentence, places])
    if not doubtful:
        return [sentence]
    left_out = say("Doubtful (‡), so without a verdict: {cells}.", cells=cells_text(view, doubtful))
    rivals = may_be_better(view, best, doubtful)
    if not rivals:
        return [say("Among those beyond doubt, {sentence}", sentence=sentence), left_out]
    return [
        say(
            "No winner: {cell} may be better, but its trials are doubtful (‡, {figure}). Among the others, {sentence}",
            cell=cell_text(view, rivals[0]),
            figure=primary_text(view, comparison, rivals[0]),
            sentence=sentence,
        ),
        left_out,
    ]


def _no_winner(doubtful: list[Point], known: list[Point]) -> list[str]:
    """Why no cell can win."""
    if doubtful:
        every = not any(point.enough_clean_trials for point in known)
        text = message("No winner: all measurements here are doubtful (‡).")
        return [say(text if every else message("No winner: every right measurement is doubtful (‡)."))]
    if not known:
        return []
    if any(point.blocked and point.is_sure for point in known):
        return [say("No winner: calls block the event loop.")]
    if all(point.status == "invalid" for point in known):
        return [say("No winner: every outcome was wrong (†).")]
    return [say("No winner: in every cell some trial failed or was wrong.")]


def _sentence(view: View, comparison: Comparison, best: Point, candidates: list[Point]) -> str:
    """The best cell with its figure, its gain over the baseline, and its lead or what it cannot be told apart from."""
    among = contenders(view, best, candidates)
    cell = cell_text(view, best)
    figure = primary_text(view, comparison, best, among)
    gain = _gain(view, comparison, best, among)
    figures = phrases([figure, *gain])
    leads = leads_over(view, comparison, best, view.best_per_series(candidates))
    if not leads:
        if len(candidates) == 1:
            return say("{cell} reaches {figures}.", cell=cell, figures=figures)
        return say("{cell} has the best figure, {figures}.", cell=cell, figures=figures)
    if not any(lead.ratio.bounded for lead in leads):
        fewest = min(point.sample.count for point in (best, *(lead.rival for lead in leads)))
        return say(
            "{cell} has the best figure, {figures}. With {trials} per cell (an interval needs {needed}) there is no "
            "verdict.",
            cell=cell,
            figures=figures,
            trials=plural(fewest, "trial"),
            needed=FEWEST,
        )
    tied = [lead for lead in leads if not lead.is_resolved]
    if tied:
        rivals = _rivals(view, comparison, best, tied, gain)
        return say(
            "{cell} has the best figure, {figures}, but cannot be told apart from {others}.",
            cell=cell,
            figures=figures,
            others=rivals,
        )
    runner_up = min(leads, key=lambda lead: lead.ratio.mean)
    figures = phrases([figures, *_ahead(view, best, runner_up, gain)])
    return say("{cell} is best: {figures}.", cell=cell, figures=figures)


def _ahead(view: View, best: Point, runner_up: Lead, gain: list[str]) -> list[str]:
    """The lead over the runner-up."""
    if _is_the_gain(view, best, runner_up.rival, gain):
        return []
    return [ahead_text(view, runner_up.shown, cell_text(view, runner_up.rival))]


def _rivals(view: View, comparison: Comparison, best: Point, tied: list[Lead], gain: list[str]) -> str:
    """What the best cannot be told apart from, and by how much it leads: `threads` (1.2 %, 0.2–2.2) or `asyncio` (…)."""
    floor = view.floor(comparison.points)
    parts = []
    for lead in tied:
        known_ratio = _is_the_gain(view, best, lead.rival, gain)
        details = [] if known_ratio else [percent_change(lead.ratio).replace(" (", ", ").rstrip(")")]
        details += filter(None, [equal_text(lead.ratio), unresolved_text(view, lead.ratio, floor.beside(lead.ratio))])
        rival = cell_text(view, lead.rival)
        parts.append(say("{text} ({note})", text=rival, note=phrases(details)) if details else rival)
    return enumerated(parts, "or")


def _is_the_gain(view: View, best: Point, rival: Point, gain: list[str]) -> bool:
    """Whether the sentence already gives this ratio as the gain over the baseline."""
    return bool(gain) and view.baseline(best) is rival and view.primary == view.metrics[view.relative].compares


def _gain(view: View, comparison: Comparison, best: Point, among: int) -> list[str]:
    """The gain over the baseline, and how much of the machine that is; empty where the baseline cannot win or is the best."""
    below = view.baseline(best)
    if not view.relative or below is None or not below.is_sure or below is best:
        return []
    gain = of_the_best(best.value(view.relative), among, view.run.level)
    if not gain.has_value:
        return []
    used = share_used(view, best) if gain.lo > 1 or not gain.bounded else ""
    text = say("{factor} the speed of {baseline}", factor=spread(gain, "x"), baseline=baseline_text(view))
    return [text, used] if used else [text]
