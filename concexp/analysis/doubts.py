"""Reasons to distrust a trial's timing, judged from recorded facts: a code per reason, limits as constants."""

from __future__ import annotations

import numpy as np
import pandas as pd

from concexp.analysis import steadiness
from concexp.analysis.stats.change_points import UNSTEADY, classify_cell
from concexp.analysis.trial_rows import TrialRows
from concexp.run.machine import spinners

# Spinners beside the block gave less than this share of the CPUs that the cell could use.
EFFECTIVE_SHARE = spinners.ENOUGH
# Share of the workers' time that they stood in the run queue although there were enough CPUs for all of them.
WAIT_SHARE = 0.1
# CPU time that the host of a virtual machine took away, as a share of the CPU time that the cell could use: 0.1 as above.
STEAL_SHARE = 0.1
# Time in which a used-up quota kept the workers off the CPUs, as a share of the window: one stop of 10 ms in a second.
THROTTLED_SHARE = 0.01
# Involuntary switches per worker and second where each has a CPU: away and back costs up to 20 us with what the caches lose,
# so that 500 are a hundredth of the time.
INTERRUPTIONS = 500
# Pages read back from disk in a window, each about 0.1 ms on a good disk: 10 are a tenth of the shortest window.
PAGES = 10
# Last start after first start, as a share of the window.
SKEW_SHARE = 0.1
# Share of the window in which all workers must have been at work where they are there to get in each other's way.
ACTIVE_SHARE = 0.5
# Share that one reading of the clock may have in what is timed: in an operation where each is timed, else in a batch of 1 ms.
TIMER_SHARE = 0.05
BATCH = 0.001
# Switch intervals that a window needs where threads take turns with the GIL: below one, they simply run one by one.
SWITCHES = 50
# CPython's own switch interval, seconds, for an interpreter that does not tell.
SWITCH_INTERVAL = 0.005
# Seconds below which clock, wake-ups and the start gate (about 0.1 ms) are more than a hundredth of any window.
SHORTEST = 0.01
# CPU time per worker and second from which on others than the workers must have been at work.
HELPED = 1.1
# Share of the machine's CPUs from which on more of them might have made a cell faster: what one lock holds back uses about one.
BUSY_SHARE = 0.75
# Share of a core that a server of ours may use before its speed is what is measured.
SERVER_SHARE = 0.7
# What is judged by its mean over a trial's iterations.
MEANS = ("wall_s", "cpu_s", "server_cpu_s", "run_queue_wait_s", "start_skew_s", "all_active", "throttled_s", "steal_s",
         "voluntary_switches", "involuntary_switches")  # fmt: skip

MEANING = {
    "machine": "the machine withheld CPUs: spinners run beside it got fewer than the cell could use, its workers stood in "
    "the run queue, or the host of the virtual machine took CPU time away",
    "throttled": "the control group's CPU quota was used up and the workers were stopped for a while",
    "preempted": "others took the CPUs away again and again, though only for moments",
    "paged": "memory had to be read back from disk",
    "skew": "the workers did not start together",
    "apart": "the workers were at work together for less than half of the window: they hardly met",
    "too_short": "the window was too short for the clock or for threads to take turns",
    "timer": "reading the clock took more than a twentieth of what was timed",
    "server_bound": "the workload's own server was busy: its speed limits the numbers",
    "gil_changed": "the GIL was switched on or off during the trial",
    "traced": "a tracer or profiler was active",
    "leftover": "processes, sockets, shared memory or semaphores were left behind and had to be removed",
    "unsteady": "the time of an operation still changed when the trial ended, or did in at least half of its cell's trials",
}


def find_doubts(frame: pd.DataFrame, rows: TrialRows) -> pd.Series:
    """The doubts of each trial, comma-joined, by its number in `rows`. Needs the columns of the tidy frame."""
    trials = frame.groupby(rows.numbers)
    own = doubts_by_trial(frame, rows).reset_index(drop=True)
    # Not their sum: a fault of the trial's own may be one of the machine's swap-ins.
    read_back = trials[["swapped_in", "major_faults"]].max().max(axis=1)
    wall = own["wall_s"]
    workers = workers_of(own)
    cpu_bound = _holds(own["wants"] == "cpu")
    with_gil = own["gil_start"].fillna(True)
    taking_turns = _holds(own["parallel"] == "threads") & cpu_bound & (workers > 1) & _holds(with_gil)
    together = (workers > 1) & ~_holds(own["parallel"] == "one")
    turns = SWITCHES * own["switch_interval_s"].astype(float).fillna(SWITCH_INTERVAL)
    # Seconds between two readings of the clock: an operation where each is timed by itself, else a batch.
    each = trials["wall_s"].sum() * executions(own) / trials["ops"].sum()
    timed_at_once = each.where(own["service_time"].notna(), BATCH)
    found = np.full(len(own), "", dtype=object)
    for code, holds in {
        "machine": lacked_cpus(own) | (waited_for_cpus(own) > WAIT_SHARE) | (stolen(own) > STEAL_SHARE),
        "throttled": own["throttled_s"] > THROTTLED_SHARE * wall,
        "preempted": interruptions(own) > INTERRUPTIONS,
        "paged": read_back > PAGES,
        "skew": together & (own["start_skew_s"] > SKEW_SHARE * wall),
        "apart": together & _holds(own["shape"] == "workers") & (own["all_active"] < ACTIVE_SHARE),
        "too_short": trials["wall_s"].min() < turns.where(taking_turns, SHORTEST),
        "timer": own["timer_cost_s"].astype(float) > TIMER_SHARE * timed_at_once,
        "server_bound": own["server_cpu_s"] > SERVER_SHARE * wall,
        "gil_changed": own["gil_start"].notna() & own["gil_end"].notna() & (own["gil_start"] != own["gil_end"]),
        "traced": own["traced"],
        "leftover": own[["left_behind", "leaked"]].max(axis=1) > 0,
        "unsteady": unsteady(own),
    }.items():
        hit = _holds(holds)
        found[hit] = np.where(found[hit] == "", code, found[hit] + f",{code}")
    return pd.Series(found, dtype="string")


def doubts_by_trial(frame: pd.DataFrame, rows: TrialRows) -> pd.DataFrame:
    """A row per trial, by its id: its first one, with the means of its facts. The functions below take such rows."""
    first = frame.take(rows.firsts).set_index("trial", drop=False).rename_axis(None)
    means = frame.groupby(rows.numbers)[list(MEANS)].mean()
    return first.assign(**means.set_axis(first.index))


def lacked_cpus(frame: pd.DataFrame) -> pd.Series:
    """Whether each trial wants CPU and the spinners run beside it got fewer CPUs than it could use.

    What has one thread of execution can use one, however many workers take turns in it.
    """
    return _holds(frame["wants"] == "cpu") & _holds(
        frame["effective_cpus"].astype(float) < EFFECTIVE_SHARE * useful_cpus(frame)
    )


def wanting_more_cpus(frame: pd.DataFrame) -> pd.Series:
    """Whether each trial wants CPU, has more threads of execution than the machine has CPUs, and kept those busy.

    No doubt, for what was measured is right: but with a CPU for each it might have been faster. Where nobody tells how busy
    they were, they may have been.
    """
    idle = frame["cpu_s"] < BUSY_SHARE * frame["cpus"].astype(float) * frame["wall_s"]
    return _holds(frame["wants"] == "cpu") & (executions(frame) > frame["cpus"].astype(float)) & ~_holds(idle)


def useful_cpus(frame: pd.DataFrame) -> pd.Series:
    """How many CPUs each trial could use."""
    return np.minimum(executions(frame), frame["cpus"].astype(float))


def waited_for_cpus(frame: pd.DataFrame) -> pd.Series:
    """The share of their time that each trial's workers stood in the run queue.

    NaN where it tells nothing of the machine: not recorded, waiting for something else than a CPU, or in each other's way:
    more workers than CPUs, or a pool, whose own threads hand out the tasks meanwhile (seen by who reports, and by more CPU
    time than the workers alone can have used).
    """
    share = frame["run_queue_wait_s"] / (frame["wall_s"] * workers_of(frame))
    return share.where(_holds(frame["wants"] == "cpu") & had_cpus_for_all(frame))


def had_cpus_for_all(frame: pd.DataFrame) -> pd.Series:
    """Whether there was a CPU for each worker of a trial, and nothing else of the trial's own that wanted one."""
    workers = workers_of(frame)
    helped = frame["cpu_s"] > HELPED * workers * frame["wall_s"]
    return (workers <= frame["cpus"].astype(float)) & ~_holds(frame["handed_out"]) & ~_holds(helped)


def interruptions(frame: pd.DataFrame) -> pd.Series:
    """How often a second a worker had to leave its CPU to somebody else though there was one for each.

    Who takes a CPU from others of its own trial was woken, and had gone to sleep by a voluntary switch: as many are left
    out. NaN where the rest tells nothing of the machine either, as for `stood_in_line`.
    """
    count = frame["involuntary_switches"] - frame["voluntary_switches"]
    rate = count / (frame["wall_s"] * executions(frame))
    return rate.where(_holds(frame["wants"] == "cpu") & had_cpus_for_all(frame))


def stolen(frame: pd.DataFrame) -> pd.Series:
    """The share that the host took of the CPU time that each trial could use; NaN where it wants none, or nobody tells."""
    share = frame["steal_s"] / (frame["wall_s"] * useful_cpus(frame))
    return share.where(_holds(frame["wants"] == "cpu"))


def unsteady(frame: pd.DataFrame) -> pd.Series:
    """Whether each trial, or its cell, has no steady state: then its mean depends on how long it went on.

    The steady trials of a cell in which half are not would be a choice by their outcome. Only trials with enough iterations
    for a word are judged; one that warms up or slows down in its course ends in a steady state, and is no less sure.
    """
    assessed = frame["steadiness"] != steadiness.NOT_ASSESSED
    own = frame["steadiness"] == UNSTEADY
    if not own.any():
        return own
    words = frame[assessed].groupby(["cell", "role"])["steadiness"].agg(classify_cell)
    cells = words.index[words == UNSTEADY]
    return own | (assessed & pd.MultiIndex.from_frame(frame[["cell", "role"]]).isin(cells))


def executions(frame: pd.DataFrame) -> pd.Series:
    """How many threads of execution each trial has: one, however many workers take turns in it, or one per worker."""
    return workers_of(frame).mask(_holds(frame["parallel"] == "one"), 1.0)


def workers_of(frame: pd.DataFrame) -> pd.Series:
    """The number of workers of each trial; 1 where it does not apply."""
    return frame["workers"].astype("Float64").fillna(1).astype(float)


def _holds(condition: pd.Series) -> pd.Series:
    """A condition as plain booleans; what was not recorded does not hold."""
    return condition.astype("boolean").fillna(False).astype(bool)
