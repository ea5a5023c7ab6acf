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
# Seconds below which clock, wake-ups and the start gate (about 0.1 ms) are more than a hundredth of any window.
SHORTEST = 0.01
# Share of a core that a server of ours may use before its speed is what is measured.
SERVER_SHARE = 0.7

MEANING = {
    "machine": "the machine withheld CPUs: spinners beside the block got fewer than the cell could use, or its workers "
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
    workers = frame["workers"].astype("Float64").fillna(1).astype(float)
    cpus = frame["cpus"].astype(float)
    cpu_bound = frame["wants"] == "cpu"
    useful = np.minimum(workers, cpus)
    threads = frame["parallel"] == "threads"
    several = (workers > 1) & (frame["parallel"] != "one")
    waited = trial["run_queue_wait_s"].transform("mean") / (wall * workers)
    floor = np.where(threads & cpu_bound & (workers > 1), SWITCHES * frame["switch_interval"].fillna(0.005), SHORTEST)
    found = {
        "machine": cpu_bound
        & ((frame["effective_cpus"] < EFFECTIVE_SHARE * useful) | ((waited > WAIT_SHARE) & (workers <= cpus))),
        "skew": several & (trial["start_skew_s"].transform("mean") > SKEW_SHARE * wall),
        "too_short": trial["wall_s"].transform("min") < floor,
        "server_bound": trial["server_cpu_s"].transform("mean") > SERVER_SHARE * wall,
        "gil_changed": frame["gil"].notna() & frame["gil_end"].notna() & (frame["gil"] != frame["gil_end"]),
        "traced": frame["traced"].fillna(False).astype(bool),
        "leftover": frame["left_behind"].fillna(0) > 0,
    }
    codes = pd.Series("", index=frame.index, dtype=object)
    for code, holds in found.items():
        hit = holds.fillna(False).astype(bool)
        codes[hit] = codes[hit].where(codes[hit] == "", codes[hit] + ",") + code
    return codes
