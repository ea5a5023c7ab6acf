"""The answer about one comparison in five parts: what to use, how much faster, how sure, what is as good, what to beware of.

It says what the page says, from the same standings; what the page leaves without a verdict is named as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from concexp.analysis import doubt_codes
from concexp.analysis.stats.intervals import FEWEST, of_the_best
from concexp.report.answer.standings import Lead, Standing, enough, leads_over, standing, times_better
from concexp.report.phrases import (
    BAD_ENDINGS,
    MAX_NAMES,
    NO_GAIN,
    baseline_text,
    cell_text,
    cells_text,
    contenders,
    first_few,
    percent_change,
    primary_text,
    series_text,
)
from concexp.report.points import Comparison, Point
from concexp.report.text.language import clauses, message, say, translated
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import enumerated, level_text, plural, rounded, spread
from concexp.report.text.reasons import reason_text
from concexp.report.view import View

NO_RESULT = message("nothing: no cell has a result")
OPEN = {
    "doubtful": message("{cell} was measured fastest, without a verdict: its trials are doubtful, or those of a rival"),
    "no winner": message("{cell} was measured fastest, without a verdict: in every cell some trial ended badly"),
    "alone": message("{cell} was measured fastest, without a verdict: nothing else ended well and beyond doubt"),
    "few": message("{cell} was measured fastest, without a verdict from so few trials"),
}


@dataclass(frozen=True)
class Brief:
    """The parts as sentences in Markdown. `choice` is the cell that is named, None without any; `beware` may be empty."""

    use: str
    gains: str = ""
    sure: str = ""
    ties: str = ""
    beware: list[str] = field(default_factory=list)
    choice: Point | None = None


def brief(view: View, comparison: Comparison) -> Brief:
    """The answer about one comparison."""
    found = standing(view, comparison)
    best = _best(view, comparison, found)
    if best is None:
        return Brief(say(NO_RESULT), beware=_beware(view, comparison, None))
    best = _simplest(view, comparison, best)
    same = [point for point in comparison.points if view.series_name(point) == view.series_name(best)]
    choice = (enough(view, same) or best) if best.can_win else best
    state = "" if found is None else found.state
    leads = leads_over(view, comparison, best, _rivals(view, comparison, best))
    name = _named(choice, cell_text(view, choice))
    return Brief(
        say(OPEN[state], cell=name) if state in OPEN else name,
        _gains(view, comparison, choice),
        _sure(view, comparison, best, leads),
        say("not known") if state in ("alone", "few") else _ties(view, leads),
        _beware(view, comparison, choice),
        choice,
    )


def _best(view: View, comparison: Comparison, found: Standing | None) -> Point | None:
    """The best cell beyond doubt, or else the best of all whose trials ended well."""
    if found is not None and found.best is not None:
        return found.best
    ended_well = [point for point in comparison.points if point.status == "ok" and point.has_numbers]
    return view.best(ended_well)


def _simplest(view: View, comparison: Comparison, best: Point) -> Point:
    """The baseline instead of the best where nothing shows that the best is faster: concurrency has to be worth its trouble."""
    below = view.baseline(best)
    if below is None or below is best or not (best.can_win and below.can_win):
        return best
    (lead,) = leads_over(view, comparison, best, [below])
    return best if lead.is_resolved and not lead.is_small else below


def _rivals(view: View, comparison: Comparison, best: Point) -> list[Point]:
    """The best cell of each other series, doubtful ones too where the best is one."""
    usable = [point for point in comparison.points if point.can_win or not best.can_win]
    rivals = view.best_per_series(point for point in usable if point.status == "ok")
    return [point for point in rivals if view.series_name(point) != view.series_name(best)]


def _named(choice: Point, text: str) -> str:
    """A cell with its number of workers, which a reader wants to know even if all cells have the same."""
    workers = plural(choice.workers or 0, "worker")
    if choice.workers is None or workers in text:
        return text
    return say("{cell} with {workers}", cell=text, workers=workers)


def _gains(view: View, comparison: Comparison, choice: Point) -> str:
    below, figure = view.baseline(choice), primary_text(view, comparison, choice)
    if below is choice:
        return say(
            "{figure}; nothing was seen to be faster than {baseline}", figure=figure, baseline=baseline_text(view)
        )
    if not view.relative or below is None or not choice.value(view.relative).has_value:
        return figure
    same = [point for point in comparison.points if point.can_win]
    gain = of_the_best(choice.value(view.relative), contenders(view, choice, same), view.run.level)
    return say(
        "{gain} the speed of {baseline}: {figure}", gain=spread(gain, "x"), baseline=baseline_text(view), figure=figure
    )


def _sure(view: View, comparison: Comparison, best: Point, leads: Sequence[Lead]) -> str:
    """How many trials, how certain the lead is, and the noise floor."""
    with_numbers = [point for point in comparison.points if point.has_numbers]
    fewest = min(point.sample.count for point in with_numbers)
    known = {"trials": plural(fewest, "trial"), "cells": plural(len(with_numbers), "cell")}
    parts = [say("{trials} of each of {cells}, {level} intervals", level=level_text(view.run.level), **known)]
    if fewest < FEWEST:
        parts = [say("{trials} of each of {cells}: an interval needs {count}", count=FEWEST, **known)]
    behind = [lead for lead in leads if lead.is_resolved and not lead.is_small]
    if behind and best.can_win:
        nearest = min(behind, key=lambda lead: lead.ratio.mean)
        ahead = spread(nearest.ratio, "x") if nearest.ratio.mean >= 2 else percent_change(nearest.ratio)
        parts.append(say("{gain} ahead of {rival}", gain=ahead, rival=series_text(view, nearest.rival)))
    doubtful = [point for point in with_numbers if not point.enough_clean_trials]
    if doubtful:
        codes = sorted(
            {code for point in doubtful for trial in point.doubtful for code in trial.doubts_about(point.primary)}
        )
        why = say("too few are left")
        if codes:
            why = translated(doubt_codes.IN_BRIEF.get(codes[0], doubt_codes.UNKNOWN))
        parts.append(say("{count} of these doubtful: {why}", count=len(doubtful), why=why))
    floor = view.floor(comparison.points)
    if floor.factor > 1 and not floor.borrowed:
        parts.append(say("differences below {share} % are noise here", share=rounded(100 * (floor.factor - 1), 2)))
    return clauses(parts)


def _ties(view: View, leads: Sequence[Lead]) -> str:
    """What is as good, and what cannot be told apart."""
    equal = [cell_text(view, lead.rival) for lead in leads if lead.is_small]
    near = [lead for lead in leads if not lead.is_small and not lead.is_resolved]
    parts = [say("{names} (within 5 %)", names=enumerated(first_few(equal, MAX_NAMES)))] if equal else []
    if near:
        names = enumerated(first_few([cell_text(view, lead.rival) for lead in near], MAX_NAMES))
        parts.append(say("{names} cannot be told apart from it", names=names))
    return clauses(parts) or say("nothing")


def _beware(view: View, comparison: Comparison, choice: Point | None) -> list[str]:
    """That more workers were not tried, what ended badly, and what was wrong."""
    found = []
    if choice is not None and choice.workers and _still_gains(view, comparison, choice):
        workers = plural(choice.workers, "worker")
        found.append(say("{workers} are the most that were tried: more may be faster still", workers=workers))
    bad = [point for point in comparison.points if point.status in BAD_ENDINGS]
    if bad:
        cells = [say("{cell} {how}", cell=cell_text(view, p), how=say(BAD_ENDINGS[p.status])) for p in bad]
        found.append(enumerated(first_few(cells, MAX_NAMES)))
    wrong = [point for point in comparison.points if point.sample.statuses["invalid"]]
    if wrong:
        reason = next(trial.reason for trial in wrong[0].sample.trials if trial.status == "invalid")
        found.append(
            say(
                "{cells} gave wrong results: {reason}",
                cells=cells_text(view, wrong),
                reason=escaped(reason_text(reason)),
            )
        )
    return found


def _still_gains(view: View, comparison: Comparison, choice: Point) -> bool:
    """Whether this is the largest number of workers, and over a tenth better than the next lower one."""
    same = [point for point in comparison.points if view.series_name(point) == view.series_name(choice)]
    fewer = [point for point in same if point.parallelism < choice.parallelism and point.has_numbers]
    if not fewer or any(point.parallelism > choice.parallelism for point in same):
        return False
    below = max(fewer, key=lambda point: point.parallelism)
    return times_better(view, choice, below).mean > 1 + NO_GAIN
