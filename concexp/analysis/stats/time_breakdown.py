"""The times of a cell's workers, and of one worker at the same work -> the shares of the workers' time, which sum to 1.

N workers have N W worker-seconds in a window of W seconds (start-up included where it is timed). Doing the same operations
at the baseline's pace takes ops * W1 / ops1 of them: that share is `useful`, and is the efficiency. The rest was lost.

Each worker-second is one of: start-up S, idle I (before a worker's first operation or after its last while others were at
work), on a CPU C, in the run queue Q, or standing still, N W - S - I - C - Q: asleep, at a lock, at the GIL. C and Q are those of
the workers alone: the coordinator, a thread or process that hands out the work, has its own, C' and Q', which are nobody's
worker-seconds. What one worker alone spends in each of them, per operation, is useful; the excess is lost, in parts
(worker-seconds; x1 is the baseline's x times ops / ops1, and [..] the excess x - x1):

    startup           [S]
    imbalance         I
    waiting           the share of the time at work that was waited at primitives, [..]; at most [standing still]
    coordinator       what the coordinator may be the reason of: [Q] as far as it is there only because the coordinator wanted a CPU
                      as well, and of the rest of [standing still] at most N C', when all workers wait for it
    turns             of the rest of [standing still] what may be turns: while one of the A that are at work runs or queues, the
                      others stand, at most (A - 1) (C + Q) in all
    overhead          [C] without what is `missing` of it: more CPU time per operation
    oversubscription  [Q] without what is `missing` or the coordinator's of it: more workers than CPUs
    missing           CPUs that the machine withheld, as queue or as slowness. Queue: all of [Q] where each thread had a usable
                      CPU; else what the demand C + Q + C' + Q' within the usable CPUs does not explain, at most usable -
                      effective CPUs. Slowness: [C], at most the CPU time beyond the effective CPUs
    residual          the rest: stood still for a reason that was not observed

A part that was not recorded is NaN and remains in the residual. Where the workers spent less on one part than one worker alone
does, that has paid for others: these are then less than their excess, in proportion, so that all parts together are what was
lost. Where several workers did more than as many times one, nothing was lost: there are no parts, and the residual is below 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from concexp.analysis.stats.intervals import LEVEL, Interval, mean_interval

PARTS = ("startup", "imbalance", "waiting", "coordinator", "turns", "overhead", "oversubscription", "missing")
USEFUL, RESIDUAL = "useful", "residual"
ROUNDING = 1e-9  # a share this small is none


@dataclass(frozen=True)
class WorkerSeconds:
    """One trial, all its measured passes together; NaN where something was not recorded.

    window    seconds of work, start-up not included
    startup   seconds of start-up that were timed with it
    idle, running, queued  worker-seconds: I, C and Q above
    waiting   the share of the time at work spent waiting at primitives, from observed trials
    coordinating, coordinator_queued  seconds: C' and Q' above
    """

    ops: float
    workers: int
    window: float
    startup: float
    idle: float
    running: float
    queued: float
    waiting: float = math.nan
    coordinating: float = 0.0
    coordinator_queued: float = 0.0


@dataclass(frozen=True)
class MachineLimits:
    """What the machine offered the workers: usable and effective CPUs (NaN: unknown).

    `room`: there was a CPU for each of the trial's threads. `turns`: workers took turns, in one thread or with one GIL.
    """

    usable: float
    effective: float
    room: bool
    turns: bool


@dataclass(frozen=True)
class Breakdown:
    """The means of the shares over trials, with intervals, and the names of the parts that were not measured.

    `parts` are those with a loss, none below 0 and together at most what was lost. useful + parts + residual is 1, in each of the
    `trials` and in the mean.
    """

    parts: Mapping[str, Interval]
    unmeasured: tuple[str, ...]
    trials: Sequence[Mapping[str, float]]
    level: float = LEVEL

    @property
    def useful(self) -> Interval:
        """The share of time that was useful: the efficiency."""
        return self.share(USEFUL)

    @property
    def residual(self) -> Interval:
        """The share of time that no part explains."""
        return self.share(RESIDUAL)

    def share(self, name: str) -> Interval:
        """The share of a part, of `useful` or of `residual`."""
        return mean_interval([trial[name] for trial in self.trials], level=self.level)

    def leading(self) -> list[str]:
        """The largest part of the loss, and those that cannot be told apart from it; the residual may be one of them.

        Paired by trial. Empty if no part is above 0 by more than chance, or if there is no interval.
        """
        named = sorted([*self.parts, RESIDUAL], key=lambda name: -self.share(name).mean)
        first = named[0]
        if not self.share(first).lo > 0:
            return []
        behind = {
            n: mean_interval([trial[first] - trial[n] for trial in self.trials], level=self.level) for n in named[1:]
        }
        return [first, *(name for name, ahead in behind.items() if not ahead.lo > 0)]


def breakdown(trials: Sequence[Mapping[str, float]], level: float = LEVEL) -> Breakdown:
    """The breakdown of a cell, from the shares of its trials as `shares` computes them; `level` is that of its intervals."""
    unmeasured = tuple(name for name in PARTS if any(math.isnan(trial[name]) for trial in trials))
    means = {name: float(np.mean([trial[name] for trial in trials])) for name in (USEFUL, *PARTS)}
    found = {name: means[name] for name in PARTS if name not in unmeasured and means[name] > 0}
    # What the workers spent less on than one alone has paid for a part of what they spent more on.
    paid = min(1.0, max(1 - means[USEFUL], 0.0) / sum(found.values())) if found else 0.0
    lost = [name for name in found if paid * found[name] > ROUNDING]
    complete = []
    for trial in trials:
        explained = {USEFUL: trial[USEFUL], **{name: paid * trial[name] for name in lost}}
        complete.append({**explained, RESIDUAL: 1 - sum(explained.values())})
    parts = {name: mean_interval([trial[name] for trial in complete], level=level) for name in lost}
    return Breakdown(parts, unmeasured, complete, level)


def shares(several: WorkerSeconds, alone: WorkerSeconds, place: MachineLimits) -> dict[str, float]:
    """`useful` and all parts of one trial, as shares of its workers' time; `alone` is one worker's trial in the same block."""
    per = several.ops / alone.ops
    had = several.workers * several.window
    at_work = had - (0.0 if math.isnan(several.idle) else several.idle)
    running, queued = several.running - per * alone.running, several.queued - per * alone.queued
    standing = (at_work - several.running - several.queued) - per * (alone.window - alone.running - alone.queued)
    waiting = several.waiting * at_work - per * (0.0 if math.isnan(alone.waiting) else alone.waiting) * alone.window
    if not math.isnan(standing):
        waiting = min(waiting, max(standing, 0.0))
    rest = max(standing - (0.0 if math.isnan(waiting) else waiting), 0.0)
    held = min(rest, several.workers * several.coordinating)
    turns = math.nan
    if place.turns:
        turns = min(rest - held, max(at_work / several.window - 1, 0.0) * (several.running + several.queued))
    withheld, competing, slow = _queue(several, place, running, queued)
    seconds = {
        USEFUL: per * (alone.window + alone.startup),
        "startup": several.workers * several.startup - per * alone.startup,
        "imbalance": several.idle,
        "waiting": waiting,
        "coordinator": held + competing,
        "turns": turns,
        "overhead": running - slow,
        "oversubscription": queued - withheld - competing,
        "missing": withheld + slow,
    }
    return {name: part / (had + several.workers * several.startup) for name, part in seconds.items()}


def _queue(several: WorkerSeconds, place: MachineLimits, running: float, queued: float) -> tuple[float, float, float]:
    """Worker-seconds: the excess of queueing that is due to the machine and to the coordinator, and of CPU time to the machine."""
    usable, effective = place.usable * several.window, place.effective * several.window
    short = 0.0 if math.isnan(effective) else max(usable - effective, 0.0)
    used = min(several.running + several.coordinating, usable)
    beyond = 0.0 if math.isnan(effective) else max(used - effective, 0.0)
    slow = max(min(running, beyond), 0.0)
    if place.room:
        return queued, 0.0, slow
    demand = several.running + several.queued
    workers_alone, together = (
        min(max(wanted - usable, 0.0), queued)
        for wanted in (demand, demand + several.coordinating + several.coordinator_queued)
    )
    return max(min(queued - together, short), 0.0), together - workers_alone, slow
