"""How the iterations of the trials followed each other, and where the variance lies: what to set in `measure:` next time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from concexp.analysis import first_iteration, steadiness
from concexp.analysis.precision import widths
from concexp.analysis.stats.change_points import (
    ENOUGH,
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
from concexp.report.phrases import NAMED, among_all, in_percent
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import enumerated, plural, rounded
from concexp.report.view import Point, View

REASONABLE = 1000  # trials; what needs more has another cure
PRECISION = 0.03  # what is planned for where the experiment asks for none
IN_WORDS = {FLAT: "flat", WARMUP: "warming up", SLOWDOWN: "slowing down", UNSTEADY: "without a steady state"}


def told(view: View) -> list[str]:
    """The page's sentences; none where no trial has two iterations."""
    return [*_assessed(view), *_starts(view), *_variance(view)]


def words(view: View) -> dict[str, str]:
    """The word of each cell whose trials have enough iterations for one, by the cell's id."""
    return {cell: classify_cell(own) for cell, own in _words(view).items()}


def _words(view: View) -> dict[str, list[str]]:
    """The words of each cell's trials."""
    first = view.run.firsts
    first = first[first["steadiness"] != steadiness.NOT_ASSESSED]
    return {str(cell): list(own) for cell, own in first.groupby("cell", sort=False)["steadiness"]}


def _assessed(view: View) -> list[str]:
    """How many cells are steady, and each kind of those that are not, with its cure."""
    by_cell = _words(view)
    found: dict[str, list[Point]] = {}
    for point in view.points:
        if point.cell in by_cell:
            found.setdefault(classify_cell(by_cell[point.cell]), []).append(point)
    if not found:
        return []
    flat = len(found.get(FLAT, ()))
    steady_ones = {0: "none is", 1: "1 is"}.get(flat, f"{flat} are")
    sentences = [
        f"Change points were looked for in the iterations of {plural(len(by_cell), 'cell')}: {steady_ones} steady from the "
        "first measured iteration on."
    ]
    if WARMUP in found:
        sentences.append(_warming(view, found[WARMUP]))
    if SLOWDOWN in found:
        sentences.append(
            f"**Slowing down**: {_names(view, found[SLOWDOWN])}. Later iterations are slower than earlier ones, and the figures "
            "are means of both; look for what grows, or for a CPU that gets hot."
        )
    if MIXED in found:
        parts = [f"{among_all(view, point)} ({_counted(by_cell[point.cell])})" for point in found[MIXED]]
        sentences.append(
            f"**Trials that disagree**: {_listed(parts)}. More iterations would tell which of them is the rule."
        )
    if UNSTEADY in found:
        sentences.append(
            f"**No steady state** (`unsteady`): {_names(view, found[UNSTEADY])}. The time of an operation still changed when the "
            "trials ended, so their means depend on how long they went on, and no verdict on time rests on them. Measure with "
            "more iterations, or look for what else ran."
        )
    return sentences


def _warming(view: View, points: Sequence[Point]) -> str:
    """The cells that warm up, and from which iteration on they are steady."""
    cells = {point.cell for point in points}
    frame = view.run.measured
    took = steadiness.seconds(frame)
    warming = frame["cell"].isin(cells) & (frame["steadiness"] == WARMUP)
    rows = np.flatnonzero(warming.to_numpy() & ~np.isnan(took))
    longest = max(one.steady_from for one in classify_all(view.run.measured_by_trial.among(rows).parts(took[rows])))
    return (
        f"**Warming up**: {_names(view, points)}. Up to {plural(longest, 'measured iteration')} of a trial "
        f"{'is' if longest == 1 else 'are'} slower than the rest; `measure.warmup: "
        f"{_measure(view).warmup + longest}` would leave them out."
    )


def _starts(view: View) -> list[str]:
    """Whether first iterations are unlike the others, but where change points have told so."""
    starts = first_iteration.first_iterations(view.run)
    told = {cell for cell, word in words(view).items() if word not in (FLAT, MIXED)}
    odd = [start for start in starts if start.systematic and start.cell not in told]
    few = min((start.passes for start in starts if start.passes < ENOUGH), default=None)
    lead = (
        ""
        if few is None
        else f"With {few} iterations per trial change points can't be told from noise (that takes {ENOUGH})"
    )
    if not odd:
        unlike = f"so unlike the later ones that a mean would move by {100 * first_iteration.MIN_SHIFT:g} %"
        return [f"{lead}; the first iteration is in no cell {unlike}."] if lead else []
    points = {point.cell: point for point in view.points}
    found = []
    for slower, word in ((True, "longer"), (False, "less")):
        own = sorted((s for s in odd if (s.ratio.mean > 1) is slower), key=lambda s: -abs(math.log(s.ratio.mean)))
        if own:
            parts = [
                f"{among_all(view, points[s.cell])} {in_percent(s.ratio if slower else s.ratio.inverted())}"
                for s in own
            ]
            found.append(f"{word} than the later ones in {plural(len(own), 'cell')}: {_listed(parts)}")
    cure = (
        f"A higher `measure.warmup` (now {_measure(view).warmup}) would leave that out."
        if any(s.ratio.mean > 1 for s in odd)
        else "More iterations would show whether they go on getting slower."
    )
    head = f"{lead}, but **the first iteration**" if lead else "**The first iteration**"
    return [f"{head} took {'; '.join(found)}. {cure}"]


def _variance(view: View) -> list[str]:
    """Where the variance lies, and which numbers of iterations and trials would make all intervals narrow enough."""
    # What changes in the course of a trial is no noise that more iterations would average out.
    changing = {cell for cell, word in words(view).items() if word != FLAT}
    found = [one for one in variations(view.run) if not math.isnan(one.between) and one.cell not in changing]
    if not found:
        return []
    shares = sorted(one.between for one in found)
    low, middle, high = (rounded(100 * share, 2) for share in (shares[0], float(np.median(shares)), shares[-1]))
    over = ""
    if len(found) > 1:
        cells = plural(len(found), "cell")
        over = f" (each of {cells})" if low == high else f" (median of {cells}; {low} to {high} %)"
    lies = f"{middle} % lies between trials, the rest between the iterations of a trial{over}"
    return [f"Of the variance of {escaped(view.primary)} {lies}. {_advice(view, found)}"]


def _advice(view: View, found: Sequence[Variation]) -> str:
    """One setting for all cells: the iterations that suit most of them, and with those the trials that the worst needs."""
    precision = _measure(view).precision or PRECISION
    iterations = math.ceil(np.median([one.iterations for one in found]))
    needed = {one.cell: one.repetitions(iterations, precision) for one in found}
    worst = max(needed, key=lambda cell: needed[cell])
    now = f"±{rounded(100 * widths(view.run)[worst], 2)} % now"
    most = f"`repetitions: {needed[worst]}`" if needed[worst] <= REASONABLE else f"more than {REASONABLE:,} repetitions"
    aim = f"For ±{100 * precision:g} %, `iterations: {iterations}` and"
    if len(found) == 1:
        return f"{aim} {most} would do ({now})."
    half = math.ceil(np.median(list(needed.values())))
    point = next(point for point in view.points if point.cell == worst)
    return f"{aim} `repetitions: {half}` would do in half of the cells; {among_all(view, point)} needs most, {most} ({now})."


def _measure(view: View) -> Measure:
    return Measure.model_validate(view.run.spec["measure"])


def _names(view: View, points: Sequence[Point]) -> str:
    return _listed([among_all(view, point) for point in points])


def _listed(parts: Sequence[str]) -> str:
    """So many that nobody would read on are counted."""
    more = len(parts) - NAMED + 1
    return enumerated(parts if len(parts) <= NAMED else [*parts[: NAMED - 1], f"{more} more"])


def _counted(words: Sequence[str]) -> str:
    """`7 trials flat, 3 warming up`."""
    parts = [f"{count} {IN_WORDS[word]}" for word, count in Counter(words).most_common()]
    return ", ".join([parts[0].replace(" ", " of " + plural(len(words), "trial") + " ", 1), *parts[1:]])
