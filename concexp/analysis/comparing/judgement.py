"""Two sides of matched cells -> for each cell how much it differs, what may be said of that, and whether it regressed.

A difference is named if it survives the correction of Benjamini & Hochberg (1995) over all comparisons of the page. Its p-value is
that of the hypothesis that the cell changed by no more than the machine did (`yardsticks`), and its interval is the one of the
trials, widened by the machine range. A **regression** is a cell that is worse by more than a tolerance: the whole interval lies
beyond it, and so does the p-value of that hypothesis, corrected in the same family. Nothing is named where the machine of one
side was slower or short of CPUs and the cell is slower there: the yardsticks bound what one process loses, not what many do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from concexp import catalog
from concexp.analysis.comparing.figures import Endings, Figure, Figures, side_interval
from concexp.analysis.comparing.matching import Match
from concexp.analysis.comparing.sides import Sides
from concexp.analysis.comparing.yardsticks import CellYardsticks, Machine, Yardstick, floor_of
from concexp.analysis.stats.between_runs import Difference, RunMean, difference, within
from concexp.analysis.stats.counts import fisher_greater
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.analysis.stats.significance import benjamini_hochberg, equivalence

Word = Literal["better", "worse", "higher", "lower", "same", "cannot tell"]
Check = Literal["regression", "passed", "inconclusive"]

# Why nothing is named, from the reasons that leave no figure at all to those that leave a wide interval.
ENDED = "ended badly"  # more often than on the other side, or too often for a figure
NOWHERE = "no figure"
ZERO = "zero"
FEW = "few trials"
DOUBTFUL = "doubtful"
OTHER_MACHINE = "other machine"
MACHINE = "machine"
RANGE = "machine range"
CHANCE = "chance"
WIDE = "wide"


@dataclass(frozen=True)
class Compared:
    """One metric of one cell on two sides, and what is said of it.

    relative   what the figures are relative to, in the same run; "" for the figures themselves
    figures    the figure of each side
    within     the ratio B / A as if two runs of the same thing differed by their trials alone
    ratio      the same with all that two runs may differ by
    span       the machine range as a factor of the ratio: where it lies if only the machine changed
    tau        the standard deviation between runs of a side, as a logarithm; NaN where it was not estimated
    own        the yardsticks of this cell alone
    word       what is said, `reason` why nothing else is; `side` is the side that the reason is about, 0 or 1
    check      whether it is worse by more than the tolerance
    """

    match: Match
    metric: str
    relative: str
    figures: tuple[Interval, Interval] = (UNKNOWN, UNKNOWN)
    runs: tuple[int, int] = (0, 0)
    within: Interval = UNKNOWN
    ratio: Interval = UNKNOWN
    span: tuple[float, float] = (1.0, 1.0)
    tau: float = math.nan
    own: tuple[Yardstick, ...] = ()
    endings: tuple[Endings, Endings] | None = None
    p_values: tuple[float, float] = (math.nan, math.nan)
    word: Word = "cannot tell"
    reason: str = ""
    side: int = 1
    check: Check = "inconclusive"

    @property
    def is_relative(self) -> bool:
        """True for a ratio within each run; `relative` says to what."""
        return bool(self.relative)

    @property
    def is_named(self) -> bool:
        """True if a difference is named."""
        return self.word in ("better", "worse", "higher", "lower")


@dataclass(frozen=True)
class Setting:
    """What all comparisons of two sides share."""

    sides: Sides
    names: tuple[str, str]
    machine: Machine
    tolerance: float
    level: float

    @property
    def numbers(self) -> tuple[list[int], list[int]]:
        """The places of the runs of each side."""
        return self.sides.numbers(self.names[0]), self.sides.numbers(self.names[1])


def judged(setting: Setting, matches: Sequence[Match], metrics: Sequence[tuple[str, str]]) -> list[Compared]:
    """All comparisons, of (metric, what it is relative to), with their words: one family."""
    own = CellYardsticks(setting.sides, *setting.names)
    found = []
    for metric, relative in metrics:
        figures = Figures(setting.sides.runs, metric, relative, matches)
        for match in matches:
            if not any(figures.is_reference(match, numbers) for numbers in setting.numbers):
                found.append(_compared(setting, figures, match, () if relative else tuple(own.of(match.cells))))
    for_difference = benjamini_hochberg([one.p_values[0] for one in found])
    for_regression = benjamini_hochberg([one.p_values[1] for one in found])
    return [
        _with_word(setting, replace(one, p_values=(float(p), float(q))))
        for one, p, q in zip(found, for_difference, for_regression, strict=True)
    ]


def _compared(setting: Setting, figures: Figures, match: Match, own: tuple[Yardstick, ...]) -> Compared:
    """A cell with its figures and p-values, or the reason why it has none."""
    sides = [figures.of(match, numbers) for numbers in setting.numbers]
    below, above = sides
    one = Compared(
        match,
        figures.name,
        figures.relative,
        (side_interval(below, setting.level), side_interval(above, setting.level)),
        (len(below), len(above)),
        own=own,
        endings=(figures.endings(match, setting.numbers[0]), figures.endings(match, setting.numbers[1])),
    )
    if (reason := _without_figures(one, sides)) is not None:
        return replace(one, reason=reason[0], side=reason[1])
    means: list[list[RunMean]] = [[f.mean for f in side if f.mean is not None] for side in sides]
    effect = difference(means[1], means[0])
    if math.isnan(effect.half(setting.level)):
        return replace(one, reason=FEW, side=int(len(below[0].logs) >= len(above[0].logs)))
    return _with_ratio(setting, figures, one, effect, within(means[1], means[0]))


def _with_ratio(setting: Setting, figures: Figures, one: Compared, effect: Difference, trials: Difference) -> Compared:
    low, high = _span(setting, figures, one)
    count = min(int(interval.n) for interval in one.figures)
    reason, side = _withheld(setting, figures, one, effect)
    p_values = (
        effect.p_value(low, high),
        effect.p_value(low - math.log1p(setting.tolerance), high + math.log1p(setting.tolerance)),
    )
    return replace(
        one,
        within=_factor(trials, 0.0, 0.0, setting.level, count),
        ratio=_factor(effect, low, high, setting.level, count),
        span=(math.exp(low), math.exp(high)),
        tau=effect.tau,
        p_values=(math.nan, math.nan) if reason else p_values,  # what cannot be named is no candidate of the family
        reason=reason,
        side=side,
    )


def _factor(effect: Difference, low: float, high: float, level: float, count: int) -> Interval:
    """The ratio with an interval that is wider by what the machine may have done."""
    half = effect.half(level)
    ends = (effect.mean - half - high, effect.mean + half - low) if math.isfinite(half) else (math.nan, math.nan)
    return Interval(math.exp(effect.mean), math.exp(ends[0]), math.exp(ends[1]), count)


def time_sign(metric: Any) -> int:
    """1 for a time, -1 for a rate: in which direction a slower machine moves its logarithm; 0 for anything else."""
    if metric.kind != "time" or metric.scale != "log":
        return 0
    return 1 if metric.unit == "s" else -1 if metric.unit.endswith("/s") else 0


def _span(setting: Setting, figures: Figures, one: Compared) -> tuple[float, float]:
    """The machine range of a cell, in logarithms of its metric. Speed cancels in a ratio within a run: its floor remains."""
    workload = str(one.match.labels.get("workload"))
    floor = floor_of(setting.sides.runs, one.match.cells, one.metric, workload)
    sign = time_sign(catalog.load("metric", figures.name))
    if one.is_relative or not sign:
        least = 0.0 if setting.machine.is_estimated else math.log(floor)
        return -least, least
    is_wide = (one.match.labels.get("workers") or 1) > 1
    low, high = setting.machine.span(one.own, floor, is_wide)
    return (low, high) if sign > 0 else (-high, -low)


def _without_figures(one: Compared, sides: Sequence[Sequence[Figure]]) -> tuple[str, int] | None:
    """(why a cell has nothing to compare, the side that this is about); None if it has."""
    assert one.endings is not None
    for side in (1, 0):
        if one.endings[side].bad > one.endings[1 - side].bad and ends_worse(one.endings[1 - side], one.endings[side]):
            return ENDED, side
    for side in (0, 1):
        if not sides[side] or all(figure.mean is None for figure in sides[side]):
            return (ENDED if one.endings[side].bad else NOWHERE), side
    for side in (0, 1):
        if not all(figure.is_positive for figure in sides[side]):
            return ZERO, side
    return None


def ends_worse(before: Endings, after: Endings, level: float = 0.95) -> bool:
    """True if trials end badly more often than before, beyond chance: all of them and none before, or by Fisher's exact test."""
    if after.run and before.run and after.bad == after.run and not before.bad:
        return True
    return fisher_greater(after.bad, after.run, before.bad, before.run) <= (1 - level) / 2


def _withheld(setting: Setting, figures: Figures, one: Compared, effect: Difference) -> tuple[str, int]:
    """(why a difference may not be named whatever its size, the side that this is about); ("", 1) if it may."""
    machine, metric = setting.machine, catalog.load("metric", one.metric)
    sign = time_sign(metric)
    is_wide = (one.match.labels.get("workers") or 1) > 1
    absolute = sign != 0 and not one.is_relative
    if machine.other and (absolute or (is_wide and "usable CPUs" in machine.other)):
        return OTHER_MACHINE, 1
    if not metric.is_timed():
        return "", 1
    for side in (0, 1):
        if not all(figure.is_clean for figure in figures.of(one.match, setting.numbers[side])):
            return DOUBTFUL, side
        if one.endings is not None and one.endings[side].lost:
            return ENDED, side  # the survivors are selected by what is measured
    lacking = machine.cpus.lacking
    if lacking is not None and (one.is_relative or not sign):
        return MACHINE, lacking
    slower = machine.slower_side
    if absolute and slower is not None and (sign * effect.mean > 0) == (slower == 1):
        return MACHINE, slower
    return "", 1


def _with_word(setting: Setting, one: Compared) -> Compared:
    """The comparison with what is said of it."""
    if one.reason == ENDED and one.side == 1 and not one.ratio.has_value and one.endings is not None:
        return replace(one, check="regression" if ends_worse(*one.endings) else "inconclusive")
    if one.reason or not one.ratio.bounded:
        return one
    better = catalog.load("metric", one.metric).better
    known = one.p_values[0] <= 1 - setting.level and not one.ratio.lo <= 1 <= one.ratio.hi
    relation = equivalence(one.ratio, setting.tolerance, better or "higher")
    check = _check(setting, one, relation) if better else "passed"
    if known:
        return replace(one, word=_direction(one.ratio.mean > 1, better), check=check)
    if relation == "equivalent":
        return replace(one, word="same", check="passed")
    return replace(one, reason=_undecided(one), check=check)


def _direction(is_higher: bool, better: str | None) -> Word:
    if better is None:
        return "higher" if is_higher else "lower"
    return "better" if is_higher == (better == "higher") else "worse"


def _check(setting: Setting, one: Compared, relation: str) -> Check:
    """Whether a cell regressed: `relation` is where its interval lies relative to the tolerance."""
    if relation == "worse":
        return "regression" if one.p_values[1] <= 1 - setting.level else "inconclusive"
    return "passed" if relation in ("equivalent", "better", "no worse") else "inconclusive"


def _undecided(one: Compared) -> str:
    """Why a cell with a ratio is not decided."""
    if not one.ratio.lo <= 1 <= one.ratio.hi:
        return CHANCE
    if one.within.bounded and not one.within.lo <= 1 <= one.within.hi:
        return RANGE
    return WIDE
