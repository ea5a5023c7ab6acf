"""Reasons to distrust a trial's timing, judged from recorded facts: a code per reason, limits as constants."""

from __future__ import annotations

import numpy as np
import pandas as pd

# Spinners beside the block gave less than this share of the CPUs that the cell could use.
EFFECTIVE_SHARE = 0.9
# Share of the workers' time that they stood in the run queue although there were enough CPUs for all of them.
WAIT_SHARE = 0.1
# Last start after first start, as a share of the window.
SKEW_SHARE = 0.1
# Switch intervals that a window needs where threads take turns with the GIL: below one, they simply run one by one.
SWITCHES = 50
# CPython's own switch interval, seconds, for an interpreter that does not tell.
SWITCH_INTERVAL = 0.005
# Seconds below which clock, wake-ups and the start gate (about 0.1 ms) are more than a hundredth of any window.
SHORTEST = 0.01
# CPU time per worker and second from which on others than the workers must have been at work.
HELPED = 1.1
# Share of a core that a server of ours may use before its speed is what is measured.
SERVER_SHARE = 0.7

MEANING = {
    "machine": "the machine withheld CPUs: spinners run beside it got fewer than the cell could use, or its workers "
    "stood in the run queue",
    "skew": "the workers did not start together",
    "too_short": "the window was too short for the clock or for threads to take turns",
    "server_bound": "the workload's own server was busy: its speed limits the numbers",
    "gil_changed": "the GIL was switched on or off during the trial",
    "traced": "a tracer or profiler was active",
    "leftover": "processes were left behind and had to be ended",
}


def judge(frame: pd.DataFrame) -> pd.Series:
    """The doubts of each row, comma-joined: those of its trial. Needs the columns of the tidy frame."""
    trial = frame.groupby("trial", sort=False)
    wall = trial["wall_s"].transform("mean")
    workers = workers_of(frame)
    cpu_bound = _holds(frame["wants"] == "cpu")
    with_gil = frame["gil_start"].fillna(True)
    taking_turns = _holds(frame["parallel"] == "threads") & cpu_bound & (workers > 1) & _holds(with_gil)
    together = (workers > 1) & ~_holds(frame["parallel"] == "one")
    turns = SWITCHES * frame["switch_interval_s"].astype(float).fillna(SWITCH_INTERVAL)
    codes = np.full(len(frame), "", dtype=object)
    for code, holds in {
        "machine": short_of_cpus(frame) | (stood_in_line(frame) > WAIT_SHARE),
        "skew": together & (trial["start_skew_s"].transform("mean") > SKEW_SHARE * wall),
        "too_short": trial["wall_s"].transform("min") < turns.where(taking_turns, SHORTEST),
        "server_bound": trial["server_cpu_s"].transform("mean") > SERVER_SHARE * wall,
        "gil_changed": frame["gil_start"].notna() & frame["gil_end"].notna() & (frame["gil_start"] != frame["gil_end"]),
        "traced": frame["traced"],
        "leftover": frame["left_behind"] > 0,
    }.items():
        hit = _holds(holds)
        codes[hit] = np.where(codes[hit] == "", code, codes[hit] + f",{code}")
    return pd.Series(codes, index=frame.index, dtype="string")


def short_of_cpus(frame: pd.DataFrame) -> pd.Series:
    """Whether each row wants CPU and the spinners run beside it got fewer CPUs than it could use.

    What has one thread of execution can use one, however many workers take turns in it.
    """
    several = workers_of(frame).mask(_holds(frame["parallel"] == "one"), 1.0)
    useful = np.minimum(several, frame["cpus"].astype(float))
    return _holds(frame["wants"] == "cpu") & _holds(frame["effective_cpus"].astype(float) < EFFECTIVE_SHARE * useful)


def stood_in_line(frame: pd.DataFrame) -> pd.Series:
    """The share of their time that a trial's workers stood in the run queue, for each row.

    NaN where it tells nothing of the machine: not recorded, waiting for something else than a CPU, or in each other's way:
    more workers than CPUs, or a pool, whose own threads hand out the tasks meanwhile (seen by who reports, and by more CPU
    time than the workers alone can have used).
    """
    trial = frame.groupby("trial", sort=False)
    workers = workers_of(frame)
    share = trial["run_queue_wait_s"].transform("mean") / (trial["wall_s"].transform("mean") * workers)
    helped = trial["cpu_s"].transform("mean") > HELPED * workers * trial["wall_s"].transform("mean")
    alone = (workers <= frame["cpus"].astype(float)) & ~_holds(frame["handed_out"]) & ~_holds(helped)
    return share.where(_holds(frame["wants"] == "cpu") & alone)


def workers_of(frame: pd.DataFrame) -> pd.Series:
    """The number of workers of each row; 1 where it does not apply."""
    return frame["workers"].astype("Float64").fillna(1).astype(float)


def _holds(condition: pd.Series) -> pd.Series:
    """A condition as plain booleans; what was not recorded does not hold."""
    return condition.astype("boolean").fillna(False).astype(bool)
