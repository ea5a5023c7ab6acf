"""Whether a trial that wants CPUs got those that it could use: from its own accounts, and from spinners beside its block."""

from __future__ import annotations

import pandas as pd

from concexp.run.machine import spinners

# Share of these CPUs that its threads must have wanted, running or in the run queue, for that to be the machine's fault.
WANTED = 0.95
# Seconds in the run queue for each time that a thread left its CPU. Threads that wake each other often, as in a pool, stand in the
# queue for 0.01 to 0.09 ms each time, although a CPU is free; behind a hog it is 0.2 to 16 ms (committed runs and planted hogs).
LONG_WAIT = 0.00015


def fell_short(trials: pd.DataFrame, useful: pd.Series) -> pd.Series:
    """True if a trial's threads stood in the run queue while they did not get the CPUs that they could use.

    `useful` is the number of CPUs that each trial could use. More threads than CPUs wait in the queue anyway, but then all CPUs
    are theirs. A judgement of each trial by itself: it does not matter how many others of its cell were disturbed as well. Short
    waits of threads that wake each other are their own affair.
    """
    running = trials["cpu_s"].astype(float)
    wanted = running + trials["run_queue_wait_s"].astype(float)
    could_use = trials["wall_s"] * useful
    return waited_long(trials) & (running < spinners.ENOUGH * could_use) & (wanted >= WANTED * could_use)


def waited_long(trials: pd.DataFrame) -> pd.Series:
    """True if a thread of the trial stood in the run queue for long each time that it left its CPU, on average."""
    switches = trials["voluntary_switches"].astype(float) + trials["involuntary_switches"].astype(float)
    return trials["run_queue_wait_s"].astype(float) > LONG_WAIT * switches.fillna(0.0)


def spinners_lacked(trials: pd.DataFrame, useful: pd.Series) -> pd.Series:
    """True if the spinners both before and after a trial got fewer CPUs than it could use.

    One of the two is not enough: what disturbed that second was hardly ever there in the trial as well (`benchmarks/doubts.py`
    has the figures). What other processes took is seen in the trial's own wait for a CPU, where that is known, so that the
    spinners count only for what they did not get without waiting for it: a host that withholds CPUs shows in nothing else.
    """
    knows_its_wait = trials["run_queue_wait_s"].notna()
    cpus = trials["host_cpus_most"].where(knows_its_wait, trials["effective_cpus_most"]).astype(float)
    return cpus < spinners.ENOUGH * useful
