"""A machine whose CPUs run at two speeds, simulated on the timetables of committed runs.

The CPU is fast or 1.85 times slower, for seconds at a time, as rented ones are. When the trials start, how long their windows
are and how much their times scatter by themselves is taken from the journals in `reports/`. The reference loop sees the speed
of a moment before and after the window; the window itself may see another one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from concexp.analysis.adjustment import adjust
from concexp.analysis.doubts import SLOW_CPU

Floats = NDArray[np.float64]

REPORTS = Path(__file__).resolve().parent.parent / "reports"
FACTOR = 1.85
FAST_S, SLOW_S = 12.0, 6.0  # mean length of a phase, seconds
SCATTER = (
    0.013  # of a trial's time on a quiet machine: the median deviation of CPU time per operation in those journals
)
LOOP_SCATTER = 0.01  # of the reference loop
LOOP_OFFSET = 0.05  # of the loop between the cells: it depends on the thread that runs it
MIGRATES = 0.01  # share of the windows that run on a CPU other than that of the loop


@dataclass(frozen=True)
class Timetable:
    """When the windows of a run began, seconds from its start, and how long they were."""

    starts: Floats
    windows: Floats


@cache
def timetables() -> tuple[Timetable, ...]:
    """Those of the committed runs, trial by trial."""
    found = []
    for path in sorted(REPORTS.glob("*/runs/*/journal.jsonl")):
        lines = [json.loads(line) for line in path.read_text().splitlines()[1:]]
        trials = [line for line in lines if line["role"] != "machine" and (line.get("answer") or {}).get("iterations")]
        if len(trials) < 60:
            continue
        begins = np.array([datetime.fromisoformat(one["started_at"]).timestamp() for one in trials])
        windows = [sum(each["wall_s"] for each in one["answer"]["iterations"]) for one in trials]
        # The window is at the end of the trial.
        ends = begins - begins[0] + np.array([one["duration_s"] for one in trials])
        found.append(Timetable(ends - np.array(windows), np.array(windows)))
    return tuple(found)


def phases(rng: np.random.Generator, until: float, lengths: tuple[float, float]) -> tuple[Floats, Floats]:
    """(ends of the phases, logarithm of the slowness in each); `lengths` are the mean ones of a fast and a slow phase, seconds."""
    fast_s, slow_s = lengths
    slow = rng.random() < slow_s / (fast_s + slow_s)
    ends, states, at = [], [], 0.0
    while at < until:
        at += rng.exponential(slow_s if slow else fast_s)
        ends.append(at)
        states.append(math.log(FACTOR) * slow)
        slow = not slow
    return np.array(ends), np.array(states)


@dataclass(frozen=True)
class Simulated:
    """Trials in the order in which they ran: cell, block, logarithm of the time and of the reference loop."""

    cells: NDArray[np.intp]
    blocks: NDArray[np.intp]
    logs: Floats
    references: Floats
    changes: Floats


def simulate(
    rng: np.random.Generator,
    cells: int,
    repetitions: int,
    effects: Sequence[float] = (),
    lengths: tuple[float, float] = (FAST_S, SLOW_S),
) -> Simulated:
    """A run of so many cells on a stretch of a committed timetable; `effects` are the cells' own logarithms (default: 0)."""
    table = timetables()[rng.integers(len(timetables()))]
    count = cells * repetitions
    places = (rng.integers(len(table.starts)) + np.arange(count)) % len(table.starts)
    steps = np.abs(np.diff(table.starts, prepend=table.starts[0]))[places]
    starts = np.cumsum(np.minimum(steps, 30.0))
    windows = table.windows[places]
    ends, states = phases(rng, starts[-1] + windows[-1] + 60, lengths)
    other_ends, other_states = phases(rng, starts[-1] + windows[-1] + 60, lengths)

    def at(when: Floats) -> Floats:
        return states[np.searchsorted(ends, when)]

    # The time of a window is the mean of what its parts take.
    parts = np.linspace(0.05, 0.95, 10)
    inside = starts[:, None] + windows[:, None] * parts
    here = np.exp(at(inside)).mean(axis=1)
    elsewhere = np.exp(other_states[np.searchsorted(other_ends, inside)]).mean(axis=1)
    slowness = np.log(np.where(rng.random(count) < MIGRATES, elsewhere, here))
    order = np.concatenate([rng.permutation(cells) for _ in range(repetitions)])
    own = np.asarray(effects)[order] if len(effects) else 0.0
    offsets = rng.normal(0, LOOP_OFFSET, cells)[order]
    loops = [
        at(when) + offsets + rng.normal(0, LOOP_SCATTER, count) for when in (starts - 0.002, starts + windows + 0.002)
    ]
    logs = own + slowness + rng.normal(0, SCATTER, count)
    blocks = np.repeat(np.arange(repetitions), cells)
    return Simulated(order, blocks, logs, (loops[0] + loops[1]) / 2, loops[1] - loops[0])


def first_rows(run: Simulated) -> pd.DataFrame:
    """What reports know of the trials: the first row of each. A CPU that was slow throughout is no doubt: that is adjusted for."""
    return pd.DataFrame(
        {
            "cell": run.cells.astype(str), "python": "p", "unit": "w", "role": "measured", "status": "ok", "wants": "cpu",
            "doubts": np.where(np.abs(run.changes) > math.log(SLOW_CPU), "speed_changed", ""),
            "cpu_speed": np.exp(run.references.mean() - run.references),
        }
    )  # fmt: skip


def with_slow(run: Simulated) -> pd.DataFrame:
    """The same, with the doubt about trials beside a CPU that was slower throughout than is usual in their cell."""
    first = first_rows(run)
    fastest = pd.Series(run.references - np.abs(run.changes) / 2)
    slow = fastest - fastest.groupby(run.cells).transform("median") > math.log(SLOW_CPU)
    return first.assign(doubts=first["doubts"].where((first["doubts"] != "") | ~slow, "slow_cpu"))


def times(run: Simulated) -> tuple[dict[int, dict[int, float]], dict[int, dict[int, float]]]:
    """(raw, adjusted): the trials' times by cell and block, adjusted by the function that reports use."""
    first = first_rows(run)
    raw = np.exp(run.logs)
    adjusted = adjust(first, {"wall_s": raw.tolist()}).means.get("wall_s", raw)
    kept = first["doubts"].to_numpy() == ""
    result: tuple[dict[int, dict[int, float]], dict[int, dict[int, float]]] = {}, {}
    rows = zip(run.cells.tolist(), run.blocks.tolist(), raw.tolist(), adjusted.tolist(), kept.tolist(), strict=True)
    for cell, block, value, at_mean, sure in rows:
        result[0].setdefault(cell, {})[block] = value
        if sure:
            result[1].setdefault(cell, {})[block] = at_mean
    return result
