"""What the machine itself shows of how far two runs of the same thing may differ: its yardsticks.

With one or two runs of a side the spread between runs cannot be seen from the cells. Each run carries measures that are the same
work in every run, and whose change is the machine's: the sentinel, the spinners alone and together, and the reference loop beside
each window. They say by which factor the same work may take longer in B. Another floor is that of the A/A controls: two
measurements of one cell differ by that within a run. The **machine range** of a cell is the span of all of them, no change
included; a difference within it is not told from the machine. With three runs or more of a side the spread between runs is
estimated from the cells (`stats.between_runs`), and only a yardstick that certainly changed widens the range.

All factors are logarithms of time: above 0 where B is slower.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from concexp.analysis import noise
from concexp.analysis.comparing.sides import Sides
from concexp.analysis.doubts import WAIT_SHARE, WORK_SHARE
from concexp.analysis.memo import once
from concexp.analysis.possible import is_made_up
from concexp.analysis.results import Run
from concexp.analysis.speed_states import spinner_speeds
from concexp.analysis.stats.between_runs import FEWEST_RUNS, Difference, RunMean, difference, run_mean
from concexp.analysis.stats.significance import MARGIN
from concexp.experiment.statuses import MEASURED, SENTINEL
from concexp.run.machine.spinners import ENOUGH

# A yardstick that certainly changed by less than this factor does not make another machine of it.
MATTERS = 1 / ENOUGH
LEVEL = 0.95


@dataclass(frozen=True)
class Yardstick:
    """The same work in both sides: what it is, its mean in each side in `unit`, and by how much longer it takes in B.

    `is_wide` says that only cells with several workers are measured by it.
    """

    name: str
    unit: str
    means: tuple[float, float]
    slower: Difference
    is_wide: bool = False

    def ends(self, is_estimated: bool) -> tuple[float, float]:
        """The span of log factors that it allows; (0, 0) where it says nothing, or where the spread of runs covers it."""
        half = self.slower.half(LEVEL)
        if math.isnan(half):
            half = 0.0
        low, high = self.slower.mean - half, self.slower.mean + half
        if not math.isfinite(low) or (
            is_estimated and (low <= 0 <= high or abs(self.slower.mean) < math.log1p(noise.DRIFT_SHARE))
        ):
            return 0.0, 0.0
        return min(0.0, low), max(0.0, high)

    @property
    def changed(self) -> bool:
        """True if it certainly changed, by enough to matter."""
        half = self.slower.half(LEVEL)
        return half < abs(self.slower.mean) and abs(self.slower.mean) > math.log(MATTERS)


@dataclass(frozen=True)
class CpusGiven:
    """The CPUs that each side's machine gave.

    given      the work of all spinners, in units of one spinner alone on the faster side
    effective  the same in units of one spinner alone on the same side, as its own page has it
    usable     those that there seemed to be
    waiting    the share of its time for which the sentinel waited for a CPU
    """

    given: tuple[float, float]
    effective: tuple[float, float]
    usable: tuple[int, int]
    waiting: tuple[float, float]

    @property
    def lacking(self) -> int | None:
        """The side, 0 or 1, that was short of CPUs where the other was not; None if neither was. A slow CPU is no lack of one."""
        for side, other in ((0, 1), (1, 0)):
            few = self.effective[side] < ENOUGH * self.effective[other] and self.usable[side] == self.usable[other]
            if few or self.waiting[side] > self.waiting[other] + WAIT_SHARE:
                return side
        return None


@dataclass(frozen=True)
class Machine:
    """The machine in both sides: its yardsticks, the CPUs it gave, and why absolute figures cannot be compared at all.

    other         the facts in which it is another machine: processor, architecture, usable CPUs
    is_estimated  whether the spread between runs is estimated from the cells
    is_simulated  whether nothing ran, so that no machine is in the figures
    """

    yardsticks: tuple[Yardstick, ...]
    cpus: CpusGiven
    other: tuple[str, ...]
    is_estimated: bool
    is_simulated: bool

    @property
    def slower_side(self) -> int | None:
        """The side, 0 or 1, whose machine was certainly slower, or short of CPUs; None if neither was."""
        if self.cpus.lacking is not None:
            return self.cpus.lacking
        changed = [one for one in self.yardsticks if one.changed]
        if not changed:
            return None
        return 1 if max(changed, key=lambda one: abs(one.slower.mean)).slower.mean > 0 else 0

    @property
    def lacks_yardsticks(self) -> bool:
        """True if nothing shows how far the runs' machines differ."""
        return not self.yardsticks and not self.is_simulated and not self.is_estimated

    def span(self, more: Iterable[Yardstick], floor: float, is_wide: bool) -> tuple[float, float]:
        """The machine range of a cell, as logarithms of time; `more` are yardsticks of its own, `floor` a factor."""
        own = () if self.is_simulated else (*self.yardsticks, *more)
        ends = [one.ends(self.is_estimated) for one in own if is_wide or not one.is_wide]
        least = 0.0 if self.is_estimated else math.log(floor)
        if self.lacks_yardsticks:
            least = max(least, math.log1p(MARGIN))
        return min([-least, *(low for low, _ in ends)]), max([least, *(high for _, high in ends)])


# What makes absolute figures those of another machine, by the key in the manifest and its name.
OTHER = {"processor": "processor", "architecture": "architecture", "cpus": "usable CPUs"}


def machine(sides: Sides, one: str, other: str) -> Machine:
    """The machine in two of the sides."""
    runs = sides.by_name[one], sides.by_name[other]
    facts = [[run.manifest["machine"] for run in side] for side in runs]
    differing = [
        name
        for key, name in OTHER.items()
        if {str(f.get(key)) for f in facts[0]} != {str(f.get(key)) for f in facts[1]}
    ]
    simulated = all(is_made_up(record) for side in runs for run in side for record in run.of_role(MEASURED))
    return Machine(
        tuple(filter(None, (_yardstick(runs, *measure) for measure in MEASURES))),
        _cpus_given(runs),
        tuple(differing),
        max(map(len, runs)) >= FEWEST_RUNS,
        simulated,
    )


Runs = tuple[Sequence[Run], Sequence[Run]]
Values = Callable[[Run], Sequence[float]]


def _spun(key: str) -> Values:
    """Rounds per second of the spinners, a median for each time that they were measured."""

    def values(run: Run) -> list[float]:
        return [float(np.median(record[key])) for record in run.machine if record.get(key)]

    return values


def _sentinel(run: Run) -> list[float]:
    return list(noise.sentinel_times(run).values())


# (name, unit, its values in a run, the power that makes times of them, whether it is about several workers)
MEASURES: tuple[tuple[str, str, Values, int, bool], ...] = (
    ("the sentinel", "s", _sentinel, 1, False),
    ("a spinner alone", "rounds/s", _spun("alone_per_s"), -1, False),
    ("all spinners together", "rounds/s", _spun("together_per_s"), -1, True),
)


def _yardstick(
    runs: Runs, name: str, unit: str, values: Callable[[Any], Sequence[float]], power: int, is_wide: bool
) -> Yardstick | None:
    """One yardstick; None where a run of either side lacks it."""
    logs = [[run_mean(np.log(values(run))) for run in side] for side in runs]
    means: list[list[RunMean]] = [[one for one in side if one is not None] for side in logs]
    if not all(means) or sum(map(len, means)) < sum(map(len, logs)):
        return None
    own = tuple(math.exp(float(np.mean([one.mean for one in side]))) for side in means)
    below, above = ([RunMean(power * one.mean, one.variance, one.n) for one in side] for side in means)
    return Yardstick(name, unit, (own[0], own[1]), difference(above, below), is_wide)


def _cpus_given(runs: Runs) -> CpusGiven:
    alone = [float(np.median([rate for run in side for _, rate in spinner_speeds(run)] or [math.nan])) for side in runs]
    together = [
        float(np.median([rate for run in side for rate in _spun("together_per_s")(run)] or [math.nan])) for side in runs
    ]
    usable = tuple(int(np.median([run.cpus for run in side])) for side in runs)
    one = max(alone) if all(map(math.isfinite, alone)) else math.nan
    given = [rate / one for rate in together]
    effective = [float(np.median([run.effective_cpus or math.nan for run in side])) for side in runs]
    if not all(map(math.isfinite, given)):  # older journals hold only how many they were, not how fast
        given = effective
    waiting = tuple(float(np.mean([_waited(run) for run in side])) for side in runs)
    return CpusGiven(
        (given[0], given[1]), (effective[0], effective[1]), (usable[0], usable[1]), (waiting[0], waiting[1])
    )


def _waited(run: Run) -> float:
    """The share of its time for which the sentinel waited for a CPU; 0 where that was not recorded."""
    frame = run.trials
    rows = frame[frame["role"] == SENTINEL]
    shares = (rows["run_queue_wait_s"].astype(float) / rows["wall_s"]).dropna()
    return float(shares.mean()) if len(shares) else 0.0


class CellYardsticks:
    """The yardsticks of single cells: the reference loop beside their windows, and the rounds of work in an operation."""

    def __init__(self, sides: Sides, one: str, other: str) -> None:
        self._numbers = sides.numbers(one), sides.numbers(other)
        self._runs = sides.runs

    def of(self, cells: Sequence[str | None]) -> list[Yardstick]:
        """Those of a cell, given its id in each run."""
        rows = tuple(
            [self._runs[number].rows(cell) for number in side if (cell := cells[number]) is not None]
            for side in self._numbers
        )
        found = [_yardstick(rows, "the reference loop beside its windows", "s", _references, 1, False)]  # type: ignore[arg-type]
        for name in dict.fromkeys(name for side in rows for one in side for name in one if _is_rounds(name)):
            found.append(self._work(rows, name))
        return [one for one in found if one is not None]

    @staticmethod
    def _work(rows: Sequence[Sequence[Any]], name: str) -> Yardstick | None:
        """How many more rounds an operation of a given time is in B, since each run measures the pace of its machine."""
        middles = [
            [float(one[name].median()) for one in side if name in one and one[name].notna().any()] for side in rows
        ]
        if not all(middles):
            return None
        own = tuple(float(np.mean(side)) for side in middles)
        if min(own) <= 0 or abs(own[1] - own[0]) <= WORK_SHARE * own[0]:
            return None
        return Yardstick(WORK, "rounds", (own[0], own[1]), Difference(math.log(own[1] / own[0]), 0.0, 1.0))


WORK = "the work in an operation of a given time"


def _is_rounds(name: str) -> bool:
    return name == "rounds" or name.startswith("rounds_")


def _references(rows: Any) -> np.ndarray:
    """The mean seconds of the reference loop beside each trial; empty in journals without it."""
    if "reference_s" not in rows:
        return np.empty(0)
    by_trial = rows.groupby("trial", sort=False)["reference_s"].mean()
    values: np.ndarray = by_trial.dropna().to_numpy(float)
    return values[values > 0]


def floor_of(runs: Sequence[Run], cells: Sequence[str | None], name: str, workload: str) -> float:
    """The largest noise floor of the runs that have a cell: that of its workload's control, else of any; 1 without one."""
    factors = [1.0]
    for run, cell in zip(runs, cells, strict=True):
        if cell is not None:
            floors = _floors(run, name)
            factors += [one.factor for one in floors if one.workload == workload] or [one.factor for one in floors]
    return max(factors)


def _floors(run: Run, name: str) -> list[noise.NoiseFloor]:
    """The noise floors of a run for a metric, computed once."""
    known = _known_floors(run)
    if name not in known:
        known[name] = noise.noise_floors(run, name)
    return known[name]


@once
def _known_floors(run: Run) -> dict[str, list[noise.NoiseFloor]]:
    """The noise floors that were computed so far, by metric."""
    return {}
