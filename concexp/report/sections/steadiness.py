"""How the iterations of trials behaved, and where the variance lies: what to set in `measure:` next time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from concexp.analysis import first_iteration, steadiness
from concexp.analysis.precision import widths
from concexp.analysis.stats.change_points import (
    DISTURBED,
    FLAT,
    MIXED,
    SLOWDOWN,
    UNSTEADY,
    WARMUP,
    classify_all,
    classify_cell,
)
from concexp.analysis.variance import Variation, variations
from concexp.experiment import Measure
from concexp.report.phrases import MAX_NAMES, cell_on_page, first_few, percent_change
from concexp.report.points import Point
from concexp.report.text.language import clauses, counted, listed, message, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import enumerated, plural, rounded
from concexp.report.view import View

MAX_REPETITIONS = 1000  # what needs more has another cure
DEFAULT_PRECISION = 0.03  # planned for if the experiment gives none
IN_WORDS = {
    FLAT: message("flat"),
    WARMUP: message("warming up"),
    SLOWDOWN: message("slowing down"),
    DISTURBED: message("disturbed"),
    UNSTEADY: message("without a steady state"),
}


def sentences(view: View) -> list[str]:
    """Steadiness of the cells, first iterations, and where the variance lies; empty if no trial has two iterations."""
    return [*_assessed(view), *_starts(view), *_variance(view)]


def words(view: View) -> dict[str, str]:
    """The classification of each cell whose trials have enough iterations for one, by the cell's id."""
    return {cell: classify_cell(trials) for cell, trials in _words(view).items()}


def _words(view: View) -> dict[str, list[str]]:
    """The classifications of each cell's trials."""
    first = view.run.firsts
    first = first[first["steadiness"] != steadiness.NOT_ASSESSED]
    return {str(cell): list(rows) for cell, rows in first.groupby("cell", sort=False)["steadiness"]}


def _assessed(view: View) -> list[str]:
    """How many cells are steady, and for each other kind the cells and the cure."""
    by_cell = _words(view)
    by_word: dict[str, list[Point]] = {}
    for point in view.points:
        if point.cell in by_cell:
            by_word.setdefault(classify_cell(by_cell[point.cell]), []).append(point)
    if not by_word:
        return []
    flat = len(by_word.get(FLAT, ()))
    sentences = [
        say(
            "Steady from the first measured iteration on: {count} of {cells} (change points).",
            count=flat,
            cells=plural(len(by_cell), "cell"),
        )
    ]
    if WARMUP in by_word:
        sentences.append(_warming(view, by_word[WARMUP]))
    if SLOWDOWN in by_word:
        sentences.append(
            say(
                "**Slowing down**: {cells}. Later iterations are slower, and the figures are means of all; look for "
                "something that grows, "
                "or for a hot CPU.",
                cells=_names(view, by_word[SLOWDOWN]),
            )
        )
    if DISTURBED in by_word:
        sentences.append(
            say(
                "**Disturbed**: {cells}. Some iterations in the middle were slower; look for other processes.",
                cells=_names(view, by_word[DISTURBED]),
            )
        )
    if MIXED in by_word:
        parts = [
            say("{text} ({note})", text=cell_on_page(view, point), note=_counted(by_cell[point.cell]))
            for point in by_word[MIXED]
        ]
        sentences.append(
            say(
                "**Trials that disagree**: {cells}. More iterations would show which of them are the rule.",
                cells=_listed(parts),
            )
        )
    if UNSTEADY in by_word:
        sentences.append(
            say(
                "**No steady state** (`unsteady`): {cells}. The time of an operation still changed when the trials "
                "ended, so no verdict "
                "on time rests on them. Measure more iterations, or look for other processes.",
                cells=_names(view, by_word[UNSTEADY]),
            )
        )
    return sentences


def _warming(view: View, points: Sequence[Point]) -> str:
    """The cells that warm up, and the warm-up that would leave it out."""
    cells = {point.cell for point in points}
    frame = view.run.measured
    seconds = steadiness.seconds(frame)
    warming = frame["cell"].isin(cells) & (frame["steadiness"] == WARMUP)
    rows = np.flatnonzero(warming.to_numpy() & ~np.isnan(seconds))
    by_trial = view.run.measured_by_trial.among(rows).parts(seconds[rows])
    longest = max(one.steady_from for one in classify_all(by_trial))
    return counted(
        longest,
        "**Warming up**: {cells}. Up to {iterations} of a trial is slower than the rest; `measure.warmup: {warmup}` "
        "leaves them out.",
        "**Warming up**: {cells}. Up to {iterations} of a trial are slower than the rest; `measure.warmup: {warmup}` "
        "leaves them out.",
        cells=_names(view, points),
        iterations=plural(longest, "measured iteration"),
        warmup=_measure(view).warmup + longest,
    )


def _starts(view: View) -> list[str]:
    """The first iterations that differ from the others, in cells that change points do not describe already."""
    starts = first_iteration.first_iterations(view.run)
    described = {cell for cell, word in words(view).items() if word not in (FLAT, MIXED)}
    odd = [start for start in starts if start.systematic and start.cell not in described]
    if not odd:
        return []
    longer = [start for start in odd if start.ratio.mean > 1]
    shorter = [start for start in odd if start.ratio.mean <= 1]
    took = [
        say(text, cells=plural(len(group), "cell"), names=_listed(_differences(view, group)))
        for text, group in (
            (message("longer than the later ones in {cells}: {names}"), longer),
            (message("less than the later ones in {cells}: {names}"), shorter),
        )
        if group
    ]
    cure = say("More iterations would show whether later ones keep getting slower.")
    if longer:
        cure = say("A higher `measure.warmup` (now {warmup}) leaves that out.", warmup=_measure(view).warmup)
    return [texts_of([say("**The first iteration** took {how}.", how=clauses(took)), cure])]


def _differences(view: View, starts: Sequence[first_iteration.FirstIteration]) -> list[str]:
    """How far each cell's first iteration is from the later ones, the furthest first."""
    starts = sorted(starts, key=lambda start: -abs(math.log(start.ratio.mean)))
    ratios = [start.ratio if start.ratio.mean > 1 else start.ratio.inverted() for start in starts]
    cells = [cell_on_page(view, view.point(start.cell)) for start in starts]
    return [f"{cell} {percent_change(ratio)}" for cell, ratio in zip(cells, ratios, strict=True)]


def _variance(view: View) -> list[str]:
    """Where the variance lies, and the iterations and trials that would make all intervals narrow enough."""
    # Changes in the course of a trial are not noise that more iterations would average out.
    changing = {cell for cell, word in words(view).items() if word != FLAT}
    variances = [one for one in variations(view.run) if not math.isnan(one.between) and one.cell not in changing]
    if not variances:
        return []
    shares = sorted(one.between for one in variances)
    low, middle, high = (rounded(100 * share, 2) for share in (shares[0], float(np.median(shares)), shares[-1]))
    cells, facts = plural(len(variances), "cell"), {"share": middle, "metric": escaped(view.called(view.primary))}
    if len(variances) == 1:
        text = say("{share} % of the variance of {metric} lies between trials.", **facts)
    elif low == high:
        text = say("{share} % of the variance of {metric} lies between trials (each of {cells}).", cells=cells, **facts)
    else:
        text = say(
            "{share} % of the variance of {metric} lies between trials (median of {cells}, {low} to {high} %).",
            cells=cells,
            low=low,
            high=high,
            **facts,
        )
    return [texts_of([_advice(view, variances), text])]


def _advice(view: View, variances: Sequence[Variation]) -> str:
    """One setting for all cells: the median number of iterations, and the trials that the worst cell then needs."""
    precision = _measure(view).precision or DEFAULT_PRECISION
    iterations = math.ceil(np.median([one.iterations for one in variances]))
    needed = {one.cell: one.repetitions(iterations, precision) for one in variances}
    worst = max(needed, key=lambda cell: needed[cell])
    width = widths(view.run).get(worst)
    now = say("no interval now") if width is None else say("±{width} % now", width=rounded(100 * width, 2))
    most = f"`repetitions: {needed[worst]}`"
    if needed[worst] > MAX_REPETITIONS:
        most = say("more than {count} repetitions", count=f"{MAX_REPETITIONS:,}")
    aim = {"precision": f"{100 * precision:g}", "iterations": iterations}
    if len(variances) == 1:
        return say(
            "For ±{precision} %, set `iterations: {iterations}` and {repetitions} ({now}).",
            repetitions=most,
            now=now,
            **aim,
        )
    return say(
        "For ±{precision} %, set `iterations: {iterations}` and `repetitions: {half}` (enough for half of the "
        "cells); {cell} needs {most} ({now}).",
        half=math.ceil(np.median(list(needed.values()))),
        cell=cell_on_page(view, view.point(worst)),
        most=most,
        now=now,
        **aim,
    )


def _measure(view: View) -> Measure:
    return Measure.model_validate(view.run.spec["measure"])


def _names(view: View, points: Sequence[Point]) -> str:
    return _listed([cell_on_page(view, point) for point in points])


def _listed(parts: Sequence[str]) -> str:
    """The first of these, and how many more there are."""
    return enumerated(first_few(parts, MAX_NAMES))


def _counted(words: Sequence[str]) -> str:
    """`7 of 10 trials flat, 3 warming up`."""
    (first, count), *others = Counter(words).most_common()
    head = say("{count} of {trials} {how}", count=count, trials=plural(len(words), "trial"), how=say(IN_WORDS[first]))
    return listed([head, *(say("{count} {how}", count=count, how=say(IN_WORDS[word])) for word, count in others)])
