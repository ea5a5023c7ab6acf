"""Runs in the order of time -> each cell's figures over them, and the steps between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from concexp import catalog
from concexp.analysis.comparing.figures import Figure, Figures, side_interval
from concexp.analysis.comparing.judgement import time_sign
from concexp.analysis.comparing.matching import Match
from concexp.analysis.comparing.sides import A, B, Sides
from concexp.analysis.comparing.yardsticks import CellYardsticks, Machine, floor_of, machine
from concexp.analysis.results import Run
from concexp.analysis.stats.between_runs import Difference, difference
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.analysis.stats.steps import FEWEST_RUNS, steps


@dataclass(frozen=True)
class Step:
    """A step before run `at` (its place among the runs): the ratio after / before, what it is, and whether the machine explains it.

    first, end  the runs from `first` up to `at` were alike, and those from `at` up to `end`
    word        better, worse, higher or lower
    """

    at: int
    first: int
    end: int
    ratio: Interval
    word: str
    is_machine: bool


@dataclass(frozen=True)
class Series:
    """A metric of a cell over all runs: a figure for each, UNKNOWN where a run has none, and its steps."""

    match: Match
    metric: str
    figures: tuple[Interval, ...]
    steps: tuple[Step, ...] = ()


def series_of(sides: Sides, matches: Sequence[Match], metric: str, level: float) -> list[Series]:
    """The series of all cells that at least three runs have a figure of; their steps are one family."""
    figures = Figures(sides.runs, metric)
    found: list[tuple[Match, list[list[Figure]]]] = []
    for match in matches:
        own = [figures.of(match, [number]) for number in range(len(sides.runs))]
        if sum(any(f.mean is not None and f.is_clean and f.is_positive for f in one) for one in own) >= FEWEST_RUNS:
            found.append((match, own))
    machines = _Machines(sides.runs)
    return [_series(figures, match, own, level, len(found), machines) for match, own in found]


class _Machines:
    """How the machine differed between two stretches of runs, computed once for all cells."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self._known: dict[tuple[int, int, int], tuple[Sides, Machine]] = {}

    def between(self, first: int, at: int, end: int) -> tuple[Sides, Machine]:
        if (first, at, end) not in self._known:
            sides = Sides({A: tuple(self.runs[first:at]), B: tuple(self.runs[at:end])})
            self._known[first, at, end] = sides, machine(sides, A, B)
        return self._known[first, at, end]


def _series(
    figures: Figures, match: Match, own: Sequence[Sequence[Figure]], level: float, count: int, machines: _Machines
) -> Series:
    """One series with its steps; doubtful figures are shown, and are in no step."""
    usable = [
        (number, mean)
        for number, one in enumerate(own)
        for figure in one
        if figure.is_clean and figure.is_positive and (mean := figure.mean) is not None
    ]
    cuts = steps([mean for _, mean in usable], level, count)
    edges = [0, *(cut.at for cut in cuts), len(usable)]
    found = []
    for place, cut in enumerate(cuts, 1):
        parts = usable[edges[place - 1] : cut.at], usable[cut.at : edges[place + 1]]
        effect = difference([mean for _, mean in parts[1]], [mean for _, mean in parts[0]])
        at, first, end = usable[cut.at][0], parts[0][0][0], parts[1][-1][0] + 1
        found.append(_step(figures, match, effect, (first, at, end), level, machines))
    return Series(
        match, figures.name, tuple(side_interval(one, level) if one else UNKNOWN for one in own), tuple(found)
    )


def _step(
    figures: Figures, match: Match, effect: Difference, place: tuple[int, int, int], level: float, machines: _Machines
) -> Step:
    metric = catalog.load("metric", figures.name)
    half = effect.half(level)
    mean, half = effect.mean, 0.0 if math.isnan(half) else half
    ratio = Interval(math.exp(mean), math.exp(mean - half), math.exp(mean + half), place[2] - place[0])
    word = "higher" if mean > 0 else "lower"
    if metric.better:
        word = "better" if word == metric.better else "worse"
    step = Step(place[1], place[0], place[2], ratio, word, False)
    return replace(step, is_machine=_is_machine(figures, match, step, machines))


def _is_machine(figures: Figures, match: Match, step: Step, machines: _Machines) -> bool:
    """True if the machine changed at the same place, so that the step may be its own."""
    sides, found = machines.between(step.first, step.at, step.end)
    sign = time_sign(catalog.load("metric", figures.name))
    if not sign:
        return False
    if found.other:
        return True
    mean = sign * math.log(step.ratio.mean)
    if found.slower_side is not None and (mean > 0) == (found.slower_side == 1):
        return True
    cells = match.cells[step.first : step.end]
    floor = floor_of(sides.runs, cells, figures.name, str(match.labels.get("workload")))
    low, high = found.span(CellYardsticks(sides, A, B).of(cells), floor, (match.labels.get("workers") or 1) > 1)
    return low <= mean <= high
